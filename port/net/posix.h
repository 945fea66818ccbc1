/* SPDX-License-Identifier: MIT
 * struct mote_port_net over TCP sockets: never blocking, never a SIGPIPE, not inherited by child processes.
 */
#ifndef MOTE_PORT_NET_POSIX_H
#define MOTE_PORT_NET_POSIX_H

#include "port/net/address.h"
#include "port/port.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mote_net_posix {
    int fd; /* -1: none. For poll and select; all else is private */
    bool connected;
    bool unacked; /* bytes came since acknowledgements were last hurried */
    bool full;    /* the last write found no room: wait for writability as well */
    struct mote_port_address peer;
    char why[160];
};

extern const struct mote_port_net
    mote_net_posix; /* its ctx is a struct mote_net_posix; several can be tried at a time */

void mote_net_posix_init(struct mote_net_posix *net);

#ifdef __cplusplus
}
#endif

#endif
