/* SPDX-License-Identifier: MIT */
#include "core/wire/arena.h"

#include <string.h>

void arena_init(struct arena *a, void *memory, size_t size)
{
    *a = (struct arena){.base = memory, .size = size};
}

void arena_reset(struct arena *a, size_t mark)
{
    a->used = mark;
}

char *arena_bytes(struct arena *a, size_t len)
{
    if (len > a->size - a->used) {
        return NULL;
    }
    char *p = (char *)a->base + a->used;
    a->used += len;
    if (a->used > a->peak) {
        a->peak = a->used;
    }
    return p;
}

void *arena_struct(struct arena *a, size_t len)
{
    size_t skip = (sizeof(void *) - (uintptr_t)(a->base + a->used) % sizeof(void *)) % sizeof(void *);
    if (arena_bytes(a, skip) == NULL) {
        return NULL;
    }
    char *p = arena_bytes(a, len);
    return p != NULL ? memset(p, 0, len) : NULL;
}

char *arena_text(struct arena *a, const char *s, size_t len)
{
    char *p = arena_bytes(a, len + 1);
    if (p != NULL) {
        memcpy(p, s, len);
        p[len] = '\0';
    }
    return p;
}
