/* SPDX-License-Identifier: MIT
 * When a chain is valid, for a board that learns the time after the handshake.
 */
#include "port/tls/verify.h"
#include "tests/unit/unit.h"

enum { FROM = 1795219200, TO = 1795305600 }; /* 2026-11-21 and 2026-11-22, 00:00 UTC */

static char why[MOTE_TLS_WHY];

static bool dates(int64_t now, const uint8_t *pin)
{
    struct mote_tls_verdict v = {.valid_from = FROM, .valid_to = TO, .why = why, .pin = pin};
    why[0] = '\0';
    return mote__tls_verdict_dates(&v, now);
}

static void test_B24_dates_of_a_chain(void **state)
{
    static const struct {
        int64_t now;
        bool good;
        const char *why;
    } rows[] = {
        {FROM, true, ""},
        {FROM + 1, true, ""},
        {TO - 1, true, ""},
        {TO, true, ""},
        {FROM - 1, false,
         "the server's certificate is not valid before 2026-11-21, and by the server's own clock it is 2026-11-20"},
        {1, false,
         "the server's certificate is not valid before 2026-11-21, and by the server's own clock it is 1970-01-01"},
        {TO + 1, false,
         "the server's certificate expired on 2026-11-22, and by the server's own clock it is 2026-11-22"},
        {TO + 30ll * 365 * 86400, false,
         "the server's certificate expired on 2026-11-22, and by the server's own clock it is 2056-11-14"},
    };
    static const uint8_t pin[32];
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(dates(rows[i].now, NULL), rows[i].good);
        assert_string_equal(why, rows[i].why);
        assert_true(dates(rows[i].now, pin)); /* the key alone counts */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_B24_dates_of_a_chain)};
    return cmocka_run_group_tests_name("tls verify", tests, NULL, NULL);
}
