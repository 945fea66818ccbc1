/* SPDX-License-Identifier: MIT
 * UTF-8: every code point, and every string of one to three bytes, compared with an encoder that is written here after
 * RFC 3629.
 */
#include "core/base/text.h"
#include "tests/unit/unit.h"

static bool allowed(uint32_t c)
{
    if (c < 0x20) {
        return c == '\t' || c == '\n' || c == '\r';
    }
    return c < 0xD800 || (c > 0xDFFF && c < 0xFFFE) || (c > 0xFFFF && c < 0x110000);
}

static size_t encode(uint32_t c, uint8_t *out)
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = n; i-- > 1; c >>= 6) {
        out[i] = (uint8_t)(0x80 | (c & 63));
    }
    out[0] = (uint8_t)(lead[n] | c);
    return n;
}

static void test_every_code_point(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x110000; c++) {
        uint8_t s[4];
        size_t n = encode(c, s);
        size_t got = mote_text_character((const char *)s, n);
        if (got != (allowed(c) ? n : 0)) {
            fail_msg("U+%04X: %zu bytes", (unsigned)c, got);
        }
    }
}

static uint8_t known[3][1u << 21]; /* a bit for each string of 1, 2, 3 bytes that is one character */

static void test_X2_every_string_of_three_bytes(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x10000; c++) {
        uint8_t s[4];
        uint32_t at = 0;
        size_t n = encode(c, s);
        for (size_t i = 0; i < n; i++) {
            at = at << 8 | s[i];
        }
        if (allowed(c)) {
            known[n - 1][at / 8] |= (uint8_t)(1u << at % 8);
        }
    }
    for (uint32_t v = 0; v < 1u << 24; v++) {
        const uint8_t s[] = {(uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
        size_t expected = 0;
        uint32_t at = 0;
        for (size_t n = 1; n <= 3 && expected == 0; n++) {
            at = at << 8 | s[n - 1];
            expected = (known[n - 1][at / 8] >> at % 8 & 1) != 0 ? n : 0;
        }
        size_t got = mote_text_character((const char *)s, 3);
        if (got != expected) {
            fail_msg("%06x: %zu, not %zu", (unsigned)v, got, expected);
        }
    }
}

static void test_X2_four_bytes(void **state)
{
    (void)state;
    static const uint8_t third[] = {0x00, 0x22, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbe, 0xbf, 0xc0, 0xff};
    for (unsigned a = 0xf0; a < 0x100; a++) {
        for (unsigned b = 0; b < 0x100; b++) {
            for (size_t i = 0; i < COUNT(third) * COUNT(third); i++) {
                unsigned c = third[i / COUNT(third)], d = third[i % COUNT(third)];
                const uint8_t s[] = {(uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d};
                bool tails = (b & 0xc0) == 0x80 && (c & 0xc0) == 0x80 && (d & 0xc0) == 0x80;
                uint32_t point = (a & 7) << 18 | (b & 63) << 12 | (c & 63) << 6 | (d & 63);
                bool good = a < 0xf8 && tails && point >= 0x10000 && point < 0x110000;
                assert_int_equal(mote_text_character((const char *)s, 4), good ? 4 : 0);
            }
        }
    }
}

static void test_cut_short(void **state)
{
    (void)state;
    const char *s = "\xf0\x9f\x8c\xa1";
    for (size_t n = 1; n < 4; n++) {
        assert_int_equal(mote_text_character(s, n), 0);
        assert_int_equal(mote_text_valid(s, n), 0);
    }
    assert_int_equal(mote_text_character(s, 4), 4);
    assert_int_equal(mote_text_character("\xe2\x82", 2), 0);
    assert_int_equal(mote_text_character("\xc3", 1), 0);
}

static void test_valid_prefix(void **state)
{
    (void)state;
    assert_int_equal(mote_text_valid("", 0), 0);
    assert_int_equal(mote_text_valid("21,5 \xc2\xb0"
                                "C \xf0\x9f\x8c\xa1\n",
                                13),
                     13);
    assert_int_equal(mote_text_valid("ab\0c", 4), 2);
    assert_int_equal(mote_text_valid("ab\x7f"
                                "c",
                                4),
                     4);
    assert_int_equal(mote_text_valid("ab\xc2\"c", 5), 2); /* CVE-2022-22784: a quote swallowed by a broken character */
    assert_int_equal(mote_text_valid("\xef\xbb\xbf", 3), 3);
    assert_int_equal(mote_text_valid("x\xef\xbf\xbe", 4), 1);
    assert_int_equal(mote_text_valid("x\xed\xa0\x80", 4), 1);
    assert_int_equal(mote_text_valid("x\xc0\xaf", 3), 1);
}

/* Every byte at every place of a word and behind it, among harmless ones. */
static void test_plain_run(void **state)
{
    (void)state;
    char text[24];
    for (unsigned byte = 0; byte < 256; byte++) {
        bool plain = byte >= ' ' && byte < 0x80 && strchr("&'<>", (int)byte) == NULL;
        for (size_t at = 0; at < sizeof text; at++) {
            for (int fill = 0; fill < 4; fill++) {
                memset(text, " z~("[fill], sizeof text);
                text[at] = (char)byte;
                assert_int_equal(mote_text_plain(text, sizeof text), plain ? sizeof text : at);
                assert_int_equal(mote_text_plain(text + at, 1), plain ? 1 : 0);
            }
        }
    }
    assert_int_equal(mote_text_plain("", 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_point), cmocka_unit_test(test_X2_every_string_of_three_bytes),
        cmocka_unit_test(test_X2_four_bytes),    cmocka_unit_test(test_cut_short),
        cmocka_unit_test(test_valid_prefix),     cmocka_unit_test(test_plain_run),
    };
    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
