/* SPDX-License-Identifier: MIT
 * The whole port for Linux and its like. It is one struct, which the application owns and must not move.
 *
 *     static struct mote_log_stdio log = {MOTE_LOG_WARN};
 *     static struct mote_services services;
 *     static struct mote_tls_mbedtls_config tls;
 *     static struct mote_posix posix;
 *     mote_posix_services(&services, &log);
 *     mote_tls_mbedtls_config_init(&tls, &services);
 *     mote_tls_mbedtls_add_ca(&tls, pem, pem_len);
 *     const struct mote_port *port = mote_posix_init(&posix, &tls, NULL);
 */
#ifndef MOTE_PORT_OS_POSIX_H
#define MOTE_PORT_OS_POSIX_H

#include "port/dns/cares.h"
#include "port/os/log_stdio.h"
#include "port/net/posix.h"
#include "port/tls/mbedtls.h"
#include "port/os/wait_posix.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mote_posix {
    struct mote_port port;
    struct mote_net_posix net, spares[MOTE_WAIT_POSIX_SPARES];
    void *spare_nets[MOTE_WAIT_POSIX_SPARES];
    struct mote_dns_cares dns;
    struct mote_tls_mbedtls tls;
    struct mote_wait_posix wait;
};

/* `tls` may be shared by many of these; NULL is a port without TLS. `dns_servers` is for mote_dns_cares_init. The
 * result lives in `p`. */
const struct mote_port *mote_posix_init(struct mote_posix *p, struct mote_tls_mbedtls_config *tls,
                                        const char *dns_servers);

/* What a link (port/link/link.h) needs beside the stream's. Up to MOTE_WAIT_POSIX_LINKS can be waited for at a time. */
struct mote_posix_link {
    struct mote_port port;
    struct mote_net_posix net;
    struct mote_dns_cares dns;
    struct mote_tls_mbedtls tls;
};

/* The result lives in `l`, which must not move, and has clock, waiter, name servers and TLS configuration of `p`. */
const struct mote_port *mote_posix_link_init(struct mote_posix_link *l, const struct mote_posix *p);

/* Let mote_run_wait return also when `fd` is readable; and stop that. Returns false when there are
 * MOTE_WAIT_POSIX_EXTRA already. */
bool mote_posix_watch(struct mote_posix *p, int fd);
void mote_posix_unwatch(struct mote_posix *p, int fd);

/* Fill in the services: random bytes from libsodium, hashes from mbedTLS, and the log on stderr, unless `log` is
 * NULL. */
void mote_posix_services(struct mote_services *services, struct mote_log_stdio *log);

#ifdef __cplusplus
}
#endif

#endif
