/* SPDX-License-Identifier: MIT
 * struct port_resolve over lwIP: addresses by its own resolver, SRV records by queries of our own over its UDP. Both wait
 * until DHCP has given the interface an address.
 */
#ifndef PORT_DNS_LWIP_H
#define PORT_DNS_LWIP_H

#include <lwip/netif.h>
#include <lwip/udp.h>

#include "port/port.h"

enum dns_lwip_state { DNS_LWIP_IDLE, DNS_LWIP_SRV, DNS_LWIP_HOST, DNS_LWIP_FOUND, DNS_LWIP_FAILED };

enum { DNS_LWIP_SERVICES = 2 };

struct dns_lwip {
    const struct netif *netif;
    enum dns_lwip_state state;
    bool asked;                /* lwIP is looking the host up */
    uint8_t tries;             /* how often the queries were sent */
    uint32_t began_ms, sent_ms;
    struct udp_pcb *udp;
    uint16_t id[DNS_LWIP_SERVICES];
    struct pbuf *answers[DNS_LWIP_SERVICES];
    uint8_t address[4];
    char name[PORT_HOST_MAX + 1];
    const char *why;
};

extern const struct port_resolve dns_lwip; /* its ctx is a struct dns_lwip */

void dns_lwip_init(struct dns_lwip *dns, const struct netif *netif);

/* A result can be asked for, or has to be so that the query goes out again. */
bool dns_lwip_due(const struct dns_lwip *dns);

#endif
