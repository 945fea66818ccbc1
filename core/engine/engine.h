/* SPDX-License-Identifier: MIT
 * struct mote, public for sizeof; and what the engine's own files (engine.c, session/) share.
 */
#ifndef MOTE_ENGINE_H
#define MOTE_ENGINE_H

#include "core/mote.h"
#include "core/engine/login/negotiate.h"
#include "core/stream/sasl/scram.h"
#include "core/engine/stream_management.h"
#include "core/stream/txring.h"
#include "core/xml/reader.h"

struct mote_module;
struct mote_iq;
struct keeper;

/* What is used most lies within the first 128 bytes, where an instruction reaches it with an offset of one byte. */
struct mote {
    struct negotiation n;
    struct mote_module *modules;
    struct mote_iq *iqs;            /* requests without answer */
    uint64_t now_ms;                /* of the call in progress */
    const char *why;
    int error;                      /* why the stream ended; sticks */
    bool secured;                   /* TLS is on */
    bool restart;                   /* the reader expects a new stream header before it gets more bytes */
    bool want_room;                 /* an application's stanza was refused: MOTE_EV_ROOM is due */
    bool server_sm;                 /* XEP-0198 was offered */
    bool server_csi;                /* XEP-0352 was offered */
    bool broke;                     /* the last stream ended on what it had to read */
    uint8_t condition_at;           /* where in text the server's condition stands; 0: the server gave none */
    bool no_sm;                     /* XEP-0198 is not to be used: the last two streams ended so */
    uint32_t setup_len, setup_sent; /* bytes of setup: to send, sent */
    const struct mote_run_ladder *ladder; /* for MOTE_EV_OFFLINE; or NULL */
    struct keeper *keeper;          /* NULL: no outbox */
    struct sm sm;
    struct txring tx;
    struct mote_config config;
    struct reader reader;
    struct mote_tls_info tls;
    union {
        struct scram scram;         /* of the login */
        struct {
            uint16_t len;
            char header[254];
        } rest;                     /* of a stream whose reader has no memory: engine/reader_memory.c */
    };
    uint64_t key[2];                /* of siphash, random */
    uint64_t received_ms;           /* when bytes last came */
    int64_t unix_time;              /* at unix_time_ms; 0: not known */
    uint64_t unix_time_ms;
    int32_t last_ticket;
    char jid[MOTE_JID_MAX + 1];
    char domain[256];
    char text[160];                 /* why, when it was put together; or the address of a redirect */
    uint8_t setup[MOTE_SETUP_SIZE]; /* what the login has to send; goes before the ring */
};

/* The stream cannot go on: keep the first reason, tell the server `condition` if a stream is open, and close. */
void engine_fail(struct mote *x, int error, const char *condition, const char *why);

/* The same, with markup of ours behind the condition. */
void engine_fail_with(struct mote *x, int error, const char *condition, const char *extra, const char *why);

/* Put `why` together in x->text: format as module_log's. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
const char *engine_text(struct mote *x, const char *format, ...);

/* "PREFIX CONDITION (TEXT)" in x->text, of an error element with defined conditions of `ns`. */
const char *engine_explain(struct mote *x, const char *prefix, const struct mote_xml *e, const char *ns);

/* What the reader finds comes here. */
extern const struct reader_sink engine_sink;

/* Compose into the setup buffer, which is sent before anything else, with the writer of the ring, where nothing is
 * being composed meanwhile; end checks that it fitted. */
struct writer *setup_begin(struct mote *x);
void setup_end(struct mote *x);

/* Random bytes of the services; false when there are none. */
bool engine_random(const struct mote *x, void *bytes, size_t len);

/* Tell all modules of enum mote_phase. */
void engine_phase(struct mote *x, int phase);

/* Something has left the ring: tell the application if it waits for room. */
void engine_room(struct mote *x);

/* Requests: engine/iq.c. */
bool iq_dispatch(struct mote *x, const struct mote_xml *stanza); /* false: it is no answer */
void iq_tick(struct mote *x);
void iq_lost(struct mote *x);
uint64_t iq_deadline(const struct mote *x);

#endif
