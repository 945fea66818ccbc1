/* SPDX-License-Identifier: MIT
 * What a connection costs: a port that passes on to another one, and counts. Bytes are those that TCP carries, TLS
 * included; its own headers and the DNS are not counted. One address is tried at a time.
 */
#ifndef MOTE_PORT_RUN_METER_H
#define MOTE_PORT_RUN_METER_H

#include "port/port.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mote_meter {
    struct mote_port port; /* give this to the loop */
    const struct mote_port *inner;
    uint64_t sent, received; /* bytes */
    uint32_t round_trips;    /* how often something came back after something was sent; connecting counts as one */
    bool asked;              /* something was sent, and nothing has come back yet */
};

/* Count what goes over `inner`, which must stay valid. Returns &m->port. */
const struct mote_port *mote_meter_init(struct mote_meter *m, const struct mote_port *inner);

/* Begin to count anew. */
void mote_meter_reset(struct mote_meter *m);

#ifdef __cplusplus
}
#endif

#endif
