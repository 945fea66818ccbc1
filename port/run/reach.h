/* SPDX-License-Identifier: MIT
 * From the names of servers to one connection (Happy Eyeballs, RFC 8305; XEP-0495 for what SRV records add to it).
 *
 * A rung is one way to try: the targets in their order, then port 443 of the first of them (direct TLS, for networks
 * that let only the web through), and all of these once more through a proxy that the environment named. Addresses are
 * tried in this order, each 250 ms after the one before, or as soon as one has failed. Targets of a later priority,
 * port 443 and the proxy have their turn only after 2 s, or when nothing else is left. XEP-0495 would let a later
 * priority wait for the time-outs of the earlier one; then a network that drops packets silently would hide a server
 * that can be reached. The first that connects is used. A port without spare connections tries them one by one.
 */
#ifndef MOTE_PORT_RUN_REACH_H
#define MOTE_PORT_RUN_REACH_H

#include "port/run/run.h"

struct mote__run_rung {
    const char *host;
    uint16_t port, priority;
    bool direct_tls;
    bool proxied;
    bool guess; /* nobody named this way, so its failure says nothing about the server */
};

/* How much a reason says about what is wrong. The one that says most is reported. */
enum run_weight {
    WEIGHT_NONE,
    WEIGHT_GUESS,   /* a way that nobody named failed */
    WEIGHT_NAME,    /* no address */
    WEIGHT_UNKNOWN, /* the DNS says that there is no such name */
    WEIGHT_NETWORK, /* no way to the address */
    WEIGHT_SILENT,  /* no answer from it */
    WEIGHT_REFUSED, /* nobody listens there */
    WEIGHT_PROXY,   /* the proxy refused */
    WEIGHT_LOST,    /* the connection broke */
    WEIGHT_TLS,     /* the handshake failed */
    WEIGHT_REST     /* what the engine says */
};

void mote__run_rung(const struct mote_run *run, uint8_t number, struct mote__run_rung *rung);

/* Begin to connect to run->targets. */
void mote__reach_begin(struct mote_run *run);

/* Go on with what is left, after a connection that failed later. */
void mote__reach_on(struct mote_run *run);

void mote__reach_step(struct mote_run *run);
unsigned mote__reach_waits(const struct mote_run *run, uint64_t *until_ms);

/* Forget all that is under way. */
void mote__reach_stop(struct mote_run *run);

#endif
