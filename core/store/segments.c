/* SPDX-License-Identifier: MIT
 * The store's segments, and how room is made.
 *
 * All else rests on one rule: between two steps at least two segments are spare. Beginning a new head takes one of
 * them. When only one is left then, what still counts in the tail is copied into the new head before anything else is
 * written there. It fits, because it is less than a segment, and then the tail is spare. So
 *
 *   - what the newest header names as in use (tail to head) is never erased before a newer header says otherwise: a cut
 *     during an erase, a header or a copy leaves all that counted in place;
 *   - a head whose copying was cut off holds nothing but copies, and can be begun again (settle_head);
 *   - that a segment was moved needs no mark. Whoever finds only one spare segment moves the tail: a record that was
 *     copied before the cut does not count at its old place any more, so it is not copied again.
 *
 * Records that end others (DELETE, DONE) are never copied: when one is in the tail, all that it ended is older, and
 * goes with the tail.
 */
#include "core/store/record.h"

#include <string.h>

#include "core/mote.h"

/// Headers ///

static const uint8_t magic[8] = {'M', 'O', 'T', 'E', MOTE_STORE_VERSION, 0, 0, 0};

int mote__record_header_at(struct mote_store *s, uint32_t place, struct log_segment *g, uint32_t *seq)
{
    uint8_t h[LOG_HEADER];
    int r = mote__record_read(s, place * s->segment, h, sizeof h);
    if (r != 0) {
        return r;
    }
    *g = (struct log_segment){
        .crc = mote__record_get32(h),
        .salt = mote__record_get64(h + 24),
        .tail = mote__record_get32(h + 32),
        .before = mote__record_get32(h + 36),
        .next_seq = mote__record_get32(h + 40),
        .low = mote__record_get32(h + 44),
        .count = mote__record_get32(h + 48),
        .live = mote__record_get32(h + 52),
    };
    *seq = mote__record_get32(h + 20);
    if (g->crc != mote__record_crc(0, h + 4, sizeof h - 4) || memcmp(h + 4, magic, 4) != 0) {
        return LOG_NONE;
    }
    if (h[8] != magic[4]) {
        return LOG_VERSION;
    }
    if (mote__record_get32(h + 12) != s->segment || mote__record_get32(h + 16) != s->segments ||
        *seq % s->segments != place) {
        return LOG_OTHER;
    }
    return g->tail <= *seq && *seq - g->tail <= s->segments - 2 ? LOG_GOOD : LOG_NONE;
}

int mote__record_header(struct mote_store *s, uint32_t seq, struct log_segment *g)
{
    uint32_t found;
    int r = mote__record_header_at(s, seq % s->segments, g, &found);
    return r == LOG_GOOD && found != seq ? LOG_NONE : r;
}

int mote__record_erase(struct mote_store *s, uint32_t place)
{
    const struct mote_flash *f = s->config->flash;
    uint32_t blocks = s->segment / f->block_size;
    s->window_size = 0;
    for (uint32_t i = 0; i < blocks; i++) {
        if (s->error != 0 || f->erase(f->ctx, place * blocks + i) != 0) {
            return mote__record_fail(s, MOTE_ERR_IO, "the store's device cannot be erased");
        }
    }
    return 0;
}

int mote__record_open(struct mote_store *s, uint32_t seq, uint32_t before)
{
    uint8_t *h = s->config->buffer;
    int r = mote_store_sync(s); /* copies have to be safe before the records are erased that they were made of */
    r = r == 0 ? mote__record_erase(s, seq % s->segments) : r;
    if (r != 0) {
        return r;
    }
    s->window_size = 0;
    memset(h, 0xff, s->first);
    memset(h, 0, LOG_HEADER);
    memcpy(h + 4, magic, sizeof magic);
    mote__record_put32(h + 12, s->segment);
    mote__record_put32(h + 16, s->segments);
    mote__record_put32(h + 20, seq);
    mote__record_put64(h + 24, s->salt);
    mote__record_put32(h + 32, s->tail);
    mote__record_put32(h + 36, before);
    mote__record_put32(h + 40, s->next_seq);
    mote__record_put32(h + 44, s->low);
    mote__record_put32(h + 48, s->count);
    mote__record_put32(h + 52, s->live);
    s->link = mote__record_crc(0, h + 4, LOG_HEADER - 4);
    mote__record_put32(h, s->link);
    s->head = seq;
    s->end = s->first;
    s->closed = false;
    r = mote__record_prog(s, seq % s->segments * s->segment, s->first);
    /* The header has to be safe before a record follows. Otherwise a cut could take back the header and leave a record
     * behind it; the same header, written again, would bring back that record. */
    return r == 0 ? mote_store_sync(s) : r;
}

