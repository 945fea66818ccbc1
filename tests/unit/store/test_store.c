/* SPDX-License-Identifier: MIT
 * The store as its callers see it: values, the queue, limits, and that it holds what a plain model says it should.
 * tests/cut/store_cut.c tests power cuts, and test_faults.c broken devices.
 */
#include "core/mote.h"
#include "core/store/store.h"
#include "tests/unit/unit.h"

/* Not in a library: only the tests of the store use them. */
#include "tests/cut/store_model.c"
#include "tests/fake/flash_ram.c"

static struct flash_ram device;
static struct mote_store store;
static struct mote_store_config config;
static uint8_t buffer[4096];

static void fresh(const struct mote_flash *geometry, uint32_t blocks, size_t buffer_size)
{
    flash_ram_init(&device, geometry, geometry->overwrite ? ERASE_KEEPS : ERASE_ONES, 5);
    config = (struct mote_store_config){
        .flash = &device.flash, .buffer = buffer, .buffer_size = buffer_size, .blocks = blocks};
    assert_int_equal(mote_store_mount(&store, &config), MOTE_STORE_NONE);
    assert_int_equal(mote_store_format(&store, &config, 1), 0);
}

static void remount(void)
{
    assert_int_equal(mote_store_sync(&store), 0);
    memset(&store, 0xa5, sizeof store);
    memset(buffer, 0xa5, sizeof buffer);
    assert_int_equal(mote_store_mount(&store, &config), 0);
}

static const struct mote_flash chip = {.read_size = 1, .prog_size = 4, .block_size = 2048, .block_count = 16};

static int push(const char *text, unsigned flags, uint64_t node, uint32_t *seq)
{
    struct mote_store_item item = {.kind = 3, .flags = (uint8_t)flags, .node = node, .expiry = -7};
    const struct mote_store_part part = {text, strlen(text)};
    int r = mote_store_push(&store, &item, &part, 1);
    *seq = item.seq;
    return r;
}

/// Model ///

struct geometry {
    struct mote_flash flash;
    uint32_t blocks;
    size_t buffer;
};

static const struct geometry geometries[] = {
    {{.read_size = 512, .prog_size = 512, .block_size = 512, .block_count = 128, .overwrite = true}, 0, 512},
    {{.read_size = 512, .prog_size = 512, .block_size = 512, .block_count = 128, .overwrite = true}, 8, 2048},
    {{.read_size = 16, .prog_size = 256, .block_size = 4096, .block_count = 16}, 0, 256},
    {{.read_size = 1, .prog_size = 4, .block_size = 2048, .block_count = 16}, 1, 512},
    {{.read_size = 1, .prog_size = 1, .block_size = 1024, .block_count = 24}, 1, 64},
    {{.read_size = 1, .prog_size = 1, .block_size = 256, .block_count = 100}, 5, 77},
    {{.read_size = 4, .prog_size = 24, .block_size = 1200, .block_count = 17}, 3, 100},
    {{.read_size = 1, .prog_size = 512, .block_size = 4096, .block_count = 3, .overwrite = true}, 0, 4096},
};

static void test_holds_what_the_model_holds(void **state)
{
    (void)state;
    static struct model m;
    unsigned fulls = 0;
    for (size_t g = 0; g < COUNT(geometries); g++) {
        struct mote_store_info info;
        struct model_drops drops = {.store = &store, .model = &m};
        uint32_t random = 77 + (uint32_t)g;
        fresh(&geometries[g].flash, geometries[g].blocks, geometries[g].buffer);
        config.dropped = model_dropped;
        config.ctx = &drops;
        mote_store_info(&store, &info);
        model_init(&m);
        const struct model_taste taste = {info.value_max - 30, info.stanza_max, 8, MODEL_ITEMS};
        for (unsigned i = 0; i < 2500; i++) {
            struct step step = model_step(&m, &taste, &random);
            drops.count = 0;
            int r = model_do(&store, &step);
            assert_true(r == 0 || (r == MOTE_ERR_FULL && (step.kind == STEP_PUT || step.kind == STEP_PUSH)));
            assert_true(!drops.wrong && drops.count < MODEL_DROPS);
            model_apply_drops(&m, &drops, drops.count);
            mote_store_info(&store, &info);
            if (r == MOTE_ERR_FULL) { /* no sooner than at half of what may be used */
                assert_true(info.live + step.len + 100 + 2 * device.flash.prog_size > info.queue_limit / 2);
                fulls++;
            }
            model_apply(&m, &step, r);
            if (random % 8 == 0) {
                remount();
            }
            const char *wrong = random % 4 == 0 ? model_compare(&store, &m) : NULL;
            if (wrong != NULL) {
                fail_msg("geometry %u, step %u: %s", (unsigned)g, i, wrong);
            }
        }
        assert_true(info.turns > info.segments); /* it has been around */
    }
    assert_true(fulls > 0);
}

