/* SPDX-License-Identifier: MIT
 * Sockets of this machine by their path.
 */
#ifndef CLI_LOCAL_H
#define CLI_LOCAL_H

#include <stdbool.h>

/* Both return a descriptor of a SOCK_SEQPACKET socket, which does not wait, or -1 with errno. A path may be longer than
 * struct sockaddr_un has room for; links of other users are not followed, and nobody but root, the same user, or the
 * owner of the folder is connected to (port/store/safe_path.h). */
int local_listen(const char *path); /* mode 0600. EADDRINUSE: something is there */
int local_connect(const char *path);

/* Take the socket away, if one is there. */
bool local_remove(const char *path);

#endif
