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

static struct mote__heap own, lent[MOTE_TLS_MEMORY_PIECES];
static unsigned pieces; /* how many are lent */
static bool (*is_brief)(void *ctx, size_t len);
static void *is_brief_ctx;
static unsigned failures;

/* Blocks up to this size never count as brief: a digest of the certificate, which lasts, is made among blocks that do
 * not. */
enum { SMALL = 64 };

/* Find room in the own memory or in the lent one, in the order that suits how long the block will stay. */
static void *find_block(size_t len)
{
    bool brief = pieces > 0 && len > SMALL && is_brief(is_brief_ctx, len);
    void *block = brief ? NULL : mote__heap_alloc(&own, len);
    for (unsigned i = 0; i < pieces && block == NULL; i++) {
        block = mote__heap_alloc(&lent[i], len);
    }
    return block != NULL || !brief ? block : mote__heap_alloc(&own, len);
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
    struct mote__heap *heap = &own;
    for (unsigned i = 0; i < pieces; i++) {
        uintptr_t at = (uintptr_t)block, base = (uintptr_t)lent[i].base;
        heap = at >= base && at - base < lent[i].size ? &lent[i] : heap;
    }
    mote__heap_release(heap, block);
}

void mote_tls_memory_use(void *memory, size_t size)
{
    mote__heap_init(&own, memory, size);
    mbedtls_platform_set_calloc_free(take_block, give_back);
}

void mote_tls_memory_lend(void *memory, size_t size, bool (*brief)(void *ctx, size_t len), void *ctx)
{
    is_brief = brief;
    is_brief_ctx = ctx;
    mote__heap_init(&lent[pieces++], memory, size);
}

bool mote_tls_memory_recall(size_t *peak)
{
    size_t used = 0, most = 0;
    for (unsigned i = 0; i < pieces; i++) {
        used += lent[i].used;
        most += lent[i].peak;
    }
    *peak = most > *peak ? most : *peak;
    pieces = used > 0 ? pieces : 0;
    return used == 0;
}

unsigned mote_tls_memory_failures(void)
{
    return failures;
}

void mote_tls_memory_status(size_t *used, size_t *peak, size_t *size)
{
    *used = own.used;
    *peak = own.peak;
    *size = own.size;
}
