/* SPDX-License-Identifier: MIT
 * What lies where on a board's storage. Its blocks are sectors of 512 bytes on a card, and of 4 KiB in a flash:
 *
 *   64 KiB       the store (core/store/store.h)
 *                  "settings"  lines name=value, each with '\n' behind it
 *                  "keys"      the bytes of mote_keys_pack (port/store/keys_pack.h), and behind them the JID that has
 *                              them
 *                  "fresh"     the password of an account to be made, while there are no keys (boards/bare/enroll.c)
 *                  "tls"       the TLS session of the connection before, as port/tls/resume.c writes it
 *                  "token", "token.new"   tokens of SASL2, as port/store/token_store.h says
 *                  "time"      the last time of day that was known: seconds since 1970, 8 bytes, highest first
 *   two blocks   which of two places the file is in; see boards/bare/file.c
 *   the rest     the two places, half of it each
 */
#ifndef MOTE_BARE_STORAGE_H
#define MOTE_BARE_STORAGE_H

#include "core/store/store.h"

enum { STORAGE_STORE = 64 * 1024 /* bytes */, STORAGE_HEADS = 2 /* blocks */ };

enum {
    STORAGE_SETTINGS =
        376,            /* bytes of "settings": what fits into the smallest LIMIT_SETTINGS beside QEMU's own argument */
    STORAGE_PAGE = 4096 /* bytes of the flash, not of the storage: the certificate authority (memory.ld) */
};

/* The storage, or NULL when there is none. Its block_count is that of the store; mote__storage_blocks are all. `name`
 * says which one, on boards where there is a choice; it may be NULL. Each board that has storage has these functions:
 * boards/bare/optional/sectors.c, or its own. */
const struct mote_flash *mote__storage_device(const char *name);
uint32_t mote__storage_blocks(void);

/* The same, as mote__storage_start has found it. */
const struct mote_flash *mote__storage(void);

/* Find the storage and mount its store, or make one if there is none. `name` is for mote__storage_device. Returns NULL,
 * after a line on the console, when there is no storage or it cannot be used. */
struct mote_store *mote__storage_start(const char *name, uint64_t salt);

#endif
