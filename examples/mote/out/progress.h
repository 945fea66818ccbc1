/* SPDX-License-Identifier: MIT
 * A progress bar on standard error, when that is a terminal and -q was not given.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "core/modules/files/files.h"

/* At most five times a second. `name` is for people. */
void progress_show(const char *name, const struct mote_file *file, uint64_t now_ms);

/* Take the line away, if one is there; before anything else is printed. */
void progress_clear(void);

#endif
