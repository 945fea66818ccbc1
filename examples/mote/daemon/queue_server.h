/* SPDX-License-Identifier: MIT
 * The socket of mote run, which lies beside its store. It has mode 0600, and only requests of root and of the same user
 * are answered.
 *
 * Each connection begins with a greeting of the server, "mote" with jid= and next=, the ticket that the next queued
 * item gets; then one request (daemon/packet.h) is answered. By `next` a client whose request broke off lets the server
 * find out whether it was queued: see daemon/queue_client.c.
 */
#ifndef COMMAND_DAEMON_QUEUE_SERVER_H
#define COMMAND_DAEMON_QUEUE_SERVER_H

#include <stdint.h>

#include "examples/mote/daemon/packet.h"

enum { CONTROL_CLIENTS = 4 }; /* at a time; others wait in line */

/* Listen. A socket that a dead process left behind is replaced, for we have the store, so nobody else can be alive
 * there. Returns 0, or an exit code after having said why. */
int control_open(const char *path);

/* Greet, read and answer what can be without waiting. Returns when it has to be called again at the latest. */
uint64_t control_turn(uint64_t now_ms);

/* Listen no longer, and remove the socket's file. */
void control_close(void);

#endif
