/* SPDX-License-Identifier: MIT
 * Replacing a file as a whole: a new one is written beside it, made durable, and renamed. A power cut leaves the old
 * one or the new one.
 */
#ifndef MOTE_PORT_STORE_REPLACE_H
#define MOTE_PORT_STORE_REPLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/store/safe_path.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mote_file_replace {
    int fd;                   /* -1 while none is being written */
    struct mote_safe_path at; /* the file to replace; while the new one is written, its name has ".new" behind */
};

#define MOTE_FILE_REPLACE_NONE {.fd = -1}

/* All return 0, or MOTE_ERR_IO with errno and mote_safe_path_why. `mode` is that of the new file, such as 0600. When
 * the path is a link that port/store/safe_path.h follows, the link stays and its target is replaced. */
int mote_file_replace_begin(struct mote_file_replace *f, const char *path, int mode);
int mote_file_replace_write(struct mote_file_replace *f, uint64_t offset, const void *bytes, size_t len);

/* With `keep` the new file takes the old one's place. Otherwise, and on failure, it is thrown away. */
int mote_file_replace_end(struct mote_file_replace *f, bool keep);

#ifdef __cplusplus
}
#endif

#endif
