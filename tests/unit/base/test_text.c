/* SPDX-License-Identifier: MIT
 * Strings and secrets: copying, comparing, wiping, and SipHash.
 */
#include "core/base/text.h"
#include "tests/unit/unit.h"

/* Key 00 01 .. 0f, message 00 01 .. of the length; from an implementation in Python that gives the vectors published
 * for SipHash-2-4 when told to do two and four rounds. */
static void test_siphash_vectors(void **state)
{
    (void)state;
    static const uint64_t expected[] = {0xabac0158050fc4dc, 0xc9f49bf37d57ca93, 0x82cb9b024dc7d44d, 0x8bf80ab8e7ddf7fb,
                                        0xcf75576088d38328, 0xdef9d52f49533b67, 0xc50d2b50c59f22a7, 0xd3927d989bb11140,
                                        0x369095118d299a8e, 0x25a48eb36c063de4, 0x79de85ee92ff097f, 0x70c118c1f94dc352,
                                        0x78a384b157b4d9a2, 0x306f760c1229ffa7, 0x605aa111c0f95d34, 0xd320d86d2a519956,
                                        0xcc4fdd1a7d908b66, 0x9cf2689063dbd80c};
    const uint64_t key[2] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
    uint8_t message[64];
    for (unsigned i = 0; i < sizeof message; i++) {
        message[i] = (uint8_t)i;
    }
    for (size_t n = 0; n < COUNT(expected); n++) {
        assert_true(mote_siphash(key, message, n) == expected[n]);
    }
    assert_true(mote_siphash(key, message, 63) == 0x9d199062b7bbb3a8);
}

static void test_siphash_needs_no_alignment(void **state)
{
    (void)state;
    const uint64_t key[2] = {1, 2};
    uint8_t message[40] = "xxxxxxxxabcdefghijklmnopqrstu";
    uint64_t first = mote_siphash(key, message + 8, 21);
    for (size_t shift = 0; shift < 8; shift++) {
        memmove(message + shift, message + (shift == 0 ? 8 : shift - 1), 21);
        assert_true(mote_siphash(key, message + shift, 21) == first);
    }
    const uint64_t other[2] = {1, 3};
    assert_true(mote_siphash(other, message + 7, 21) != first);
}

static void test_copy(void **state)
{
    (void)state;
    char out[4] = "zzz";
    assert_true(mote_text_copy(out, sizeof out, "abc"));
    assert_string_equal(out, "abc");
    assert_false(mote_text_copy(out, sizeof out, "abcd"));
    assert_string_equal(out, "");
    assert_true(mote_text_copy(out, 1, ""));
    assert_false(mote_text_copy(out, sizeof out, NULL));
    assert_string_equal(out, "");
    assert_false(mote_text_copy(out, 1, "a"));
}

static void test_equal(void **state)
{
    (void)state;
    assert_true(mote_text_equal("a", "a"));
    assert_false(mote_text_equal("a", "b"));
    assert_false(mote_text_equal(NULL, NULL));
    assert_false(mote_text_equal("a", NULL));
    assert_false(mote_text_equal(NULL, "a"));
    assert_true(mote_text_equal_n("abc", 2, "ab"));
    assert_false(mote_text_equal_n("abc", 2, "abc"));
    assert_false(mote_text_equal_n("abc", 2, "a"));
    assert_true(mote_text_equal_n("abc", 0, ""));
}

static void test_secret_equal(void **state)
{
    (void)state;
    uint8_t a[32], b[32];
    memset(a, 0x5a, sizeof a);
    memset(b, 0x5a, sizeof b);
    assert_true(mote_secret_equal(a, b, sizeof a));
    assert_true(mote_secret_equal(a, b, 0));
    for (unsigned bit = 0; bit < 8 * sizeof a; bit++) {
        b[bit / 8] = (uint8_t)(b[bit / 8] ^ 1u << bit % 8);
        assert_false(mote_secret_equal(a, b, sizeof a));
        b[bit / 8] = (uint8_t)(b[bit / 8] ^ 1u << bit % 8);
    }
}

static void test_secret_wipe(void **state)
{
    (void)state;
    uint8_t a[10], expected[10];
    memset(a, 7, sizeof a);
    memset(expected, 7, sizeof expected);
    memset(expected + 2, 0, 5);
    mote_secret_wipe(a + 2, 5);
    assert_memory_equal(a, expected, sizeof a);
    mote_secret_wipe(a, 0);
    assert_memory_equal(a, expected, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_siphash_vectors),
        cmocka_unit_test(test_siphash_needs_no_alignment),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_secret_equal),
        cmocka_unit_test(test_secret_wipe),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
