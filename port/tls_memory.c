/* SPDX-License-Identifier: MIT
 *
 * mbedTLS has an allocator of its own for this (MBEDTLS_MEMORY_BUFFER_ALLOC_C). The one of core/wire/heap.h is linked
 * anyway, spends 8 bytes a block where that one spends 32 (and TLS lives on small numbers), and lets us count failures.
 */
#include "port/tls_memory.h"

#include <string.h>

#include <mbedtls/platform.h>

#include "core/wire/heap.h"

static struct heap heap;
static unsigned failures;

static void *take(size_t count, size_t size)
{
    if (count == 0 || size == 0) {
        return NULL;
    }
    void *block = size <= SIZE_MAX / count ? heap_alloc(&heap, count * size) : NULL;
    if (block == NULL) {
        failures++;
        return NULL;
    }
    return memset(block, 0, count * size);
}

static void give_back(void *block)
{
    heap_release(&heap, block);
}

void tls_memory_use(void *memory, size_t size)
{
    heap_init(&heap, memory, size);
    mbedtls_platform_set_calloc_free(take, give_back);
}

unsigned tls_memory_failures(void)
{
    return failures;
}

void tls_memory_status(size_t *used, size_t *peak, size_t *size)
{
    *used = heap.used;
    *peak = heap.peak;
    *size = heap.size;
}
