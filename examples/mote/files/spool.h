/* SPDX-License-Identifier: MIT
 * Copies a file that tells its size only when it is read to its end, because what is sent has to have a size.
 */
#ifndef COMMAND_FILES_SPOOL_H
#define COMMAND_FILES_SPOOL_H

#include <stdbool.h>
#include <sys/stat.h>

/* May `st` be of a file that does not know its size? Those of /proc and /sys look small or empty, so small ones may. */
bool spool_needed(const struct stat *st);

/* Read `from` to its end. Returns a descriptor of a file without a name that holds what was read, or -1 with errno. */
int spool_make(int from);

#endif
