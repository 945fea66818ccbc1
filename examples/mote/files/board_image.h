/* SPDX-License-Identifier: MIT
 * The image of a board's storage, which is a file or the card itself, with the board's store in it.
 */
#ifndef COMMAND_FILES_BOARD_IMAGE_H
#define COMMAND_FILES_BOARD_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/store/store.h"

struct image {
    int fd; /* -1: closed */
    uint64_t size; /* bytes */
    struct mote_flash flash;
    struct mote_store_config config;
    struct mote_store store;
    uint8_t buffer[512];
};

#define IMAGE_NONE {.fd = -1}

/* Open it, or make one of `size` bytes, as a card of sectors or, with `flash`, as a flash with blocks of 4 KiB. The store in it is mounted, or made where there is nothing yet. A file or card
 * that holds something else is left alone, unless `force` is set. Returns 0, or an exit code after having said why. `i`
 * must not move, because the store points into it. */
int image_open(struct image *i, const char *path, uint64_t size, bool flash, bool force);
void image_close(struct image *i);

/* Read the one certificate in a file, PEM or DER, as DER into page[0..STORAGE_PAGE). Returns NULL, or what is wrong. */
const char *image_authority(const char *path, uint8_t *page, size_t *len);

#endif
