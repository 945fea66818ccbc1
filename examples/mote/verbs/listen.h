/* SPDX-License-Identifier: MIT
 * Printing messages as they come.
 */
#ifndef CLI_VERB_LISTEN_H
#define CLI_VERB_LISTEN_H

#include "examples/mote/link/session.h"

/* Is every --from an address? 0, or an exit code after having said which is none. */
int listen_check(void);

/* Is this one of --from, or was none given? */
bool listen_wants(const char *jid);

/* Print what is to be printed. True: --count is reached, or nobody reads standard output any more. */
bool listen_event(const struct mote_event *event);

/* What session_open needs for it; and, once that is done, who has receipts: those who may know that we are here. */
unsigned listen_needs(void);
void listen_begin(void);
bool listen_knows(const char *jid); /* is this one of them? */

/* Go on with what standard output did not take (out.h). True: call it again in a while. */
bool listen_turn(void);

#endif
