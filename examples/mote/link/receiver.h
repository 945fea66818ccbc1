/* SPDX-License-Identifier: MIT
 * Finds out which client of somebody takes a file: the full JID to offer it to.
 *
 * Presence tells which clients are there. Where no subscription shows theirs, we show ours to the JID, with <show>chat,
 * and a client that takes files from us (such as mote get) answers with its own, which asks for no answer. Each client
 * is asked by disco (XEP-0030) whether it takes files. Several are asked at a time, because a client whose link is dead
 * looks to be on line as long as the server keeps its session (XEP-0198), and never answers: the first one that answers
 * is there. In a session that was resumed after a restart presence is probed for, because it was told before.
 */
#ifndef COMMAND_LINK_RECEIVER_H
#define COMMAND_LINK_RECEIVER_H

#include "examples/mote/link/session.h"

/* Attach it, once, with the other modules. */
void peer_attach(struct mote *x);

/* For mote put: find one of `jid`'s clients that is on line and has `feature`, and put its full JID into `full`. When
 * none is found within timeout_s, one that is on line is taken, for the offer itself may still be accepted. A full JID
 * is taken as it is. Returns 0, or an exit code after having said why. */
int peer_find(const char *jid, const char *feature, unsigned timeout_s, char full[MOTE_JID_MAX + 1]);

/* Is a client of `jid` on line that has `feature`? Looks for so long, and longer
 * for one that has not answered yet. Returns 0 when there is one, EXIT_TIMEOUT when none
 * has shown itself, or what session_wait returns otherwise. peer_find then finds the same one at once. */
int peer_seek(const char *jid, const char *feature, unsigned timeout_s);

/* For mote run: a mote_files_find_fn. It says what is known, and begins to find out more; mote_outbox_retry is called
 * when there is news. */
bool peer_now(void *ctx, const char *to, char full[MOTE_JID_MAX + 1]);

/* Give it every event of the session. */
void peer_event(const struct mote_event *event);

#endif