/// Values ///

static void test_values(void **state)
{
    (void)state;
    char got[16], key[MOTE_STORE_KEY_MAX + 1];
    fresh(&chip, 1, 512);
    assert_int_equal(mote_store_get(&store, "jid", got, sizeof got), 0);
    assert_int_equal(mote_store_delete(&store, "jid"), 0);
    assert_int_equal(mote_store_put(&store, "jid", "a@b", 3), 0);
    assert_int_equal(mote_store_put(&store, "k", "v", 1), 0);
    remount();
    assert_int_equal(mote_store_get(&store, "jid", got, sizeof got), 3);
    assert_memory_equal(got, "a@b", 3);
    assert_int_equal(mote_store_get(&store, "jid", got, 2), MOTE_ERR_SIZE);
    assert_int_equal(mote_store_get(&store, "jid", NULL, 0), 3);
    assert_int_equal(mote_store_key(&store, 0, key), 3);
    assert_string_equal(key, "jid");
    assert_int_equal(mote_store_key(&store, 2, key), 0);
    assert_int_equal(mote_store_put(&store, "jid", "longer@b", 8), 0);
    assert_int_equal(mote_store_delete(&store, "k"), 0);
    remount();
    assert_int_equal(mote_store_get(&store, "jid", got, sizeof got), 8);
    assert_int_equal(mote_store_get(&store, "k", got, sizeof got), 0);

    assert_int_equal(mote_store_put(&store, "", "v", 1), MOTE_ERR_ARG);
    assert_int_equal(mote_store_put(&store, "a-key-that-has-thirty-two-bytes!", "v", 1), MOTE_ERR_ARG);
    assert_int_equal(mote_store_put(&store, "jid", "", 0), MOTE_ERR_SIZE);
    /* Two words with the same CRC-32. */
    assert_int_equal(mote_store_put(&store, "plumless", "v", 1), 0);
    assert_int_equal(mote_store_put(&store, "buckeroo", "v", 1), MOTE_ERR_ARG);
    assert_int_equal(mote_store_get(&store, "buckeroo", got, sizeof got), 0);
    assert_int_equal(mote_store_delete(&store, "buckeroo"), 0);
    assert_int_equal(mote_store_get(&store, "plumless", got, sizeof got), 1);
}

static void test_as_many_keys_as_there_are_places(void **state)
{
    (void)state;
    char key[] = "key-00";
    fresh(&chip, 1, 512);
    for (unsigned i = 0; i < MOTE_STORE_KEYS; i++) {
        key[4] = (char)('0' + i / 10);
        key[5] = (char)('0' + i % 10);
        assert_int_equal(mote_store_put(&store, key, key, sizeof key), 0);
    }
    assert_int_equal(mote_store_put(&store, "one more", "v", 1), MOTE_ERR_FULL);
    assert_int_equal(mote_store_put(&store, key, "other", 5), 0);
    assert_int_equal(mote_store_delete(&store, "key-07"), 0);
    assert_int_equal(mote_store_put(&store, "one more", "v", 1), 0);
    remount();
    assert_int_equal(mote_store_get(&store, "one more", NULL, 0), 1);
    assert_int_equal(mote_store_get(&store, "key-07", NULL, 0), 0);
}

static void test_the_same_value_is_not_written(void **state)
{
    (void)state;
    fresh(&chip, 1, 512);
    assert_int_equal(mote_store_put(&store, "floor", "123", 3), 0);
    unsigned long progs = device.progs;
    assert_int_equal(mote_store_put(&store, "floor", "123", 3), 0);
    assert_int_equal(device.progs, progs);
    assert_int_equal(mote_store_put(&store, "floor", "124", 3), 0);
    assert_true(device.progs > progs);
    unsigned long syncs = device.syncs;
    assert_int_equal(mote_store_sync(&store), 0);
    assert_int_equal(mote_store_sync(&store), 0);
    assert_int_equal(device.syncs, syncs + 1);
}

