/* SPDX-License-Identifier: MIT
 * Mounts the store on the first part of a board's storage.
 */
#include "boards/bare/storage.h"

#include "boards/board.h"

static struct mote_store store;
static uint8_t buffer[512];
static struct mote_store_config config = {.buffer = buffer, .buffer_size = sizeof buffer};

static bool started;

const struct mote_flash *mote__storage(void)
{
    return config.flash;
}

struct mote_store *mote_board_store(mote_store_dropped_fn *dropped, void *ctx)
{
    config.dropped = dropped;
    config.ctx = ctx;
    return started ? &store : NULL;
}

struct mote_store *mote__storage_start(const char *name, uint64_t salt)
{
    const struct mote_flash *flash = config.flash = mote__storage_device(name);
    if (flash == NULL) {
        mote_board_print("no storage: nothing is kept over a restart\n");
        return NULL;
    }
    uint32_t least = flash->block_count + STORAGE_HEADS;
    if (mote__storage_blocks() < least) {
        mote_board_print("the storage is too small: %u blocks of %u bytes, %u are needed\n",
                         (unsigned)mote__storage_blocks(), (unsigned)flash->block_size, (unsigned)least);
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
