/* SPDX-License-Identifier: MIT
 * Client state indication (XEP-0352): tell the server that nobody is looking, so that it holds back what can wait, such
 * as presence. What it held back comes with the next message that cannot wait, or when the client is active again.
 */
#ifndef MOTE_CSI_H
#define MOTE_CSI_H

#include "core/module.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mote_csi {
    struct mote_module mod;
    uint64_t again_ms;
    bool inactive; /* what the application wants */
    bool said;     /* what the server has been told on this stream */
};

/* Attach it. The client is active at first, as every stream is. */
void mote_csi_attach(struct mote_csi *csi, struct mote *x);

/* Tell the server, now or after the next login; as each stream begins active, it is told again after a resumption. A
 * server that does not offer this is told nothing.
 *
 * Returns 0, or MOTE_ERR_FULL when there is no room now: then it is told a little later. Cost: ring, 40 bytes. */
int mote_csi_set(struct mote_csi *csi, bool active);

#ifdef __cplusplus
}
#endif

#endif
