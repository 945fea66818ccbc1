/* SPDX-License-Identifier: MIT
 * Random bytes from mbedTLS's CTR_DRBG, which the board seeds.
 */
#include "port/crypto/random_drbg.h"

#include <stdbool.h>
#include <string.h>

#include <mbedtls/ctr_drbg.h>

#include "core/mote.h"

static mbedtls_ctr_drbg_context drbg;
static const uint8_t *next_seed;
static bool seeded;

static int give_seed(void *ctx, unsigned char *out, size_t len)
{
    (void)ctx;
    if (next_seed == NULL || len > MOTE_ENTROPY_SEED) { /* the board has only one seed, so it is never seeded anew */
        return MBEDTLS_ERR_CTR_DRBG_ENTROPY_SOURCE_FAILED;
    }
    memcpy(out, next_seed, len);
    return 0;
}

int mote_entropy_drbg_seed(const uint8_t seed[MOTE_ENTROPY_SEED])
{
    bool varied = false;
    for (size_t i = 1; i < MOTE_ENTROPY_SEED; i++) {
        varied = varied || seed[i] != seed[0];
    }
    mbedtls_ctr_drbg_init(&drbg);
    mbedtls_ctr_drbg_set_entropy_len(&drbg, MOTE_ENTROPY_SEED);
    next_seed = seed;
    seeded = varied && mbedtls_ctr_drbg_seed(&drbg, give_seed, NULL, NULL, 0) == 0;
    next_seed = NULL;
    /* 2^48 requests are allowed (SP 800-90A table 3), which no device reaches. */
    mbedtls_ctr_drbg_set_reseed_interval(&drbg, INT32_MAX);
    return seeded ? 0 : MOTE_ERR_ENTROPY;
}

int mote_entropy_drbg(void *ctx, uint8_t *bytes, size_t len)
{
    (void)ctx;
    while (seeded && len > 0) {
        size_t n = len < MBEDTLS_CTR_DRBG_MAX_REQUEST ? len : MBEDTLS_CTR_DRBG_MAX_REQUEST;
        if (mbedtls_ctr_drbg_random(&drbg, bytes, n) != 0) {
            return MOTE_ERR_ENTROPY;
        }
        bytes += n;
        len -= n;
    }
    return seeded ? 0 : MOTE_ERR_ENTROPY;
}
