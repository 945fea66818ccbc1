/* SPDX-License-Identifier: MIT
 * Writing XML into the ring: escapes, numbers, Base64, and a ring that is full.
 */
#include "core/mote.h"
#include "core/base/text.h"
#include "core/xml/writer.h"
#include "tests/unit/unit.h"

static char out[4096];
static struct mote_writer w;

static void begin(void)
{
    memset(out, 0, sizeof out);
    mote_writer_start(&w, out, sizeof out - 1);
}

static void expect(const char *text)
{
    assert_int_equal(mote_writer_result(&w), 0);
    assert_string_equal(out, text);
    assert_int_equal(w.need, strlen(text));
}

static void test_escapes_in_text(void **state)
{
    (void)state;
    begin();
    mote_writer_put(&w, "<body>%s</body>", "a<b>&'\"\t\n\r]]>");
    expect("<body>a&lt;b&gt;&amp;'\"\t\n&#13;]]&gt;</body>");
}

static void test_escapes_in_attributes(void **state)
{
    (void)state;
    begin();
    mote_writer_put(&w, "<a b='%s' c='x %s'>%s</a>", "<'&>\"", "\t\n\r", "'");
    mote_writer_attr(&w, "d", NULL);
    expect("<a b='&lt;&apos;&amp;&gt;\"' c='x &#9;&#10;&#13;'>'</a>");
    begin();
    mote_writer_put(&w, "<a");
    mote_writer_attr(&w, "b", "'&\n");
    mote_writer_attr(&w, "c", NULL);
    mote_writer_attr(&w, "d", "");
    mote_writer_put(&w, ">%s", "'");
    expect("<a b='&apos;&amp;&#10;' d=''>'");
}

static void test_numbers(void **state)
{
    (void)state;
    begin();
    mote_writer_put(&w, "%u %u %lu %lu %d %d %d %d %%", 0u, UINT32_MAX, 0ul, (unsigned long)UINT64_MAX, 0, -1,
                    INT32_MIN, INT32_MAX);
    expect(sizeof(long) == 8 ? "0 4294967295 0 18446744073709551615 0 -1 -2147483648 2147483647 %"
                             : "0 4294967295 0 4294967295 0 -1 -2147483648 2147483647 %");
}

static void test_strings(void **state)
{
    (void)state;
    const char *volatile none = NULL; /* the compiler would warn of a NULL it can see */
    begin();
    mote_writer_put(&w, "[%s][%s][%.*s][%.*s][%.3s][%.40s]", none, "", 3, "abcdef", 0, "abcdef", "abcdef", "ab");
    expect("[][][abc][][abc][ab]");
    begin();
    mote_writer_put(&w, "[%.*s]", 4, "a&\xc3\xa9z");
    expect("[a&amp;\xc3\xa9]");
}

static void test_base64_and_raw(void **state)
{
    (void)state;
    begin();
    mote_writer_base64(&w, "foob", 4);
    mote_writer_raw(&w, "<&\x01", 3);
    mote_writer_base64(&w, "", 0);
    expect("Zm9vYg==<&\x01");
    uint8_t bytes[200];
    char expected[MOTE_BASE64_LEN(200) + 1];
    for (size_t n = 0; n <= sizeof bytes; n++) { /* the pieces join at multiples of three */
        memset(bytes, (int)n, n);
        mote_base64_encode(bytes, n, expected);
        begin();
        mote_writer_base64(&w, bytes, n);
        expect(expected);
    }
}

static void test_X2_text_errors(void **state)
{
    (void)state;
    static const char *const bad[] = {"\x01",         "\x1f",         "a\x0b",    "\xc3",   "\xc2\"",
                                      "\xed\xa0\x80", "\xef\xbf\xbe", "\xc0\xaf", "ok\xff", "\xf4\x90\x80\x80"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        for (int place = 0; place < 3; place++) {
            begin();
            if (place == 0) {
                mote_writer_put(&w, "<a>%s</a>", bad[i]);
            } else if (place == 1) {
                mote_writer_put(&w, "<a b='%s'/>", bad[i]);
            } else {
                mote_writer_attr(&w, "b", bad[i]);
            }
            assert_int_equal(mote_writer_result(&w), MOTE_ERR_TEXT);
            mote_writer_put(&w, "<fine/>"); /* the error stays */
            assert_int_equal(mote_writer_result(&w), MOTE_ERR_TEXT);
        }
    }
    begin();
    mote_writer_text(&w, "a\0b", 3);
    assert_int_equal(mote_writer_result(&w), MOTE_ERR_TEXT);
}

static void compose(struct mote_writer *to)
{
    mote_writer_put(to, "<message to='%s' n='%u'><body>%s</body>", "a'b@c", 17u, "one & two");
    mote_writer_base64(to, "\x00\x01\x02\x03", 4);
    mote_writer_attr(to, "x", "y");
    mote_writer_raw(to, "</message>", 10);
}

/* Whatever the room: all of it, or the same `need` and FULL, and never a byte behind the room. */
static void test_full(void **state)
{
    (void)state;
    begin();
    compose(&w);
    size_t need = w.need;
    char whole[256], small[256];
    memcpy(whole, out, need);
    for (size_t size = 1; size < need + 10; size++) {
        memset(small, '#', sizeof small);
        mote_writer_start(&w, small, size);
        compose(&w);
        assert_int_equal(w.need, need);
        assert_int_equal(mote_writer_result(&w), size < need ? MOTE_ERR_FULL : 0);
        size_t written = size - w.room;
        assert_memory_equal(small, whole, written);
        for (size_t i = written; i < sizeof small; i++) {
            assert_int_equal(small[i], '#');
        }
    }
}

/* In a ring, from every starting place. */
static void test_wraps_round(void **state)
{
    (void)state;
    begin();
    compose(&w);
    size_t need = w.need, size = need + 7;
    char ring[256];
    for (size_t start = 0; start < size; start++) {
        memset(ring, '#', sizeof ring);
        w = (struct mote_writer){.base = (uint8_t *)ring, .size = size, .pos = start, .room = need};
        compose(&w);
        assert_int_equal(mote_writer_result(&w), 0);
        assert_int_equal(w.pos, (start + need) % size);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(ring[(start + i) % size], i < need ? out[i] : '#');
        }
        assert_int_equal(ring[size], '#');
    }
}

static size_t plain(char *line, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t len = mote_writer_plain(line, size, format, args);
    va_end(args);
    return len;
}

static void test_plain_lines(void **state)
{
    (void)state;
    char line[16];
    assert_int_equal(plain(line, sizeof line, "<%s> %d", "a&b", -5), 8);
    assert_string_equal(line, "<a&b> -5");
    assert_int_equal(plain(line, sizeof line, "%s", "0123456789abcdefgh"), 15);
    assert_string_equal(line, "0123456789abcde");
    assert_int_equal(plain(line, sizeof line, "0123456789abcde%s%u", "x", 7u), 15);
    assert_string_equal(line, "0123456789abcde");
    assert_int_equal(plain(line, 1, "%s", "x"), 0);
    assert_string_equal(line, "");
    assert_int_equal(plain(line, sizeof line, "%.4s%.*s", "abcdef", 2, "xyz"), 6);
    assert_string_equal(line, "abcdxy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escapes_in_text),
        cmocka_unit_test(test_escapes_in_attributes),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_base64_and_raw),
        cmocka_unit_test(test_X2_text_errors),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_wraps_round),
        cmocka_unit_test(test_plain_lines),
    };
    return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
