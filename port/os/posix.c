/* SPDX-License-Identifier: MIT */
#include "port/os/posix.h"

#include "port/clock/posix.h"
#include "port/crypto/hash_mbedtls.h"
#include "port/crypto/random_sodium.h"

const struct mote_port *port_posix_init(struct port_posix *p, struct tls_mbedtls_config *tls, const char *dns_servers)
{
    net_posix_init(&p->net);
    for (int i = 0; i < WAIT_POSIX_SPARES; i++) {
        net_posix_init(&p->spares[i]);
        p->spare_nets[i] = &p->spares[i];
    }
    dns_cares_init(&p->dns, dns_servers);
    tls_mbedtls_init(&p->tls, tls);
    p->wait =
        (struct wait_posix){.net = &p->net, .spares = p->spares, .spare_count = WAIT_POSIX_SPARES, .dns = &p->dns};
    p->port = (struct mote_port){
        .clock = &clock_posix,
        .resolve = &dns_cares,
        .resolve_ctx = &p->dns,
        .net = &net_posix,
        .net_ctx = &p->net,
        .spare_nets = p->spare_nets,
        .spare_count = WAIT_POSIX_SPARES,
        .tls = tls != NULL ? &tls_mbedtls : NULL,
        .tls_ctx = &p->tls,
        .waiter = &wait_posix,
        .waiter_ctx = &p->wait,
    };
    return &p->port;
}

bool port_posix_watch(struct port_posix *p, int fd)
{
    return wait_posix_add(&p->wait, fd);
}

void port_posix_unwatch(struct port_posix *p, int fd)
{
    wait_posix_remove(&p->wait, fd);
}

void port_posix_services(struct mote_services *services, struct log_stdio *log)
{
    *services = (struct mote_services){
        .random = entropy_sodium,
        .hash_start = crypto_hash_start,
        .hash_feed = crypto_hash_feed,
        .hash_end = crypto_hash_end,
        .log = log != NULL ? log_stdio : NULL,
        .ctx = log,
    };
}
