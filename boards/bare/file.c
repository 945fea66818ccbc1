/* SPDX-License-Identifier: MIT
 * The one file of a board. There are two places for it on the storage. What comes in is written to the one that is not
 * in use, and when it is complete, a head is written that makes it the file. So a power cut leaves the old file or the
 * new one.
 */
#include "boards/board.h"

#include <string.h>

#include "boards/bare/storage.h"

struct head {
    uint32_t magic, number, size; /* the head with the higher number is that of the file; size in bytes */
    uint32_t check;               /* the sum of all three and CHECK: a head that was torn does not count */
};

enum { MAGIC = 0x4546544d, CHECK = 0x5eed, PAGE = 512 /* bytes written at a time, at most */ };

static uint64_t incoming; /* bytes written so far */

static uint32_t sum(const struct head *h)
{
    return h->magic + h->number + h->size + CHECK;
}

static uint32_t store_blocks(void)
{
    return mote__storage()->block_count;
}

static uint32_t place_blocks(void)
{
    const struct mote_flash *f = mote__storage();
    uint32_t taken = f != NULL ? f->block_count + STORAGE_HEADS : 0;
    return f != NULL && mote__storage_blocks() > taken ? (mote__storage_blocks() - taken) / 2 : 0;
}

static uint64_t place_size(void)
{
    return place_blocks() == 0 ? 0 : (uint64_t)place_blocks() * mote__storage()->block_size;
}

static uint32_t place_start(unsigned place)
{
    return store_blocks() + STORAGE_HEADS + place * place_blocks();
}

/// Bytes of the storage ///

/* Move what lies within one unit of reading or writing at a time through `page`. */
static int read_bytes(uint32_t block, uint32_t offset, void *buf, size_t len)
{
    const struct mote_flash *f = mote__storage();
    uint8_t page[PAGE];
    for (size_t done = 0; done < len;) {
        uint32_t at = offset + (uint32_t)done, skip = at % f->prog_size;
        size_t n = len - done < f->prog_size - skip ? len - done : f->prog_size - skip;
        if (f->read(f->ctx, block + at / f->block_size, at % f->block_size - skip, page, f->prog_size) != 0) {
            return MOTE_ERR_IO;
        }
        memcpy((uint8_t *)buf + done, page + skip, n);
        done += n;
    }
    return 0;
}

/* A block is erased when its first byte is written, so bytes go in from the front to the back. Where writing needs
 * erased bytes, those around these are written as 0xFF, which changes nothing. */
static int write_bytes(uint32_t block, uint32_t offset, const void *buf, size_t len)
{
    const struct mote_flash *f = mote__storage();
    uint8_t page[PAGE];
    for (size_t done = 0; done < len;) {
        uint32_t at = offset + (uint32_t)done, skip = at % f->prog_size, here = block + at / f->block_size;
        size_t n = len - done < f->prog_size - skip ? len - done : f->prog_size - skip;
        memset(page, 0xff, f->prog_size);
        if (at % f->block_size == 0 && f->erase(f->ctx, here) != 0) {
            return MOTE_ERR_IO;
        }
        if (skip > 0 && f->overwrite && f->read(f->ctx, here, at % f->block_size - skip, page, f->prog_size) != 0) {
            return MOTE_ERR_IO;
        }
        memcpy(page + skip, (const uint8_t *)buf + done, n);
        if (f->prog(f->ctx, here, at % f->block_size - skip, page, f->prog_size) != 0) {
            return MOTE_ERR_IO;
        }
        done += n;
    }
    return f->sync(f->ctx) == 0 ? 0 : MOTE_ERR_IO;
}

/// The file ///

/* Find the head that counts, and its place. Returns false when there is no file. */
static bool find_head(struct head *found, unsigned *place)
{
    struct head h;
    bool any = false;
    *found = (struct head){.number = 0};
    *place = 1;
    for (unsigned i = 0; i < 2 && place_blocks() > 0; i++) {
        if (read_bytes(store_blocks() + i, 0, &h, sizeof h) == 0 && h.magic == MAGIC && h.check == sum(&h) &&
            h.size <= place_size() && h.number > found->number) {
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
    struct head h;
    unsigned place;
    (void)ctx;
    if (!find_head(&h, &place)) {
        return MOTE_ERR_IO;
    }
    if (offset >= h.size) {
        return 0;
    }
    len = len < h.size - offset ? len : (size_t)(h.size - offset);
    return read_bytes(place_start(place), (uint32_t)offset, buf, len) == 0 ? (ptrdiff_t)len : MOTE_ERR_IO;
}

int mote_board_file_write(void *ctx, uint64_t offset, const void *buf, size_t len)
{
    struct head h;
    unsigned place;
    (void)ctx;
    find_head(&h, &place);
    if (offset + len > place_size() || write_bytes(place_start(1 - place), (uint32_t)offset, buf, len) != 0) {
        return MOTE_ERR_IO;
    }
    incoming = offset + len;
    return 0;
}

int mote_board_file_end(bool keep)
{
    struct head h;
    unsigned place;
    if (!keep) {
        return 0;
    }
    find_head(&h, &place);
    h = (struct head){.magic = MAGIC, .number = h.number + 1, .size = (uint32_t)incoming};
    h.check = sum(&h);
    return place_blocks() > 0 ? write_bytes(store_blocks() + 1 - place, 0, &h, sizeof h) : MOTE_ERR_IO;
}
