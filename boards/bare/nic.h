/* SPDX-License-Identifier: MIT
 * The network interface of a board, for lwIP.
 */
#ifndef MOTE_BARE_NIC_H
#define MOTE_BARE_NIC_H

#include <lwip/netif.h>

/* Set it up; for netif_add. */
err_t mote__nic_init(struct netif *netif);

/* Give lwIP all frames that have come, and tell it of the cable, where that can be known. */
void mote__nic_poll(struct netif *netif);

/* Frames that were thrown away because lwIP had no room for them. */
unsigned mote__nic_dropped(void);

#endif
