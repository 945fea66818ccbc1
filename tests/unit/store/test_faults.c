/* SPDX-License-Identifier: MIT
 * The store on devices that are impossible, empty, somebody else's, scribbled over or failing; what it costs a device;
 * and the file as a device.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mote.h"
#include "core/store/record.h"
#include "port/store/file.h"
#include "tests/unit/unit.h"

/* Not in a library: only the tests of the store use them. */
#include "tests/cut/store_model.c"
#include "tests/fake/flash_ram.c"

static struct flash_ram device;
static struct mote_store store;
static struct mote_store_config config;
static uint8_t buffer[4096];

static const struct mote_flash chip = {.read_size = 1, .prog_size = 4, .block_size = 2048, .block_count = 8};
static const struct mote_flash card = {
    .read_size = 512, .prog_size = 512, .block_size = 512, .block_count = 128, .overwrite = true};

static void blank(const struct mote_flash *geometry)
{
    flash_ram_init(&device, geometry, geometry->overwrite ? ERASE_KEEPS : ERASE_ONES, 5);
    config = (struct mote_store_config){.flash = &device.flash, .buffer = buffer, .buffer_size = 512, .blocks = 0};
}

static void fresh(const struct mote_flash *geometry)
{
    blank(geometry);
    assert_int_equal(mote_store_format(&store, &config, 1), 0);
}

/// What is no store ///

