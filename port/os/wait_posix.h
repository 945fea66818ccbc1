/* SPDX-License-Identifier: MIT
 * struct mote_port_waiter over poll: it waits for the connections, the resolver, and descriptors of the application.
 */
#ifndef MOTE_PORT_OS_WAIT_POSIX_H
#define MOTE_PORT_OS_WAIT_POSIX_H

#include "port/dns/cares.h"
#include "port/net/posix.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MOTE_WAIT_POSIX_EXTRA = 8, MOTE_WAIT_POSIX_SPARES = 5, MOTE_WAIT_POSIX_LINKS = 4 };

struct mote_wait_posix {
    struct mote_net_posix *net;
    struct mote_net_posix *spares; /* array; may be NULL */
    int spare_count;
    const struct mote_dns_cares *dns; /* may be NULL */
    int extra[MOTE_WAIT_POSIX_EXTRA]; /* descriptors of the application */
    int extra_count;
    struct {
        struct mote_net_posix *net;
        const struct mote_dns_cares *dns;
        unsigned bits;
    } links[MOTE_WAIT_POSIX_LINKS]; /* for the next wait alone */
    int link_count;
};

extern const struct mote_port_waiter mote_wait_posix; /* its ctx is a struct mote_wait_posix */

/* Wake up also when `fd` is readable; and stop that. add returns false when there are too many. */
bool mote_wait_posix_add(struct mote_wait_posix *w, int fd);
void mote_wait_posix_remove(struct mote_wait_posix *w, int fd);

#ifdef __cplusplus
}
#endif

#endif
