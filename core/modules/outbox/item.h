/* SPDX-License-Identifier: MIT
 * What the files of the outbox share; not for applications. Its items on the device: docs/STORE.md.
 */
#ifndef MOTE_OUTBOX_ITEM_H
#define MOTE_OUTBOX_ITEM_H

#include "core/modules/outbox/outbox.h"

enum { OUTBOX_HEAD = 14 }; /* bytes before the strings */

/* The item behind `after` in the store. 1, 0 when there is none, or MOTE_ERR_IO. */
int outbox_item_next(struct store *s, uint32_t after, struct outbox_item *item);

/* Three strings and the content, with what goes before them. Result of store_push. */
int outbox_item_push(struct store *s, const struct outbox_new *n, int64_t now, struct store_item *item);

void outbox_put32(uint8_t *b, uint32_t value); /* four bytes, the low one first */
uint32_t outbox_get32(const uint8_t *b);

/// outbox.c: flights ///

struct outbox_flight *outbox_find(struct mote_outbox *o, uint32_t seq); /* NULL when it is not on its way */
struct outbox_flight *outbox_take_off(struct mote_outbox *o, const struct outbox_item *item, enum outbox_flight_state state);
void outbox_land(struct mote_outbox *o, struct outbox_flight *f); /* it is no longer on its way */

/* A batch ends: what is behind it waits for word of it, or the application does. */
bool outbox_wants_word(const struct mote_outbox *o);

/* An item is over: out of the store, and told. `how` has error, why and condition, or is NULL. */
void outbox_finish(struct mote_outbox *o, enum mote_event_kind kind, uint32_t seq, const struct mote_event *how);

void outbox_begin_anew(struct mote_outbox *o); /* another turn for the files that nobody took */

bool outbox_failed(struct mote_outbox *o, int result); /* a result of the store: true, and said, when it has failed */

/// modules/outbox/load.c: from the store into the ring ///

uint64_t outbox_load_time(const struct mote_outbox *o); /* when outbox_load has something to do */
void outbox_load(struct mote_outbox *o);

/// modules/outbox/restart.c: the session and what is on its way, over a restart ///

bool outbox_session_save(struct mote_outbox *o); /* false: the store failed */

/* The same where what is kept is wrong: some have numbers that others will take. Should the store fail, nothing more leaves in
 * this session. */
void outbox_session_correct(struct mote_outbox *o);
void outbox_session_restore(struct mote_outbox *o);

#endif
