/* SPDX-License-Identifier: MIT
 * How long to wait until the next try, and which errors are worth one.
 */
#include "core/stream/retry.h"
#include "tests/unit/unit.h"

static uint32_t ceiling(unsigned attempt)
{
    uint64_t c = 2 * MOTE_RETRY_MIN_MS;
    while (attempt-- > 1 && c < MOTE_RETRY_MAX_MS) {
        c *= 2;
    }
    return c < MOTE_RETRY_MAX_MS ? (uint32_t)c : MOTE_RETRY_MAX_MS;
}

static void test_bounds(void **state)
{
    (void)state;
    static const unsigned attempts[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 31, 32, 33, 255, 1000000, UINT32_MAX};
    for (size_t i = 0; i < COUNT(attempts); i++) {
        uint32_t seed = 3, most = 0, least = UINT32_MAX;
        for (int k = 0; k < 20000; k++) {
            uint32_t d = mote_retry_delay_ms(attempts[i], unit_random(&seed));
            assert_in_range(d, MOTE_RETRY_MIN_MS, ceiling(attempts[i]));
            most = d > most ? d : most;
            least = d < least ? d : least;
        }
        /* the whole range is in use: full jitter */
        assert_true(least < MOTE_RETRY_MIN_MS + (ceiling(attempts[i]) - MOTE_RETRY_MIN_MS) / 50);
        assert_true(most > ceiling(attempts[i]) - (ceiling(attempts[i]) - MOTE_RETRY_MIN_MS) / 50);
    }
}

static void test_extremes(void **state)
{
    (void)state;
    assert_int_equal(mote_retry_delay_ms(1, 0), MOTE_RETRY_MIN_MS);
    assert_int_equal(mote_retry_delay_ms(20, 0), MOTE_RETRY_MIN_MS);
    assert_int_equal(mote_retry_delay_ms(20, MOTE_RETRY_MAX_MS - MOTE_RETRY_MIN_MS), MOTE_RETRY_MAX_MS);
    assert_in_range(mote_retry_delay_ms(20, UINT32_MAX), MOTE_RETRY_MIN_MS, MOTE_RETRY_MAX_MS);
    assert_int_equal(mote_retry_delay_ms(1, 1000), 2 * MOTE_RETRY_MIN_MS);
    assert_int_equal(mote_retry_delay_ms(1, 1001), MOTE_RETRY_MIN_MS);
}

/* Row D2: what the server says is heeded (RFC 6120 section 4.9.3). */
static void test_D2_conditions(void **state)
{
    (void)state;
    static const struct {
        const char *condition;
        uint32_t first_least, first_most; /* ms, after the first failure */
    } rows[] = {
        {"", 1000, 2000},
        {"system-shutdowns", 1000, 2000},
        {"reset (host-unknown)", 1000, 2000},
        {"host-unknown (moved)", 61000, 62000},
        {"internal-server-error", 1000, 2000},
        {"reset", 1000, 2000},
        {"system-shutdown", 1000, 8000},
        {"policy-violation", 31000, 32000},
        {"resource-constraint", 31000, 32000},
        {"host-unknown", 61000, 62000},
        {"host-gone", 61000, 62000},
        {"temporary-auth-failure", 11000, 12000},
    };
    uint32_t seed = 5;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t least = UINT32_MAX, most = 0;
        for (int k = 0; k < 20000; k++) {
            uint32_t d = mote_retry_after_ms(rows[i].condition, 1, unit_random(&seed));
            least = d < least ? d : least;
            most = d > most ? d : most;
        }
        assert_in_range(least, rows[i].first_least, rows[i].first_least + 100);
        assert_in_range(most, rows[i].first_most - 100, rows[i].first_most);
        /* failures in a row count as ever */
        assert_in_range(mote_retry_after_ms(rows[i].condition, 200, 299000), MOTE_RETRY_MAX_MS,
                        MOTE_RETRY_MAX_MS + 60000);
    }
    assert_false(mote_retry_asked(""));
    assert_false(mote_retry_asked("undefined-condition"));
    assert_true(mote_retry_asked("temporary-auth-failure (later)"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bounds), cmocka_unit_test(test_extremes),
                                       cmocka_unit_test(test_D2_conditions)};
    return cmocka_run_group_tests_name("retry", tests, NULL, NULL);
}
