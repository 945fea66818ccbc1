/* SPDX-License-Identifier: MIT
 * Which server to try, and in what order. These are pure functions over rows of SRV records.
 */
#ifndef MOTE_PORT_RUN_SRV_ORDER_H
#define MOTE_PORT_RUN_SRV_ORDER_H

#include "port/run/run.h"

/* Drop the rows that `mode` does not want. Returns how many are left. */
int mote__srv_allow(struct mote_port_target *targets, int count, enum mote_run_tls mode);

/* Bring them into the order to try them: by priority, and by lot among those of one priority, by weight (RFC 2782).
 * The records of _xmpps-client and _xmpp-client are one list (XEP-0368 section 3). */
void mote__srv_order(struct mote_port_target *targets, int count, uint32_t (*random)(void *ctx), void *ctx);

/* Does it name a host and a port? It may have been kept somewhere, and hold anything. */
bool mote__srv_valid(const struct mote_port_target *target);

/* Fill in host and port from "host", "host:port", "[IPv6]:port" or "[IPv6]" (RFC 6120 section 4.9.3.19); no port leaves
 * `target->port` as it is. False, and nothing is changed, when it is none of these: the text comes from a stranger. */
bool mote__srv_parse(struct mote_port_target *target, const char *text);

#endif
