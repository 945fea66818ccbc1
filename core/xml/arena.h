/* SPDX-License-Identifier: MIT
 * Bump memory over a buffer of the caller. Nothing is freed one by one: arena_reset goes back to a mark.
 */
#ifndef MOTE_ARENA_H
#define MOTE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena {
    uint8_t *base;
    size_t size, used, peak; /* bytes */
};

void arena_init(struct arena *a, void *memory, size_t size);
void arena_reset(struct arena *a, size_t mark); /* mark: an earlier value of used */

/* Room for a struct, aligned for pointers and zeroed, with `extra` bytes of text right behind it that are not; NULL when
 * there is none. */
void *arena_struct(struct arena *a, size_t len, size_t extra);

/* Make the youngest block longer by len bytes; false when there is no room. */
bool arena_extend(struct arena *a, size_t len);

#endif
