/* SPDX-License-Identifier: MIT
 * The whole port for Linux and its like, as one struct that the application owns; it may not move.
 *
 *     static struct log_stdio log = {MOTE_LOG_WARN};
 *     static struct mote_services services;
 *     static struct tls_mbedtls_config tls;
 *     static struct port_posix posix;
 *     port_posix_services(&services, &log);
 *     tls_mbedtls_config_init(&tls, &services);
 *     tls_mbedtls_add_ca(&tls, pem, pem_len);
 *     const struct mote_port *port = port_posix_init(&posix, &tls, NULL);
 */
#ifndef PORT_POSIX_H
#define PORT_POSIX_H

#include "port/dns/cares.h"
#include "port/os/log_stdio.h"
#include "port/net/posix.h"
#include "port/tls/mbedtls.h"
#include "port/os/wait_posix.h"

struct port_posix {
    struct mote_port port;
    struct net_posix net, spares[WAIT_POSIX_SPARES];
    void *spare_nets[WAIT_POSIX_SPARES];
    struct dns_cares dns;
    struct tls_mbedtls tls;
    struct wait_posix wait;
};

/* `tls` may be shared by many of these; NULL: no TLS. `dns_servers`: see dns_cares_init. The result lives in `p`. */
const struct mote_port *port_posix_init(struct port_posix *p, struct tls_mbedtls_config *tls, const char *dns_servers);

/* Let mote_run_wait return when `fd` is readable, or no longer. False when there are more than WAIT_POSIX_EXTRA. */
bool port_posix_watch(struct port_posix *p, int fd);
void port_posix_unwatch(struct port_posix *p, int fd);

/* Randomness from libsodium, hashes from mbedTLS, the log to stderr; `log` NULL: none. */
void port_posix_services(struct mote_services *services, struct log_stdio *log);

#endif
