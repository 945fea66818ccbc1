/* SPDX-License-Identifier: MIT
 * Files in chunks: Jingle file transfer (XEP-0166, XEP-0234) over in-band bytestreams (XEP-0261, XEP-0047), both ways,
 * and bare in-band bytestreams with peers that have no Jingle.
 *
 * A file is what two callbacks say it is: bytes by offset. So a file, a flash region and a camera are the same here,
 * and no block is ever kept: one is read straight into the TX ring, and written straight from the received stanza.
 *
 *   out   mote_files_offer  --> STARTED --> PROGRESS ... --> DONE or FAILED
 *   in    OFFERED --> mote_files_accept --> STARTED --> PROGRESS ... --> DONE or FAILED
 *                 --> mote_files_refuse
 *
 * Who may send is the application's to decide: event->from of MOTE_EV_FILE_OFFERED is the full JID, which the servers
 * vouch for. Without an answer the offer is refused when offer_timeout_s have passed.
 *
 * What does not happen: no name is ever used as a path; no resumption of a broken transfer on the receiving side; no
 * transport but in-band. An offer with SOCKS5 Bytestreams (XEP-0260) is accepted as it is, without a candidate that could
 * be used, so that its sender falls back; one with any other transport gets a transport-replace.
 *
 * Memory: a received offer takes about 3 KiB of stanza arena with 64-bit pointers, 2 KiB with 32-bit ones, and Jingle's
 * many names 14 KiB of XML memory (7 KiB). Each transfer is a struct mote_transfer, whatever the size of its file.
 */
#ifndef MOTE_FILES_H
#define MOTE_FILES_H

#include "core/module.h"

enum mote_files_event {
    MOTE_EV_FILE_OFFERED = 40, /* a peer offers a file; answer with mote_files_accept or mote_files_refuse */
    MOTE_EV_FILE_STARTED,      /* the peer accepted, or the accepted transfer begins; block size is agreed */
    MOTE_EV_FILE_PROGRESS,     /* `done` of `size` bytes, at most once a block */
    MOTE_EV_FILE_DONE,         /* complete; `verified` tells whether a SHA-256 was there and matched */
    MOTE_EV_FILE_FAILED        /* error and why; what was written is to be thrown away */
};

#define MOTE_FILE_SIZE_UNKNOWN UINT64_MAX

enum { MOTE_FILE_NAME_MAX = 255 }; /* bytes without the NUL */

/* One transfer as the events show it. Strings live until the callback returns; absent ones are NULL. */
struct mote_file {
    const char *name;       /* incoming: as the peer wrote it, at most MOTE_FILE_NAME_MAX bytes. NOT a path: it may hold
                               "../", "/", "\", line ends, or be "con". NULL: none was given, it was empty or longer, or
                               the transfer is outgoing */
    const char *media_type; /* in OFFERED only */
    const char *desc;       /* in OFFERED only */
    int64_t date;           /* in OFFERED only: last change, seconds since 1970 UTC; 0 when not told */
    uint64_t size;          /* bytes, or MOTE_FILE_SIZE_UNKNOWN. What the sender says: more is never written */
    uint64_t done;          /* bytes written here, or acknowledged by the peer */
    uint32_t block_size;    /* bytes per block; agreed from STARTED on */
    bool incoming;
    bool raw;               /* an in-band bytestream without Jingle: no name, no size, no hash */
    bool verified;          /* in DONE. Incoming: the sender gave a SHA-256 and it matched; without one, or with other
                               algorithms only, false. Outgoing: the receiver said that it has the whole file */
    bool hashed;            /* sha256 is set: in OFFERED when the offer told it, in DONE always */
    uint8_t sha256[32];     /* in DONE: of the bytes that were transferred */
};

/* Of all events of this module. */
static inline const struct mote_file *mote_file_of(const struct mote_event *event)
{
    return (const struct mote_file *)event->data;
}

/* Give `len` bytes of the file at `offset` into `buf`; offsets follow one another without gap or repetition, from 0 or
 * from where the receiver asked to begin. Returns how many, fewer only if that is all for now (it is asked again), 0 at
 * the end of the file, MOTE_ERR_BUSY when there is nothing yet (asked again after MOTE_FILES_POLL_MS, until the idle
 * time-out), any other negative for failure. Must not block for long, nor call into the engine. */
typedef ptrdiff_t mote_file_read_fn(void *ctx, uint64_t offset, void *buf, size_t len);

/* Take `len` > 0 bytes of the file at `offset`; offsets follow one another without gap or repetition, from 0. Returns
 * 0, or negative when they could not be kept: the transfer fails with MOTE_ERR_IO. Must not block for long, nor call
 * into the engine. */
typedef int mote_file_write_fn(void *ctx, uint64_t offset, const void *buf, size_t len);

enum { MOTE_FILES_POLL_MS = 20 };