/// Moving what counts out of the tail ///

/* Queued items found in the tail. They are looked at a handful at a time, so that one reading of the log tells which
 * of them are left. */
struct handful {
    uint32_t seqs[16], at[16];
    unsigned count;
};

static void strike(struct handful *h, uint32_t seq)
{
    for (unsigned i = 0; i < h->count; i++) {
        if (h->seqs[i] == seq) {
            h->count--;
            h->seqs[i] = h->seqs[h->count];
            h->at[i] = h->at[h->count];
            return;
        }
    }
}

static bool has(const struct handful *h, uint32_t at)
{
    for (unsigned i = 0; i < h->count; i++) {
        if (h->at[i] == at) {
            return true;
        }
    }
    return false;
}

/* Strike the items that record `r` ends. */
static int strike_ended(struct mote_store *s, const struct log_record *r, struct handful *h)
{
    uint32_t seq;
    int e = 1;
    for (unsigned i = 0; h->count > 0 && (e = mote__store_queue_ends(s, r, i, &seq)) > 0; i++) {
        strike(h, seq);
    }
    return e < 0 ? e : 0;
}

/* Read on from `c` until the hand is full or the tail ends. */
static int gather(struct mote_store *s, struct log_scan *c, struct handful *h)
{
    struct log_record r;
    int e = 0;
    while (h->count < sizeof h->seqs / sizeof h->seqs[0] && (e = mote__record_next(s, c, &r)) > 0) {
        uint32_t seq;
        e = strike_ended(s, &r, h);
        if (e == 0 && r.type == LOG_TYPE_PUSH) {
            e = mote__store_queue_seq(s, &r, &seq);
            strike(h, seq);
            if (e == 0 && seq >= s->low && seq < s->next_seq) {
                h->seqs[h->count] = seq;
                h->at[h->count++] = r.at;
            }
        }
        if (e != 0) {
            return e;
        }
    }
    return e < 0 ? e : 0;
}

/* Strike the items that ended, or were copied, between `c` and the end of the log. */
static int sift(struct mote_store *s, struct log_scan c, struct handful *h)
{
    struct log_record r;
    int e = 0;
    c.last = s->head;
    while (h->count > 0 && (e = mote__record_next(s, &c, &r)) > 0) {
        uint32_t seq;
        e = strike_ended(s, &r, h);
        if (e == 0 && r.type == LOG_TYPE_PUSH) {
            e = mote__store_queue_seq(s, &r, &seq);
            strike(h, seq);
        }
        if (e != 0) {
            return e;
        }
    }
    return e < 0 ? e : 0;
}

static bool fits(const struct mote_store *s, uint32_t size)
{
    return !s->closed && s->segment - s->end >= size;
}

/* Copy what counts between `c` and `stop` to the head. Returns 1 when the next record does not fit any more. */
static int move(struct mote_store *s, struct log_scan *c, const struct log_scan *stop, const struct handful *h)
{
    struct log_record r;
    int e = 0;
    while (c->off < stop->off && (e = mote__record_next(s, c, &r)) > 0) {
        uint32_t seq = 0, to;
        bool live = r.type == LOG_TYPE_PUT && mote__values_live(s, r.at);
        if (r.type == LOG_TYPE_PUSH && h->count > 0) {
            e = mote__store_queue_seq(s, &r, &seq);
            if (e != 0) {
                return e;
            }
            live = has(h, r.at);
        }
        if (!live) {
            continue;
        }
        if (!fits(s, r.size)) {
            return 1;
        }
        e = mote__record_copy(s, &r, &to);
        if (e != 0) {
            return e;
        }
        if (r.type == LOG_TYPE_PUT) {
            mote__values_moved(s, r.at, to);
        } else {
            mote__store_queue_moved(s, seq, to);
        }
    }
    return e < 0 ? e : 0;
}

