/* SPDX-License-Identifier: MIT
 * struct mote_port_resolve over lwIP: its own resolver finds addresses; for SRV records there are queries of our own.
 * Both wait until DHCP has given the interface an address.
 */
#ifndef MOTE_PORT_DNS_LWIP_H
#define MOTE_PORT_DNS_LWIP_H

#include <lwip/netif.h>
#include <lwip/udp.h>

#include "port/port.h"

enum mote__dns_lwip_state { DNS_LWIP_IDLE, DNS_LWIP_SRV, DNS_LWIP_HOST, DNS_LWIP_FOUND, DNS_LWIP_FAILED };

enum { MOTE_DNS_LWIP_SERVICES = 2 };

struct mote_dns_lwip {
    const struct netif *netif;
    enum mote__dns_lwip_state state;
    bool asked;                /* lwIP is looking the host up */
    uint8_t tries;             /* how often the queries were sent */
    uint32_t began_ms, sent_ms;
    struct udp_pcb *udp;
    uint16_t id[MOTE_DNS_LWIP_SERVICES];
    struct pbuf *answers[MOTE_DNS_LWIP_SERVICES];
    uint8_t address[4];
    char name[MOTE_PORT_HOST_MAX + 1];
    const char *why;
};

extern const struct mote_port_resolve mote_dns_lwip; /* its ctx is a struct mote_dns_lwip */

void mote_dns_lwip_init(struct mote_dns_lwip *dns, const struct netif *netif);

/* Is it time to ask for the result? It is when there is one, and when the query has to go out again. */
bool mote__dns_lwip_due(const struct mote_dns_lwip *dns);

#endif