enum mote_file_flags {
    MOTE_FILE_RAW = 1u << 0,        /* no Jingle: open an in-band bytestream at once (XEP-0047). Name, size and hash are
                                       not transmitted */
    MOTE_FILE_NO_CHECKSUM = 1u << 1 /* announce SHA-256 but never send it: Libervia 0.9 cannot read a correct one */
};

/* What is offered. Strings are copied out before the call returns. */
struct mote_file_info {
    const char *name;       /* file name without any folder; NULL for none */
    const char *media_type; /* NULL: "application/octet-stream" */
    const char *desc;       /* for people; NULL for none */
    int64_t date;           /* last change, seconds since 1970 UTC; 0 for none */
    uint64_t size;          /* bytes; MOTE_FILE_SIZE_UNKNOWN when the source alone knows where the end is */
    const uint8_t *sha256;  /* 32 bytes, of the whole file; NULL: hashed while it is read, told after the last block */
    uint32_t flags;         /* enum mote_file_flags, or-ed */
};

struct mote_files;
struct mote_queued_files;

/* How the transfer of a queued file ended: its only event. */
typedef void mote_file_ended_fn(struct mote_files *files, const struct mote_event *event);

/* One transfer: about 1.2 KiB with 64-bit pointers and MOTE_FILES_WINDOW 8. Private. */
struct mote_transfer {
    struct mote_files *files;
    void *ctx;                    /* of the callback */
    mote_file_read_fn *read;      /* outgoing */
    mote_file_write_fn *write;    /* incoming, once accepted */
    mote_file_ended_fn *ended;    /* NULL: all events go to the application */
    uint64_t size;                /* as offered */
    uint64_t start, end;          /* outgoing: the part asked for */
    uint64_t at;                  /* outgoing: next byte to read */
    uint64_t done;                /* bytes acknowledged by the peer, or written */
    uint64_t deadline_ms;         /* of the state; 0: counts from the next tick, see mote__transfer_date */
    int32_t ticket;
    int error;                    /* SETTLING: how it ends unless the peer says otherwise */
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
    uint64_t poll_ms;             /* the source had nothing: not before this time; 0: it may be asked */
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
            char name[MOTE_FILE_NAME_MAX + 1]; /* "": none */
            char content[MOTE_ID_MAX + 1];     /* name of the Jingle content */
            uint8_t sha256[32];                /* expected */
        } in;
    };
};

/* Zero means the default. */
struct mote_files_config {
    struct mote_transfer *transfers; /* required; stays in place as long as the module is used */
    size_t count;                    /* of them, required: how many transfers at a time, both ways together */
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
    struct mote_queued_files *queued; /* NULL: nothing is queued durably; see modules/outbox_files.h */
    size_t turn;      /* whose turn it is to send */
    size_t wake_free; /* waiting: try again when the ring has more free bytes than this */
    bool waiting;     /* something is to be sent and was not */
    bool yielding;    /* because an application's stanza comes first */
};

/* Attach the module. `config` is copied. Returns 0, or MOTE_ERR_ARG when transfers are missing or a number is out of
 * its range. */
int mote_files_attach(struct mote_files *files, struct mote *x, const struct mote_files_config *config);

/* Offer a file to a full JID (a bare one only for a domain: a service).
 *
 * The offer is queued before this returns; the source is read block by block as the ring has room, never more than
 * one piece of MOTE_FILES_PIECE bytes at a time, and must stay usable until MOTE_EV_FILE_DONE or _FAILED. Stanzas of
 * the application get through meanwhile: blocks leave a quarter of the ring free, and wait after a MOTE_ERR_FULL until
 * MOTE_EV_ROOM was given.
 *
 * Returns a ticket > 0, that of all its events.
 *   MOTE_ERR_ARG     `to` is no JID or a bare one, read is NULL
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

/* Accept the offer of this ticket. MOTE_EV_FILE_STARTED follows when the sender begins, or MOTE_EV_FILE_FAILED. `write`
 * is called until DONE or FAILED; what it got is to be thrown away on FAILED. May be called from the event itself or
 * later. Returns 0, MOTE_ERR_ARG, or MOTE_ERR_STATE when no such offer waits (any more). */
int mote_files_accept(struct mote_files *files, int32_t ticket, mote_file_write_fn *write, void *ctx);

/* Refuse it. No event follows. Returns 0 or MOTE_ERR_STATE. */
int mote_files_refuse(struct mote_files *files, int32_t ticket);

/* Break a transfer off, whichever way it goes. The peer is told, the callback is not called again, and
 * MOTE_EV_FILE_FAILED with MOTE_ERR_CANCELLED follows from the next tick. Returns 0, or MOTE_ERR_STATE when there is no
 * such transfer (any more). */
int mote_files_cancel(struct mote_files *files, int32_t ticket);

#endif
