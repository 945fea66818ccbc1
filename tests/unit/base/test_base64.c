/* SPDX-License-Identifier: MIT
 * Base64: the vectors of RFC 4648, and all that is not Base64.
 */
#include "core/base/text.h"
#include "tests/unit/unit.h"

/* RFC 4648 section 10. */
static const char *const vectors[][2] = {{"", ""},
                                         {"f", "Zg=="},
                                         {"fo", "Zm8="},
                                         {"foo", "Zm9v"},
                                         {"foob", "Zm9vYg=="},
                                         {"fooba", "Zm9vYmE="},
                                         {"foobar", "Zm9vYmFy"}};

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        char text[32], back[32];
        size_t len = strlen(vectors[i][0]), n = mote_base64_encode(vectors[i][0], len, text);
        assert_string_equal(text, vectors[i][1]);
        assert_int_equal(n, MOTE_BASE64_LEN(len));
        assert_int_equal(mote_base64_decode(text, n, back, len), (ptrdiff_t)len);
        assert_memory_equal(back, vectors[i][0], len);
    }
}

static void test_round_trip(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (size_t len = 0; len < 300; len++) {
        uint8_t bytes[300], back[300];
        char text[MOTE_BASE64_LEN(300) + 1];
        for (size_t i = 0; i < len; i++) {
            bytes[i] = (uint8_t)unit_random(&seed);
        }
        size_t n = mote_base64_encode(bytes, len, text);
        assert_int_equal(strlen(text), n);
        assert_int_equal(mote_base64_decode(text, n, back, sizeof back), (ptrdiff_t)len);
        assert_memory_equal(back, bytes, len);
        assert_int_equal(mote_base64_decode(text, n, text, sizeof text), (ptrdiff_t)len); /* in place */
        assert_memory_equal(text, bytes, len);
    }
}

static void test_F1_what_is_no_base64(void **state)
{
    (void)state;
    static const char *const bad[] = {"Z",     "Zg",    "Zg=",    "Zm8",        "Zg==Zg==", "Z===",  "====",    "=",
                                      "Zm9 v", " Zm9v", "Zm9v\n", "Zm9v\r\n",   "Zm9-",     "Zm9_",  "Zm=v",    "=Zm9",
                                      "Zh==",  "Zm9=",  "Zg=g",   "Z\xc3\xa9g", "Zm9v=",    "Zm\t9", "Zm9v===="};
    char out[64];
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (mote_base64_decode(bad[i], strlen(bad[i]), out, sizeof out) != -1) {
            fail_msg("%s was taken", bad[i]);
        }
    }
    assert_int_equal(mote_base64_decode("Zg\0=", 4, out, sizeof out), -1);
}

/* Every character in every place: 64 good ones, and padding only where it may stand. */
static void test_every_character(void **state)
{
    (void)state;
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (unsigned c = 0; c < 256; c++) {
        for (size_t place = 0; place < 4; place++) {
            char text[] = "AAAA", out[3];
            text[place] = (char)c;
            bool good = (c != 0 && strchr(alphabet, (int)c) != NULL) || (c == '=' && place == 3);
            assert_int_equal(mote_base64_decode(text, 4, out, 3) >= 0, good);
        }
    }
}

static void test_does_not_fit(void **state)
{
    (void)state;
    char out[7] = "......";
    assert_int_equal(mote_base64_decode("Zm9vYmFy", 8, out, 5), -1);
    assert_string_equal(out, "......");
    assert_int_equal(mote_base64_decode("Zm9vYmFy", 8, out, 6), 6);
    assert_int_equal(mote_base64_decode("Zg==", 4, out, 0), -1);
    assert_int_equal(mote_base64_decode("", 0, out, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_F1_what_is_no_base64),
        cmocka_unit_test(test_every_character),
        cmocka_unit_test(test_does_not_fit),
    };
    return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
