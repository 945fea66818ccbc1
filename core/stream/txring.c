/* SPDX-License-Identifier: MIT
 * The ring of what is sent: queueing, sending, acknowledging, and going back after a lost link.
 */
#include "core/stream/txring.h"

#include <string.h>

#include "core/mote.h"

void mote__txring_init(struct mote__txring *t, void *memory, size_t size)
{
    *t = (struct mote__txring){.base = memory, .size = size};
}

static size_t used(const struct mote__txring *t)
{
    return (size_t)(t->queued - t->acked);
}

size_t mote__txring_free(const struct mote__txring *t)
{
    size_t rest = t->size - used(t);
    return rest > TXRING_HEADER ? rest - TXRING_HEADER : 0;
}

bool mote__txring_idle(const struct mote__txring *t)
{
    return t->sent == t->queued;
}

/// Headers: length * 64 | flags, little end first; they may lie around the end of the ring ///

static void put_header(struct mote__txring *t, uint64_t at, size_t len, unsigned flags)
{
    uint32_t h = (uint32_t)len << 6 | flags;
    for (unsigned i = 0; i < TXRING_HEADER; i++) {
        t->base[(at + i) % t->size] = (uint8_t)(h >> 8 * i);
    }
}

size_t mote__txring_header(const struct mote__txring *t, uint64_t at, unsigned *flags)
{
    uint32_t h = 0;
    for (unsigned i = 0; i < TXRING_HEADER; i++) {
        h |= (uint32_t)t->base[(at + i) % t->size] << 8 * i;
    }
    *flags = h & 63;
    return h >> 6;
}

/// Queueing ///

struct mote_writer *mote__txring_begin(struct mote__txring *t)
{
    t->writer = (struct mote_writer){
        .base = t->base,
        .size = t->size,
        .pos = (size_t)((t->queued + TXRING_HEADER) % t->size),
        .room = mote__txring_free(t),
    };
    return &t->writer;
}

int mote__txring_commit(struct mote__txring *t, unsigned flags, size_t reserve)
{
    const struct mote_writer *w = &t->writer;
    if (w->error != 0) {
        return w->error;
    }
    if (w->need + TXRING_HEADER + reserve > t->size) {
        return MOTE_ERR_SIZE;
    }
    if (w->full || w->need + TXRING_HEADER + reserve > t->size - used(t)) {
        return MOTE_ERR_FULL;
    }
    put_header(t, t->queued, w->need, flags);
    t->queued += TXRING_HEADER + w->need;
    if (used(t) > t->peak) {
        t->peak = used(t);
    }
    return 0;
}

/// Sending ///

size_t mote__txring_lend(struct mote__txring *t, const uint8_t **bytes)
{
    while (t->left == 0 && t->sent < t->queued) {
        unsigned flags;
        size_t len = mote__txring_header(t, t->sent, &flags);
        t->record = t->sent;
        if ((flags & TX_FLAG_HANDLED) != 0 || len == 0) {
            t->sent += TXRING_HEADER + len;
            t->acked = t->holding ? t->acked : t->sent;
            continue;
        }
        t->sent += TXRING_HEADER;
        t->left = len;
    }
    size_t at = (size_t)(t->sent % t->size), head = t->size - at;
    *bytes = t->base + at;
    return t->left < head ? t->left : head;
}

size_t mote__txring_copy(const struct mote__txring *t, uint8_t *out, size_t size)
{
    struct mote__txring ahead = *t; /* this copy goes on as if all had been sent */
    const uint8_t *bytes;
    size_t copied = 0, whole = 0, n;
    while (copied < size && (n = mote__txring_lend(&ahead, &bytes)) > 0) {
        n = n < size - copied ? n : size - copied;
        memcpy(out + copied, bytes, n);
        copied += n;
        mote__txring_done(&ahead, n);
        whole = ahead.left == 0 ? copied : whole;
    }
    return whole > 0 ? whole : copied;
}

void mote__txring_done(struct mote__txring *t, size_t n)
{
    const uint8_t *bytes;
    do {
        size_t now = n < t->left ? n : t->left;
        t->sent += now;
        t->left -= now;
        n -= now;
        if (t->left == 0 && !t->holding) {
            t->acked = t->sent;
        }
    } while (n > 0 && mote__txring_lend(t, &bytes) > 0);
}

/// Acknowledgements ///

/* The end of the last record that was sent whole. */
static uint64_t whole_end(const struct mote__txring *t)
{
    return t->left > 0 ? t->record : t->sent;
}

void mote__txring_hold(struct mote__txring *t, bool hold)
{
    t->holding = hold;
    if (!hold) {
        t->acked = whole_end(t);
    }
}

uint32_t mote__txring_ack(struct mote__txring *t, uint32_t stanzas, unsigned *stored)
{
    uint64_t at = t->acked, end = whole_end(t);
    *stored = 0;
    while (at < end) { /* a record that does not count goes with the stanza before it */
        unsigned flags;
        size_t len = mote__txring_header(t, at, &flags);
        if ((flags & (TX_FLAG_COUNTS | TX_FLAG_HANDLED)) == TX_FLAG_COUNTS) {
            if (stanzas == 0) {
                break;
            }
            stanzas--;
            *stored += (flags & TX_FLAG_STORED) != 0;
        }
        at += TXRING_HEADER + len;
    }
    if (stanzas == 0) {
        t->acked = at;
    }
    return stanzas;
}

void mote__txring_squeeze(struct mote__txring *t)
{
    uint64_t to = t->acked;
    for (uint64_t at = t->acked; at < t->queued;) {
        unsigned flags;
        size_t len = mote__txring_header(t, at, &flags), kept = (flags & TX_FLAG_ANSWER) != 0 ? 0 : len;
        put_header(t, to, kept, flags);
        at += TXRING_HEADER;
        to += TXRING_HEADER;
        for (size_t i = 0; i < kept; i++) {
            t->base[(to + i) % t->size] = t->base[(at + i) % t->size];
        }
        at += len;
        to += kept;
    }
    t->sent = t->queued = to;
}

bool mote__txring_unacked(const struct mote__txring *t)
{
    return t->acked < t->queued;
}

uint32_t mote__txring_count(const struct mote__txring *t, unsigned flags, bool only_unsent)
{
    uint32_t count = 0;
    for (uint64_t at = only_unsent ? whole_end(t) : t->acked; at < t->queued;) {
        unsigned has;
        size_t len = mote__txring_header(t, at, &has);
        count += (has & (flags | TX_FLAG_HANDLED)) == flags;
        at += TXRING_HEADER + len;
    }
    return count;
}

void mote__txring_unsend(struct mote__txring *t)
{
    t->sent = t->acked;
    t->left = 0;
}

/* Go back to what is not acknowledged, and leave out the records that have none of the flags in `wanted`. */
static void go_back(struct mote__txring *t, unsigned wanted)
{
    for (uint64_t at = t->acked; at < t->queued;) {
        unsigned flags;
        size_t len = mote__txring_header(t, at, &flags);
        if ((flags & wanted) == 0 || len == 0) { /* a squeezed one (len 0) cannot go out again, so it counts no more */
            put_header(t, at, len, flags | TX_FLAG_HANDLED);
        }
        at += TXRING_HEADER + len;
    }
    mote__txring_unsend(t);
}

void mote__txring_cut(struct mote__txring *t)
{
    t->sent = whole_end(t);
    t->left = 0;
}

void mote__txring_resume(struct mote__txring *t)
{
    go_back(t, TX_FLAG_COUNTS);
}

void mote__txring_rewind(struct mote__txring *t, unsigned flags)
{
    go_back(t, flags);
}
