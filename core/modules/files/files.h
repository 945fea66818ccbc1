/* SPDX-License-Identifier: MIT
 * Files in chunks: Jingle file transfer (XEP-0166, XEP-0234) over in-band bytestreams (XEP-0261, XEP-0047), both ways,
 * and bare in-band bytestreams with peers that have no Jingle.
 *
 * A file is what two callbacks say it is: bytes by offset. So it may be a file, a flash region or a camera. No block is
 * ever kept: it is read straight into the TX ring, and written straight from the received stanza.
 *
 *   out   mote_files_offer  --> STARTED --> PROGRESS ... --> DONE or FAILED
 *   in    OFFERED --> mote_files_accept --> STARTED --> PROGRESS ... --> DONE or FAILED
 *                 --> mote_files_refuse
 *
 * The application decides who may send: event->from of MOTE_EV_FILE_OFFERED is the full JID, for which the servers
 * vouch. When it does not answer within offer_timeout_s, the offer is refused.
 *
 * No name is ever used as a path. A transfer that broke off is not resumed on the receiving side. There is no transport
 * but in-band: an offer with SOCKS5 Bytestreams (XEP-0260) is accepted as it is, without a candidate that could be
 * used, so that its sender falls back; one with any other transport gets a transport-replace.
 *
 * Memory: a received offer takes about 3 KiB of stanza arena with 64-bit pointers, 2 KiB with 32-bit ones, and Jingle's
 * many names 14 KiB of XML memory (7 KiB). Each transfer is a struct mote_transfer, whatever the size of its file.
 */
#ifndef MOTE_FILES_H
#define MOTE_FILES_H

#include "core/module.h"

