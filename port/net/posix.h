/* SPDX-License-Identifier: MIT
 * struct mote_port_net over TCP sockets. They never block, never raise SIGPIPE, and child processes do not inherit
 * them.
 */
#ifndef MOTE_PORT_NET_POSIX_H
#define MOTE_PORT_NET_POSIX_H

#include "port/net/address.h"
#include "port/port.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mote_net_posix {
    int fd;       /* for poll and select; -1 when there is none. All other fields are private */
    bool connected;
    bool unacked; /* bytes have come for which the acknowledgement was not hurried yet */
    bool full;    /* the last write found no room: wait until there is some */
    struct mote_port_address peer;
    char why[160];
};

/* Its ctx is a struct mote_net_posix. Several can be tried at a time. */
extern const struct mote_port_net mote_net_posix;

void mote_net_posix_init(struct mote_net_posix *net);

#ifdef __cplusplus
}
#endif

#endif
