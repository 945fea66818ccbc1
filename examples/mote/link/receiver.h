/* SPDX-License-Identifier: MIT
 * Which client of somebody takes a file: the full JID to offer it to.
 *
 * Who is there is told by presence. Where no subscription shows it, we show ours to the JID, as one who is free to
 * talk, and a client that takes files from us (as mote get) answers with its own, which asks for no answer. What a
 * client can, it is asked by disco (XEP-0030), several at a time, for one that the server keeps for a dead link
 * (XEP-0198) looks to be on line and never answers: whoever answers first is there. In a session that was taken up
 * after a restart, presence is asked for.
 */
#ifndef CLI_PEER_H
#define CLI_PEER_H

#include "examples/mote/link/session.h"

/* Once, with the other modules. */
void peer_attach(struct mote *x);

/* mote put: find one of `jid`'s clients that is on line and has `feature`, and put its full JID into `full`; when none
 * has it within timeout_s, one that is there at least. A full JID is taken as it is. 0, or an exit code after having
 * said why. */
int peer_find(const char *jid, const char *feature, unsigned timeout_s, char full[MOTE_JID_MAX + 1]);

/* mote run: a mote_files_find_fn. Says what is known, and finds out more; mote_outbox_retry is called when there is
 * news. */
bool peer_now(void *ctx, const char *to, char full[MOTE_JID_MAX + 1]);

/* An event; all of them. */
void peer_event(const struct mote_event *event);

#endif
