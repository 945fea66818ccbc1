/* SPDX-License-Identifier: MIT
 * A port for tests of the loop, whose clock, names and addresses are made up: the last byte of an address says how it
 * behaves, and what was opened when is kept.
 */
#ifndef FAKE_PORT_H
#define FAKE_PORT_H

#include "port/run/run.h"
#include "port/run/ladder.h"
#include "tests/unit/unit.h"
#include "tests/unit/world.h"

/* How an address behaves: REFUSES after 10 ms, SILENT for ever, GOOD after 20 ms, SLOW after 600 ms, UNREACHABLE at
 * once. */
enum { REFUSES = 1, SILENT, GOOD, SLOW, UNREACHABLE };
enum { LANES = 6, OPENS = 64 };

struct fake_net {
    struct fake *fake;
    struct mote_port_address address;
    uint64_t opened_ms;
    bool open, read;
};

struct fake {
    uint64_t now_ms;
    struct fake_net nets[LANES];
    void *spares[LANES - 1];
    struct mote_port_target srv[8];
    int srv_count;    /* negative: an error */
    uint8_t hosts[4]; /* behaviours of the addresses of every host; 0: no more */
    char asked[256];  /* the last host */
    unsigned host_questions, srv_questions;
    const char *says; /* what the server answers on a connection that stands */
    struct {
        uint64_t ms;
        uint8_t kind;
        uint16_t port;
    } opens[OPENS];
    unsigned open_count, taken;
    unsigned slices; /* calls that a TLS handshake takes for its computations */
    unsigned turns;  /* of the loop so far: how often it waited */
    bool unreadable; /* what comes over TLS is one record larger than any memory */
    struct mote_port port;
    struct world world;
    struct mote_run run;
    struct mote_run_config config;
    struct mote_run_step steps[32];
    struct mote_run_ladder ladder;
    struct mote_run_way way;
    uint8_t buffer[4096];
};

extern struct fake f;

/* Of a test. */
int fake_setup(void **state);

void fake_srv(const char *host, uint16_t port, uint16_t priority); /* one more SRV record, of direct TLS */
void fake_says(const char *inner);                                 /* the server's stream header, and behind it this */
void fake_start(void);

/* Until the loop is in that state, for at most so many ms; fails when it is not. */
void fake_until(enum mote_run_state state, uint64_t ms);

/* The i-th connection was begun ms after the start, or up to 15 later. */
void fake_assert_open(unsigned i, uint64_t ms, unsigned kind, unsigned port);
unsigned fake_count_open(void); /* now */

#endif
