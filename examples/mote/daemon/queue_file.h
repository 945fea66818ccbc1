/* SPDX-License-Identifier: MIT
 * A request to queue a file (daemon/queue_requests.h). It has no id: what it is, its receiver, name, bytes and expiry
 * say, and by them it is known again when it is asked for once more.
 */
#ifndef CLI_QUEUE_FILE_H
#define CLI_QUEUE_FILE_H

#include "core/modules/outbox/outbox.h"
#include "examples/mote/daemon/packet.h"

/* Read all of it, before the next two. 0, or a negative enum mote_error, with *why where there is more to say. */
int queue_file_read(const struct packet *in, const char **why);

/* Is this item of the store the very same? */
bool queue_file_is(const struct packet *in, const struct mote_outbox_entry *entry);

/* Queue it: as mote_files_queue. */
int32_t queue_file_take(const struct packet *in, const struct mote_durable *durable);

#endif
