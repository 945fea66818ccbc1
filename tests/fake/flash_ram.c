/* SPDX-License-Identifier: MIT
 * A block device in RAM that checks how it is used, and fails or loses its power when it is told to.
 */
#include "tests/fake/flash_ram.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t noise(struct flash_ram *f)
{
    uint32_t v = f->random;
    v ^= v << 13;
    v ^= v >> 17;
    v ^= v << 5;
    return f->random = v;
}

/* The store broke the contract: no result could tell it. */
static void must(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "flash_ram: %s\n", what);
        abort();
    }
}

static size_t check_place(const struct flash_ram *f, uint32_t block, uint32_t off, uint32_t size, uint32_t unit)
{
    const struct mote_flash *g = &f->flash;
    must(block < g->block_count, "a block that is not there");
    must(off % unit == 0 && size % unit == 0 && size > 0, "not in whole units");
    must(off <= g->block_size && size <= g->block_size - off, "across the end of a block");
    return (size_t)block * g->block_size + off;
}

static bool fails(struct flash_ram *f)
{
    return f->off || (f->fail_at > 0 && --f->fail_at == 0);
}

/* This operation is the one that the cut hits. */
static bool cuts(struct flash_ram *f)
{
    return f->cut_at > 0 && --f->cut_at == 0;
}

/// Cut ///

static void set_blank(struct flash_ram *f, size_t at, size_t size, bool blank)
{
    memset(f->blank + at / f->flash.prog_size, blank, size / f->flash.prog_size);
    memset(f->bad + at / f->flash.prog_size, 0, size / f->flash.prog_size);
}

/* Power is lost: with a cache, each unit that was not synced is there or not. */
static void power_off(struct flash_ram *f)
{
    size_t all = (size_t)f->flash.block_size * f->flash.block_count, unit = f->flash.prog_size;
    f->off = true;
    for (size_t at = 0; f->cached && at < all; at += unit) {
        if (memcmp(f->bytes + at, f->synced + at, unit) != 0 && noise(f) % 2 == 0) {
            memcpy(f->bytes + at, f->synced + at, unit);
        }
    }
}

/* Write bytes[at..at+size) as far as the cut lets it: what it would have been stands in `whole`. */
static void tear_apart(struct flash_ram *f, size_t at, size_t size, const uint8_t *whole)
{
    size_t keep = size;
    switch (f->torn) {
    case TORN_PREFIX_1: keep = 1; break;
    case TORN_PREFIX_14: keep = size < 14 ? size : 14; break;
    case TORN_PREFIX_HALF: keep = size / 2; break;
    case TORN_PREFIX_LESS: keep = size - 1; break;
    case TORN_NOTHING: keep = 0; break;
    case TORN_SUFFIX_HALF: memcpy(f->bytes + at + size / 2, whole + size / 2, size - size / 2); return;
    case TORN_ZEROS: memset(f->bytes + at, 0, size); return;
    case TORN_ONES: memset(f->bytes + at, 0xff, size); return;
    case TORN_RANDOM:
    case TORN_UNREADABLE:
        for (size_t i = 0; i < size; i++) {
            f->bytes[at + i] = (uint8_t)noise(f);
        }
        return;
    case TORN_WHOLE:
    case TORN_KINDS: break;
    }
    memcpy(f->bytes + at, whole, keep);
}

/* A unit may be written if it looks erased; nobody can tell a weak one by looking. */
static void blank_by_looks(struct flash_ram *f, size_t at, size_t size)
{
    for (size_t unit = f->flash.prog_size, end = at + size; at < end; at += unit) {
        bool ones = true;
        for (size_t i = 0; ones && i < unit; i++) {
            ones = f->bytes[at + i] == 0xff;
        }
        set_blank(f, at, unit, ones);
        f->bad[at / unit] = f->torn == TORN_UNREADABLE;
    }
}

/// The device ///

