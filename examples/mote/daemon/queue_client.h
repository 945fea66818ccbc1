/* SPDX-License-Identifier: MIT
 * Asks the queue (daemon/queue_requests.h) from another process: mote run if it is there, else the store itself.
 */
#ifndef COMMAND_DAEMON_QUEUE_CLIENT_H
#define COMMAND_DAEMON_QUEUE_CLIENT_H

#include "examples/mote/daemon/packet.h"

/* Ask, and wait for the answer. The process that has the queue may die meanwhile and be started again: then it is asked
 * again, until HANDOVER_S have passed since the first try. Returns 0 when `answer` is one, or an exit code after having
 * said why. */
enum { HANDOVER_S = 10 };
int handover(struct packet *request, struct packet *answer);

/* The same, but an answer of "error" is a failure, too, which is told as "cannot WHAT: WHY". */
int handover_or_fail(struct packet *request, struct packet *answer, const char *what);

/* Close the store if it had to be opened. handover may be called again after that. Returns `code`. */
int handover_close(int code);

#endif
