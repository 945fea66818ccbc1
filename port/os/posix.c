/* SPDX-License-Identifier: MIT
 * Puts the parts of the POSIX port together.
 */
#include "port/os/posix.h"

#include "port/clock/posix.h"
#include "port/crypto/hash_mbedtls.h"
#include "port/crypto/random_sodium.h"

const struct mote_port *mote_posix_init(struct mote_posix *p, struct mote_tls_mbedtls_config *tls,
                                        const char *dns_servers)
{
    mote_net_posix_init(&p->net);
    for (int i = 0; i < MOTE_WAIT_POSIX_SPARES; i++) {
        mote_net_posix_init(&p->spares[i]);
        p->spare_nets[i] = &p->spares[i];
    }
    mote_dns_cares_init(&p->dns, dns_servers);
    mote_tls_mbedtls_init(&p->tls, tls);
    p->wait = (struct mote_wait_posix){
        .net = &p->net, .spares = p->spares, .spare_count = MOTE_WAIT_POSIX_SPARES, .dns = &p->dns};
    p->port = (struct mote_port){
        .clock = &mote_clock_posix,
        .resolve = &mote_dns_cares,
        .resolve_ctx = &p->dns,
        .net = &mote_net_posix,
        .net_ctx = &p->net,
        .spare_nets = p->spare_nets,
        .spare_count = MOTE_WAIT_POSIX_SPARES,
        .tls = tls != NULL ? &mote_tls_mbedtls : NULL,
        .tls_ctx = &p->tls,
        .waiter = &mote_wait_posix,
        .waiter_ctx = &p->wait,
    };
    return &p->port;
}

const struct mote_port *mote_posix_link_init(struct mote_posix_link *l, const struct mote_posix *p)
{
    mote_net_posix_init(&l->net);
    mote_dns_cares_init(&l->dns, p->dns.servers);
    mote_tls_mbedtls_init(&l->tls, p->tls.config);
    l->port = p->port;
    l->port.resolve_ctx = &l->dns;
    l->port.net_ctx = &l->net;
    l->port.tls_ctx = &l->tls;
    l->port.spare_nets = NULL;
    l->port.spare_count = 0;
    return &l->port;
}

bool mote_posix_watch(struct mote_posix *p, int fd)
{
    return mote_wait_posix_add(&p->wait, fd);
}

void mote_posix_unwatch(struct mote_posix *p, int fd)
{
    mote_wait_posix_remove(&p->wait, fd);
}

void mote_posix_services(struct mote_services *services, struct mote_log_stdio *log)
{
    *services = (struct mote_services){
        .random = mote_entropy_sodium,
        .hash_start = mote_crypto_hash_start,
        .hash_feed = mote_crypto_hash_feed,
        .hash_end = mote_crypto_hash_end,
        .log = log != NULL ? mote_log_stdio : NULL,
        .ctx = log,
    };
}
