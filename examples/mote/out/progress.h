/* SPDX-License-Identifier: MIT
 * A progress bar on standard error, when that is a terminal and -q was not given.
 */
#ifndef COMMAND_OUT_PROGRESS_H
#define COMMAND_OUT_PROGRESS_H

#include "core/modules/files/files.h"

/* Draw it, at most five times a second. `name` is what people call the file. */
void progress_show(const char *name, const struct mote_file *file, uint64_t now_ms);

/* Remove the line, if one is there. It is called before anything else is printed. */
void progress_clear(void);

#endif
