/* SPDX-License-Identifier: MIT
 * Posts through the outbox: queued on line or off, over a lost link, a restart and a power cut.
 */
#ifndef MOTE_OUTBOX_BLOG_H
#define MOTE_OUTBOX_BLOG_H

#include "core/modules/blog/blog.h"
#include "core/modules/outbox/outbox.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MOTE_OUTBOX_POST = 2 }; /* the kind of a post in the outbox */

/* Let the outbox carry posts of this module. Both are attached already. This needs no config.hold. */
void mote_blog_durable(struct mote_blog *blog, struct mote_outbox *outbox);

/* Queue a post; see core/modules/outbox/outbox.h. It is in the store for certain when this returns, with its id and its
 * time; because of the id it is on the node once, however often it has to be sent. `durable` may be NULL.
 *
 * Returns the ticket > 0 of MOTE_EV_DELIVERED, _UNDELIVERABLE or _EXPIRED.
 *   MOTE_ERR_ARG     as mote_blog_publish, and with_comments, or a node longer than MOTE_QUEUE_NODE bytes
 *   MOTE_ERR_STATE   post->updated is 0 and no clock is known yet; or mote_blog_durable was not called
 *   MOTE_ERR_FULL, _SIZE, _TEXT, _IO, _BUSY, _ENTROPY   as mote_chat_queue; in the ring there has to be room for the
 *                    options, too, which go with the first post on a node
 *
 * Cost: store, 60 bytes, and what it takes on the wire. */
int32_t mote_blog_queue(struct mote_blog *blog, const struct mote_post *post, const struct mote_durable *durable);

enum { MOTE_QUEUE_NODE = 127 };

#ifdef __cplusplus
}
#endif

#endif
