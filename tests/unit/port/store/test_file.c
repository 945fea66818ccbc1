/* SPDX-License-Identifier: MIT
 * That the file of a store is synced when the store says so: nothing else in a test can tell, short of cutting the
 * power.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mote.h"
#include "port/store/file.h"
#include "tests/unit/unit.h"

/* In the place of the C library's, for this program: what it is called for is noted, and done on demand only. */
static unsigned syncs, full_syncs;
static ino_t synced;
static int error; /* errno of the next one; 0: it succeeds */

static int note(int fd, unsigned *count)
{
    struct stat st;
    ++*count;
    assert_int_equal(fstat(fd, &st), 0);
    synced = st.st_ino;
    errno = error;
    return error != 0 ? -1 : 0;
}

int fdatasync(int fd)
{
    return note(fd, &syncs);
}

int fsync(int fd)
{
    return note(fd, &full_syncs);
}

static char path[64];
static struct mote_store_file file;
static struct mote_store store;
static uint8_t buffer[512];
static struct mote_store_config config;

static int setup(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/mote-test-file-%ld", (long)getpid());
    unlink(path);
    error = 0;
    syncs = full_syncs = 0;
    assert_int_equal(mote_store_file_open(&file, path, 65536), 0);
    config = (struct mote_store_config){.flash = &file.flash, .buffer = buffer, .buffer_size = sizeof buffer};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mote_store_file_close(&file);
    unlink(path);
    return 0;
}

static ino_t inode_of(const char *name)
{
    struct stat st;
    return stat(name, &st) == 0 ? st.st_ino : 0;
}

/* A new file is on the disk with its size, and so is its name in the folder, before anything relies on it. */
static void test_B24_a_new_file_is_synced_with_its_name(void **state)
{
    (void)state;
    assert_int_equal(full_syncs, 2);
    assert_int_equal(synced, inode_of("/tmp"));
}

static void test_B24_a_sync_of_the_store_syncs_the_file(void **state)
{
    (void)state;
    assert_int_equal(mote_store_format(&store, &config, 1), 0);
    assert_true(syncs > 0);
    syncs = 0;
    assert_int_equal(mote_store_put(&store, "key", "value", 5), 0);
    assert_int_equal(syncs, 0);
    assert_int_equal(mote_store_sync(&store), 0);
    assert_int_equal(syncs, 1);
    assert_int_equal(synced, inode_of(path));
}

/* What the kernel could not write may be gone, whatever it says the next time. */
static void test_B24_a_sync_that_fails_is_told_and_sticks(void **state)
{
    (void)state;
    assert_int_equal(mote_store_format(&store, &config, 1), 0);
    assert_int_equal(mote_store_put(&store, "key", "value", 5), 0);
    error = EIO;
    assert_int_equal(mote_store_sync(&store), MOTE_ERR_IO);
    assert_non_null(strstr(mote_store_file_why(&file), "syncing the store's file"));
    error = 0;
    assert_int_equal(mote_store_put(&store, "key", "value", 5), MOTE_ERR_IO);
    assert_int_equal(mote_store_sync(&store), MOTE_ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_B24_a_new_file_is_synced_with_its_name, setup, teardown),
        cmocka_unit_test_setup_teardown(test_B24_a_sync_of_the_store_syncs_the_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_B24_a_sync_that_fails_is_told_and_sticks, setup, teardown),
    };
    return cmocka_run_group_tests_name("store file", tests, NULL, NULL);
}
