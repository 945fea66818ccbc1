/* SPDX-License-Identifier: MIT
 * A file that is replaced as a whole: written beside, made durable, renamed. A power cut leaves the old one or the new.
 */
#ifndef MOTE_PORT_STORE_REPLACE_H
#define MOTE_PORT_STORE_REPLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/store/safe_path.h"

struct mote_file_replace {
    int fd;              /* -1: none is being written */
    struct mote_safe_path at; /* what it will be; while it is written, with ".new" behind */
};

#define MOTE_FILE_REPLACE_NONE {.fd = -1}

/* All return 0, or MOTE_ERR_IO with errno and mote_safe_path_why. `mode` is that of the new file, such as 0600. A link
 * to the file stays, where safe_path.h follows it, and its target is replaced. */
int mote_file_replace_begin(struct mote_file_replace *f, const char *path, int mode);
int mote_file_replace_write(struct mote_file_replace *f, uint64_t offset, const void *bytes, size_t len);

/* `keep`: the new file takes the old one's place. Otherwise, and on failure, it is thrown away. */
int mote_file_replace_end(struct mote_file_replace *f, bool keep);

#endif
