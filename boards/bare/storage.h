/* SPDX-License-Identifier: MIT
 * What lies where on a board's storage, in sectors of 512 bytes:
 *
 *   0 .. 127     the store (core/store/store.h), as one device of 128 blocks
 *                  "settings"  lines name=value, each with '\n' behind it
 *                  "keys"      the bytes of mote_keys_pack (port/store/keys_pack.h), and behind them the JID that has
 *                              them
 *                  "fresh"     the password of an account to be made, while there are no keys (boards/bare/enroll.c)
 *                  "tls"       the TLS session of the connection before, as port/tls/resume.c writes it
 *                  "token", "token.new"   tokens of SASL2, as port/store/token_store.h says
 *                  "time"      the last time of day that was known: seconds since 1970, 8 bytes, highest first
 *   128, 129     which of two places the file is in; see boards/bare/file.c
 *   130 ..       the two places, half of the rest each
 */
#ifndef MOTE_BARE_STORAGE_H
#define MOTE_BARE_STORAGE_H

#include "core/store/store.h"

enum { STORAGE_STORE = 128, STORAGE_HEADS = 128, STORAGE_FILES = 130 };

enum {
    STORAGE_SETTINGS =
        376,            /* bytes of "settings": what fits into the smallest LIMIT_SETTINGS beside QEMU's own argument */
    STORAGE_PAGE = 4096 /* bytes of the flash, not of the storage: the certificate authority (memory.ld) */
};

/* Find the storage and mount its store, or make one if there is none. `name` is for mote__disk_start. Returns NULL,
 * after a line on the console, when there is no storage or it cannot be used. */
struct mote_store *mote__storage_start(const char *name, uint64_t salt);

#endif
