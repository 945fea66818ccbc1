/* SPDX-License-Identifier: MIT
 * The heap of expat, compared with a model: which bytes each block holds, how much is in use, and that free neighbours
 * are joined.
 */
#include "core/xml/heap.h"
#include "tests/unit/unit.h"

enum { SIZE = 8192, SLOTS = 64, HEADER = 8 };

static _Alignas(8) uint8_t memory[SIZE + 16];

struct slot {
    uint8_t *block;
    size_t len;
    uint8_t fill;
};

static void fill(struct slot *s, uint32_t *seed)
{
    s->fill = (uint8_t)unit_random(seed);
    memset(s->block, s->fill, s->len);
}

static void check_slot(const struct slot *s)
{
    for (size_t i = 0; i < s->len; i++) {
        assert_int_equal(s->block[i], s->fill);
    }
}

/* Walk over all blocks by their headers: sizes add up, `prev` is right, no two free ones are neighbours, and the
 * hint lies before the first free one. Returns the bytes in use. */
static uint32_t walk(const struct mote__heap *h)
{
    uint32_t before = 0, used = 0, header[2], o;
    bool free_before = false, free_seen = false;
    for (o = 0; o < h->size; o += before) {
        memcpy(header, h->base + o, sizeof header);
        bool in_use = (header[0] & 1) != 0;
        assert_int_equal(header[1], before);
        assert_false(!in_use && free_before);
        before = header[0] & ~1u;
        assert_true(before >= HEADER && before % 8 == 0);
        used += in_use ? before : 0;
        if (!in_use && !free_seen) {
            assert_true(h->hint <= o);
            free_seen = true;
        }
        free_before = !in_use;
    }
    assert_int_equal(o, h->size);
    return used;
}

static void step(struct mote__heap *h, struct slot *s, uint32_t *seed)
{
    size_t len = unit_random(seed) % (unit_random(seed) % 8 == 0 ? 2000 : 100);
    uint8_t *fresh;
    switch (s->block == NULL ? 0 : unit_random(seed) % 3) {
    case 0:
        if (s->block != NULL) {
            break;
        }
        s->block = mote__heap_alloc(h, len);
        s->len = len;
        break;
    case 1:
        fresh = mote__heap_resize(h, s->block, len);
        if (fresh != NULL) {
            for (size_t i = 0; i < (len < s->len ? len : s->len); i++) {
                assert_int_equal(fresh[i], s->fill);
            }
            s->block = fresh;
            s->len = len;
        }
        break;
    default:
        mote__heap_release(h, s->block);
        s->block = NULL;
        return;
    }
    if (s->block != NULL) {
        assert_int_equal((uintptr_t)s->block % 8, 0);
        assert_true(s->block >= h->base && s->block + s->len <= h->base + h->size);
        fill(s, seed);
    }
}

static void test_random_against_a_model(void **state)
{
    (void)state;
    uint32_t seed = 42;
    for (int round = 0; round < 20; round++) {
        struct slot slots[SLOTS] = {{0}};
        struct mote__heap h;
        mote__heap_init(&h, memory + round % 8, SIZE);
        for (int i = 0; i < 3000; i++) {
            step(&h, &slots[unit_random(&seed) % SLOTS], &seed);
            assert_int_equal(walk(&h), h.used);
            assert_true(h.used <= h.peak && h.peak <= h.size);
        }
        for (int i = 0; i < SLOTS; i++) {
            if (slots[i].block != NULL) {
                check_slot(&slots[i]);
                mote__heap_release(&h, slots[i].block);
            }
        }
        assert_int_equal(walk(&h), 0);
        assert_non_null(mote__heap_alloc(&h, h.size - HEADER)); /* all of it is one block again */
        assert_int_equal(h.used, h.size);
    }
}

static void test_exhaustion(void **state)
{
    (void)state;
    struct mote__heap h;
    mote__heap_init(&h, memory, 1024);
    void *blocks[64];
    size_t n = 0;
    while ((blocks[n] = mote__heap_alloc(&h, 56)) != NULL) {
        n++;
    }
    assert_int_equal(n, 1024 / 64);
    assert_null(mote__heap_alloc(&h, 0));
    assert_null(mote__heap_resize(&h, blocks[3], 57));
    assert_int_equal(h.used, 1024);
    mote__heap_release(&h, blocks[3]);
    mote__heap_release(&h, blocks[5]);
    assert_null(mote__heap_alloc(&h, 57)); /* room enough, but not in one piece */
    mote__heap_release(&h, blocks[4]);
    assert_ptr_equal(mote__heap_alloc(&h, 3 * 64 - HEADER), blocks[3]);
}

static void test_absurd_sizes(void **state)
{
    (void)state;
    struct mote__heap h;
    mote__heap_init(&h, memory, 1024);
    static const size_t sizes[] = {1017, 1024, 1025, UINT32_MAX - 8, UINT32_MAX, SIZE_MAX - 7, SIZE_MAX};
    void *block = mote__heap_alloc(&h, 8);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        assert_null(mote__heap_alloc(&h, sizes[i]));
        assert_null(mote__heap_resize(&h, block, sizes[i]));
    }
    assert_int_equal(walk(&h), h.used);
}

static void test_grows_in_place(void **state)
{
    (void)state;
    struct mote__heap h;
    mote__heap_init(&h, memory, 1024);
    void *a = mote__heap_alloc(&h, 8), *b = mote__heap_alloc(&h, 8);
    assert_ptr_equal(mote__heap_resize(&h, b, 500), b);
    assert_ptr_equal(mote__heap_resize(&h, b, 8), b); /* shrinking keeps the room */
    assert_ptr_not_equal(mote__heap_resize(&h, a, 100), a);
    assert_int_equal(walk(&h), h.used);
    assert_non_null(mote__heap_resize(&h, NULL, 8));
    mote__heap_release(&h, NULL);
}

static void test_reset(void **state)
{
    (void)state;
    struct mote__heap h;
    mote__heap_init(&h, memory, 1024);
    void *first = mote__heap_alloc(&h, 100);
    mote__heap_alloc(&h, 300);
    uint32_t peak = h.peak;
    mote__heap_reset(&h);
    assert_int_equal(walk(&h), 0);
    assert_int_equal(h.used, 0);
    assert_int_equal(h.peak, peak);
    assert_ptr_equal(mote__heap_alloc(&h, 100), first);
}

static void test_tiny_memory(void **state)
{
    (void)state;
    for (size_t size = 0; size < 40; size++) {
        for (size_t shift = 0; shift < 8; shift++) {
            struct mote__heap h;
            mote__heap_init(&h, memory + shift, size);
            assert_true(h.base + h.size <= memory + shift + size || h.size == 0);
            void *block = mote__heap_alloc(&h, 8);
            assert_int_equal(block != NULL, h.size >= 16);
            mote__heap_release(&h, block);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_against_a_model),
        cmocka_unit_test(test_exhaustion),
        cmocka_unit_test(test_absurd_sizes),
        cmocka_unit_test(test_grows_in_place),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_tiny_memory),
    };
    return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
