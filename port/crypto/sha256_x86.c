/* SPDX-License-Identifier: MIT
 * SHA-256 (FIPS 180-4) by the SHA instructions of x86-64. The state of struct mote_hash is plain memory, so that a copy
 * of it is a clone.
 */
#include "port/crypto/sha256_x86.h"

#if defined(__x86_64__) && defined(__linux__)

#include <cpuid.h>
#include <immintrin.h>
#include <stdatomic.h>
#include <string.h>

#include "core/base/text.h"

enum { BLOCK = 64 };

struct sha256 {
    uint64_t total; /* bytes so far */
    uint32_t state[8];
    uint8_t rest[BLOCK]; /* total % BLOCK bytes that are no whole block yet */
};

_Static_assert(sizeof(struct sha256) <= sizeof(struct mote_hash), "MOTE_HASH_STATE is too small for SHA-256");

/* FIPS 180-4 section 4.2.2 */
static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

bool mote__sha256_x86_present(void)
{
    static atomic_int known; /* 0: not asked yet, 1: no, 2: yes. A virtual machine takes its time over the question */
    int answer = atomic_load_explicit(&known, memory_order_relaxed);
    if (answer == 0) {
        unsigned a = 0, b = 0, c = 0, d = 0, features = 0;
        bool sse =
            __get_cpuid(1, &a, &b, &features, &d) != 0 && (features & bit_SSSE3) != 0 && (features & bit_SSE4_1) != 0;
        answer = sse && __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0 ? 2 : 1;
        atomic_store_explicit(&known, answer, memory_order_relaxed);
    }
    return answer == 2;
}

static __m128i load(const void *bytes)
{
    return _mm_loadu_si128((const __m128i_u *)bytes);
}

static void store(uint32_t *words, __m128i value)
{
    _mm_storeu_si128((__m128i_u *)(void *)words, value);
}

/* The instructions want the eight words of the state, a to h, as (f e b a) and (h g d c), lowest first. Four rounds of
 * the 64 use four words of the message; from the sixteenth on each four follow from the sixteen before them. */
__attribute__((target("sha,sse4.1,ssse3"))) static void compress(uint32_t state[8], const uint8_t *bytes, size_t blocks)
{
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203); /* big end first */
    __m128i badc = _mm_shuffle_epi32(load(state), 0xb1), hgfe = _mm_shuffle_epi32(load(state + 4), 0x1b);
    __m128i feba = _mm_alignr_epi8(badc, hgfe, 8), hgdc = _mm_blend_epi16(hgfe, badc, 0xf0);
    for (; blocks > 0; blocks--, bytes += BLOCK) {
        __m128i feba_before = feba, hgdc_before = hgdc, w[4];
        for (unsigned i = 0; i < 4; i++) {
            w[i] = _mm_shuffle_epi8(load(bytes + 16 * i), swap);
        }
        for (unsigned four = 0; four < 16; four++) {
            __m128i now = w[0], sum = _mm_add_epi32(now, load(constants + 4 * four));
            __m128i next = _mm_add_epi32(_mm_sha256msg1_epu32(now, w[1]), _mm_alignr_epi8(w[3], w[2], 4));
            hgdc = _mm_sha256rnds2_epu32(hgdc, feba, sum);
            feba = _mm_sha256rnds2_epu32(feba, hgdc, _mm_shuffle_epi32(sum, 0x0e));
            w[0] = w[1];
            w[1] = w[2];
            w[2] = w[3];
            w[3] = _mm_sha256msg2_epu32(next, w[2]);
        }
        feba = _mm_add_epi32(feba, feba_before);
        hgdc = _mm_add_epi32(hgdc, hgdc_before);
    }
    __m128i abef = _mm_shuffle_epi32(feba, 0x1b), ghcd = _mm_shuffle_epi32(hgdc, 0xb1);
    store(state, _mm_blend_epi16(abef, ghcd, 0xf0));
    store(state + 4, _mm_alignr_epi8(ghcd, abef, 8));
}

void mote__sha256_x86_start(struct mote_hash *h)
{
    const struct sha256 begin = {
        .state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
    memcpy(h->state, &begin, sizeof begin);
}

void mote__sha256_x86_feed(struct mote_hash *h, const void *bytes, size_t len)
{
    const uint8_t *b = bytes;
    struct sha256 s;
    memcpy(&s, h->state, sizeof s);
    size_t have = s.total % BLOCK;
    s.total += len;
    if (have > 0) {
        size_t more = len < BLOCK - have ? len : BLOCK - have;
        memcpy(s.rest + have, b, more);
        b += more;
        len -= more;
        if (have + more == BLOCK) {
            compress(s.state, s.rest, 1);
        }
    }
    if (len > 0) {
        compress(s.state, b, len / BLOCK);
        memcpy(s.rest, b + len / BLOCK * BLOCK, len % BLOCK);
    }
    memcpy(h->state, &s, sizeof s);
    mote_secret_wipe(&s, sizeof s);
}

void mote__sha256_x86_end(struct mote_hash *h, uint8_t out[32])
{
    uint8_t last[2 * BLOCK] = {0};
    struct sha256 s;
    memcpy(&s, h->state, sizeof s);
    size_t have = s.total % BLOCK, blocks = have < BLOCK - 8 ? 1 : 2;
    memcpy(last, s.rest, have);
    last[have] = 0x80;
    for (size_t i = 0; i < 8; i++) {
        last[blocks * BLOCK - 1 - i] = (uint8_t)(s.total * 8 >> 8 * i);
    }
    compress(s.state, last, blocks);
    for (size_t i = 0; i < 32; i++) {
        out[i] = (uint8_t)(s.state[i / 4] >> (24 - 8 * (i % 4)));
    }
    mote_secret_wipe(&s, sizeof s);
    mote_secret_wipe(last, sizeof last);
    mote_secret_wipe(h, sizeof *h);
}

#endif
