/* SPDX-License-Identifier: MIT
 * Reads and writes small files as a whole.
 */
#ifndef COMMAND_FILES_SMALL_FILE_H
#define COMMAND_FILES_SMALL_FILE_H

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

/* Read all of `path` and put a NUL behind it. Returns the length, or -1 with errno, which is EFBIG when the file has
 * `size` bytes or more. "-" is standard input. */
ssize_t file_read(const char *path, char *bytes, size_t size);

/* The same for a file that lies beside the configuration, where another user may have put it, so links of others are
 * not followed (port/store/safe_path.h). *written gets the time of its last change. */
ssize_t file_read_kept(const char *path, char *bytes, size_t size, time_t *written);

/* Write the file with mode 0600, all of it or nothing. Returns 0, or -1 with errno; the old file is untouched then. */
int file_write(const char *path, const char *bytes, size_t len);

/* Make the folder that `path` lies in, and those above it, with mode 0700. Returns 0, or -1 with errno. */
int file_make_folder(const char *path);

/* Remove the file. Returns 0, or -1 with errno. */
int file_remove(const char *path);

#endif
