/* SPDX-License-Identifier: MIT
 * Dates of XEP-0082, compared with the C library's gmtime for every day there is.
 */
#include <stdio.h>
#include <time.h>

#include "core/base/text.h"
#include "tests/unit/unit.h"

static void test_B21_every_day_of_ten_thousand_years(void **state)
{
    (void)state;
    uint32_t seed = 7;
    for (int64_t day = -62167219200 / 86400; day <= 253402300799 / 86400; day++) {
        int64_t t = day * 86400 + unit_random(&seed) % 86400, back = -1;
        char text[MOTE_DATE_LEN + 1], expected[64];
        struct tm tm;
        time_t c = (time_t)t;
        bool known = (int64_t)c == t; /* not beyond 2038 where the C library counts seconds in 32 bits */
        mote_date_write(t, text);
        assert_non_null(gmtime_r(&c, &tm));
        snprintf(expected, sizeof expected, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
                 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
        if ((known && strcmp(text, expected) != 0) || !mote_date_read(text, &back) || back != t) {
            fail_msg("%lld: %s, not %s; read as %lld", (long long)t, text, expected, (long long)back);
        }
    }
}

static void test_write_is_clamped(void **state)
{
    (void)state;
    char text[MOTE_DATE_LEN + 1];
    mote_date_write(INT64_MIN, text);
    assert_string_equal(text, "0000-01-01T00:00:00Z");
    mote_date_write(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59Z");
    mote_date_write(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
}

static void test_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t time;
    } rows[] = {{"1970-01-01T00:00:00Z", 0},
                {"2026-11-21T01:02:03Z", 1795222923},
                {"2026-11-21T02:02:03+01:00", 1795222923},
                {"2026-11-20T19:32:03-05:30", 1795222923},
                {"2026-11-21T01:02:03.5Z", 1795222923},
                {"2026-11-21T01:02:03.999999999999Z", 1795222923},
                {"2026-11-21T01:02:03.1-00:00", 1795222923},
                {"2000-02-29T00:00:00Z", 951782400},
                {"1969-12-31T23:59:59Z", -1},
                {"2016-12-31T23:59:60Z", 1483228799}, /* a leap second */
                {"0000-01-01T00:00:00Z", -62167219200}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t t = 1;
        if (!mote_date_read(rows[i].text, &t) || t != rows[i].time) {
            fail_msg("%s: %lld", rows[i].text, (long long)t);
        }
    }
}

static void test_read_refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "2026",
                                      "2026-11-21",
                                      "2026-11-21T01:02:03",
                                      "2026-11-21 01:02:03Z",
                                      "2026-11-21T01:02:03z",
                                      "2026-13-01T00:00:00Z",
                                      "2026-00-01T00:00:00Z",
                                      "2026-01-00T00:00:00Z",
                                      "2026-01-32T00:00:00Z",
                                      "2026-04-31T00:00:00Z",
                                      "2026-02-29T00:00:00Z",
                                      "1900-02-29T00:00:00Z",
                                      "2026-01-01T24:00:00Z",
                                      "2026-01-01T00:60:00Z",
                                      "2026-01-01T00:00:61Z",
                                      "2026-01-01T00:00:00.Z",
                                      "2026-01-01T00:00:00+0100",
                                      "2026-01-01T00:00:00+24:00",
                                      "2026-01-01T00:00:00+01:60",
                                      "2026-01-01T00:00:00Zx",
                                      "2026-01-01T00:00:00+01:00 ",
                                      " 2026-01-01T00:00:00Z",
                                      "+026-01-01T00:00:00Z",
                                      "02026-01-01T00:00:00Z",
                                      "20260101T00:00:00Z",
                                      "2026-1-01T00:00:00Z",
                                      "2026-01-01T00:00:-1Z",
                                      "2026-01-01T00:00:00.5"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        int64_t t = 77;
        if (mote_date_read(bad[i], &t) || t != 77) {
            fail_msg("%s was taken as %lld", bad[i], (long long)t);
        }
    }
}

/* A date cut anywhere is none, and reading stops at the NUL: the sanitizers watch. */
static void test_read_cut_anywhere(void **state)
{
    (void)state;
    const char *whole = "2026-11-21T01:02:03.25+01:00";
    for (size_t n = 0; n < strlen(whole); n++) {
        char *cut = test_malloc(n + 1);
        int64_t t;
        memcpy(cut, whole, n);
        cut[n] = '\0';
        assert_false(mote_date_read(cut, &t));
        test_free(cut);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_B21_every_day_of_ten_thousand_years),
        cmocka_unit_test(test_write_is_clamped),
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_read_refuses),
        cmocka_unit_test(test_read_cut_anywhere),
    };
    return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}
