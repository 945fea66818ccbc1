/* SPDX-License-Identifier: MIT
 * Asking the queue (daemon/queue_requests.h) from another process: mote run if it is there, else the store.
 */
#ifndef CLI_HANDOVER_H
#define CLI_HANDOVER_H

#include "examples/mote/daemon/packet.h"

/* Ask, and wait for the answer. Whoever has the queue may die meanwhile and come back: it is asked again then, once and
 * for all within HANDOVER_S. 0: `answer` is one; or an exit code after having said why. */
enum { HANDOVER_S = 10 };
int handover(struct packet *request, struct packet *answer);

/* The same, and an answer of "error" is told: "cannot WHAT: WHY". */
int handover_or_fail(struct packet *request, struct packet *answer, const char *what);

/* Let go of the store, if it came to that; handover may be called again. Returns `code`. */
int handover_close(int code);

#endif