static void test_the_largest(void **state)
{
    (void)state;
    static uint8_t bytes[MODEL_BYTES], back[MODEL_BYTES];
    for (size_t g = 0; g < COUNT(geometries); g++) {
        struct mote_store_info info;
        fresh(&geometries[g].flash, geometries[g].blocks, geometries[g].buffer);
        mote_store_info(&store, &info);
        assert_true(info.value_max < sizeof bytes && info.stanza_max < info.value_max);
        fill(bytes, sizeof bytes, 3);
        assert_int_equal(mote_store_put(&store, "c", bytes, info.value_max + 1), MOTE_ERR_SIZE);
        assert_int_equal(mote_store_put(&store, "ca", bytes, info.value_max), MOTE_ERR_SIZE);
        assert_int_equal(mote_store_put(&store, "c", bytes, info.value_max), 0);
        remount();
        assert_int_equal(mote_store_get(&store, "c", back, sizeof back), info.value_max);
        assert_memory_equal(back, bytes, info.value_max);
        bytes[0] ^= 1; /* and in its place another */
        assert_int_equal(mote_store_put(&store, "c", bytes, info.value_max), info.segments > 3 ? 0 : MOTE_ERR_FULL);
        assert_int_equal(mote_store_delete(&store, "c"), 0);

        struct mote_store_item item = {.kind = 1};
        struct mote_store_part part = {bytes, info.stanza_max + 1};
        assert_int_equal(mote_store_push(&store, &item, &part, 1), MOTE_ERR_SIZE);
        part.len = info.stanza_max;
        assert_int_equal(mote_store_push(&store, &item, &part, 1), 0);
        assert_int_equal(mote_store_push(&store, &item, &part, MOTE_STORE_PARTS_MAX + 1), MOTE_ERR_ARG);
        remount();
        assert_int_equal(mote_store_read(&store, item.seq, 0, back, info.stanza_max), 0);
        assert_memory_equal(back, bytes, info.stanza_max);
        assert_int_equal(mote_store_read(&store, item.seq, 1, back, info.stanza_max), MOTE_ERR_ARG);
        assert_int_equal(mote_store_read(&store, item.seq, info.stanza_max + 1, back, 0), MOTE_ERR_ARG);
        assert_int_equal(mote_store_read(&store, item.seq + 1, 0, back, 0), MOTE_ERR_ARG);
    }
}

/// The queue ///

static void test_numbers_stay(void **state)
{
    (void)state;
    uint32_t seq, done[40];
    char text[9] = "stanza-0";
    struct mote_store_item item;
    fresh(&chip, 1, 512);
    for (unsigned i = 0; i < 60; i++) {
        text[7] = (char)('0' + i % 64);
        assert_int_equal(push(text, 0, 0, &seq), 0);
        assert_int_equal(seq, i + 1);
    }
    for (unsigned i = 0; i < 30; i++) { /* every second one, the latest first, twice, and some that never were */
        done[i] = 60 - 2 * i;
    }
    done[30] = 60;
    done[31] = 61;
    done[32] = 0;
    done[33] = UINT32_MAX;
    assert_int_equal(mote_store_done(&store, done, 34), 0);
    assert_int_equal(mote_store_done(&store, done, 34), 0);
    for (unsigned i = 0; i < 3000; i++) { /* around and around */
        assert_int_equal(mote_store_put(&store, "x", &i, sizeof i), 0);
    }
    remount();
    uint32_t after = 0;
    for (unsigned i = 0; i < 30; i++) {
        char back[8];
        assert_int_equal(mote_store_next(&store, after, &item), 1);
        assert_int_equal(item.seq, 2 * i + 1);
        assert_int_equal(item.kind, 3);
        assert_int_equal(item.expiry, -7);
        assert_int_equal(item.size, 8);
        assert_int_equal(mote_store_read(&store, item.seq, 7, back, 1), 0);
        assert_int_equal(back[0], '0' + 2 * i);
        after = item.seq;
    }
    assert_int_equal(mote_store_next(&store, after, &item), 0);
    assert_int_equal(push("new", 0, 0, &seq), 0);
    assert_int_equal(seq, 61);
}

