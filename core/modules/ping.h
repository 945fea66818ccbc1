/* SPDX-License-Identifier: MIT
 * XMPP ping (XEP-0199): answers pings, and sends one when the server has been silent for a while, so that a dead link
 * is found.
 */
#ifndef MOTE_PING_H
#define MOTE_PING_H

#include "core/module.h"

struct mote_ping {
    struct mote_module mod;
    struct mote_iq iq;
    uint32_t interval_s, timeout_s;
};

/* `interval_s`: silence before a ping, default (0) 120, UINT32_MAX for never; `timeout_s`: until the link counts as
 * dead, default (0) 30, but no more than interval_s: the stream then fails with MOTE_ERR_TIMEOUT. So a link that has
 * gone silent is found within two intervals. */
void mote_ping_attach(struct mote_ping *ping, struct mote *x, uint32_t interval_s, uint32_t timeout_s);

#endif
