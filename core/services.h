/* SPDX-License-Identifier: MIT
 * What the engine needs of the port: random bytes, two hashes and, if wanted, a log. A port fills in struct
 * mote_services (port/crypto/hash_mbedtls.c has the hashes). The engine calls these functions from its own thread. They
 * must not block, and must not call the engine.
 */
#ifndef MOTE_SERVICES_H
#define MOTE_SERVICES_H

#include <stddef.h>
#include <stdint.h>

#include "core/config.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A running hash. Copying the struct clones the computation: PBKDF2 relies on it. */
struct mote_hash {
    uint64_t state[MOTE_HASH_STATE / 8];
};

enum mote_hash_kind {
    MOTE_SHA1,  /* 20 bytes; only for SCRAM-SHA-1 and entity capabilities */
    MOTE_SHA256 /* 32 bytes */
};

enum { MOTE_HASH_MAX = 32 };

enum mote_log_level { MOTE_LOG_ERROR, MOTE_LOG_WARN, MOTE_LOG_INFO, MOTE_LOG_TRACE };

struct mote_services {
    /* Fill `bytes` with unpredictable bytes. Returns 0, or negative when there is no entropy: the engine then refuses
     * to log in rather than make a guessable nonce. */
    int (*random)(void *ctx, uint8_t *bytes, size_t len);

    /* Start, feed and end a hash. `out` has room for MOTE_HASH_MAX. Cannot fail. */
    void (*hash_start)(struct mote_hash *h, enum mote_hash_kind kind);
    void (*hash_feed)(struct mote_hash *h, enum mote_hash_kind kind, const void *bytes, size_t len);
    void (*hash_end)(struct mote_hash *h, enum mote_hash_kind kind, uint8_t *out);

    /* One line for people, no newline. May be NULL. Never given a password, key or token. */
    void (*log)(void *ctx, enum mote_log_level level, const char *line);

    void *ctx;
};

#ifdef __cplusplus
}
#endif

#endif
