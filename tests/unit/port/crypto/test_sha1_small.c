/* SPDX-License-Identifier: MIT
 * The small SHA-1 of the boards. It is compiled for this test alone, because the library for this machine has another.
 */
#include <mbedtls/sha1.h>

#include "port/crypto/sha1_small.c"
#include "tests/unit/unit.h"

static const uint32_t begin[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};

static void hash(const uint8_t *bytes, size_t len, uint8_t out[20])
{
    uint32_t state[5];
    uint8_t last[128] = {0};
    size_t whole = len / 64 * 64, rest = len - whole, padded = rest < 56 ? 64 : 128;
    memcpy(state, begin, sizeof state);
    for (size_t i = 0; i < whole; i += 64) {
        mote__sha1_small(state, bytes + i);
    }
    memcpy(last, bytes + whole, rest);
    last[rest] = 0x80;
    for (size_t i = 0; i < 4; i++) {
        last[padded - 1 - i] = (uint8_t)(len * 8 >> 8 * i);
    }
    for (size_t i = 0; i < padded; i += 64) {
        mote__sha1_small(state, last + i);
    }
    for (size_t i = 0; i < 20; i++) {
        out[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
    }
}

/* RFC 3174 section 7.3 */
static void test_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t times;
        const char *digest;
    } rows[] = {
        {"abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
        {"a", 1000000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"},
        {"0123456701234567012345670123456701234567012345670123456701234567", 10,
         "dea356a2cddd90c7a7ecedc5ebb563934f460452"},
    };
    static uint8_t text[1000000];
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t want[20], got[20];
        size_t len = strlen(rows[i].text);
        for (size_t n = 0; n < rows[i].times; n++) {
            memcpy(text + n * len, rows[i].text, len);
        }
        unit_hex(rows[i].digest, want);
        hash(text, len * rows[i].times, got);
        assert_memory_equal(got, want, sizeof want);
    }
}

/* Whatever it is fed, what mbedTLS's own makes of it. */
static void test_as_mbedtls(void **state)
{
    (void)state;
    uint32_t seed = 1;
    uint8_t bytes[300], want[20], got[20];
    for (size_t len = 0; len < sizeof bytes; len++) {
        bytes[len] = (uint8_t)unit_random(&seed);
        assert_int_equal(mbedtls_sha1(bytes, len, want), 0);
        hash(bytes, len, got);
        assert_memory_equal(got, want, sizeof want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_as_mbedtls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
