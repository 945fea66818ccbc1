/* SPDX-License-Identifier: MIT
 * The memory of all devices and readers, which is reserved once. Its layout is:
 *
 *   device 0: struct device | module that does the work | what is kept | struct link_tls (not in clear) | ring
 *   device 1: ...
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "examples/fleet/fleet.h"

/* The smallest ring there is. */
enum { RING = 1024, ALIGN = 16 };

static size_t aligned(size_t size)
{
    return (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static size_t tls_size(const struct fleet *f)
{
    return f->options.tls != FLEET_CLEAR ? aligned(sizeof(struct link_tls)) : 0;
}

struct device *fleet_device(const struct fleet *f, uint32_t number)
{
    return (struct device *)(void *)(f->pool + number * f->stride);
}

size_t fleet_ring(const struct fleet *f, struct device *d, uint8_t **ring)
{
    *ring = (uint8_t *)d + f->stride - RING;
    return RING;
}

void *fleet_keep(const struct fleet *f, struct device *d)
{
    uint8_t *place = (uint8_t *)d + aligned(sizeof(struct device)) + aligned(work_size(f->options.work));
    return keep_size(&f->options) > 0 ? place : NULL;
}

/* The memory is not touched here, so that the system gives RAM only to devices that log in. */
static void *take_memory(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory != MAP_FAILED ? memory : NULL;
}

bool fleet_memory(struct fleet *f)
{
    size_t own = aligned(sizeof(struct device)) + aligned(work_size(f->options.work)) +
                 aligned(keep_size(&f->options)) + RING;
    unsigned readers = f->options.readers < f->options.count ? f->options.readers : f->options.count;
    f->stride = own + tls_size(f);
    f->stats.static_each = own;
    f->stats.shared = readers * sizeof(struct reader_slot);
    f->pool = take_memory(f->options.count * f->stride);
    f->timers = take_memory(f->options.count * sizeof *f->timers);
    struct reader_slot *slots = take_memory(f->stats.shared);
    if (f->pool == NULL || f->timers == NULL || slots == NULL) {
        fprintf(stderr, "fleet: not enough memory for %u devices: %zu MiB\n", f->options.count,
                (f->options.count * f->stride + f->stats.shared) >> 20);
        return false;
    }
    /* This touches the first page of each reader, so that it is not counted as memory of a device later. */
    for (unsigned i = readers; i-- > 0;) {
        slots[i].next = f->free;
        f->free = &slots[i];
    }
    for (unsigned i = 0; i < f->options.count; i++) {
        f->timers[i] = UINT32_MAX;
    }
    return true;
}

/// Readers ///

bool reader_take(struct fleet *f, struct device *d)
{
    if (d->reader != NULL) {
        return true;
    }
    if (f->free == NULL) {
        if (!d->queued) {
            d->queued = true;
            d->next = NULL;
            *(f->last != NULL ? &f->last->next : &f->first) = d;
            f->last = d;
            f->stats.starved++;
        }
        return false;
    }
    d->reader = f->free;
    f->free = d->reader->next;
    d->reader->kept = d->reader->offset = 0;
    return true;
}

void reader_leave(struct fleet *f, struct device *d)
{
    if (d->reader == NULL || d->reader->kept > 0 || mote_reader_release(&d->x) != 0) {
        return;
    }
    d->reader->next = f->free;
    f->free = d->reader;
    d->reader = NULL;
}
