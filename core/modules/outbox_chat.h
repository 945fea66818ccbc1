/* SPDX-License-Identifier: MIT
 * Messages through the outbox: queued on line or off, over a lost link, a restart and a power cut.
 */
#ifndef MOTE_OUTBOX_CHAT_H
#define MOTE_OUTBOX_CHAT_H

#include "core/modules/chat/chat.h"
#include "core/modules/outbox/outbox.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MOTE_OUTBOX_MESSAGE = 1 }; /* the kind of a message in the outbox */

/* Let the outbox carry messages of this module. Both are attached already. */
void mote_chat_durable(struct mote_chat *chat, struct mote_outbox *outbox);

/* Queue a message; see core/modules/outbox/outbox.h. It is in the store for certain when this returns. `durable` may be
 * NULL.
 *
 * Returns the ticket > 0 of MOTE_EV_DELIVERED, _UNDELIVERABLE or _EXPIRED, and of MOTE_EV_RECEIPT while the message is
 * among the last MOTE_CHAT_SENT that were sent. A message that bounces after it was delivered to the own server gives
 * MOTE_EV_REFUSED.
 *   MOTE_ERR_ARG      `to` is no JID, the body is missing or empty, or the id is longer than MOTE_ID_MAX bytes
 *   MOTE_ERR_FULL     the store is full, or the ring has no room to compose it in
 *   MOTE_ERR_SIZE     it would not fit in an empty ring or store either
 *   MOTE_ERR_TEXT     not UTF-8, or a character XML 1.0 forbids
 *   MOTE_ERR_IO       the store failed
 *   MOTE_ERR_BUSY     called from within an event that tells of a dropped item
 *   MOTE_ERR_STATE    mote_chat_durable was not called
 *
 * Cost: store, 60 bytes and what it takes on the wire. */
int32_t mote_chat_queue(struct mote_chat *chat, const struct mote_chat_message *message,
                        const struct mote_durable *durable);

#ifdef __cplusplus
}
#endif

#endif
