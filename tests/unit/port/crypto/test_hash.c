/* SPDX-License-Identifier: MIT
 * The hashes of this machine, by whatever instructions it has, against vectors and against mbedTLS's own code.
 */
#include <mbedtls/sha1.h>
#include <mbedtls/sha256.h>
#include <stdio.h>

#include "port/crypto/hash_mbedtls.h"
#include "port/crypto/sha256_x86.h"
#include "tests/unit/unit.h"

static void hash_text(const char *text, size_t times, uint8_t out[MOTE_HASH_MAX])
{
    struct mote_hash h;
    mote_crypto_hash_start(&h, MOTE_SHA256);
    for (size_t i = 0; i < times; i++) {
        mote_crypto_hash_feed(&h, MOTE_SHA256, text, strlen(text));
    }
    mote_crypto_hash_end(&h, MOTE_SHA256, out);
}

/* FIPS 180-2 appendix B, and the empty message. */
static void test_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t times;
        const char *digest;
    } rows[] = {
        {"", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    };
    printf("# SHA-256 by the processor's instructions: %s\n", mote__sha256_x86_present() ? "yes" : "no");
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t want[32], got[MOTE_HASH_MAX];
        unit_hex(rows[i].digest, want);
        hash_text(rows[i].text, rows[i].times, got);
        assert_memory_equal(got, want, sizeof want);
    }
}

/* Of each length, whatever the pieces, and where the bytes lie: what mbedTLS's own code makes of it. */
static void test_as_mbedtls_in_any_pieces(void **state)
{
    (void)state;
    static uint8_t bytes[600];
    uint32_t seed = 1;
    uint8_t want[32], got[MOTE_HASH_MAX];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)unit_random(&seed);
    }
    for (size_t len = 0; len < 500; len++) {
        const uint8_t *from = bytes + unit_random(&seed) % 64;
        struct mote_hash h;
        mote_crypto_hash_start(&h, MOTE_SHA256);
        for (size_t at = 0, n; at < len; at += n) {
            n = 1 + unit_random(&seed) % 200;
            n = n < len - at ? n : len - at;
            mote_crypto_hash_feed(&h, MOTE_SHA256, from + at, n);
        }
        mote_crypto_hash_end(&h, MOTE_SHA256, got);
        assert_int_equal(mbedtls_sha256(from, len, want, 0), 0);
        assert_memory_equal(got, want, sizeof want);
    }
}

/* PBKDF2 goes on from copies of a state; and what was hashed may be a key, so nothing of it is left. */
static void test_a_copy_goes_on_and_the_end_wipes(void **state)
{
    static const struct mote_hash zero;
    (void)state;
    for (int kind = MOTE_SHA1; kind <= MOTE_SHA256; kind++) {
        struct mote_hash h = {0}, copy;
        uint8_t first[MOTE_HASH_MAX] = {0}, second[MOTE_HASH_MAX] = {0}, want[MOTE_HASH_MAX] = {0};
        mote_crypto_hash_start(&h, (enum mote_hash_kind)kind);
        mote_crypto_hash_feed(&h, (enum mote_hash_kind)kind,
                              "a secret of more than one block, so that the state is not the first", 67);
        copy = h;
        mote_crypto_hash_feed(&h, (enum mote_hash_kind)kind, "1", 1);
        mote_crypto_hash_feed(&copy, (enum mote_hash_kind)kind, "1", 1);
        mote_crypto_hash_end(&h, (enum mote_hash_kind)kind, first);
        mote_crypto_hash_end(&copy, (enum mote_hash_kind)kind, second);
        assert_memory_equal(first, second, sizeof first);
        const unsigned char *text =
            (const unsigned char *)"a secret of more than one block, so that the state is not the first1";
        assert_int_equal(kind == MOTE_SHA1 ? mbedtls_sha1(text, 68, want) : mbedtls_sha256(text, 68, want, 0), 0);
        assert_memory_equal(first, want, sizeof want);
        assert_memory_equal(&h, &zero, sizeof zero);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_as_mbedtls_in_any_pieces),
        cmocka_unit_test(test_a_copy_goes_on_and_the_end_wipes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
