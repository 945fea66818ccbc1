/* SPDX-License-Identifier: MIT
 * Small files through the outbox: given to a peer when there is a connection and the peer is there, over a lost link, a
 * restart and a power cut.
 */
#ifndef MOTE_OUTBOX_FILES_H
#define MOTE_OUTBOX_FILES_H

#include "core/modules/files/files.h"
#include "core/modules/outbox/outbox.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MOTE_OUTBOX_FILE = 3 }; /* the kind of a file in the outbox */

/* Which client is to get a file for `to` now? The function puts its full JID, or the domain, into `full` and returns
 * true; or it returns false when nobody is there to take the file. It may send stanzas and must not wait. */
typedef bool mote_files_find_fn(void *ctx, const char *to, char full[MOTE_JID_MAX + 1]);

/* How many files are known that may have arrived though their receiver's word was lost. When there are more, the first
 * of them is forgotten, and its event does not say maybe_twice. */
enum { MOTE_FILES_DOUBTS = 4 };

/* What is known of the files in the outbox. All fields are private. */
struct mote_queued_files {
    struct mote_outbox_carrier carrier;
    mote_files_find_fn *find; /* NULL when files are for full JIDs only */
    void *find_ctx;
    struct mote_iq farewell; /* to the receiver of a file that was on its way before a restart */
    uint32_t before;         /* ticket of that file, if the answer can clear it up; else 0 */
    int32_t ticket;          /* of the item that is on its way */
    uint32_t doubts[MOTE_FILES_DOUBTS]; /* tickets of items that may have arrived by an earlier try; 0: free place */
    bool begun;              /* the file that is on its way was accepted */
    bool unclear;            /* what was on its way before a restart is still to be looked at */
};

/* Let the outbox carry files of this module. Both are attached already; `queued` stays in place like them. */
void mote_files_durable(struct mote_files *files, struct mote_queued_files *queued, struct mote_outbox *outbox);

/* Have `find` called with what was queued as `to` when the turn of a file has come. When nobody is there, it is called
 * again after MOTE_QUEUE_FILE_PAUSE_S, or at once when the application calls mote_outbox_retry. With it files may be
 * queued for bare JIDs, too; without it (NULL) they go to the JID that was given. Call this behind
 * mote_files_durable. */
void mote_files_find(struct mote_files *files, mote_files_find_fn *find, void *ctx);

/* Queue a file of `len` bytes for a full JID, for a domain (a service) or, with mote_files_find, for any; see
 * core/modules/outbox/outbox.h. It is in the store for certain when this returns, bytes and all. One queued file at a
 * time is on its way, in a transfer of the module; it is delivered when the receiver says that it has the whole file.
 * A receiver that is not there, is busy, or breaks off, is asked again every MOTE_QUEUE_FILE_PAUSE_S until the expiry,
 * and the files for others go first. One that declines ends it. A file that was broken off begins anew.
 *
 * How often it arrives. The receiver's last word can be lost with the link, or in a restart. After a restart the
 * receiver is asked to end the transfer that it may have begun. When it has nothing to end, or cannot be asked, the
 * file is given again and maybe_twice says so.
 *
 * Returns the ticket > 0 of MOTE_EV_DELIVERED, _UNDELIVERABLE or _EXPIRED; there are no events of the transfer.
 *   MOTE_ERR_ARG              `to` is none of these, or there is no name, or one beyond MOTE_FILE_NAME_MAX bytes
 *   MOTE_ERR_SIZE             it is more than an empty store takes as one item: stanza_max of struct mote_store_info,
 *                             less 17 and the strings; or the ring would not hold its offer even when empty
 *   MOTE_ERR_STATE            mote_files_durable was not called
 *   MOTE_ERR_FULL, _IO, _BUSY as mote_chat_queue */
int32_t mote_files_queue(struct mote_files *files, const char *to, const char *name, const void *bytes, size_t len,
                         const struct mote_durable *durable);

enum { MOTE_QUEUE_FILE_PAUSE_S = 60 };

#ifdef __cplusplus
}
#endif

#endif
