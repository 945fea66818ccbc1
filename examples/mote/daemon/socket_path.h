/* SPDX-License-Identifier: MIT
 * Sockets of this machine by their path.
 */
#ifndef COMMAND_DAEMON_SOCKET_PATH_H
#define COMMAND_DAEMON_SOCKET_PATH_H

#include <stdbool.h>

/* Both return a descriptor of a SOCK_SEQPACKET socket, which does not block, or -1 with errno. A path may be longer
 * than struct sockaddr_un has room for; links of other users are not followed (port/store/safe_path.h). local_listen
 * makes the socket with mode 0600, and fails with EADDRINUSE when something has that path. local_connect refuses a
 * listener that is neither root, nor the same user, nor the owner of the folder. */
int local_listen(const char *path);
int local_connect(const char *path);

/* Remove the socket, if one is there. */
bool local_remove(const char *path);

#endif
