/* SPDX-License-Identifier: MIT
 * What the files of the outbox share; not for applications. Its items on the device: docs/STORE.md.
 */
#ifndef MOTE_OUTBOX_ITEM_H
#define MOTE_OUTBOX_ITEM_H

#include "core/engine/durable.h"
#include "core/modules/outbox/outbox.h"

enum { OUTBOX_HEAD = 14 }; /* bytes before the strings */

/* The item behind `after` in the store. 1, 0 when there is none, or MOTE_ERR_IO. */
int mote__outbox_item_next(struct mote_store *s, uint32_t after, struct mote_outbox_stored *item);

/* Three strings and the content, with what goes before them. Result of mote_store_push. */
int mote__outbox_item_push(struct mote_store *s, const struct mote_outbox_new *n, int64_t now,
                           struct mote_store_item *item);

void mote__outbox_put32(uint8_t *b, uint32_t value); /* four bytes, the low one first */
uint32_t mote__outbox_get32(const uint8_t *b);

/// kinds.c ///

static inline unsigned mote__outbox_lane(unsigned handling)
{
    return handling == MOTE_OUTBOX_MEETING ? MOTE__OUTBOX_MEETINGS : MOTE__OUTBOX_IN_TURN;
}

const struct mote_outbox_carrier *mote__outbox_carrier(const struct mote_outbox *o, uint8_t kind); /* NULL: nobody */

/// outbox.c: flights ///

struct mote__outbox_flight *mote__outbox_find(struct mote_outbox *o, uint32_t seq); /* NULL when it is not on its way */
struct mote__outbox_flight *mote__outbox_take_off(struct mote_outbox *o, int32_t ticket, unsigned handling,
                                                  enum mote__outbox_flight_state state);
void mote__outbox_land(struct mote_outbox *o, struct mote__outbox_flight *f); /* it is no longer on its way */

/* A batch ends: what is behind it waits for word of it, or the application does. */
bool mote__outbox_wants_word(const struct mote_outbox *o);

/* An item is over: out of the store, and told. `how` has error, why and condition, or is NULL. */
void mote__outbox_finish(struct mote_outbox *o, int kind, uint32_t seq, const struct mote_event *how);

void mote__outbox_begin_anew(struct mote_outbox *o); /* another turn for those that nobody took */

bool mote__outbox_failed(struct mote_outbox *o,
                         int result); /* a result of the store: true, and said, when it has failed */

/// modules/outbox/load.c: from the store into the ring ///

uint64_t mote__outbox_load_time(const struct mote_outbox *o); /* when mote__outbox_load has something to do */
void mote__outbox_load(struct mote_outbox *o);

/// modules/outbox/restart.c: the session and what is on its way, over a restart ///

bool mote__outbox_session_save(struct mote_outbox *o); /* false: the store failed */

/* The same where what is kept is wrong: some have numbers that others will take. Should the store fail, nothing more
 * leaves in this session. */
void mote__outbox_session_correct(struct mote_outbox *o);
void mote__outbox_session_restore(struct mote_outbox *o);

/* Nothing was kept: of what may have been on its way no more is known than that it was among the first stanzas. */
void mote__outbox_restore_unknown(struct mote_outbox *o);

#endif