#ifdef __cplusplus
extern "C" {
#endif

enum mote_files_event {
    MOTE_EV_FILE_OFFERED = 40, /* a peer offers a file; answer with mote_files_accept or mote_files_refuse */
    MOTE_EV_FILE_STARTED,      /* the peer accepted, or the accepted transfer begins; block size is agreed */
    MOTE_EV_FILE_PROGRESS,     /* `done` of `size` bytes, at most once a block */
    MOTE_EV_FILE_DONE,         /* complete; `verified` tells whether a SHA-256 was there and matched */
    MOTE_EV_FILE_FAILED        /* it broke off: error and why; throw away what was written */
};

#define MOTE_FILE_SIZE_UNKNOWN UINT64_MAX

enum { MOTE_FILE_NAME_MAX = 255 }; /* bytes without the NUL */

/* One transfer as the events show it. Strings live until the callback returns; absent ones are NULL. */
struct mote_file {
    const char *name;       /* incoming: as the peer wrote it, at most MOTE_FILE_NAME_MAX bytes. It is NOT a path: it
                               may hold "../", "/", "\", line ends, or be "con". NULL when none was given, when it was
                               empty or longer, or the transfer is outgoing */
    const char *media_type; /* in OFFERED only */
    const char *desc;       /* in OFFERED only */
    int64_t date;           /* in OFFERED only: last change, seconds since 1970 UTC; 0 when not told */
    uint64_t size;          /* bytes, or MOTE_FILE_SIZE_UNKNOWN. What the sender says: more is never written */
    uint64_t done;          /* bytes written here, or acknowledged by the peer */
    uint32_t block_size;    /* bytes per block; agreed from STARTED on */
    bool incoming;
    bool raw;               /* an in-band bytestream without Jingle, which has no name, size or hash */
    bool verified;          /* in DONE. Incoming: the sender gave a SHA-256 and it matched; without one, or with other
                               algorithms only, false. Outgoing: the receiver said that it has the whole file */
    bool hashed;            /* sha256 is set: in OFFERED when the offer told it, in DONE always */
    uint8_t sha256[32];     /* in DONE: of the bytes that were transferred */
};

/* The file of any event of this module. */
static inline const struct mote_file *mote_file_of(const struct mote_event *event)
{
    return (const struct mote_file *)event->data;
}

/* Read `len` bytes of the file at `offset` into `buf`. Offsets follow one another without gap or repetition, from 0 on,
 * or from where the receiver asked to begin. Returns how many bytes it gave: fewer when that is all for now (it is
 * called again), 0 at the end of the file. MOTE_ERR_BUSY means that there is nothing yet: it is called again after
 * MOTE_FILES_POLL_MS, until the idle time-out. Any other negative number is a failure. It must not block for long, nor
 * call the engine. */
typedef ptrdiff_t mote_file_read_fn(void *ctx, uint64_t offset, void *buf, size_t len);

/* Write `len` > 0 bytes of the file at `offset`. Offsets follow one another without gap or repetition, from 0 on.
 * Returns 0, or negative when they could not be kept: the transfer then fails with MOTE_ERR_IO. It must not block for
 * long, nor call the engine. */
typedef int mote_file_write_fn(void *ctx, uint64_t offset, const void *buf, size_t len);

enum { MOTE_FILES_POLL_MS = 20 };

enum mote_file_flags {
    /* Open an in-band bytestream at once (XEP-0047), without Jingle: the peer is not told name, size and hash. */
    MOTE_FILE_RAW = 1u << 0,

    /* Announce a SHA-256 but never send it: Libervia 0.9 cannot read a correct one. */
    MOTE_FILE_NO_CHECKSUM = 1u << 1
};

/* What is offered. The strings may be reused when the call returns. */
struct mote_file_info {
    const char *name;       /* file name without any folder; NULL for none */
    const char *media_type; /* NULL: "application/octet-stream" */
    const char *desc;       /* for people; NULL for none */
    int64_t date;           /* last change, seconds since 1970 UTC; 0 for none */
    uint64_t size;          /* bytes; MOTE_FILE_SIZE_UNKNOWN when only the source knows where the end is */
    const uint8_t *sha256;  /* 32 bytes, of the whole file. NULL: it is hashed while it is read, and the hash is told
                               after the last block */
    uint32_t flags;         /* enum mote_file_flags, or-ed */
};

struct mote_files;
struct mote_queued_files;

/* Called with the end of the transfer of a queued file. The application is told by the outbox. */
typedef void mote_file_ended_fn(struct mote_files *files, const struct mote_event *event);

/* One transfer: about 1.2 KiB with 64-bit pointers and MOTE_FILES_WINDOW 8. All fields are private. */
struct mote_transfer {
    struct mote_files *files;
    void *ctx;                    /* of the callback */
    mote_file_read_fn *read;      /* outgoing */
    mote_file_write_fn *write;    /* incoming, once accepted */
    mote_file_ended_fn *ended;    /* NULL when all events go to the application */
    uint64_t size;                /* as offered */
    uint64_t start, end;          /* outgoing: the part asked for */
    uint64_t at;                  /* outgoing: next byte to read */
    uint64_t done;                /* bytes acknowledged by the peer, or written */
    uint64_t deadline_ms;         /* of the state; 0 until the next tick sets it, see mote__transfer_date */
    int32_t ticket;
    int error;                    /* in SETTLING: how it ends unless the peer says otherwise */
    unsigned due;                 /* enum transfer_due: what is to be sent as soon as there is room */
    uint16_t block;               /* bytes */
    uint16_t seq;                 /* of the next block; wraps */
    uint8_t state;                /* enum transfer_state */
    bool incoming;
    bool raw;
    bool session;                 /* the peer has a Jingle session, to be terminated */
    bool open;                    /* the byte stream is open: our <open/> is out, or theirs was answered */
    bool in_band;                 /* incoming: the offered transport is IBB */
    bool socks5;                  /* incoming: it is SOCKS5, with `stream` as its sid, until it was replaced */
    bool unanswered;              /* incoming raw: their <open/> has no answer yet */
    bool eof;                     /* outgoing: all was read */
    bool checksum;                /* outgoing: the hash is to be told after the last block */
    bool awaits_hash;             /* incoming: a SHA-256 was announced */
    bool has_hash;                /* incoming: it is there */
    const char *reason;           /* of the session-terminate that is due; in ROM */
    const char *why;              /* goes with error; in ROM */
    uint64_t poll_ms;             /* when to ask the source again, which had nothing; 0 when it may be asked now */
    struct mote_hash hash;        /* running, of what was transferred */
    struct mote_iq iq;            /* the control request without answer */
    char peer[MOTE_JID_MAX + 1];  /* full JID */
    char sid[MOTE_ID_MAX + 1];    /* of the Jingle session; of an incoming raw one the id of the <open/> to answer */
    char stream[MOTE_ID_MAX + 1]; /* sid of the byte stream */
    union {
        struct {
            struct mote_iq blocks[MOTE_FILES_WINDOW]; /* in flight */
            uint16_t lens[MOTE_FILES_WINDOW];         /* bytes of each */
        } out;
        struct {
            char name[MOTE_FILE_NAME_MAX + 1]; /* "" when there is none */
            char content[MOTE_ID_MAX + 1];     /* name of the Jingle content */
            uint8_t sha256[32];                /* expected */
        } in;
    };
};

/* A zeroed field means the default. */
struct mote_files_config {
    struct mote_transfer *transfers; /* required; they stay in place as long as the module is used */
    size_t count;                    /* required: how many transfers at a time, both ways together */
    uint32_t block_max;              /* bytes per block, 16..65535. Default: 4096 when sending, and as the peer likes
                                        when receiving; less where the TX ring or the stanza arena cannot hold it */
    uint32_t window;                 /* blocks in flight, 1..MOTE_FILES_WINDOW; default all */
    uint64_t max_size;               /* bytes; larger offers are refused unasked, and a file of unknown size fails when
                                        it grows beyond. Default no limit */
    uint32_t idle_timeout_s;         /* without any progress; default 60 */
    uint32_t offer_timeout_s;        /* until an offer is answered, by the peer or the application; default 300 */
};

struct mote_files {
    struct mote_module mod;
    struct mote_files_config config;
    struct mote_queued_files *queued; /* NULL when no files are queued; see core/modules/outbox_files.h */
    size_t turn;      /* index of the transfer whose turn it is to send */
    size_t wake_free; /* while waiting: try again when the ring has more free bytes than this */
    bool waiting;     /* something is to be sent, and there was no room for it */
    bool yielding;    /* it waits because a stanza of the application comes first */
};

/* Attach the module. `config` is copied. Returns 0, or MOTE_ERR_ARG when there are no transfers, or a number is out of
 * its range. */
int mote_files_attach(struct mote_files *files, struct mote *x, const struct mote_files_config *config);

/* Offer a file to a full JID, or to a domain, which is a service.
 *
 * The offer is queued before this returns; the source is read block by block as the ring has room, never more than
 * one piece of MOTE_FILES_PIECE bytes at a time, and must stay usable until MOTE_EV_FILE_DONE or _FAILED. Stanzas of
 * the application get through meanwhile: blocks leave a quarter of the ring free, and wait after a MOTE_ERR_FULL until
 * MOTE_EV_ROOM was given.
 *
 * Returns a ticket > 0, which all its events have.
 *   MOTE_ERR_ARG     `to` is no JID or a bare one, or read is NULL
 *   MOTE_ERR_BUSY    all transfers are in use; try after a MOTE_EV_FILE_DONE or _FAILED
 *   MOTE_ERR_FULL    no room now; try after MOTE_EV_ROOM
 *   MOTE_ERR_SIZE    the offer, or a block of 16 bytes, would not fit in an empty ring either
 *   MOTE_ERR_TEXT    name, media type or desc is not UTF-8, or has a character XML 1.0 forbids
 *   MOTE_ERR_STATE   off line
 *
 * Cost: ring, about 700 bytes + JIDs + strings for the offer, then 170 + JID + 4/3 of the block for each block. */
int32_t mote_files_offer(struct mote_files *files, const char *to, const struct mote_file_info *info,
                         mote_file_read_fn *read, void *ctx);

enum { MOTE_FILES_PIECE = 384 }; /* bytes of stack */

/* Accept the offer with this ticket, from within its event or later. MOTE_EV_FILE_STARTED follows when the sender
 * begins, or MOTE_EV_FILE_FAILED. `write` is called until DONE or FAILED; after FAILED, throw away what it got. Returns
 * 0, MOTE_ERR_ARG, or MOTE_ERR_STATE when no such offer waits (any more). */
int mote_files_accept(struct mote_files *files, int32_t ticket, mote_file_write_fn *write, void *ctx);

/* Refuse the offer. No event follows. Returns 0 or MOTE_ERR_STATE. */
int mote_files_refuse(struct mote_files *files, int32_t ticket);

/* Break a transfer off, whichever way it goes. The peer is told, the callback is not called again, and
 * MOTE_EV_FILE_FAILED with MOTE_ERR_CANCELLED follows from the next tick. Returns 0, or MOTE_ERR_STATE when there is no
 * such transfer (any more). */
int mote_files_cancel(struct mote_files *files, int32_t ticket);

#ifdef __cplusplus
}
#endif

#endif
