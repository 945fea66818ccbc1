/* SPDX-License-Identifier: MIT
 * Things that came, as a line for people or as JSON.
 */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include "session.h"

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

#endif
