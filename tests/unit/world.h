/* SPDX-License-Identifier: MIT
 * An engine with buffers, a counting random source and a list of events, for tests that need a whole one.
 */
#ifndef WORLD_H
#define WORLD_H

#include "core/engine/engine.h"
#include "core/mote.h"

#define STREAM_HEADER                                                                                                  \
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='s' from='localhost' "    \
    "version='1.0'>"

enum { WORLD_EVENTS = 64 };

struct world {
    struct mote x;
    struct mote_config config;
    struct mote_services services;
    uint8_t arena[4096], xml[16384], tx[2048];
    uint64_t random; /* the next 8 random bytes; counts */
    bool no_entropy;
    uint64_t now_ms;
    char log[256]; /* the last line */
    struct {
        int kind;
        int error;
        int32_t ticket;
        size_t size;
        char why[160];
    } events[WORLD_EVENTS];
    unsigned count;
    char out[16384]; /* what was sent and not looked at yet */
    size_t out_len;
    void (*also)(struct world *w, const struct mote_event *event); /* what a test does in its callback */
};

/* Zeroed, with everything that mote_init needs; then mote_init(&w->x, &w->config). */
void world_prepare(struct world *w);

/* The same and initialised. Attach modules after it. */
void world_start(struct world *w);

/* On line as alice@localhost/r, over a loopback without TLS; events and output are forgotten. */
void world_login(struct world *w);

ptrdiff_t world_in(struct world *w, const char *text); /* mote_in, whole; what it returned last */
void world_take(struct world *w, size_t max);          /* mote_out and mote_out_done, up to max bytes; appends to out */
void world_clear(struct world *w);                     /* forget events and output */
void world_at(struct world *w, uint64_t now_ms);       /* mote_tick */
void world_settle(struct world *w); /* run what is due now and take what is sent, till nobody wants more */

unsigned world_events(const struct world *w, int kind); /* how many of the kind */
int world_last_error(const struct world *w);                             /* of the last event */

/* In what was sent: the last place of `part`, which has to be there. An attribute of the element that begins at
 * `element`. */
const char *world_find_last(const struct world *w, const char *part);
void world_attr(const char *element, const char *name, char out[64]);

/* Answer all <iq type='set'/> in w->out, which is forgotten; how many there were. What follows stays in the ring. */
unsigned world_answer_all(struct world *w, const char *type, const char *from);

#endif
