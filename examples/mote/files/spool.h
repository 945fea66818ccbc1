/* SPDX-License-Identifier: MIT
 * A file of ours with all the bytes of another one, for what tells its size only by being read to its end.
 */
#ifndef CLI_SPOOL_H
#define CLI_SPOOL_H

#include <stdbool.h>
#include <sys/stat.h>

/* Whether `st` may be of a file that does not know its size: all of /proc and /sys looks like a small or an empty one.
 */
bool spool_needed(const struct stat *st);

/* Read `from` to its end. A descriptor of a file without a name that holds what was read, or -1 with errno. */
int spool_make(int from);

#endif
