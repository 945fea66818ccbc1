/* SPDX-License-Identifier: MIT
 * Waits with poll.
 */
#include "port/os/wait_posix.h"

#include <limits.h>
#include <poll.h>

struct waiting {
    struct pollfd fds[1 + MOTE_WAIT_POSIX_SPARES + MOTE_WAIT_POSIX_EXTRA + MOTE_WAIT_POSIX_LINKS +
                      (1 + MOTE_WAIT_POSIX_LINKS) * MOTE_DNS_CARES_FDS];
    struct mote_net_posix *nets[1 + MOTE_WAIT_POSIX_LINKS]; /* of the first descriptors */
    nfds_t count, connections;
    int wait_ms;
};

static void add_connection(struct waiting *waiting, struct mote_net_posix *net, unsigned bits)
{
    if (net->fd < 0 || (bits & (MOTE_PORT_WAIT_READ | MOTE_PORT_WAIT_WRITE)) == 0) {
        return;
    }
    /* A TLS handshake that waits for room in the socket looks to the loop like one that waits for the server, so `full`
     * says whether to wait for room. */
    bool write = (bits & MOTE_PORT_WAIT_WRITE) != 0 || net->full;
    waiting->nets[waiting->connections++] = net;
    waiting->fds[waiting->count++] = (struct pollfd){
        .fd = net->fd, .events = (short)((bits & MOTE_PORT_WAIT_READ ? POLLIN : 0) | (write ? POLLOUT : 0))};
}

static void add_resolver(struct waiting *waiting, const struct mote_dns_cares *dns, unsigned bits)
{
    if (dns != NULL && (bits & MOTE_PORT_WAIT_RESOLVE) != 0) {
        waiting->count += (nfds_t)mote_dns_cares_fds(dns, waiting->fds + waiting->count, &waiting->wait_ms);
    }
}

static void wait_poll(void *ctx, const struct mote_port *port, unsigned bits, uint64_t until_ms)
{
    struct mote_wait_posix *w = ctx;
    struct waiting waiting = {.count = 0};
    uint64_t now = port->clock->ms(port->clock_ctx);
    waiting.wait_ms = until_ms <= now ? 0 : until_ms - now < INT_MAX ? (int)(until_ms - now) : INT_MAX;
    add_connection(&waiting, w->net, bits);
    for (int i = 0; i < w->link_count; i++) {
        add_connection(&waiting, w->links[i].net, w->links[i].bits);
    }
    for (int i = 0; i < w->spare_count; i++) { /* those that are open are still connecting */
        if (w->spares[i].fd >= 0) {
            waiting.fds[waiting.count++] = (struct pollfd){.fd = w->spares[i].fd, .events = POLLOUT};
        }
    }
    for (int i = 0; i < w->extra_count; i++) {
        waiting.fds[waiting.count++] = (struct pollfd){.fd = w->extra[i], .events = POLLIN};
    }
    add_resolver(&waiting, w->dns, bits);
    for (int i = 0; i < w->link_count; i++) {
        add_resolver(&waiting, w->links[i].dns, w->links[i].bits);
    }
    w->link_count = 0;
    int ready =
        poll(waiting.fds, waiting.count, waiting.wait_ms); /* its failure is ignored: waking up early is allowed */
    for (nfds_t i = 0; ready > 0 && i < waiting.connections; i++) {
        if ((waiting.fds[i].revents & POLLOUT) != 0) {
            waiting.nets[i]->full = false; /* otherwise a socket that nobody writes to would wake us for ever */
        }
    }
}

static void also_poll(void *ctx, const struct mote_port *port, unsigned bits)
{
    struct mote_wait_posix *w = ctx;
    if (w->link_count < MOTE_WAIT_POSIX_LINKS) {
        w->links[w->link_count].net = port->net_ctx;
        w->links[w->link_count].dns = port->resolve_ctx;
        w->links[w->link_count++].bits = bits;
    }
}

const struct mote_port_waiter mote_wait_posix = {.wait = wait_poll, .also = also_poll};

bool mote_wait_posix_add(struct mote_wait_posix *w, int fd)
{
    mote_wait_posix_remove(w, fd);
    if (w->extra_count == MOTE_WAIT_POSIX_EXTRA) {
        return false;
    }
    w->extra[w->extra_count++] = fd;
    return true;
}

void mote_wait_posix_remove(struct mote_wait_posix *w, int fd)
{
    for (int i = 0; i < w->extra_count; i++) {
        if (w->extra[i] == fd) {
            w->extra[i--] = w->extra[--w->extra_count];
        }
    }
}
