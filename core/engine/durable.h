/* SPDX-License-Identifier: MIT
 * What keeps stanzas beyond the ring and the session: the outbox (core/modules/outbox/outbox.h), if one is attached.
 * Through this row the engine tells it how its records fare, and names nothing of it.
 */
#ifndef MOTE_DURABLE_H
#define MOTE_DURABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/mote.h"
#include "core/store/store.h"
#include "core/stream/txring.h"

struct mote__durable;
struct mote;
struct mote_xml;

struct mote__durable_class {
    /* The server has handled the next so many records with TX_FLAG_STORED (XEP-0198). */
    void (*acked)(struct mote__durable *k, unsigned records);
    /* A session from before a restart goes on, or is known to have ended there: the server handled `h` of its stanzas.
     */
    void (*handled)(struct mote__durable *k, uint32_t h);
    /* The session is gone. Of the stored records the last `unsent` never left; of the others nobody knows. */
    void (*lost)(struct mote__durable *k, unsigned unsent);
    /* There is a session to be resumed, or its count of received stanzas is about to be told to the server: keep both.
     */
    void (*session)(struct mote__durable *k);
    /* A message that was sent under this ticket came back as an error stanza. True: it was one of ours. */
    bool (*bounced)(struct mote__durable *k, int32_t ticket, const struct mote_xml *error);
};

/// What a keeper asks of the ring and the session ///

/* What was composed and not committed, in at most two pieces: returns how many. 0: it did not fit. */
unsigned mote__durable_composed(const struct mote__txring *t, struct mote_store_part pieces[2]);

/* It stays in place until it is let go, whatever an event from within composes, and whether that is sent. */
uint64_t mote__durable_pin(struct mote__txring *t);
void mote__durable_unpin(struct mote__txring *t, uint64_t at, const struct mote_store_part pieces[2]);

uint32_t mote__durable_next_number(
    const struct mote *x); /* in its XEP-0198 session, of the next stanza that goes into the ring */
uint32_t mote__durable_number_of(const struct mote *x,
                                 unsigned n); /* of the n-th record in the ring with TX_FLAG_STORED, from 0 */
void mote__durable_request_ack(struct mote *x);              /* ask what was handled, as soon as all is sent */

/* Before the first mote_connected: take up a session that was kept over a restart. */
void mote__durable_restore(struct mote *x, const char *id, const char *jid, uint32_t in);
void mote__durable_restored(struct mote *x, uint32_t h); /* from within `handled`: our count begins with this */

#endif
