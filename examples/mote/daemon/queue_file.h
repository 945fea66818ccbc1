/* SPDX-License-Identifier: MIT
 * A request to queue a file (daemon/queue_requests.h). It has no id, so a request that is repeated is recognised by its
 * receiver, name, bytes and expiry.
 */
#ifndef COMMAND_DAEMON_QUEUE_FILE_H
#define COMMAND_DAEMON_QUEUE_FILE_H

#include "core/modules/outbox/outbox.h"
#include "examples/mote/daemon/packet.h"

/* Read all of it; the next two functions use what was read. Returns 0, or a negative enum mote_error, with *why where
 * there is more to say. */
int queue_file_read(const struct packet *in, const char **why);

/* Is this item of the store the one that is asked for? */
bool queue_file_is(const struct packet *in, const struct mote_outbox_entry *entry);

/* Queue it. Returns what mote_files_queue returns. */
int32_t queue_file_take(const struct packet *in, const struct mote_durable *durable);

#endif
