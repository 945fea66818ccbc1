/* SPDX-License-Identifier: MIT
 * The memory that expat lives in: a first-fit heap over a buffer of the caller, which joins free neighbours. It can be
 * simple, because expat frees little and in order, and a renewal drops all of it at once.
 */
#ifndef MOTE_HEAP_H
#define MOTE_HEAP_H

#include <stddef.h>
#include <stdint.h>

#include "core/mote.h"

void mote__heap_init(struct mote__heap *h, void *memory, size_t size);
void mote__heap_reset(struct mote__heap *h); /* all blocks are free; the peak stays */
void *mote__heap_alloc(struct mote__heap *h, size_t len);
void *mote__heap_resize(struct mote__heap *h, void *block, size_t len);
void mote__heap_release(struct mote__heap *h, void *block);

#endif
