/* SPDX-License-Identifier: MIT
 * Small files through the outbox: given to a peer when there is a connection and the peer is there, over a lost link, a
 * restart and a power cut.
 */
#ifndef MOTE_QUEUE_FILES_H
#define MOTE_QUEUE_FILES_H

#include "core/modules/files.h"
#include "core/modules/outbox.h"

/* Let the outbox carry files of this module. Both are attached already. */
void mote_files_durable(struct mote_files *files, struct mote_outbox *outbox);

/* Have `find` called when the turn of a file has come: which client gets it? It puts the full JID into `full`, or the domain,
 * and returns true; false: nobody is there to take it (yet). Then it is asked again after MOTE_QUEUE_FILE_PAUSE_S, or at once
 * when the application calls mote_outbox_retry. `to` is what was queued. It may send stanzas and must not wait.
 * With it files may be queued for bare JIDs, too. Without (NULL) they go to the JID that was given. */
void mote_files_find(struct mote_files *files, mote_files_find_fn *find, void *ctx);

/* Queue a file of `len` bytes for a full JID, for a domain (a service) or, with mote_files_find, for any; see
 * core/modules/outbox.h. It is in the store for certain when this returns, bytes and all. One queued file at a time is on its
 * way, in a transfer of the module; it is delivered when the receiver says that it has the whole file. Who is not there, or
 * breaks off, is asked again every MOTE_QUEUE_FILE_PAUSE_S until the expiry, and the files for others go first; who declines
 * ends it. A file that was broken off begins anew.
 *
 * Returns the ticket > 0 of MOTE_EV_DELIVERED, _UNDELIVERABLE or _EXPIRED; there are no events of the transfer.
 *   MOTE_ERR_ARG     `to` is none of these, or there is no name, or one beyond MOTE_FILE_NAME_MAX bytes
 *   MOTE_ERR_SIZE    more than an empty store takes as one item: struct store_info's stanza_max, less 17 and the strings
 *   MOTE_ERR_STATE   mote_files_durable was not called
 *   MOTE_ERR_FULL, _IO, _BUSY   as mote_chat_queue */
int32_t mote_files_queue(struct mote_files *files, const char *to, const char *name, const void *bytes, size_t len,
                         const struct mote_durable *durable);

enum { MOTE_QUEUE_FILE_PAUSE_S = 60 };

#endif
