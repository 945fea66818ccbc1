/* SPDX-License-Identifier: MIT
 * The memory that expat lives in: first fit over a buffer of the caller, free neighbours joined. expat frees little and
 * in order, and a renewal throws all of it away at once, so it stays simple.
 */
#ifndef MOTE_HEAP_H
#define MOTE_HEAP_H

#include <stddef.h>
#include <stdint.h>

struct heap {
    uint8_t *base;        /* aligned to 8 */
    uint32_t size;        /* bytes, a multiple of 8 */
    uint32_t used, peak;  /* bytes in use, headers counted; the most there ever were */
    uint32_t hint;        /* no free block lies before this offset */
};

void heap_init(struct heap *h, void *memory, size_t size);
void heap_reset(struct heap *h); /* all blocks are free; the peak stays */
void *heap_alloc(struct heap *h, size_t len);
void *heap_resize(struct heap *h, void *block, size_t len);
void heap_release(struct heap *h, void *block);

#endif
