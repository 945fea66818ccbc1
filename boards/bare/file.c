/* SPDX-License-Identifier: MIT
 * The one file of a board. There are two places for it on the storage. What comes in is written to the one that is not
 * in use, and when it is complete, a head is written that makes it the file. So a power cut leaves the old file or the
 * new one.
 */
#include "boards/board.h"

#include <string.h>

#include "boards/bare/disk.h"
#include "boards/bare/storage.h"

struct head {
    uint32_t magic, number, size; /* the head with the higher number is that of the file; size in bytes */
    uint32_t check;               /* the sum of all three and CHECK: a head that was torn does not count */
};

enum { MAGIC = 0x4546544d, CHECK = 0x5eed };

static uint64_t incoming; /* bytes written so far */

static uint32_t sum(const struct head *h)
{
    return h->magic + h->number + h->size + CHECK;
}

static uint32_t place_sectors(void)
{
    return mote__disk_sectors() > STORAGE_FILES ? (mote__disk_sectors() - STORAGE_FILES) / 2 : 0;
}

static uint32_t place_start(unsigned place)
{
    return (uint32_t)STORAGE_FILES + place * place_sectors();
}

/* Find the head that counts, and its place. Returns false when there is no file. */
static bool find_head(struct head *found, unsigned *place)
{
    uint8_t sector[DISK_SECTOR];
    struct head h;
    bool any = false;
    *found = (struct head){.number = 0};
    *place = 1;
    for (unsigned i = 0; i < 2 && place_sectors() > 0; i++) {
        if (mote__disk_read(STORAGE_HEADS + i, sector) != 0) {
            continue;
        }
        memcpy(&h, sector, sizeof h);
        if (h.magic == MAGIC && h.check == sum(&h) && h.size <= place_sectors() * DISK_SECTOR &&
            h.number > found->number) {
            *found = h;
            *place = i;
            any = true;
        }
    }
    return any;
}

uint64_t mote_board_file_size(void)
{
    struct head h;
    unsigned place;
    return find_head(&h, &place) ? h.size : 0;
}

ptrdiff_t mote_board_file_read(void *ctx, uint64_t offset, void *buf, size_t len)
{
    uint8_t sector[DISK_SECTOR];
    struct head h;
    unsigned place;
    size_t done = 0;
    (void)ctx;
    if (!find_head(&h, &place)) {
        return MOTE_ERR_IO;
    }
    if (offset >= h.size) {
        return 0;
    }
    len = len < h.size - offset ? len : (size_t)(h.size - offset);
    while (done < len) {
        uint32_t at = (uint32_t)offset + (uint32_t)done, skip = at % DISK_SECTOR;
        size_t n = len - done < DISK_SECTOR - skip ? len - done : DISK_SECTOR - skip;
        if (mote__disk_read(place_start(place) + at / DISK_SECTOR, sector) != 0) {
            return MOTE_ERR_IO;
        }
        memcpy((uint8_t *)buf + done, sector + skip, n);
        done += n;
    }
    return (ptrdiff_t)len;
}

int mote_board_file_write(void *ctx, uint64_t offset, const void *buf, size_t len)
{
    uint8_t sector[DISK_SECTOR];
    struct head h;
    unsigned place;
    (void)ctx;
    find_head(&h, &place);
    if (offset + len > (uint64_t)place_sectors() * DISK_SECTOR) {
        return MOTE_ERR_IO;
    }
    for (size_t done = 0; done < len;) {
        uint32_t at = (uint32_t)offset + (uint32_t)done, skip = at % DISK_SECTOR;
        uint32_t number = place_start(1 - place) + at / DISK_SECTOR;
        size_t n = len - done < DISK_SECTOR - skip ? len - done : DISK_SECTOR - skip;
        if (skip > 0 && mote__disk_read(number, sector) != 0) {
            return MOTE_ERR_IO;
        }
        memcpy(sector + skip, (const uint8_t *)buf + done, n);
        memset(sector + skip + n, 0, DISK_SECTOR - skip - n); /* what follows will be written later, if it comes */
        if (mote__disk_write(number, sector) != 0) {
            return MOTE_ERR_IO;
        }
        done += n;
    }
    incoming = offset + len;
    return 0;
}

int mote_board_file_end(bool keep)
{
    uint8_t sector[DISK_SECTOR] = {0};
    struct head h;
    unsigned place;
    if (!keep) {
        return 0;
    }
    find_head(&h, &place);
    h = (struct head){.magic = MAGIC, .number = h.number + 1, .size = (uint32_t)incoming};
    h.check = sum(&h);
    memcpy(sector, &h, sizeof h);
    return place_sectors() > 0 && mote__disk_write(STORAGE_HEADS + 1 - place, sector) == 0 ? 0 : MOTE_ERR_IO;
}
