/* SPDX-License-Identifier: MIT
 * Bump memory over a buffer of the caller. Nothing is freed one by one: arena_reset goes back to a mark.
 */
#ifndef MOTE_ARENA_H
#define MOTE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena {
    uint8_t *base;
    size_t size, used, peak; /* bytes */
};

void arena_init(struct arena *a, void *memory, size_t size);
void arena_reset(struct arena *a, size_t mark); /* mark: an earlier value of used */

/* Room for a struct, aligned for pointers, zeroed; NULL when there is none. */
void *arena_struct(struct arena *a, size_t len);

/* Room for bytes, unaligned, not zeroed; NULL when there is none. */
char *arena_bytes(struct arena *a, size_t len);

/* A copy of s[0..len) with a NUL; NULL when there is no room. */
char *arena_text(struct arena *a, const char *s, size_t len);

#endif
