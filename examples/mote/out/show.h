/* SPDX-License-Identifier: MIT
 * Prints what came (messages, posts, files, items of the queue), as a line for people or as JSON.
 */
#ifndef COMMAND_OUT_SHOW_H
#define COMMAND_OUT_SHOW_H

#include "core/modules/chat/sharing.h"
#include "examples/mote/link/session.h"

/* Each returns false when standard output is gone. */
bool show_message(const struct mote_message *m);
bool show_receipt(const struct mote_receipt *r);
bool show_post(const struct mote_post *post);
bool show_retracted(const struct mote_post *post);

/* A file that was sent or received. `verified` is that of MOTE_EV_FILE_DONE. `path` is where the file is on this
 * machine. */
struct shown_file {
    const char *from, *to, *name, *path;
    uint64_t size;
    const uint8_t *sha256;
    bool incoming, verified;
};
bool show_file(const struct shown_file *f);

/* A file that was uploaded; `to` is who was told its URL, or NULL. Prints the URL. */
struct shown_upload {
    const char *to, *name, *type, *url;
    uint64_t size;
    const uint8_t *sha256;
};
bool show_upload(const struct shown_upload *u);

/* A file that was got from a URL. */
struct shown_download {
    const char *url, *type, *path;
    uint64_t size, resumed; /* bytes; how many of them were here before */
    const uint8_t *sha256;
    bool verified;
};
bool show_download(const struct shown_download *d);

/* What the message shares by URL, one line each; nothing without --json, for the URL is in the text then. */
bool show_links(const struct mote_message *m);

/* An item of the queue. Strings that it does not have are NULL. */
struct shown_item {
    int64_t ticket;
    const char *kind, *to, *id, *node, *state;
    int64_t queued, expiry; /* unix times; 0 when it is not known, or never expires */
    uint64_t size;          /* bytes */
    bool maybe_twice;
};

/* A row of `mote queue`. */
bool show_item(const struct shown_item *item);

/* The item has just been put into the store: print its id, as post prints that of an entry. */
bool show_queued(const struct shown_item *item);

/* What became of an item: MOTE_EV_DELIVERED, _UNDELIVERABLE or _EXPIRED. It is for mote run, which tells of receipts,
 * too. */
bool show_outcome(const struct mote_event *event);

#endif
