/* SPDX-License-Identifier: MIT
 * Takes pieces of a buffer, one behind the other.
 */
#include "core/xml/arena.h"

void mote__arena_init(struct mote__arena *a, void *memory, size_t size)
{
    *a = (struct mote__arena){.base = memory, .size = size};
}

void mote__arena_reset(struct mote__arena *a, size_t mark)
{
    a->used = mark;
}

bool mote__arena_extend(struct mote__arena *a, size_t len)
{
    if (len > a->size - a->used) {
        return false;
    }
    a->used += len;
    if (a->used > a->peak) {
        a->peak = a->used;
    }
    return true;
}

void *mote__arena_block(struct mote__arena *a, size_t len)
{
    size_t skip = (0 - (uintptr_t)(a->base + a->used)) % sizeof(void *);
    return mote__arena_extend(a, skip + len) ? a->base + a->used - len : NULL;
}
