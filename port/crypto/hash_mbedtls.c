/* SPDX-License-Identifier: MIT
 * SHA-1 and SHA-256 by mbedTLS.
 */
#include "port/crypto/hash_mbedtls.h"

#include <mbedtls/sha1.h>
#include <mbedtls/sha256.h>

#include "port/crypto/sha256_x86.h"

_Static_assert(sizeof(mbedtls_sha256_context) <= sizeof(struct mote_hash), "MOTE_HASH_STATE is too small for SHA-256");
_Static_assert(sizeof(mbedtls_sha1_context) <= sizeof(struct mote_hash), "MOTE_HASH_STATE is too small for SHA-1");

/* Both contexts are plain memory without pointers, so a copied struct mote_hash is a clone. That holds for mbedTLS's
 * own code. An accelerated replacement (MBEDTLS_SHA256_ALT) may keep a handle, and needs another file than this. */
#if defined(MBEDTLS_SHA256_ALT) || defined(MBEDTLS_SHA1_ALT)
#error "a hash whose context may hold a handle cannot be cloned by copying"
#endif

static mbedtls_sha1_context *sha1(struct mote_hash *h)
{
    return (mbedtls_sha1_context *)(void *)h->state;
}

static mbedtls_sha256_context *sha256(struct mote_hash *h)
{
    return (mbedtls_sha256_context *)(void *)h->state;
}

/* The compiler knows the state as uint64_t here and as mbedTLS's types there. Under link-time optimisation it could
 * take the two for different memory, and move the copy of a clone across a write. So it is told that the memory is
 * looked at here. */
static void settle_context(struct mote_hash *h)
{
#if defined(__GNUC__)
    __asm__ volatile("" : : "r"(h) : "memory");
#else
    (void)h;
#endif
}

/* mbedTLS's functions fail only with arguments that are never given here. */

void mote_crypto_hash_start(struct mote_hash *h, enum mote_hash_kind kind)
{
    if (kind == MOTE_SHA1) {
        mbedtls_sha1_init(sha1(h));
        (void)mbedtls_sha1_starts(sha1(h));
    } else if (mote__sha256_x86_present()) {
        mote__sha256_x86_start(h);
    } else {
        mbedtls_sha256_init(sha256(h));
        (void)mbedtls_sha256_starts(sha256(h), 0);
    }
    settle_context(h);
}

void mote_crypto_hash_feed(struct mote_hash *h, enum mote_hash_kind kind, const void *bytes, size_t len)
{
    settle_context(h);
    if (kind == MOTE_SHA1) {
        (void)mbedtls_sha1_update(sha1(h), bytes, len);
    } else if (mote__sha256_x86_present()) {
        mote__sha256_x86_feed(h, bytes, len);
    } else {
        (void)mbedtls_sha256_update(sha256(h), bytes, len);
    }
    settle_context(h);
}

void mote_crypto_hash_end(struct mote_hash *h, enum mote_hash_kind kind, uint8_t *out)
{
    settle_context(h);
    if (kind == MOTE_SHA1) {
        (void)mbedtls_sha1_finish(sha1(h), out);
        mbedtls_sha1_free(sha1(h)); /* it wipes the context */
    } else if (mote__sha256_x86_present()) {
        mote__sha256_x86_end(h, out);
    } else {
        (void)mbedtls_sha256_finish(sha256(h), out);
        mbedtls_sha256_free(sha256(h));
    }
    settle_context(h);
}
