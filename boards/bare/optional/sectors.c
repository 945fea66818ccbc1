/* SPDX-License-Identifier: MIT
 * A disk of sectors as a device of the store: a block is a sector, and needs no erasing.
 */
#include <stddef.h>

#include "boards/bare/disk.h"
#include "boards/bare/storage.h"

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
    .block_count = STORAGE_STORE / DISK_SECTOR,
    .overwrite = true,
};

const struct mote_flash *mote__storage_device(const char *name)
{
    return mote__disk_start(name) == 0 ? &device : NULL;
}

uint32_t mote__storage_blocks(void)
{
    return mote__disk_sectors();
}
