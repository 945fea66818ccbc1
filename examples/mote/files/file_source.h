/* SPDX-License-Identifier: MIT
 * A file of this machine that is given to others, one at a time.
 */
#ifndef COMMAND_FILES_FILE_SOURCE_H
#define COMMAND_FILES_FILE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

struct source {
    const char *name; /* which is told: that of --name, or the last part of the path */
    uint64_t size;
    int64_t date; /* of its last change */
};

/* Open it; "-" is standard input. One that was open is closed. Returns 0, or an exit code after having said why. */
int source_open(struct source *source, const char *path);

/* Read from it, as mote_files_offer wants it. */
ptrdiff_t source_read(void *ctx, uint64_t offset, void *bytes, size_t len);

/* errno of the read that failed last, or 0. */
int source_error(void);

int source_fd(void);
void source_close(void);

#endif
