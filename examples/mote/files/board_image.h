/* SPDX-License-Identifier: MIT
 * The image of a board's storage: a file, or the card itself, with the store of the board in it.
 */
#ifndef CLI_IMAGE_H
#define CLI_IMAGE_H

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

/* Open it, or make one of `size` bytes; the store in it is mounted, or made where there is nothing yet. What holds
 * something else is left alone, unless forced. 0, or an exit code after having said why. `i` must not move. */
int image_open(struct image *i, const char *path, uint64_t size, bool force);
void image_close(struct image *i);

/* The one certificate in a file, PEM or DER, as DER in page[0..STORAGE_PAGE). NULL, or what is wrong. */
const char *image_authority(const char *path, uint8_t *page, size_t *len);

#endif