static void test_impossible_geometry(void **state)
{
    (void)state;
    static const struct {
        struct mote_flash flash;
        uint32_t blocks;
        size_t buffer;
        const char *why;
    } cases[] = {
        {{.read_size = 3, .prog_size = 4, .block_size = 4096, .block_count = 8}, 0, 512, "read_size does not divide"},
        {{.read_size = 0, .prog_size = 4, .block_size = 4096, .block_count = 8}, 0, 512, "read_size does not divide"},
        {{.read_size = 1, .prog_size = 3, .block_size = 4096, .block_count = 8}, 0, 512, "prog_size does not divide"},
        {{.read_size = 1, .prog_size = 1, .block_size = 0, .block_count = 8}, 0, 512, "prog_size does not divide"},
        {{.read_size = 1, .prog_size = 4, .block_size = 65536, .block_count = 65536}, 0, 512, "larger than 4 GiB"},
        {{.read_size = 1, .prog_size = 4, .block_size = 4096, .block_count = 2}, 0, 512, "three segments"},
        {{.read_size = 1, .prog_size = 4, .block_size = 4096, .block_count = 0}, 0, 512, "three segments"},
        {{.read_size = 1, .prog_size = 4, .block_size = 4096, .block_count = 8}, 3, 512, "three segments"},
        {{.read_size = 1, .prog_size = 4, .block_size = 4096, .block_count = 8}, 0, 63, "buffer is smaller"},
        {{.read_size = 1, .prog_size = 512, .block_size = 4096, .block_count = 8}, 0, 511, "buffer is smaller"},
        {{.read_size = 1, .prog_size = 40, .block_size = 4000, .block_count = 8}, 0, 79, "no room for a header"},
        {{.read_size = 1, .prog_size = 4, .block_size = 256, .block_count = 8}, 1, 512, "smaller than 512"},
        {{.read_size = 512, .prog_size = 512, .block_size = 512, .block_count = 64}, 1, 512, "four times prog_size"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        blank(&chip);
        config.flash = &cases[i].flash;
        config.blocks = cases[i].blocks;
        config.buffer_size = cases[i].buffer;
        assert_int_equal(mote_store_mount(&store, &config), MOTE_ERR_CONFIG);
        if (strstr(mote_store_why(&store), cases[i].why) == NULL) {
            fail_msg("%u: %s", (unsigned)i, mote_store_why(&store));
        }
        assert_int_equal(mote_store_format(&store, &config, 1), MOTE_ERR_CONFIG);
        assert_int_equal(mote_store_put(&store, "k", "v", 1), MOTE_ERR_CONFIG);
    }
}

static void test_no_store(void **state)
{
    (void)state;
    struct mote_store_item item = {.kind = 0};
    struct mote_store_info info;
    uint32_t seq = 1;
    for (int what = 0; what < 3; what++) {
        blank(&chip);
        if (what > 0) {
            memset(device.bytes, what == 1 ? 0 : 0xff, sizeof device.bytes);
        }
        assert_int_equal(mote_store_mount(&store, &config), MOTE_STORE_NONE);
        assert_int_equal(mote_store_put(&store, "k", "v", 1), MOTE_ERR_STATE);
        assert_int_equal(mote_store_get(&store, "k", NULL, 0), MOTE_ERR_STATE);
        assert_int_equal(mote_store_delete(&store, "k"), MOTE_ERR_STATE);
        assert_int_equal(mote_store_push(&store, &item, NULL, 0), MOTE_ERR_STATE);
        assert_int_equal(mote_store_next(&store, 0, &item), MOTE_ERR_STATE);
        assert_int_equal(mote_store_read(&store, 1, 0, buffer, 0), MOTE_ERR_STATE);
        assert_int_equal(mote_store_done(&store, &seq, 1), MOTE_ERR_STATE);
        assert_int_equal(mote_store_sync(&store), MOTE_ERR_STATE);
        mote_store_info(&store, &info);
        assert_int_equal(info.count, 0);
        assert_int_equal(device.progs + device.erases + device.syncs, 0);
        assert_int_equal(mote_store_format(&store, &config, 1), 0);
        assert_int_equal(mote_store_mount(&store, &config), 0);
    }
}

static void test_somebody_elses_store(void **state)
{
    (void)state;
    fresh(&chip);
    config.blocks = 1; /* was two by default */
    assert_int_equal(mote_store_mount(&store, &config), MOTE_ERR_CONFIG);
    assert_non_null(strstr(mote_store_why(&store), "another geometry"));
    assert_int_equal(mote_store_format(&store, &config, 1), 0);
    assert_int_equal(mote_store_put(&store, "k", "v", 1), 0);
    assert_int_equal(mote_store_mount(&store, &config), 0);

    /* Version 2, with its CRC right. */
    device.bytes[8] = 2;
    mote__record_put32(device.bytes, mote__record_crc(0, device.bytes + 4, 60));
    assert_int_equal(mote_store_mount(&store, &config), MOTE_ERR_CONFIG);
    assert_non_null(strstr(mote_store_why(&store), "another version"));
}

/* On a card nothing is erased: what an earlier store left must not come back, nor bytes of a peer that look like
 * records. */
static void test_leftovers(void **state)
{
    (void)state;
    static uint8_t copy[4096];
    struct mote_store_item item = {.kind = 0};
    struct mote_store_info info;
    fresh(&card);
    for (unsigned i = 0; i < 12; i++) {
        const struct mote_store_part part = {"old", 3};
        assert_int_equal(mote_store_push(&store, &item, &part, 1), 0);
        assert_int_equal(mote_store_put(&store, "k", &i, sizeof i), 0);
    }
    memcpy(copy, device.bytes, sizeof copy); /* a whole segment, as a stanza */
    assert_int_equal(mote_store_format(&store, &config, 2), 0);
    for (unsigned i = 0; i < 40; i++) {
        const struct mote_store_part part = {copy + 512 - 44, sizeof copy - 1024};
        assert_int_equal(mote_store_mount(&store, &config), 0);
        mote_store_info(&store, &info);
        assert_int_equal(info.count, 0);
        assert_int_equal(info.damaged, 0);
        assert_int_equal(mote_store_get(&store, "k", NULL, 0), 0);
        assert_int_equal(mote_store_push(&store, &item, &part, 1), 0);
        assert_int_equal(mote_store_done(&store, &item.seq, 1), 0);
    }
}

/// Failing devices ///

static void check_scribbled(const struct mote_flash *geometry, uint32_t *random, unsigned *mounted, unsigned *given_up)
{
    static struct model m;
    struct mote_store_info info;
    int r = mote_store_mount(&store, &config);
    if (r == MOTE_STORE_NONE) {
        return;
    }
    assert_true(r == 0 && geometry != NULL);
    ++*mounted;
    model_init(&m);
    mote_store_info(&store, &info);
    const struct model_taste taste = {800, 300, 8, MODEL_ITEMS};
    for (unsigned i = 0; i < 60; i++) {
        struct step step = model_step(&m, &taste, random);
        struct mote_store_item item = {.seq = 0};
        r = model_do(&store, &step);
        assert_true(r == 0 || r == MOTE_ERR_FULL || r == MOTE_ERR_IO);
        while (r != MOTE_ERR_IO && mote_store_next(&store, item.seq, &item) == 1) {
            assert_int_equal(mote_store_read(&store, item.seq, item.size, &r, 0), 0);
        }
        if (r == MOTE_ERR_IO) { /* what is left of it contradicts itself */
            assert_non_null(strstr(mote_store_why(&store), "does not add up"));
            ++*given_up;
            return;
        }
    }
}

/* Any bytes changed anywhere: no crash, no endless loop, no rule of the device broken (flash_ram aborts). */
static void test_scribbled_over(void **state)
{
    (void)state;
    static struct flash_ram full;
    static struct model m;
    unsigned mounted = 0, given_up = 0;
    for (int which = 0; which < 2; which++) {
        const struct mote_flash *geometry = which == 0 ? &chip : &card;
        uint32_t random = 4242;
        const struct model_taste taste = {800, 300, 9, 30};
        fresh(geometry);
        model_init(&m);
        for (unsigned i = 0; i < 900; i++) {
            struct step step = model_step(&m, &taste, &random);
            model_apply(&m, &step, model_do(&store, &step));
        }
        memcpy(&full, &device, sizeof full);
        for (unsigned i = 0; i < 1500; i++) {
            memcpy(&device, &full, sizeof full);
            for (unsigned n = 1 + unit_random(&random) % 4; n > 0; n--) {
                uint32_t at = unit_random(&random) % (geometry->block_size * geometry->block_count);
                uint32_t len = 1 + unit_random(&random) % (unit_random(&random) % 4 == 0 ? 3000 : 8);
                for (uint32_t j = at; j < at + len && j < sizeof device.bytes; j++) {
                    device.bytes[j] = (uint8_t)(unit_random(&random) >> 5);
                }
            }
            for (size_t j = 0; j < sizeof device.bytes; j++) {
                device.blank[j] = 0; /* the scribbling was a writing */
            }
            for (size_t j = 0; j < (size_t)geometry->block_size * geometry->block_count / geometry->prog_size; j++) {
                blank_by_looks(&device, j * geometry->prog_size, geometry->prog_size);
            }
            check_scribbled(geometry, &random, &mounted, &given_up);
        }
    }
    print_message("scribbled over: 3000 tried, %u mounted, %u of them gave up later\n", mounted, given_up);
    assert_true(mounted > 2500 && given_up < mounted / 10);
}

/* Each operation of a history fails once: the step says so, nothing works any more, and after a mount all is there as
 * before the step or after it. */
static void test_each_operation_fails(void **state)
{
    (void)state;
    static struct flash_ram kept;
    static struct mote_store kept_store;
    static struct model m, after;
    unsigned tried = 0;
    for (int which = 0; which < 2; which++) {
        const struct model_taste taste = {800, 300, 9, 30};
        uint32_t random = 4242;
        fresh(which == 0 ? &chip : &card);
        model_init(&m);
        for (unsigned i = 0; i < 250; i++) {
            struct step step = model_step(&m, &taste, &random);
            memcpy(&kept, &device, sizeof kept);
            kept_store = store;
            for (unsigned n = 1;; n++, tried++) {
                memcpy(&device, &kept, sizeof kept);
                store = kept_store;
                store.window_size = 0;
                device.fail_at = n;
                int r = model_do(&store, &step);
                if (device.fail_at > 0) { /* it needs fewer than n */
                    after = m;
                    model_apply(&after, &step, r);
                    break;
                }
                assert_int_equal(r, MOTE_ERR_IO);
                assert_true(mote_store_why(&store)[0] != '\0');
                assert_int_equal(mote_store_put(&store, "x", "y", 1), MOTE_ERR_IO);
                assert_int_equal(mote_store_sync(&store), MOTE_ERR_IO);
                flash_ram_power(&device);
                assert_int_equal(mote_store_mount(&store, &config), 0);
                if (model_compare(&store, &m) != NULL) {
                    model_apply(&after, &step, 0);
                    after = m;
                    model_apply(&after, &step, 0);
                    assert_null(model_compare(&store, &after));
                }
            }
            device.fail_at = 0;
            m = after;
        }
    }
    print_message("failing operations: %u tried\n", tried);
    for (unsigned n = 1; n < 40; n++) { /* and while mounting */
        device.fail_at = n;
        int r = mote_store_mount(&store, &config);
        assert_int_equal(r, device.fail_at > 0 ? 0 : MOTE_ERR_IO);
    }
}

/// What it costs ///

/* A record with a right checksum that says what cannot be: it is damage, and nothing of what comes after it is lost. */
static void test_B26_records_that_say_nonsense(void **state)
{
    (void)state;
    static const struct {
        enum log_type type;
        uint32_t words[3]; /* PUSH: number, what it replaces, what that took. DONE: what it took, two numbers */
    } forged[] = {{LOG_TYPE_PUSH, {0x112b33, 0x1000001, 0x10000}},
                  {LOG_TYPE_PUSH, {1, 0, 0}},
                  {LOG_TYPE_PUSH, {7, 0, 0}},
                  {LOG_TYPE_PUSH, {3, 77, 500}},
                  {LOG_TYPE_PUSH, {3, 1, 0}},
                  {LOG_TYPE_PUSH, {UINT32_MAX}},
                  {LOG_TYPE_DONE, {0, 77, 78}},
                  {LOG_TYPE_DONE, {1u << 20, 1, 1}}};
    struct mote_store_item item = {.kind = 0};
    struct mote_store_part stanza = {"<message/>", 10};
    for (size_t i = 0; i < COUNT(forged); i++) {
        uint8_t body[LOG_PUSH] = {0};
        size_t len = forged[i].type == LOG_TYPE_PUSH ? sizeof body : 12;
        uint32_t at, synced[40], found = 0;
        fresh(&chip);
        for (unsigned n = 0; n < 2; n++) {
            assert_int_equal(mote_store_push(&store, &item, &stanza, 1), 0);
        }
        for (unsigned w = 0; w < 3; w++) {
            mote__record_put32(body + 4 * w, forged[i].words[w]);
        }
        assert_int_equal(
            mote__record_append(&store, forged[i].type, 0, &(struct mote_store_part){body, len}, 1, &at), 0);
        assert_int_equal(mote_store_mount(&store, &config), 0);
        for (unsigned n = 0; n < COUNT(synced); n++) { /* enough to move what counts out of segments */
            assert_int_equal(mote_store_push(&store, &item, &stanza, 1), 0);
            synced[n] = item.seq;
            assert_int_equal(mote_store_sync(&store), 0);
            if (n % 7 == 0) {
                assert_int_equal(mote_store_mount(&store, &config), 0);
            }
        }
        for (uint32_t after = 0; mote_store_next(&store, after, &item) == 1; after = item.seq) {
            found += found < COUNT(synced) && item.seq == synced[found];
        }
        assert_int_equal(found, COUNT(synced));
        assert_int_equal(mote_store_done(&store, synced, COUNT(synced)), 0);
    }
}

static void test_wear_is_spread(void **state)
{
    (void)state;
    static uint8_t ca[1500];
    char text[] = "value 00000";
    fresh(&chip);
    assert_int_equal(mote_store_put(&store, "ca", ca, sizeof ca), 0); /* stays, and has to be moved */
    for (unsigned i = 0; i < 10000; i++) {
        for (unsigned d = 0, v = i; d < 5; d++, v /= 10) {
            text[10 - d] = (char)('0' + v % 10);
        }
        assert_int_equal(mote_store_put(&store, "sm", text, sizeof text), 0);
        if (i % 100 == 0) {
            assert_int_equal(mote_store_mount(&store, &config), 0);
        }
    }
    unsigned least = UINT32_MAX, most = 0;
    for (unsigned i = 0; i < device.flash.block_count; i++) {
        least = device.erased[i] < least ? device.erased[i] : least;
        most = device.erased[i] > most ? device.erased[i] : most;
    }
    print_message("wear: 10000 puts, each block erased %u to %u times\n", least, most);
    assert_true(least > 10 && most <= least + 1);
    assert_int_equal(mote_store_get(&store, "ca", NULL, 0), sizeof ca);
}

struct cost {
    unsigned long reads, progs, erases;
};

static struct cost since(const struct cost *c)
{
    return (struct cost){device.reads - c->reads, device.progs - c->progs, device.erases - c->erases};
}

static struct cost cost_now(void)
{
    static const struct cost none;
    return since(&none);
}

/* docs/STORE.md tells these numbers. */
static void test_costs(void **state)
{
    (void)state;
    struct mote_store_item item = {.kind = 0};
    const struct mote_store_part part = {"<message/>", 10};
    struct cost c;
    fresh(&card);
    c = cost_now();
    assert_int_equal(mote_store_push(&store, &item, &part, 1), 0);
    c = since(&c);
    assert_int_equal(c.reads, 0);
    assert_int_equal(c.progs, 1);
    assert_int_equal(mote_store_put(&store, "k", "v", 1), 0);
    c = cost_now();
    assert_int_equal(mote_store_put(&store, "k", "w", 1), 0);
    c = since(&c);
    assert_int_equal(c.reads, 1);
    assert_int_equal(c.progs, 1);
    c = cost_now();
    assert_int_equal(mote_store_done(&store, &item.seq, 1), 0);
    c = since(&c);
    assert_int_equal(c.reads, 1);
    assert_int_equal(c.progs, 1);

    /* Around the log, a turn each seven sectors: what a push costs altogether. */
    c = cost_now();
    for (unsigned i = 0; i < 7000; i++) {
        assert_int_equal(mote_store_push(&store, &item, &part, 1), 0);
        assert_int_equal(mote_store_done(&store, &item.seq, 1), 0);
    }
    c = since(&c);
    print_message("cost: %lu reads, %lu writes for 14000 records\n", c.reads, c.progs);
    assert_true(c.progs < 14000 * 8 / 7 + 4200 && c.reads < 3 * 14000);

    c = cost_now();
    assert_int_equal(mote_store_mount(&store, &config), 0);
    c = since(&c);
    print_message("cost: %lu reads to mount 128 sectors\n", c.reads);
    assert_true(c.reads <= 16 + 3 * 128 && c.progs == 0 && c.erases == 0);
}

/// A file ///

static void test_file(void **state)
{
    (void)state;
    char dir[] = "/tmp/mote-store-XXXXXX", path[64];
    struct mote_store_file file = MOTE_STORE_FILE_NONE, second = MOTE_STORE_FILE_NONE;
    struct stat st;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/store", dir);
    assert_int_equal(mote_store_file_open(&file, path, 50000), 0);
    assert_true(file.blank);
    assert_int_equal(fstat(file.fd, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, 53248);
    assert_true(st.st_blocks * 512 >= st.st_size);
    assert_true((fcntl(file.fd, F_GETFD) & FD_CLOEXEC) != 0);
    assert_int_equal(mote_store_file_open(&second, path, 0), MOTE_ERR_BUSY);
    assert_string_equal(mote_store_file_why(&second), "the store's file is in use by another process");

    config =
        (struct mote_store_config){.flash = &file.flash, .buffer = buffer, .buffer_size = sizeof buffer, .blocks = 0};
    assert_int_equal(mote_store_mount(&store, &config), MOTE_STORE_NONE);
    assert_int_equal(mote_store_format(&store, &config, 99), 0);
    for (unsigned i = 0; i < 300; i++) {
        assert_int_equal(mote_store_put(&store, "k", &i, sizeof i), 0);
    }
    assert_int_equal(mote_store_sync(&store), 0);
    mote_store_file_close(&file);

    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(mote_store_file_open(&file, path, 0), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_false(file.blank);
    unsigned last;
    assert_int_equal(mote_store_mount(&store, &config), 0);
    assert_int_equal(mote_store_get(&store, "k", &last, sizeof last), sizeof last);
    assert_int_equal(last, 299);

    /* Cut short while it is open: an error that sticks, with its reason. */
    assert_int_equal(truncate(path, 100), 0);
    assert_int_equal(mote_store_mount(&store, &config), MOTE_ERR_IO);
    assert_string_equal(mote_store_file_why(&file), "the store's file became shorter");
    mote_store_file_close(&file);
    mote_store_file_close(&file);
    assert_int_equal(mote_store_file_open(&file, path, 0), MOTE_ERR_SIZE);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mote_store_file_open(&file, dir, 0), MOTE_ERR_IO);
    assert_int_equal(mote_store_file_open(&file, "/nowhere/at/all", 0), MOTE_ERR_IO);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(mote_store_file_open(&file, path, 4096), MOTE_ERR_SIZE);
    assert_int_equal(stat(path, &st), -1);
    assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_impossible_geometry),
        cmocka_unit_test(test_no_store),
        cmocka_unit_test(test_somebody_elses_store),
        cmocka_unit_test(test_leftovers),
        cmocka_unit_test(test_scribbled_over),
        cmocka_unit_test(test_each_operation_fails),
        cmocka_unit_test(test_B26_records_that_say_nonsense),
        cmocka_unit_test(test_wear_is_spread),
        cmocka_unit_test(test_costs),
        cmocka_unit_test(test_file),
    };
    return cmocka_run_group_tests_name("store, faults", tests, NULL, NULL);
}
