/* SPDX-License-Identifier: MIT
 * A file as the block device of the store (core/store/store.h).
 */
#ifndef MOTE_PORT_STORE_FILE_H
#define MOTE_PORT_STORE_FILE_H

#include "core/store/store.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    MOTE_STORE_FILE_BLOCK = 4096,    /* bytes */
    MOTE_STORE_FILE_SIZE = 4 << 20,  /* bytes, unless asked otherwise: about 5000 short stanzas */
    MOTE_STORE_FILE_LEAST = 3 * MOTE_STORE_FILE_BLOCK
};

struct mote_store_file {
    struct mote_flash flash; /* for struct mote_store_config */
    bool blank; /* when mote_store_mount finds no store: true if there never was one, false if the file may be something
                   else */
    int fd;     /* private, as the rest; -1 when it is closed */
    char why[160];
};

#define MOTE_STORE_FILE_NONE {.fd = -1}

/* Open the file, mode 0600, or make one of `size` bytes (0: MOTE_STORE_FILE_SIZE), rounded up to whole blocks, which
 * gets its room on the disk at once. A file that is there keeps its size. It is locked until mote_store_file_close, or
 * until the process ends. A file that root makes in the folder of another user belongs to that user; links of others
 * are not followed (port/store/safe_path.h).
 *   MOTE_ERR_BUSY    another process uses it
 *   MOTE_ERR_SIZE    it has no whole number of blocks, too few, or 4 GiB: it is not a file of ours
 *   MOTE_ERR_IO      anything else
 * `f` must stay where it is while the store is used. */
int mote_store_file_open(struct mote_store_file *f, const char *path, uint32_t size);

/* Close it, if it is open. It is not synced: mote_store_sync does that. */
void mote_store_file_close(struct mote_store_file *f);

/* Why opening it, or a read, write or sync since, has failed, for people. "" when nothing has. */
const char *mote_store_file_why(const struct mote_store_file *f);

#ifdef __cplusplus
}
#endif

#endif