static int ram_read(void *ctx, uint32_t block, uint32_t off, void *buf, uint32_t size)
{
    struct flash_ram *f = ctx;
    size_t at = check_place(f, block, off, size, f->flash.read_size);
    if (fails(f)) {
        return -1;
    }
    memcpy(buf, f->bytes + at, size);
    f->reads++;
    f->read_bytes += size;
    for (size_t i = at; i < at + size; i += f->flash.read_size) {
        if (f->bad[i / f->flash.prog_size]) {
            memset(buf, 0x42, size);
            return 1;
        }
    }
    return 0;
}

static int ram_prog(void *ctx, uint32_t block, uint32_t off, const void *buf, uint32_t size)
{
    struct flash_ram *f = ctx;
    size_t at = check_place(f, block, off, size, f->flash.prog_size);
    if (fails(f)) {
        return -1;
    }
    for (size_t i = 0; i < size && !f->flash.overwrite; i += f->flash.prog_size) {
        must(f->blank[(at + i) / f->flash.prog_size], "written without being erased");
    }
    if (cuts(f)) {
        tear_apart(f, at, size, buf);
        blank_by_looks(f, at, size);
        power_off(f);
        return -1;
    }
    memcpy(f->bytes + at, buf, size);
    set_blank(f, at, size, false);
    f->progs++;
    f->prog_bytes += size;
    return 0;
}

static int ram_erase(void *ctx, uint32_t block)
{
    static uint8_t after[FLASH_RAM_BYTES];
    struct flash_ram *f = ctx;
    uint32_t size = f->flash.block_size;
    size_t at = check_place(f, block, 0, size, f->flash.prog_size);
    if (fails(f)) {
        return -1;
    }
    memset(after, f->erase == ERASE_ONES ? 0xff : 0, size);
    for (size_t i = 0; i < size && f->erase == ERASE_RANDOM; i++) {
        after[i] = (uint8_t)noise(f);
    }
    const uint8_t *left = f->erase == ERASE_KEEPS ? f->bytes + at : after;
    if (cuts(f)) {
        if (f->erase != ERASE_KEEPS) {
            tear_apart(f, at, size, left);
        }
        blank_by_looks(f, at, size);
        power_off(f);
        return -1;
    }
    memmove(f->bytes + at, left, size);
    set_blank(f, at, size, true);
    f->erases++;
    f->erased[block]++;
    return 0;
}

static int ram_sync(void *ctx)
{
    struct flash_ram *f = ctx;
    if (fails(f)) {
        return -1;
    }
    if (cuts(f)) {
        power_off(f);
        return -1;
    }
    if (f->cached) {
        memcpy(f->synced, f->bytes, (size_t)f->flash.block_size * f->flash.block_count);
    }
    f->syncs++;
    return 0;
}

void flash_ram_init(struct flash_ram *f, const struct mote_flash *geometry, enum flash_ram_erase erase, uint32_t seed)
{
    memset(f, 0, sizeof *f);
    f->flash = *geometry;
    f->flash.read = ram_read;
    f->flash.prog = ram_prog;
    f->flash.erase = ram_erase;
    f->flash.sync = ram_sync;
    f->flash.ctx = f;
    f->erase = erase;
    f->random = seed;
    size_t all = (size_t)geometry->block_size * geometry->block_count;
    must(all <= sizeof f->bytes && geometry->block_count <= FLASH_RAM_BLOCKS, "too large");
    for (size_t i = 0; i < all; i++) {
        f->bytes[i] = (uint8_t)noise(f);
    }
    memcpy(f->synced, f->bytes, all);
}

void flash_ram_copy(struct flash_ram *to, const struct flash_ram *from)
{
    size_t all = (size_t)from->flash.block_size * from->flash.block_count;
    memcpy(to, from, offsetof(struct flash_ram, bytes));
    memcpy(to->bytes, from->bytes, all);
    memcpy(to->blank, from->blank, all / from->flash.prog_size);
    memcpy(to->bad, from->bad, all / from->flash.prog_size);
    if (from->cached) {
        memcpy(to->synced, from->synced, all);
    }
    to->flash.ctx = to;
}

void flash_ram_power(struct flash_ram *f)
{
    f->off = false;
    f->cut_at = f->fail_at = 0;
    if (f->cached) {
        memcpy(f->synced, f->bytes, (size_t)f->flash.block_size * f->flash.block_count);
    }
}
