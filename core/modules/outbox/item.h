/* SPDX-License-Identifier: MIT
 * What the files of core/modules/outbox/ share; it is not for applications. docs/STORE.md has the bytes of an item on
 * the device.
 */
#ifndef MOTE_OUTBOX_ITEM_H
#define MOTE_OUTBOX_ITEM_H

#include "core/engine/durable.h"
#include "core/modules/outbox/outbox.h"

enum { OUTBOX_HEAD = 14 }; /* bytes before the strings */

/* The item behind `after` in the store: 1, 0 when there is none, or MOTE_ERR_IO. */
int mote__outbox_item_next(struct mote_store *s, uint32_t after, struct mote_outbox_stored *item);

/* Push an item into the store: its head, the three strings, and the content. Returns what mote_store_push does. */
int mote__outbox_item_push(struct mote_store *s, const struct mote_outbox_new *n, int64_t now,
                           struct mote_store_item *item);

/* Numbers of four bytes, the low one first. */
void mote__outbox_put32(uint8_t *b, uint32_t value);
uint32_t mote__outbox_get32(const uint8_t *b);

/// kinds.c ///

static inline unsigned mote__outbox_lane(unsigned handling)
{
    return handling == MOTE_OUTBOX_MEETING ? MOTE__OUTBOX_MEETINGS : MOTE__OUTBOX_IN_TURN;
}

/* Who carries this kind; NULL when nobody does. */
const struct mote_outbox_carrier *mote__outbox_carrier(const struct mote_outbox *o, uint8_t kind);

/// outbox.c: flights, which are items on their way ///

/* The flight of an item; NULL when it is not on its way. */
struct mote__outbox_flight *mote__outbox_find(struct mote_outbox *o, uint32_t seq);

/* The item is on its way from now on; and it is not any more. */
struct mote__outbox_flight *mote__outbox_take_off(struct mote_outbox *o, int32_t ticket, unsigned handling,
                                                  enum mote__outbox_flight_state state);
void mote__outbox_land(struct mote_outbox *o, struct mote__outbox_flight *f);

/* Is it time to ask for an acknowledgement? It is when the window is full, or nothing more can leave now. */
bool mote__outbox_wants_word(const struct mote_outbox *o);

/* An item is over: take it out of the store, and give the event. `how` has error, why and condition, or is NULL. */
void mote__outbox_finish(struct mote_outbox *o, int kind, uint32_t seq, const struct mote_event *how);

/* Give another turn to those that nobody took. */
void mote__outbox_begin_anew(struct mote_outbox *o);

/* Is this result of the store a failure? A failure of the device is logged. */
bool mote__outbox_failed(struct mote_outbox *o, int result);

/* Something was answered, which may have made room: lanes that wait for that go on. */
void mote__outbox_wake(struct mote_outbox *o);

/// load.c: from the store into the ring ///

/* When mote__outbox_load has something to do; UINT64_MAX for never. */
uint64_t mote__outbox_load_time(const struct mote_outbox *o);
void mote__outbox_load(struct mote_outbox *o);

/// restart.c: the session and what is on its way, over a restart ///

/* Keep them. Returns false when the store failed. */
bool mote__outbox_session_save(struct mote_outbox *o);

/* What `session` of struct mote__durable_class has to do. */
uint32_t mote__outbox_session_settle(struct mote_outbox *o, enum mote__durable_when when);

/* When it is to be called though nothing is told to the server; UINT64_MAX for never. */
uint64_t mote__outbox_session_time(const struct mote_outbox *o);

/* The same when the numbers that were kept are wrong, because other stanzas will take some of them. If the store fails,
 * nothing more leaves in this session: after a restart the wrong numbers would count. */
void mote__outbox_session_correct(struct mote_outbox *o);
void mote__outbox_session_restore(struct mote_outbox *o);

/* Nothing was kept: what was on its way is not known, but it was among the first stanzas in the store. */
void mote__outbox_restore_unknown(struct mote_outbox *o);

#endif
