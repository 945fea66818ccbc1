/* SPDX-License-Identifier: MIT
 * What keeps stanzas beyond the ring and the session: the outbox (core/modules/outbox/outbox.h), if one is attached. Through this
 * row the engine tells it how its records fare, and names nothing of it.
 */
#ifndef MOTE_KEEPER_H
#define MOTE_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/stream/txring.h"

struct keeper;
struct mote;
struct mote_xml;

struct keeper_class {
    /* The server has handled the next so many records with TX_FLAG_STORED (XEP-0198). */
    void (*acked)(struct keeper *k, unsigned records);
    /* A session from before a restart goes on, or is known to have ended there: the server handled `h` of its stanzas. */
    void (*handled)(struct keeper *k, uint32_t h);
    /* The session is gone. Of the stored records the last `unsent` never left; of the others nobody knows. */
    void (*lost)(struct keeper *k, unsigned unsent);
    /* There is a session to be resumed, or its count of received stanzas is about to be told to the server: keep both. */
    void (*session)(struct keeper *k);
    /* A message that was sent under this ticket came back as an error stanza. True: it was one of ours. */
    bool (*bounced)(struct keeper *k, int32_t ticket, const struct mote_xml *error);
};

struct keeper {
    const struct keeper_class *class;
};

/// What a keeper asks of the ring and the session ///

/* What was composed and not committed, in at most two pieces: returns how many. 0: it did not fit. */
struct keeper_piece {
    const void *bytes;
    size_t len;
};
unsigned keeper_composed(const struct txring *t, struct keeper_piece pieces[2]);

/* It stays in place until it is let go, whatever an event from within composes, and whether that is sent. */
uint64_t keeper_hold(struct txring *t);
void keeper_let_go(struct txring *t, uint64_t at, const struct keeper_piece pieces[2]);

uint32_t keeper_number(const struct mote *x); /* in its XEP-0198 session, of the next stanza that goes into the ring */
uint32_t keeper_number_of(const struct mote *x, unsigned n); /* of the n-th record in the ring with TX_FLAG_STORED, from 0 */
void keeper_ask(struct mote *x);              /* ask what was handled, as soon as all is sent */

/* Before the first mote_connected: take up a session that was kept over a restart. */
void keeper_restore(struct mote *x, const char *id, const char *jid, uint32_t in);
void keeper_restored(struct mote *x, uint32_t h); /* from within `handled`: our count begins with this */

#endif
