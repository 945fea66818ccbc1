/* SPDX-License-Identifier: MIT
 * QEMU has no storage for this machine, so a file of the host takes its place: the setting disk=FILE names it.
 */
#include "boards/bare/disk.h"

#include <stddef.h>

#include "boards/bare/semihost.h"

static int file = -1;
static uint32_t sectors;

int mote__disk_start(const char *name)
{
    file = name != NULL ? mote__semihost_open(name, SEMIHOST_UPDATE) : -1;
    int32_t len = file >= 0 ? mote__semihost_length(file) : -1;
    sectors = len > 0 ? (uint32_t)len / DISK_SECTOR : 0;
    return sectors > 0 ? 0 : -1;
}

uint32_t mote__disk_sectors(void)
{
    return sectors;
}

int mote__disk_read(uint32_t sector, void *bytes)
{
    return mote__semihost_seek(file, sector * DISK_SECTOR) == 0 ? mote__semihost_read(file, bytes, DISK_SECTOR) : -1;
}

int mote__disk_write(uint32_t sector, const void *bytes)
{
    return mote__semihost_seek(file, sector * DISK_SECTOR) == 0 ? mote__semihost_write(file, bytes, DISK_SECTOR) : -1;
}
