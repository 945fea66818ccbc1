/* SPDX-License-Identifier: MIT
 * A block device in RAM which holds its user to the rules of struct mote_flash, counts, and fails when it is told to:
 * the power is cut at the n-th writing operation and leaves it torn in one of several ways, or one operation fails.
 */
#ifndef FAKE_FLASH_RAM_H
#define FAKE_FLASH_RAM_H

#include "core/store/store.h"

enum { FLASH_RAM_BYTES = 256 * 1024, FLASH_RAM_BLOCKS = 512 };

enum flash_ram_erase { ERASE_ONES, ERASE_ZEROS, ERASE_RANDOM, ERASE_KEEPS /* changes nothing */ };

/* What is left of the operation that the cut hits. */
enum flash_ram_torn {
    TORN_NOTHING,     /* as before it */
    TORN_PREFIX_1,    /* its first byte, its first half, ... */
    TORN_PREFIX_14,   /* the head of a record */
    TORN_PREFIX_HALF,
    TORN_PREFIX_LESS, /* all but the last byte */
    TORN_SUFFIX_HALF,
    TORN_ZEROS,
    TORN_ONES,
    TORN_RANDOM,
    TORN_UNREADABLE, /* and reading it gives 1 until it is written again */
    TORN_WHOLE, /* all of it; but the caller never came to know */
    TORN_KINDS
};

struct flash_ram {
    struct mote_flash flash; /* give this to the store */
    enum flash_ram_erase erase;
    bool cached; /* what is not synced may be lost at a cut, in any order */
    uint32_t random;
    bool off;

    unsigned cut_at; /* the n-th prog, erase or sync from here on, 0: never */
    enum flash_ram_torn torn;
    unsigned fail_at; /* the n-th read, prog, erase or sync from here on fails once, 0: never */

    unsigned long reads, progs, erases, syncs;
    unsigned long read_bytes, prog_bytes;
    unsigned erased[FLASH_RAM_BLOCKS]; /* how often each block was */

    uint8_t bytes[FLASH_RAM_BYTES];
    uint8_t blank[FLASH_RAM_BYTES];  /* by prog unit: erased and not written since */
    uint8_t bad[FLASH_RAM_BYTES];    /* by prog unit: cannot be read */
    uint8_t synced[FLASH_RAM_BYTES]; /* with `cached`: what a cut cannot take away */
};

/* Set up with random contents. The geometry is taken from `geometry`, its functions are not. */
void flash_ram_init(struct flash_ram *f, const struct mote_flash *geometry, enum flash_ram_erase erase, uint32_t seed);

/* Copy a device; `to` can be used in its place. Cheaper than assigning: only what the geometry uses. */
void flash_ram_copy(struct flash_ram *to, const struct flash_ram *from);

/* Power on again. */
void flash_ram_power(struct flash_ram *f);

#endif
