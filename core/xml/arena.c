/* SPDX-License-Identifier: MIT */
#include "core/xml/arena.h"

#include <string.h>

void arena_init(struct arena *a, void *memory, size_t size)
{
    *a = (struct arena){.base = memory, .size = size};
}

void arena_reset(struct arena *a, size_t mark)
{
    a->used = mark;
}

bool arena_extend(struct arena *a, size_t len)
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

void *arena_struct(struct arena *a, size_t len, size_t extra)
{
    size_t skip = (0 - (uintptr_t)(a->base + a->used)) % sizeof(void *);
    if (!arena_extend(a, skip + len + extra)) {
        return NULL;
    }
    return memset(a->base + a->used - len - extra, 0, len);
}
