/* SPDX-License-Identifier: MIT
 * Things that came, as a line for people or as JSON.
 */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include "examples/mote/link/session.h"

/* Each returns false when standard output is gone. */
bool show_message(const struct mote_message *m);
bool show_receipt(const struct mote_receipt *r);
bool show_post(const struct mote_post *post);
bool show_retracted(const struct mote_post *post);

/* A file that was given or taken; `verified` as of MOTE_EV_FILE_DONE. `path` is where it lies here. */
struct shown_file {
    const char *from, *to, *name, *path;
    uint64_t size;
    const uint8_t *sha256;
    bool incoming, verified;
};
bool show_file(const struct shown_file *f);

/* What waits in the queue. Absent strings are NULL. */
struct shown_item {
    int64_t ticket;
    const char *kind, *to, *id, *node, *state;
    int64_t queued, expiry; /* unix times; 0: not known, never */
    uint64_t size;          /* bytes */
    bool maybe_twice;
};
bool show_item(const struct shown_item *item);   /* a row of `mote queue` */
bool show_queued(const struct shown_item *item); /* it is in the store: its id, as post prints it */

/* What became of an item: MOTE_EV_DELIVERED, _UNDELIVERABLE, _EXPIRED; for mote run, which also tells of receipts. */
bool show_outcome(const struct mote_event *event);

#endif
