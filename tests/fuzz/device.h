/* SPDX-License-Identifier: MIT
 * A whole device for the targets that need one: an engine with every module, an application that does what the input
 * says, a server that is the input, and a clock. All of it lies in a few static buffers, so that a run begins by
 * copying the state it starts from (a login done once) over what the last run left.
 */
#ifndef FUZZ_DEVICE_H
#define FUZZ_DEVICE_H

#include "core/engine/engine.h"
#include "core/modules/archive/archive.h"
#include "core/modules/blog/blog.h"
#include "core/modules/chat/chat.h"
#include "core/modules/clock.h"
#include "core/modules/csi.h"
#include "core/modules/disco.h"
#include "core/modules/files/files.h"
#include "core/modules/ping.h"
#include "core/modules/presence.h"
#include "core/mote.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/markup.h"

/* Where a run can start. */
enum device_state {
    DEVICE_OFFLINE,
    DEVICE_CLEAR,    /* connected, no TLS yet */
    DEVICE_TLS,      /* connected by direct TLS 1.3 */
    DEVICE_KEYS,     /* the same with kept keys, and no channel binding */
    DEVICE_LOOPBACK, /* connected, TLS not wanted, PLAIN allowed */
    DEVICE_BINDING,  /* authenticated, the resource is asked for */
    DEVICE_ONLINE,
    DEVICE_ONLINE_SM, /* XEP-0198 is on */
    DEVICE_RESUMING,  /* and the link was lost: <resume/> is out, with stanzas unacknowledged */
    DEVICE_ASKING,    /* every kind of request waits for its answer */
    DEVICE_RECEIVING, /* a file comes in, one was accepted by the peer */
    DEVICE_RECEIVING_SM,
    DEVICE_SMALL, /* on line with the least memory that mote_init takes */
    DEVICE_SMALL_SM,
    DEVICE_TIGHT, /* on line, the ring nearly full and nothing taken */
    DEVICE_CLOSING,
    DEVICE_STATES
};

/* What the application does in its callback, or-ed. */
enum device_manner {
    DEVICE_ECHOES = 1,  /* answers messages, with a receipt asked for */
    DEVICE_ACCEPTS = 2, /* files, as they are offered */
    DEVICE_LEAVES = 4,  /* calls mote_close on a message */
    DEVICE_POSTS = 8,   /* a post for each event of presence and each ROOM */
    DEVICE_LOGS = 16    /* lines of the log are made */
};

enum { DEVICE_TICKETS = 32, DEVICE_STREAMS = 8 };

/* A file as the application reads or writes it. */
struct device_stream {
    int32_t ticket;
    bool begun;
    uint64_t at;           /* where the next byte goes, or comes from */
    struct mote_hash hash; /* of what was written */
};

struct device {
    struct mote x;
    struct mote_chat chat;
    struct mote_presence presence;
    struct mote_disco disco;
    struct mote_ping ping;
    struct mote_clock clock;
    struct mote_blog blog;
    struct mote_archive archive;
    struct mote_csi csi;
    struct mote_files files;
    struct mote_transfer transfers[2];

    uint64_t now_ms;
    uint64_t random;                 /* the next random bytes: counts */
    unsigned manner;                 /* enum device_manner */
    bool connected;                  /* between mote_connected and mote_lost */
    bool out_of_memory;              /* a tag did not fit in expat's memory */
    unsigned offline;                /* MOTE_EV_OFFLINE seen in this call of mote_lost */
    int32_t offered;                 /* ticket of the last MOTE_EV_FILE_OFFERED */
    int32_t tickets[DEVICE_TICKETS]; /* requests that have to end in an event */
    unsigned ticket_count;
    unsigned witnesses; /* asked of the archive, without an answer */
    unsigned requests;  /* made by the application, to vary them */
    unsigned reads;     /* of the source of files */
    struct device_stream streams[DEVICE_STREAMS];
    unsigned stream_count; /* used so far; the oldest makes room */
    struct markup markup;
    uint64_t events, output; /* hashes of all that was given to the application and to the wire */
    size_t output_len;
};

extern struct device device;

extern bool device_trace; /* FUZZ_TRACE is set: show what happens, to understand an input */

/* Between device.c and device_states.c. */
extern struct mote_services device_services;
mote_event_fn device_on_event;
mote_archive_answer_fn device_testify;

/* Called for each event, before the application acts on it. May be NULL. */
extern void (*device_watch)(const struct mote_event *e);

/* Make all states: some milliseconds, once. */
void device_prepare(void);

/* Be in that state. */
void device_restore(enum device_state state);
void device_behave(unsigned manner); /* from here on; enum device_manner */

void device_feed(const void *bytes, size_t len, size_t piece); /* at most `piece` bytes at a time */
void device_text(const char *text);                            /* whole */
void device_take(size_t max);                                  /* the wire takes so many bytes */
void device_work(void);                                        /* ticks, as long as one is due */
void device_wait(uint32_t ms);
void device_connect(const struct mote_tls_info *tls);
void device_lose(int error);

extern const struct mote_tls_info device_tls13, device_tls12, device_loopback;

/* What the application can do, by number. */
enum { DEVICE_ACTS = 16 };
void device_act(unsigned act);

/* What an honest server would say next, where that holds something random: the answer to the login, or the id of the
 * request that was made last. */
void device_answer(void);

/* The 11 characters of an id of ours. */
void device_id(uint64_t id, char out[12]);

/* What has been written to the file of this ticket, as a hash; false when no such file was accepted. */
bool device_digest(int32_t ticket, uint8_t out[MOTE_HASH_MAX]);

/* Both end: the link is lost for good. All that was promised must have been kept. */
void device_end(void);

#endif
