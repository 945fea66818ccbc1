/* SPDX-License-Identifier: MIT
 * SHA-256 by the instructions that x86-64 has had for it since 2016; mbedTLS has no code for them. It is some five
 * times as fast, which files and PBKDF2 are made of. Whether this very processor has them is known at run time alone.
 */
#ifndef MOTE_PORT_CRYPTO_SHA256_X86_H
#define MOTE_PORT_CRYPTO_SHA256_X86_H

#include <stdbool.h>

#include "core/services.h"

#if defined(__x86_64__) && defined(__linux__)

/* Does this processor have the instructions? The answer never changes, so a hash that was begun with them is finished
 * with them. */
bool mote__sha256_x86_present(void);

void mote__sha256_x86_start(struct mote_hash *h);
void mote__sha256_x86_feed(struct mote_hash *h, const void *bytes, size_t len);
void mote__sha256_x86_end(struct mote_hash *h, uint8_t out[32]);

#else

static inline bool mote__sha256_x86_present(void)
{
    return false;
}

static inline void mote__sha256_x86_start(struct mote_hash *h)
{
    (void)h;
}

static inline void mote__sha256_x86_feed(struct mote_hash *h, const void *bytes, size_t len)
{
    (void)h, (void)bytes, (void)len;
}

static inline void mote__sha256_x86_end(struct mote_hash *h, uint8_t out[32])
{
    (void)h, (void)out;
}

#endif

#endif
