/* SPDX-License-Identifier: MIT
 * Small files as a whole.
 */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

/* Read all of `path` and put a NUL behind it. Returns the length, or -1 with errno; EFBIG when it has size bytes or
 * more. "-" is standard input. */
ssize_t file_read(const char *path, char *bytes, size_t size);

/* The same for a file that stands beside the configuration, where another user may have put it: links of others are not
 * followed (port/store/safe_path.h). `written`: when that was done. */
ssize_t file_read_kept(const char *path, char *bytes, size_t size, time_t *written);

/* Write it with mode 0600, all or nothing. 0, or -1 with errno and nothing left behind. */
int file_write(const char *path, const char *bytes, size_t len);

/* Make the folder that `path` lies in, and those above it, with mode 0700. 0, or -1 with errno. */
int file_make_folder(const char *path);

/* Take it away. 0, or -1 with errno. */
int file_remove(const char *path);

#endif
