/* SPDX-License-Identifier: MIT
 * The boards' clock, which is no part of the library for this machine: rows D3 and D4.
 */
#include "port/clock/tick.c"
#include "tests/unit/unit.h"

enum { BUILT = 1700000000, DAY = 86400, HOUR_MS = 3600000 };

static uint64_t ms;

static uint64_t count(void)
{
    return ms;
}

static int setup(void **state)
{
    (void)state;
    ms = 5000;
    mote_clock_tick_init(count, BUILT);
    return 0;
}

static int64_t now(void)
{
    return mote_clock_tick.unix_time(NULL);
}

static void test_D3_unknown_but_not_before_the_build(void **state)
{
    (void)state;
    assert_int_equal(now(), 0);
    assert_int_equal(mote_clock_tick_least(), BUILT);
    mote_clock_tick_set(0); /* a clock without a battery */
    assert_int_equal(now(), 0);
    mote_clock_tick_floor(BUILT - DAY);
    assert_int_equal(mote_clock_tick_least(), BUILT);
    mote_clock_tick_floor(BUILT + DAY);
    ms += 2000;
    assert_int_equal(mote_clock_tick_least(), BUILT + DAY + 2);
    mote_clock_tick_set(BUILT + 2 * DAY);
    assert_int_equal(now(), BUILT + 2 * DAY);
}

/* 2^32 ms, and far behind that. */
static void test_D3_it_goes_on_where_a_counter_of_32_bits_ends(void **state)
{
    (void)state;
    ms = UINT32_MAX - 1500ull;
    mote_clock_tick_init(count, BUILT);
    mote_clock_tick_set(BUILT + DAY);
    ms += 3000;
    assert_int_equal(mote_clock_tick.ms(NULL), UINT32_MAX + 1500ull);
    assert_int_equal(now(), BUILT + DAY + 3);
    ms += 400ull * DAY * 1000;
    assert_int_equal(now(), BUILT + 401ll * DAY + 3);
}

/* A floor that comes later does not set a known clock back, nor one that is behind it forward by less. */
static void test_D4_a_floor_under_a_known_clock(void **state)
{
    (void)state;
    mote_clock_tick_told(BUILT + 10 * DAY);
    mote_clock_tick_floor(BUILT + DAY);
    assert_int_equal(now(), BUILT + 10 * DAY);
    mote_clock_tick_floor(BUILT + 20 * DAY);
    assert_int_equal(now(), BUILT + 20 * DAY);
}

static void test_D4_what_was_told_is_doubted_after_an_hour(void **state)
{
    (void)state;
    mote_clock_tick_told(BUILT + 3000ll * DAY);
    assert_false(mote_clock_tick_doubt(true));
    ms += HOUR_MS - 1;
    assert_false(mote_clock_tick_doubt(true));
    assert_false(mote_clock_tick_doubt(false)); /* one was good in between */
    ms += HOUR_MS;
    assert_false(mote_clock_tick_doubt(true));
    assert_int_not_equal(now(), 0);
    ms += HOUR_MS;
    assert_true(mote_clock_tick_doubt(true));
    assert_int_equal(now(), 0);
    assert_int_equal(mote_clock_tick_least(), BUILT + 3 * 3600 - 1 + 0);
    assert_false(mote_clock_tick_doubt(true));
}

static void test_D4_an_own_clock_is_not(void **state)
{
    (void)state;
    mote_clock_tick_set(BUILT + 3000ll * DAY);
    assert_false(mote_clock_tick_doubt(true));
    ms += 2 * HOUR_MS;
    assert_false(mote_clock_tick_doubt(true));
    assert_int_not_equal(now(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_D3_unknown_but_not_before_the_build, setup),
        cmocka_unit_test_setup(test_D3_it_goes_on_where_a_counter_of_32_bits_ends, setup),
        cmocka_unit_test_setup(test_D4_a_floor_under_a_known_clock, setup),
        cmocka_unit_test_setup(test_D4_what_was_told_is_doubted_after_an_hour, setup),
        cmocka_unit_test_setup(test_D4_an_own_clock_is_not, setup),
    };
    return cmocka_run_group_tests_name("clock tick", tests, NULL, NULL);
}
