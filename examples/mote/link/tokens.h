/* SPDX-License-Identifier: MIT
 * What a login leaves for the next one: a token (XEP-0484), which saves the password's round trips, and whether this
 * server can be spoken to before it has told its features.
 *
 * Of two sessions with one user-agent id the server ends the earlier, so each process that is on line has a place of
 * its own, ACCOUNT.token-N beside the kept keys, for which it holds a lock: `run` has the first, other verbs the first
 * one that is free. When none is, the login does without.
 */
#ifndef COMMAND_LINK_TOKENS_H
#define COMMAND_LINK_TOKENS_H

#include "core/mote.h"

/* Claim a place and attach SASL2 to the session. */
void tokens_attach(void);

/* Will the login be sent before the server has told its features? A server that has changed may refuse that, and then a
 * second try is needed. */
bool tokens_early(void);

/* Give it every event of the session. */
void tokens_event(const struct mote_event *event);

/* The account is gone: remove what is kept of it. */
void tokens_remove(void);

void tokens_release(void);

#endif
