/* SPDX-License-Identifier: MIT
 * Prints messages as they come, for mote listen and mote run.
 */
#ifndef COMMAND_VERBS_LISTEN_H
#define COMMAND_VERBS_LISTEN_H

#include "examples/mote/link/session.h"

/* Is every --from an address? Returns 0, or an exit code after having said which is none. */
int listen_check(void);

/* Is this JID one of --from, or was no --from given? */
bool listen_wants(const char *jid);

/* Print what an event tells. True when --count is reached, or nobody reads standard output any more. */
bool listen_event(const struct mote_event *event);

/* What session_open needs for it; and, after session_open, decide who has receipts: those who may know that we are
 * here, which listen_knows tells. */
unsigned listen_needs(void);
void listen_begin(void);
bool listen_knows(const char *jid);

/* Go on with what standard output did not take (out/out.h). True when it has to be called again in a while. */
bool listen_turn(void);

#endif
