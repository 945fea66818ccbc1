/* SPDX-License-Identifier: MIT
 * SHA-1 in few bytes of code.
 */
#include "port/crypto/sha1_small.h"

#include <mbedtls/sha1.h>

static uint32_t rotate(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

/* The function and the constant of round t (FIPS 180-4 sections 4.1.1 and 4.2.1). */
static uint32_t mix(unsigned t, uint32_t b, uint32_t c, uint32_t d)
{
    if (t < 20) {
        return ((b & (c ^ d)) ^ d) + 0x5a827999;
    }
    if (t >= 40 && t < 60) {
        return ((b & c) | (d & (b | c))) + 0x8f1bbcdc;
    }
    return (b ^ c ^ d) + (t < 40 ? 0x6ed9eba1 : 0xca62c1d6);
}

void mote__sha1_small(uint32_t state[5], const unsigned char block[64])
{
    uint32_t w[80], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (unsigned t = 0; t < 16; t++, block += 4) {
        w[t] = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 | (uint32_t)block[2] << 8 | block[3];
    }
    for (unsigned t = 16; t < 80; t++) {
        w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    }
    for (unsigned t = 0; t < 80; t++) {
        uint32_t next = rotate(a, 5) + mix(t, b, c, d) + e + w[t];
        e = d;
        d = c;
        c = rotate(b, 30);
        b = a;
        a = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    for (volatile uint32_t *p = w; p < w + 80; p++) { /* HMAC hashes keys, so nothing of them may stay here */
        *p = 0;
    }
}

#if defined(MBEDTLS_SHA1_PROCESS_ALT)
int mbedtls_internal_sha1_process(mbedtls_sha1_context *ctx, const unsigned char data[64])
{
    mote__sha1_small(ctx->MBEDTLS_PRIVATE(state), data);
    return 0;
}
#endif