/* Copy what counts in the tail to the head. Returns 0 when the tail is spare now, 1 when a part of it did not fit. */
static int collect(struct mote_store *s)
{
    struct log_scan c;
    int e = mote__record_begin(s, &c, s->tail, s->tail);
    while (e == 0 && c.off < c.end) {
        struct handful h = {.count = 0};
        struct log_scan stop = c;
        e = gather(s, &stop, &h);
        e = e == 0 ? sift(s, stop, &h) : e;
        if (e == 0 && stop.off == c.off) {
            break; /* the chain ends before the segment does */
        }
        e = e == 0 ? move(s, &c, &stop, &h) : e;
    }
    if (e == 0) {
        s->tail++;
    }
    return e;
}

/// Room ///

static uint32_t spare(const struct mote_store *s)
{
    return s->segments - (s->head - s->tail + 1);
}

/* After a mount of a device that can be overwritten: behind the end there may be records whose predecessor was lost in
 * a cache when the power failed. If a record with the same CRC came to lie there, they would be part of the chain
 * again, so they are overwritten with zeros. */
static int clear_rest(struct mote_store *s)
{
    uint32_t at = s->head % s->segments * s->segment;
    s->unclear = false;
    int e = mote__record_rest_is(s, 0);
    if (e != 0) {
        return e < 0 ? e : 0;
    }
    memset(s->config->buffer, 0, s->buffer_size);
    for (uint32_t off = s->end, n; e == 0 && off < s->segment; off += n) {
        n = s->segment - off < s->buffer_size ? s->segment - off : s->buffer_size;
        e = mote__record_prog(s, at + off, n);
    }
    return e == 0 ? mote_store_sync(s) : e;
}

/* Finish what a cut left undone. The first writing after a mount does this; later there is nothing to do. */
static int settle_head(struct mote_store *s)
{
    struct log_segment g;
    int e = s->unclear ? clear_rest(s) : 0;
    if (e != 0 || spare(s) > 1) {
        return e;
    }
    e = collect(s);
    if (e != 1) {
        return e;
    }
    /* The cut came while the tail was copied to the head, so there is nothing but copies in the head. */
    e = mote__record_header(s, s->head, &g);
    e = e == LOG_GOOD ? mote__record_open(s, s->head, g.before) : e;
    e = e == 0 ? mote__store_replay(s) : e;
    s->closed = false; /* it was erased just now, whatever that left there */
    e = e == 0 ? collect(s) : e;
    return e > 0 ? mote__record_fail(s, MOTE_ERR_IO, "the store does not add up: format it") : e;
}

/* Begin a new head, and move what counts out of the tail when only one segment would be spare. */
static int move_tail(struct mote_store *s)
{
    int e = 0;
    if (spare(s) == 2 && s->tail != s->head) {
        e = collect(s); /* this fills the rest of the old head, so that room in pieces comes together */
    }
    if (e >= 0) {
        e = mote__record_open(s, s->head + 1, s->end);
    }
    if (e == 0 && spare(s) == 1) {
        e = collect(s);
    }
    return e > 0 ? mote__record_fail(s, MOTE_ERR_IO, "the store does not add up: format it") : e;
}

int mote__record_room(struct mote_store *s, uint32_t size)
{
    if (s->error != 0) {
        return s->error;
    }
    if (size >= s->stuck) {
        return MOTE_ERR_FULL;
    }
    int e = settle_head(s);
    for (uint32_t turns = 0; e == 0 && !fits(s, size); turns++) {
        if (turns > s->segments) { /* all segments had their turn, and no gap was large enough */
            s->stuck = size;
            return MOTE_ERR_FULL;
        }
        e = move_tail(s);
    }
    return e;
}

/* A quarter is left to records that do not count any more. The fuller the log is, the more often the same records are
 * copied (at three quarters, three bytes for each new one), and there must be a gap somewhere for DONE and DELETE. */
uint32_t mote__record_limit(const struct mote_store *s)
{
    return (s->segments - 2) * (s->segment - s->first) / 4 * 3;
}

uint32_t mote__record_queue_limit(const struct mote_store *s)
{
    return mote__record_limit(s) - (s->segment - s->first) / 4;
}
