/* SPDX-License-Identifier: MIT
 * Packets (packet.h) over a socket, with the descriptor that may go beside one (SCM_RIGHTS, unix(7)).
 */
#ifndef CLI_PASS_H
#define CLI_PASS_H

#include <sys/types.h>

#include "examples/mote/daemon/packet.h"

/* Whole, or false with errno. The descriptor stays ours. */
bool pass_send(int socket, const struct packet *p);

/* Take what is there, without waiting: returns as recv does; EMSGSIZE for what is longer than a packet. Of descriptors
 * one alone is kept, in p->fd, for the caller to close; of more all are closed. */
ssize_t pass_receive(int socket, struct packet *p);

/// A file as it is passed: its bytes in a sealed memory file ///

/* What is passed can neither be changed any more, so that it is the same whenever it is asked for, nor does reading it
 * wait for a disk, a network or whoever is behind the path. */
enum { PASS_FILE_MAX = 64 * 1024 }; /* bytes: more is no single item of any store */

/* All of the regular file `fd`. *size is how much that is; of what is larger than PASS_FILE_MAX only its size is told.
 * A descriptor, or -1 with errno. */
int pass_file_make(int fd, uint64_t *size);

/* Read it back; `size` is what it must have. False: it is no such file. */
bool pass_file_read(int fd, uint8_t *bytes, size_t size);

#endif
