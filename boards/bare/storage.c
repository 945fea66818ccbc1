/* SPDX-License-Identifier: MIT
 * Mounts the store on a board's storage. One block of the store is one sector.
 */
#include "boards/bare/storage.h"

#include "boards/board.h"
#include "boards/bare/disk.h"

static int device_read(void *ctx, uint32_t block, uint32_t offset, void *buf, uint32_t size)
{
    (void)ctx, (void)offset, (void)size;
    return mote__disk_read(block, buf);
}

static int device_prog(void *ctx, uint32_t block, uint32_t offset, const void *buf, uint32_t size)
{
    (void)ctx, (void)offset, (void)size;
    return mote__disk_write(block, buf);
}

static int device_erase(void *ctx, uint32_t block)
{
    (void)ctx, (void)block;
    return 0;
}

static int device_sync(void *ctx)
{
    (void)ctx;
    return 0;
}

static const struct mote_flash device = {
    .read = device_read,
    .prog = device_prog,
    .erase = device_erase,
    .sync = device_sync,
    .read_size = DISK_SECTOR,
    .prog_size = DISK_SECTOR,
    .block_size = DISK_SECTOR,
    .block_count = STORAGE_STORE,
    .overwrite = true,
};

static struct mote_store store;
static uint8_t buffer[DISK_SECTOR];
static struct mote_store_config config = {.flash = &device, .buffer = buffer, .buffer_size = sizeof buffer};

static bool started;

struct mote_store *mote_board_store(mote_store_dropped_fn *dropped, void *ctx)
{
    config.dropped = dropped;
    config.ctx = ctx;
    return started ? &store : NULL;
}

struct mote_store *mote__storage_start(const char *name, uint64_t salt)
{
    if (mote__disk_start(name) != 0) {
        mote_board_print("no storage: nothing is kept over a restart\n");
        return NULL;
    }
    if (mote__disk_sectors() < STORAGE_FILES) {
        mote_board_print("the storage is too small: %u sectors, %u are needed\n", (unsigned)mote__disk_sectors(),
                    (unsigned)STORAGE_FILES);
        return NULL;
    }
    int r = mote_store_mount(&store, &config);
    if (r == MOTE_STORE_NONE) {
        mote_board_print("there is no store on the storage: an empty one is made\n");
        r = mote_store_format(&store, &config, salt);
    }
    if (r != 0) {
        mote_board_print("the store cannot be used: %s\n", mote_store_why(&store));
    }
    started = r == 0;
    return started ? &store : NULL;
}
