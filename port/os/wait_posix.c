/* SPDX-License-Identifier: MIT
 * Waits with poll.
 */
#include "port/os/wait_posix.h"

#include <limits.h>
#include <poll.h>

static void wait_poll(void *ctx, const struct mote_port *port, unsigned bits, uint64_t until_ms)
{
    struct mote_wait_posix *w = ctx;
    struct pollfd fds[1 + MOTE_WAIT_POSIX_SPARES + MOTE_WAIT_POSIX_EXTRA + MOTE_DNS_CARES_FDS];
    nfds_t n = 0;
    uint64_t now = port->clock->ms(port->clock_ctx);
    int wait_ms = until_ms <= now ? 0 : until_ms - now < INT_MAX ? (int)(until_ms - now) : INT_MAX;
    if (w->net->fd >= 0 && (bits & (MOTE_PORT_WAIT_READ | MOTE_PORT_WAIT_WRITE)) != 0) {
        /* A TLS handshake that waits for room in the socket looks to the loop like one that waits for the server, so
         * `full` says whether to wait for room. */
        bool write = (bits & MOTE_PORT_WAIT_WRITE) != 0 || w->net->full;
        fds[n++] = (struct pollfd){
            .fd = w->net->fd, .events = (short)((bits & MOTE_PORT_WAIT_READ ? POLLIN : 0) | (write ? POLLOUT : 0))};
    }
    for (int i = 0; i < w->spare_count; i++) { /* those that are open are still connecting */
        if (w->spares[i].fd >= 0) {
            fds[n++] = (struct pollfd){.fd = w->spares[i].fd, .events = POLLOUT};
        }
    }
    for (int i = 0; i < w->extra_count; i++) {
        fds[n++] = (struct pollfd){.fd = w->extra[i], .events = POLLIN};
    }
    if (w->dns != NULL && (bits & MOTE_PORT_WAIT_RESOLVE) != 0) {
        n += (nfds_t)mote_dns_cares_fds(w->dns, fds + n, &wait_ms);
    }
    int ready = poll(fds, n, wait_ms); /* its failure is ignored, because waking up early is always allowed */
    if (ready > 0 && n > 0 && fds[0].fd == w->net->fd && (fds[0].revents & POLLOUT) != 0) {
        w->net->full = false; /* otherwise a socket that nobody writes to would wake us for ever */
    }
}

const struct mote_port_waiter mote_wait_posix = {.wait = wait_poll};

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