static void test_latest(void **state)
{
    (void)state;
    uint32_t seq, other, plain;
    struct mote_store_item item;
    struct mote_store_info info;
    fresh(&chip, 1, 512);
    assert_int_equal(push("plain", 0, 9, &plain), 0);
    assert_int_equal(push("other", MOTE_STORE_LATEST, 8, &other), 0);
    for (unsigned i = 0; i < 2000; i++) {
        char text[] = "21.50";
        text[4] = (char)('0' + i % 10);
        assert_int_equal(push(text, MOTE_STORE_LATEST, 9, &seq), 0);
        if (i % 500 == 0) {
            remount();
        }
    }
    mote_store_info(&store, &info);
    assert_int_equal(info.count, 3);
    assert_int_equal(mote_store_next(&store, 0, &item), 1);
    assert_int_equal(item.seq, plain);
    assert_int_equal(mote_store_next(&store, plain, &item), 1);
    assert_int_equal(item.seq, other);
    assert_int_equal(mote_store_next(&store, other, &item), 1);
    assert_int_equal(item.seq, seq);
    assert_int_equal(item.node, 9);
    assert_int_equal(mote_store_done(&store, &seq, 1), 0);
    assert_int_equal(push("anew", MOTE_STORE_LATEST, 9, &seq), 0);
    mote_store_info(&store, &info);
    assert_int_equal(info.count, 3);
}

static uint32_t dropped[64];
static unsigned dropped_count;

static void on_dropped(void *ctx, const struct mote_store_item *item)
{
    char text[64];
    (void)ctx;
    assert_int_equal(item->size, 60);
    assert_int_equal(mote_store_read(&store, item->seq, 0, text, 60), 0);
    assert_int_equal(text[0], 'd');
    dropped[dropped_count++ % 64] = item->seq;
}

static void test_policies_when_full(void **state)
{
    (void)state;
    static const char text[] = "d...5....1....5....2....5....3....5....4....5....5....5....6", big[1800] = "";
    uint32_t seq, firm, first = 0, held;
    struct mote_store_item item;
    struct mote_store_info info;
    fresh(&chip, 1, 512);
    config.dropped = on_dropped;
    dropped_count = 0;
    assert_int_equal(push("firm", 0, 0, &firm), 0);
    while (dropped_count == 0) {
        assert_int_equal(push(text, MOTE_STORE_DROPPABLE, 0, &seq), 0);
        first = first == 0 ? seq : first;
    }
    assert_int_equal(dropped[0], first);
    mote_store_info(&store, &info);
    held = info.count;
    assert_int_equal(push(text, 0, 0, &seq), MOTE_ERR_FULL);
    for (unsigned i = 1; i < 500; i++) {
        assert_int_equal(push(text, MOTE_STORE_DROPPABLE, 0, &seq), 0);
        assert_int_equal(dropped_count, i + 1);
        assert_int_equal(dropped[i % 64], first + i);
    }
    remount();
    mote_store_info(&store, &info);
    assert_int_equal(info.count, held);
    assert_int_equal(mote_store_next(&store, 0, &item), 1);
    assert_int_equal(item.seq, firm);

    /* Values have room of their own. */
    assert_int_equal(mote_store_put(&store, "sm", big, 300), 0);
    /* What takes the place of another needs no room beside it. */
    while (push("e", 0, 0, &seq) == 0) {
    }
    assert_int_equal(push("e", MOTE_STORE_LATEST | MOTE_STORE_DROPPABLE, 1, &seq), 0);
    while (push("e", 0, 0, &firm) == 0) {
    }
    assert_int_equal(push("e", MOTE_STORE_LATEST, 1, &firm), 0);
}

static void test_nothing_is_dropped_in_vain(void **state)
{
    (void)state;
    static const char big[600] = "";
    const struct mote_store_part part = {big, sizeof big};
    struct mote_store_item large = {.flags = MOTE_STORE_DROPPABLE};
    struct mote_store_info info;
    uint32_t seq, held;
    fresh(&chip, 1, 512);
    assert_int_equal(push("d", MOTE_STORE_DROPPABLE, 0, &seq), 0);
    while (push("e", 0, 0, &seq) == 0) {
    }
    mote_store_info(&store, &info);
    held = info.count;
    assert_int_equal(mote_store_push(&store, &large, &part, 1), MOTE_ERR_FULL);
    mote_store_info(&store, &info);
    assert_int_equal(info.count, held);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_holds_what_the_model_holds),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_as_many_keys_as_there_are_places),
        cmocka_unit_test(test_the_same_value_is_not_written),
        cmocka_unit_test(test_the_largest),
        cmocka_unit_test(test_numbers_stay),
        cmocka_unit_test(test_latest),
        cmocka_unit_test(test_policies_when_full),
        cmocka_unit_test(test_nothing_is_dropped_in_vain),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
