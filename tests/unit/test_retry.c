/* SPDX-License-Identifier: MIT */
#include "core/session/retry.h"
#include "tests/unit/unit.h"

static uint32_t ceiling(unsigned attempt)
{
    uint64_t c = 2 * RETRY_MIN_MS;
    while (attempt-- > 1 && c < RETRY_MAX_MS) {
        c *= 2;
    }
    return c < RETRY_MAX_MS ? (uint32_t)c : RETRY_MAX_MS;
}

static void test_bounds(void **state)
{
    (void)state;
    static const unsigned attempts[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 31, 32, 33, 255, 1000000, UINT32_MAX};
    for (size_t i = 0; i < COUNT(attempts); i++) {
        uint32_t seed = 3, most = 0, least = UINT32_MAX;
        for (int k = 0; k < 20000; k++) {
            uint32_t d = retry_delay_ms(attempts[i], unit_random(&seed));
            assert_in_range(d, RETRY_MIN_MS, ceiling(attempts[i]));
            most = d > most ? d : most;
            least = d < least ? d : least;
        }
        /* the whole range is in use: full jitter */
        assert_true(least < RETRY_MIN_MS + (ceiling(attempts[i]) - RETRY_MIN_MS) / 50);
        assert_true(most > ceiling(attempts[i]) - (ceiling(attempts[i]) - RETRY_MIN_MS) / 50);
    }
}

static void test_extremes(void **state)
{
    (void)state;
    assert_int_equal(retry_delay_ms(1, 0), RETRY_MIN_MS);
    assert_int_equal(retry_delay_ms(20, 0), RETRY_MIN_MS);
    assert_int_equal(retry_delay_ms(20, RETRY_MAX_MS - RETRY_MIN_MS), RETRY_MAX_MS);
    assert_in_range(retry_delay_ms(20, UINT32_MAX), RETRY_MIN_MS, RETRY_MAX_MS);
    assert_int_equal(retry_delay_ms(1, 1000), 2 * RETRY_MIN_MS);
    assert_int_equal(retry_delay_ms(1, 1001), RETRY_MIN_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bounds), cmocka_unit_test(test_extremes)};
    return cmocka_run_group_tests_name("retry", tests, NULL, NULL);
}
