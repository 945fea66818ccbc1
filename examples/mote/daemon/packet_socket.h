/* SPDX-License-Identifier: MIT
 * Sends and receives packets (packet.h) over a socket, with the descriptor that may go beside one (SCM_RIGHTS,
 * unix(7)).
 */
#ifndef COMMAND_DAEMON_PACKET_SOCKET_H
#define COMMAND_DAEMON_PACKET_SOCKET_H

#include <sys/types.h>

#include "examples/mote/daemon/packet.h"

/* Send the whole packet. Returns false with errno when that failed. The descriptor stays open here. */
bool pass_send(int socket, const struct packet *p);

/* Take what is there, without waiting. It returns as recv does, with EMSGSIZE for what is longer than a packet. A
 * single descriptor is put into p->fd, for the caller to close; when more came, all of them are closed. */
ssize_t pass_receive(int socket, struct packet *p);

/// A file as it is passed: its bytes in a sealed memory file ///

/* A sealed memory file cannot be changed any more, so a repeated request has the same bytes, and mote run can read it
 * without waiting for a disk, a network or whoever is behind the path. In bytes; no item of any store is larger. */
enum { PASS_FILE_MAX = 64 * 1024 };

/* Copy all of the regular file `fd`, and put its size into *size. Of a file that is larger than PASS_FILE_MAX only the
 * size is right. Returns a descriptor, or -1 with errno. */
int pass_file_make(int fd, uint64_t *size);

/* Read it back. False when `fd` is no sealed memory file of this size. */
bool pass_file_read(int fd, uint8_t *bytes, size_t size);

#endif
