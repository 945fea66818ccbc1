/* SPDX-License-Identifier: MIT
 * Memory that is taken piece by piece from a buffer of the caller. Pieces are not freed one by one: mote__arena_reset
 * goes back to a mark.
 */
#ifndef MOTE_ARENA_H
#define MOTE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/mote.h"

void mote__arena_init(struct mote__arena *a, void *memory, size_t size);
void mote__arena_reset(struct mote__arena *a, size_t mark); /* mark: an earlier value of used */

/* Room for len bytes, aligned for pointers, with whatever is in it. NULL when there is none. */
void *mote__arena_block(struct mote__arena *a, size_t len);

/* Make the youngest block longer by len bytes. Returns false when there is no room. */
bool mote__arena_extend(struct mote__arena *a, size_t len);

#endif
