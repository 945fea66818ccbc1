/* SPDX-License-Identifier: MIT
 * What keeps stanzas beyond the ring and the session: the outbox (core/modules/outbox/outbox.h), if one is attached.
 * The engine knows nothing of it but these functions, through which it tells what becomes of its records; so a program
 * without an outbox has nothing of it in its image.
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

enum mote__durable_when {
    MOTE__SESSION_TELLS, /* with <a/>, which can wait */
    MOTE__SESSION_MUST,  /* it cannot */
    MOTE__SESSION_GONE,  /* the server does not have it any more */
    MOTE__SESSION_LEAVES /* nothing is told any more: a later process is to resume it, whatever is on its way */
};

struct mote__durable_class {
    /* The server has handled the next `records` of the records with TX_FLAG_STORED (XEP-0198). */
    void (*acked)(struct mote__durable *k, unsigned records);

    /* A session from before a restart goes on, or the server says where it ended: it handled `h` of its stanzas. */
    void (*handled)(struct mote__durable *k, uint32_t h);

    /* The session is gone. Of the stored records the last `unsent` never left; nobody knows what became of the
     * others. */
    void (*lost)(struct mote__durable *k, unsigned unsent);

    /* There is a new session that can be resumed, or the server is about to be told how many of its stanzas were
     * handled, and forgets those: what is kept of the session has to have the same count, or not be one that can be
     * resumed. Returns 0, or after how many milliseconds the server may be told: so the storage is not written more
     * often than that, whatever anybody sends. */
    uint32_t (*session)(struct mote__durable *k, enum mote__durable_when when);

    /* A message that was sent under this ticket came back as an error stanza. Returns true if it was one of the
     * outbox. */
    bool (*bounced)(struct mote__durable *k, int32_t ticket, const struct mote_xml *error);
};

/// What the outbox asks of the ring and the session ///

/* The stanza that was composed and not committed, in at most two pieces. Returns how many; 0 when it did not fit. */
unsigned mote__durable_composed(const struct mote__txring *t, struct mote_store_part pieces[2]);

/* Keep it in place from pin to unpin, though an event meanwhile may make the application compose another stanza. */
uint64_t mote__durable_pin(struct mote__txring *t);
void mote__durable_unpin(struct mote__txring *t, uint64_t at, const struct mote_store_part pieces[2]);

/* The number in its XEP-0198 session of the next stanza that goes into the ring, and of the n-th record in the ring
 * that has TX_FLAG_STORED, counted from 0. */
uint32_t mote__durable_next_number(const struct mote *x);
uint32_t mote__durable_number_of(const struct mote *x, unsigned n);

/* Ask the server what it has handled, as soon as all is sent. */
void mote__durable_request_ack(struct mote *x);

/* The connection is about to end without a word, so that the session can go on: keep it. */
void mote__durable_leave(struct mote *x);

/* Before the first mote_connected: take up a session that was kept over a restart. With an `id` of "" it cannot be
 * resumed: then the new session asks for the same full JID, so that the server puts it in the place of the old one. */
void mote__durable_restore(struct mote *x, const char *id, const char *jid, uint32_t in);

/* From within `handled`: our count of handled stanzas begins with this. */
void mote__durable_restored(struct mote *x, uint32_t h);

#endif
