/* SPDX-License-Identifier: MIT
 * struct mote_port_net over lwIP's raw API: one TCP connection. What came stays in lwIP's own buffers until it is read,
 * and only then is the window opened again. So nothing is copied twice, and TCP itself slows down a fast peer.
 */
#ifndef MOTE_PORT_NET_LWIP_H
#define MOTE_PORT_NET_LWIP_H

#include <lwip/tcp.h>

#include "port/net/address.h"
#include "port/port.h"

struct mote_net_lwip {
    struct tcp_pcb *pcb;   /* NULL when there is none, or lwIP has taken it away */
    struct pbuf *received; /* what was not read yet */
    bool connected;
    bool ended;            /* the peer will send no more */
    err_t error;           /* why lwIP took the pcb away */
    struct mote_port_address peer;
    char why[96];
};

extern const struct mote_port_net mote_net_lwip; /* its ctx is a struct mote_net_lwip */

void mote_net_lwip_init(struct mote_net_lwip *net);

/* Is there something to read, or has the connection ended? */
bool mote__net_lwip_readable(const struct mote_net_lwip *net);

#endif
