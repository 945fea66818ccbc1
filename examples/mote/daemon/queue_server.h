/* SPDX-License-Identifier: MIT
 * The socket of mote run (packet.h), which stands beside its store: mode 0600, and only root and the same user are
 * listened to.
 *
 * Each connection begins with a greeting of ours, "mote" with jid= and next=, the number that the next queued item
 * gets; then one request is answered. What a client left open about a request that broke off, the greeting lets it find
 * out: see daemon/queue_client.c.
 */
#ifndef CLI_CONTROL_H
#define CLI_CONTROL_H

#include <stdint.h>

#include "examples/mote/daemon/packet.h"

enum { CONTROL_CLIENTS = 4 }; /* at a time; others wait in line */

/* Listen. Whoever has the store may take the place of a socket that a dead process left behind. 0, or an exit code
 * after having said why. */
int control_open(const char *path);

/* Greet, read, answer; never waits. Returns when it has to be called again at the latest. */
uint64_t control_turn(uint64_t now_ms);

/* No longer; the socket's file goes. */
void control_close(void);

#endif
