/* SPDX-License-Identifier: MIT
 * struct port_waiter over poll: the connections, the resolver, and what the application wants to be woken by.
 */
#ifndef PORT_WAIT_POSIX_H
#define PORT_WAIT_POSIX_H

#include "port/dns/cares.h"
#include "port/net/posix.h"

enum { WAIT_POSIX_EXTRA = 8, WAIT_POSIX_SPARES = 5 };

struct wait_posix {
    struct net_posix *net;
    struct net_posix *spares; /* array; may be NULL */
    int spare_count;
    const struct dns_cares *dns; /* may be NULL */
    int extra[WAIT_POSIX_EXTRA]; /* descriptors of the application */
    int extra_count;
};

extern const struct port_waiter wait_posix; /* its ctx is a struct wait_posix */

/* Wake up also when `fd` is readable; false when there are too many. And no longer. */
bool wait_posix_add(struct wait_posix *w, int fd);
void wait_posix_remove(struct wait_posix *w, int fd);

#endif
