/* SPDX-License-Identifier: MIT
 * Client state indication (XEP-0352): tell the server that nobody is looking, so that it keeps to itself what can wait.
 * What waits comes in one go with the next message of weight, or when the client is active again.
 */
#ifndef MOTE_CSI_H
#define MOTE_CSI_H

#include "core/module.h"

struct mote_csi {
    struct mote_module mod;
    uint64_t again_ms;
    bool inactive; /* what the application wants */
    bool said;     /* what the server has been told on this stream */
};

/* Active at first, as every stream is. */
void mote_csi_attach(struct mote_csi *csi, struct mote *x);

/* Say so, now or after the next login or resumption: each stream begins active, and hears it again. Nothing is said to
 * a server that does not offer it.
 *
 * Returns 0; or MOTE_ERR_FULL: no room now, it is said a little later. Cost: ring, 40 bytes. */
int mote_csi_set(struct mote_csi *csi, bool active);

#endif
