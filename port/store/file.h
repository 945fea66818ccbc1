/* SPDX-License-Identifier: MIT
 * A file as the block device of the store (core/store/store.h).
 */
#ifndef MOTE_PORT_STORE_FILE_H
#define MOTE_PORT_STORE_FILE_H

#include "core/store/store.h"

enum {
    MOTE_STORE_FILE_BLOCK = 4096,    /* bytes */
    MOTE_STORE_FILE_SIZE = 4 << 20,  /* bytes, unless asked otherwise: about 5000 short stanzas */
    MOTE_STORE_FILE_LEAST = 3 * MOTE_STORE_FILE_BLOCK
};

struct mote_store_file {
    struct mote_flash flash; /* for struct mote_store_config */
    bool blank; /* where mote_store_mount finds no store: it never was one. False: it may be a file of something else */
    int fd;     /* private, as the rest; -1: closed */
    char why[160];
};

#define MOTE_STORE_FILE_NONE {.fd = -1}

/* Open the file, mode 0600, or make one of `size` bytes (0: MOTE_STORE_FILE_SIZE), rounded up to whole blocks and given
 * its room on the disk at once. A file that is there keeps its size. It is locked until mote_store_file_close, or the
 * process ends. What root makes in the folder of another user is that user's; links of others are not followed
 * (safe_path.h).
 *   MOTE_ERR_BUSY    another process uses it
 *   MOTE_ERR_SIZE    no whole number of blocks, too few, or 4 GiB: not a file of ours
 *   MOTE_ERR_IO      anything else
 * `f` must stay where it is while the store is used. */
int mote_store_file_open(struct mote_store_file *f, const char *path, uint32_t size);

/* Does not sync: mote_store_sync does. Harmless when closed. */
void mote_store_file_close(struct mote_store_file *f);

/* What the last failure was, for people: of opening, or of a read, write or sync since. "" when there was none. */
const char *mote_store_file_why(const struct mote_store_file *f);

#endif
