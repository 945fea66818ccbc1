/* SPDX-License-Identifier: MIT
 * The arena: alignment, its limit, and its peak.
 */
#include "core/xml/arena.h"
#include "tests/unit/unit.h"

static void test_aligned(void **state)
{
    (void)state;
    uint8_t memory[256];
    for (size_t shift = 0; shift < sizeof(void *); shift++) {
        struct mote__arena a;
        memset(memory, 0xee, sizeof memory);
        mote__arena_init(&a, memory + shift, sizeof memory - shift);
        for (size_t extra = 0; extra < 5; extra++) {
            uint8_t *p = mote__arena_block(&a, 16 + extra);
            assert_non_null(p);
            assert_int_equal((uintptr_t)p % sizeof(void *), 0);
            memset(p, 0xee, 16 + extra);
        }
        assert_true(a.used <= a.size);
    }
}

static void test_limit(void **state)
{
    (void)state;
    _Alignas(8) uint8_t memory[64];
    struct mote__arena a;
    mote__arena_init(&a, memory, 64);
    assert_non_null(mote__arena_block(&a, 64));
    assert_null(mote__arena_block(&a, 1));
    assert_non_null(mote__arena_block(&a, 0));
    assert_false(mote__arena_extend(&a, 1));
    assert_true(mote__arena_extend(&a, 0));
    mote__arena_reset(&a, 0);
    assert_null(mote__arena_block(&a, 65));
    assert_int_equal(a.used, 0); /* a refusal changes nothing */
    assert_non_null(mote__arena_block(&a, 63));
    assert_null(mote__arena_block(&a, 8)); /* the gap for alignment does not fit */
    assert_true(mote__arena_extend(&a, 1));
    assert_false(mote__arena_extend(&a, 1));
    assert_false(mote__arena_extend(&a, SIZE_MAX));
}

static void test_extend_continues_the_youngest(void **state)
{
    (void)state;
    _Alignas(8) uint8_t memory[64];
    struct mote__arena a;
    mote__arena_init(&a, memory, 64);
    uint8_t *p = mote__arena_block(&a, 11);
    assert_true(mote__arena_extend(&a, 4));
    assert_int_equal(a.used, 15);
    uint8_t *q = mote__arena_block(&a, 8);
    assert_ptr_equal(q, p + 16);
}

static void test_reset_and_peak(void **state)
{
    (void)state;
    _Alignas(8) uint8_t memory[64];
    struct mote__arena a;
    mote__arena_init(&a, memory, 64);
    uint8_t *first = mote__arena_block(&a, 8);
    size_t mark = a.used;
    uint8_t *second = mote__arena_block(&a, 40);
    assert_int_equal(a.peak, 48);
    mote__arena_reset(&a, mark);
    assert_int_equal(a.used, 8);
    assert_int_equal(a.peak, 48);
    assert_ptr_equal(mote__arena_block(&a, 8), second);
    mote__arena_reset(&a, 0);
    assert_ptr_equal(mote__arena_block(&a, 8), first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aligned),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_extend_continues_the_youngest),
        cmocka_unit_test(test_reset_and_peak),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
