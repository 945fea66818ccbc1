/* SPDX-License-Identifier: MIT
 * From the names of servers to one connection that stands: RFC 8305, and XEP-0495 for what SRV records add to it.
 *
 * The ladder has a rung for each way: the targets in their order, then port 443 of the first of them (direct TLS, where
 * a network lets only the web through), and all of these once more through a proxy that the environment named.
 * Addresses are tried in this order, each 250 ms after the one before, or as soon as one has failed; targets of a later
 * priority, port 443 and the proxy only 2 s after, or when nothing else is left. XEP-0495 would have a later priority
 * wait for the end of the earlier one's time-outs; then a network that drops packets silently would hide a server that
 * can be reached. Whoever connects first has won. A port without spare connections tries them one after the other.
 */
#ifndef MOTE_PORT_RUN_REACH_H
#define MOTE_PORT_RUN_REACH_H

#include "port/run/run.h"

struct mote__run_rung {
    const char *host;
    uint16_t port, priority;
    bool direct_tls;
    bool proxied;
    bool guess; /* its failure says nothing about the server */
};

/* How much a reason says about what is wrong: the reason that says most is reported. */
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

/* Begin with run->targets. */
void mote__reach_begin(struct mote_run *run);

/* Go on with what is left, after a connection that was no good. */
void mote__reach_on(struct mote_run *run);

void mote__reach_step(struct mote_run *run);
unsigned mote__reach_waits(const struct mote_run *run, uint64_t *until_ms);

/* Forget all that is under way. */
void mote__reach_stop(struct mote_run *run);

#endif
