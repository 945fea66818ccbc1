/* SPDX-License-Identifier: MIT
 * XMPP ping (XEP-0199): answers pings, and sends one when the server has been silent for a while, so that a dead link
 * is found.
 */
#ifndef MOTE_PING_H
#define MOTE_PING_H

#include "core/module.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mote_ping {
    struct mote_module mod;
    struct mote_iq iq;
    uint32_t interval_s, timeout_s;
};

/* Attach it. A ping is sent after `interval_s` seconds of silence; 0 means 120, UINT32_MAX never. When there is no
 * answer within `timeout_s` seconds (0: 30, but no more than interval_s), the link counts as dead, and the stream fails
 * with MOTE_ERR_TIMEOUT. So a link that has gone silent is found within two intervals. */
void mote_ping_attach(struct mote_ping *ping, struct mote *x, uint32_t interval_s, uint32_t timeout_s);

#ifdef __cplusplus
}
#endif

#endif
