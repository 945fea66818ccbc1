/* SPDX-License-Identifier: MIT
 * The whole port for a machine without an operating system: lwIP, mbedTLS and one loop. It is one struct, which the
 * application owns and must not move.
 *
 * Nothing here runs in an interrupt. The loop gives lwIP its time: mote_run_wait polls the network interface, runs
 * lwIP's timers, and sleeps in between.
 */
#ifndef MOTE_PORT_OS_NOSYS_H
#define MOTE_PORT_OS_NOSYS_H

#include <lwip/netif.h>

#include "port/dns/lwip.h"
#include "port/net/lwip.h"
#include "port/tls/mbedtls.h"
#include "port/tls/memory.h"

/* What the machine has. */
struct mote__nosys_machine {
    uint64_t (*ms)(void);    /* since the start */
    uint64_t (*ticks)(void); /* the same in finer steps, to measure turns of the loop */
    void (*sleep)(void);     /* until the next interrupt, a few milliseconds at most */
    bool (*input)(void);     /* the application has something to look at, such as a typed line */
    netif_init_fn nic_init;
    void (*nic_poll)(struct netif *netif);
};

struct mote_nosys {
    struct mote_port port;
    const struct mote__nosys_machine *machine;
    struct netif netif;
    struct mote_net_lwip net;
    struct mote_dns_lwip dns;
    struct mote_tls_mbedtls tls;
    void *spare[MOTE_TLS_MEMORY_PIECES];           /* memory for the time of a handshake; see mote_nosys_lend */
    size_t spare_size[MOTE_TLS_MEMORY_PIECES];     /* bytes */
    size_t spare_peak;                             /* the most that was used of all */
    uint64_t turn_began;                           /* in ticks */
    bool in_handshake;                             /* a handshake was under way when the turn began */
    uint64_t longest_turn, longest_handshake_turn; /* in ticks */
};

/* Start the interface and DHCP. `tls` NULL is a port without TLS. Without `services` the ports of connections can be
 * guessed. The result lives in `p`; it is NULL when the network interface does not answer. */
const struct mote_port *mote_nosys_init(struct mote_nosys *p, const struct mote__nosys_machine *machine,
                                        struct mote_tls_mbedtls_config *tls, const struct mote_services *services);

/* Let TLS use the engine's memory for reading, `arena` and `xml` of struct mote_config, during handshakes. The engine
 * does not use it then: before mote_connected, and between MOTE_WANT_STARTTLS and the first mote_in after mote_secured.
 * So mote_tls_memory_use needs that much less. */
void mote_nosys_lend(struct mote_nosys *p, const struct mote_config *config);

#endif
