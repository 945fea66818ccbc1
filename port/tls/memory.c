/* SPDX-License-Identifier: MIT
 * Memory for mbedTLS out of fixed buffers.
 *
 * mbedTLS has an allocator of its own for this (MBEDTLS_MEMORY_BUFFER_ALLOC_C). The one of core/xml/heap.h is linked
 * anyway, takes 8 bytes for each block where that one takes 32 (and TLS has many small blocks), and lets us count
 * failures.
 */
#include "port/tls/memory.h"

#include <stdint.h>
#include <string.h>

#include <mbedtls/platform.h>

#include "core/xml/heap.h"

static struct mote__heap heap, lent; /* lent.size is 0 while nothing is lent */
static bool (*is_brief)(void *ctx, size_t len);
static void *is_brief_ctx;
static unsigned failures;

/* Blocks up to this size never count as brief: a digest of the certificate, which lasts, is made among blocks that do
 * not. */
enum { SMALL = 64 };

/* Find room in the own memory or in the lent one, in the order that suits how long the block will stay. */
static void *find_block(size_t len)
{
    bool brief = lent.size > 0 && is_brief != NULL && len > SMALL && is_brief(is_brief_ctx, len);
    void *block = mote__heap_alloc(brief ? &lent : &heap, len);
    if (block == NULL && lent.size > 0) {
        block = mote__heap_alloc(brief ? &heap : &lent, len);
    }
    return block;
}

static void *take_block(size_t count, size_t size)
{
    if (count == 0 || size == 0) {
        return NULL;
    }
    void *block = size <= SIZE_MAX / count ? find_block(count * size) : NULL;
    if (block == NULL) {
        failures++;
        return NULL;
    }
    return memset(block, 0, count * size);
}

static void give_back(void *block)
{
    uintptr_t at = (uintptr_t)block, base = (uintptr_t)lent.base;
    mote__heap_release(lent.size > 0 && at >= base && at - base < lent.size ? &lent : &heap, block);
}

void mote_tls_memory_use(void *memory, size_t size)
{
    mote__heap_init(&heap, memory, size);
    mbedtls_platform_set_calloc_free(take_block, give_back);
}

void mote_tls_memory_lend(void *memory, size_t size, bool (*brief)(void *ctx, size_t len), void *ctx)
{
    is_brief = brief;
    is_brief_ctx = ctx;
    mote__heap_init(&lent, memory, size);
}

bool mote_tls_memory_recall(size_t *peak)
{
    *peak = lent.peak > *peak ? lent.peak : *peak;
    if (lent.used > 0) {
        return false;
    }
    lent = (struct mote__heap){.size = 0};
    return true;
}

unsigned mote_tls_memory_failures(void)
{
    return failures;
}

void mote_tls_memory_status(size_t *used, size_t *peak, size_t *size)
{
    *used = heap.used;
    *peak = heap.peak;
    *size = heap.size;
}
