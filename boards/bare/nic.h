/* SPDX-License-Identifier: MIT
 * The network interface of a board, for lwIP.
 */
#ifndef MOTE_BARE_NIC_H
#define MOTE_BARE_NIC_H

#include <lwip/netif.h>

err_t mote__nic_init(struct netif *netif); /* for netif_add */
void mote__nic_poll(
    struct netif *netif); /* give lwIP all frames that have come; tell it of the cable if that can be known */

/* Frames that were thrown away because lwIP had no room for them. */
unsigned mote__nic_dropped(void);

#endif
