/* SPDX-License-Identifier: MIT
 * A first-fit heap over a buffer:
 *
 *   | size,used prev | bytes ... | size,used prev | bytes ... |  end
 *     `- 8 bytes -'   `- size-8 -'
 *
 * Each block begins with its own size (its header counted, a multiple of 8; the lowest bit says that it is in use) and
 * the size of the block before it, so that both neighbours can be found and joined.
 */
#include "core/xml/heap.h"

#include <stdbool.h>
#include <string.h>

struct block {
    uint32_t size; /* | 1 when in use */
    uint32_t prev; /* size of the block before, 0 for the first */
};

enum { HEADER = sizeof(struct block), SMALLEST = HEADER + 8 };

static struct block *at(const struct mote__heap *h, uint32_t offset)
{
    return (struct block *)(void *)(h->base + offset);
}

static uint32_t size_of(const struct block *b)
{
    return b->size & ~1u;
}

static bool in_use(const struct block *b)
{
    return (b->size & 1u) != 0;
}

static uint32_t offset_of(const struct mote__heap *h, const struct block *b)
{
    return (uint32_t)((const uint8_t *)b - h->base);
}

/* Tell the block behind `b` how large `b` is. */
static void link_next(struct mote__heap *h, const struct block *b)
{
    uint32_t next = offset_of(h, b) + size_of(b);
    if (next < h->size) {
        at(h, next)->prev = size_of(b);
    }
}

void mote__heap_init(struct mote__heap *h, void *memory, size_t size)
{
    uintptr_t skip = (8 - (uintptr_t)memory % 8) % 8;
    size_t usable = size > skip ? (size - skip) & ~(size_t)7 : 0;
    *h = (struct mote__heap){.base = (uint8_t *)memory + skip, .size = usable > UINT32_MAX / 2 ? UINT32_MAX / 2 & ~7u
                                                                                        : (uint32_t)usable};
    mote__heap_reset(h);
}

void mote__heap_reset(struct mote__heap *h)
{
    h->used = 0;
    h->hint = 0;
    if (h->size >= SMALLEST) {
        *at(h, 0) = (struct block){.size = h->size};
    }
}

/* Cut what is more than `want` off the end of `b`, as a free block. */
static void split(struct mote__heap *h, struct block *b, uint32_t want)
{
    uint32_t rest = size_of(b) - want;
    if (rest < SMALLEST) {
        return;
    }
    struct block *tail = at(h, offset_of(h, b) + want);
    b->size = want | (b->size & 1u);
    *tail = (struct block){.size = rest, .prev = want};
    link_next(h, tail);
}

static void account(struct mote__heap *h, uint32_t more)
{
    h->used += more;
    if (h->used > h->peak) {
        h->peak = h->used;
    }
}

static uint32_t rounded(const struct mote__heap *h, size_t len)
{
    return len > h->size ? UINT32_MAX : (uint32_t)((len + HEADER + 7) & ~(size_t)7);
}

void *mote__heap_alloc(struct mote__heap *h, size_t len)
{
    uint32_t want = rounded(h, len);
    bool first = true;
    for (uint32_t o = h->hint; h->size >= SMALLEST && o < h->size; o += size_of(at(h, o))) {
        struct block *b = at(h, o);
        if (in_use(b)) {
            continue;
        }
        if (first) {
            h->hint = o;
            first = false;
        }
        if (b->size >= want) {
            split(h, b, want);
            b->size |= 1u;
            account(h, size_of(b));
            return b + 1;
        }
    }
    return NULL;
}

/* Join a free block with the one behind it, if that is free too. */
static void join(struct mote__heap *h, struct block *b)
{
    uint32_t next = offset_of(h, b) + size_of(b);
    if (next < h->size && !in_use(at(h, next))) {
        b->size += size_of(at(h, next));
        link_next(h, b);
    }
}

void mote__heap_release(struct mote__heap *h, void *block)
{
    if (block == NULL) {
        return;
    }
    struct block *b = (struct block *)block - 1;
    h->used -= size_of(b);
    b->size = size_of(b);
    join(h, b);
    if (b->prev != 0 && !in_use(at(h, offset_of(h, b) - b->prev))) {
        b = at(h, offset_of(h, b) - b->prev);
        join(h, b);
    }
    if (offset_of(h, b) < h->hint) {
        h->hint = offset_of(h, b);
    }
}

void *mote__heap_resize(struct mote__heap *h, void *block, size_t len)
{
    if (block == NULL) {
        return mote__heap_alloc(h, len);
    }
    struct block *b = (struct block *)block - 1;
    uint32_t want = rounded(h, len), had = size_of(b), next = offset_of(h, b) + had;
    if (want > had && next < h->size && !in_use(at(h, next)) && had + size_of(at(h, next)) >= want) {
        b->size += size_of(at(h, next));
        link_next(h, b);
        split(h, b, want);
        account(h, size_of(b) - had);
        h->hint = 0; /* it may have pointed at the block that is part of this one now */
        return block;
    }
    if (want <= had) {
        return block;
    }
    void *fresh = mote__heap_alloc(h, len);
    if (fresh != NULL) {
        memcpy(fresh, block, had - HEADER);
        mote__heap_release(h, block);
    }
    return fresh;
}
