/* SPDX-License-Identifier: MIT
 * The queue. An item is a PUSH record; it ends by a DONE record with its number, or by a later PUSH that replaces it.
 * Moving records changes their order, but never the numbers, so the oldest item is the one with the lowest number and
 * not the first record. One reading of the log finds the MOTE_STORE_AHEAD lowest, whose places are then known.
 *
 * PUSH body: seq 4, replaces 4, freed 4, flags 1, zero 3, expiry 8, node 8, stanza. DONE body: freed 4, seq 4 each.
 */
#include "core/store/record.h"

#include <string.h>

#include "core/mote.h"

int mote__store_queue_seq(struct mote_store *s, const struct log_record *r, uint32_t *seq)
{
    uint8_t b[4];
    int e = mote__record_read(s, r->at + LOG_RECORD, b, sizeof b);
    *seq = mote__record_get32(b);
    return e;
}

int mote__store_queue_ends(struct mote_store *s, const struct log_record *r, unsigned i, uint32_t *seq)
{
    uint8_t b[4];
    uint32_t off = 4 + 4 * i;
    if ((r->type != LOG_TYPE_DONE && (r->type != LOG_TYPE_PUSH || i > 0)) || off + 4 > r->len) {
        return 0;
    }
    int e = mote__record_read(s, r->at + LOG_RECORD + off, b, sizeof b);
    *seq = mote__record_get32(b);
    return e != 0 ? e : r->type == LOG_TYPE_DONE || *seq != 0;
}

/// What is ahead ///

static void forget_ahead(struct mote_store *s)
{
    s->from = s->limit = s->ahead_count = 0;
}

static void take_out(struct mote_store *s, unsigned i)
{
    s->ahead_count--;
    memmove(&s->ahead[i], &s->ahead[i + 1], (s->ahead_count - i) * sizeof s->ahead[0]);
}

/* Item `seq` is at `at` from here on. When there are too many, the one with the highest number is left out, and found
 * by a later reading. */
static void put_in(struct mote_store *s, uint32_t seq, uint32_t at)
{
    unsigned i = s->ahead_count;
    while (i > 0 && s->ahead[i - 1].seq >= seq) {
        i--;
    }
    if (i < s->ahead_count && s->ahead[i].seq == seq) {
        s->ahead[i].at = at;
        return;
    }
    if (s->ahead_count == MOTE_STORE_AHEAD) {
        if (i == MOTE_STORE_AHEAD) {
            s->limit = seq;
            return;
        }
        s->limit = s->ahead[--s->ahead_count].seq;
    }
    memmove(&s->ahead[i + 1], &s->ahead[i], (s->ahead_count - i) * sizeof s->ahead[0]);
    s->ahead[i].seq = seq;
    s->ahead[i].at = at;
    s->ahead_count++;
}

static int place_of(const struct mote_store *s, uint32_t seq)
{
    for (unsigned i = 0; i < s->ahead_count; i++) {
        if (s->ahead[i].seq == seq) {
            return (int)i;
        }
    }
    return -1;
}

static int drop_ended(struct mote_store *s, const struct log_record *r)
{
    uint32_t seq;
    int e;
    for (unsigned i = 0; (e = mote__store_queue_ends(s, r, i, &seq)) > 0; i++) {
        int at = place_of(s, seq);
        if (at >= 0) {
            take_out(s, (unsigned)at);
        }
    }
    return e;
}

/* Read the log once, for the lowest numbers from `from` on. */
static int look_once(struct mote_store *s, uint32_t from)
{
    struct log_scan c;
    struct log_record r;
    s->ahead_count = 0;
    s->limit = s->next_seq;
    int e = mote__record_begin(s, &c, s->tail, s->head);
    while (e == 0 && (e = mote__record_next(s, &c, &r)) > 0) {
        uint32_t seq;
        e = drop_ended(s, &r);
        if (e == 0 && r.type == LOG_TYPE_PUSH) {
            e = mote__store_queue_seq(s, &r, &seq);
            if (e == 0 && seq >= from && seq < s->limit) {
                put_in(s, seq, r.at);
            }
        }
    }
    return e;
}

static void update_low(struct mote_store *s)
{
    if (s->from <= s->low && s->low < s->limit) {
        s->low = s->ahead_count > 0 ? s->ahead[0].seq : s->limit;
    }
}

void mote__store_queue_took(struct mote_store *s, uint32_t seq)
{
    int i = place_of(s, seq);
    if (i >= 0) {
        take_out(s, (unsigned)i);
    }
    update_low(s);
}

void mote__store_queue_added(struct mote_store *s, uint32_t at)
{
    if (s->limit == s->next_seq && s->ahead_count < MOTE_STORE_AHEAD) {
        put_in(s, s->next_seq, at);
        s->limit++;
    }
    s->next_seq++;
    update_low(s);
}

static int look_ahead(struct mote_store *s, uint32_t from)
{
    int e;
    uint32_t low = from;
    do { /* again while all that one reading found are done by now: the next ones have higher numbers */
        e = look_once(s, low);
        low = s->limit;
    } while (e == 0 && s->ahead_count == 0 && s->limit < s->next_seq);
    s->from = from;
    if (e != 0) {
        forget_ahead(s);
    }
    update_low(s);
    return e;
}

int mote__store_queue_find(struct mote_store *s, uint32_t seq, unsigned *place)
{
    if (seq < s->low || seq >= s->next_seq) {
        return 0;
    }
    int e = seq < s->from || seq >= s->limit ? look_ahead(s, seq) : 0;
    int i = e == 0 ? place_of(s, seq) : -1;
    *place = (unsigned)i;
    return e != 0 ? e : i >= 0;
}

int mote__store_queue_find_from(struct mote_store *s, uint32_t seq, unsigned *place)
{
    seq = seq < s->low ? s->low : seq;
    while (seq < s->next_seq) {
        int e = seq < s->from || seq >= s->limit ? look_ahead(s, seq) : 0;
        if (e != 0) {
            return e;
        }
        for (*place = 0; *place < s->ahead_count; ++*place) {
            if (s->ahead[*place].seq >= seq) {
                return 1;
            }
        }
        seq = s->limit;
    }
    return 0;
}

int mote__store_queue_item(struct mote_store *s, const struct log_record *r, struct mote_store_item *item)
{
    uint8_t b[LOG_PUSH];
    int e = mote__record_read(s, r->at + LOG_RECORD, b, sizeof b);
    *item = (struct mote_store_item){
        .seq = mote__record_get32(b),
        .size = r->len - LOG_PUSH,
        .kind = r->aux,
        .expiry = (int64_t)mote__record_get64(b + 16),
        .node = mote__record_get64(b + 24),
        .flags = b[12],
    };
    return e;
}

/// For the log ///

void mote__store_queue_moved(struct mote_store *s, uint32_t seq, uint32_t to)
{
    int i = place_of(s, seq);
    if (i >= 0 && to == 0) {
        take_out(s, (unsigned)i);
    } else if (i >= 0) {
        s->ahead[i].at = to;
    }
}

int mote__store_queue_replay(struct mote_store *s, const struct log_record *r, bool counts, uint32_t *freed)
{
    uint8_t b[12];
    if (!counts) {
        return 0;
    }
    int e = mote__record_read(s, r->at + LOG_RECORD, b, r->type == LOG_TYPE_PUSH ? 12 : 4);
    uint32_t first = mote__record_get32(b), ended = (r->len - 4) / 4;
    if (e != 0) {
        return e;
    }
    if (r->type == LOG_TYPE_DONE) {
        s->damaged += ended > s->count;
        s->count -= ended;
        *freed = first;
        return 0;
    }
    *freed = mote__record_get32(b + 8);
    s->count += mote__record_get32(b + 4) == 0;
    s->damaged += first != s->next_seq;
    s->next_seq += first == s->next_seq;
    return 0;
}

int mote__store_queue_recount(struct mote_store *s)
{
    unsigned i;
    forget_ahead(s);
    int e = look_ahead(s, s->low);
    if (e != 0 || (s->damaged == 0 && s->limit < s->next_seq)) {
        return e;
    }
    s->live = 0;
    e = mote__values_recount(s);
    if (e != 0) {
        return e;
    }
    s->count = 0;
    for (uint32_t seq = 0; (e = mote__store_queue_find_from(s, seq, &i)) > 0; seq = s->ahead[i].seq + 1) {
        struct log_record r;
        e = mote__record_at(s, s->ahead[i].at, &r);
        if (e != 0) {
            return e;
        }
        s->live += r.size;
        s->count++;
    }
    return e;
}

/// Reading ///

int mote_store_next(struct mote_store *s, uint32_t after, struct mote_store_item *item)
{
    struct log_record r;
    unsigned i = 0;
    int e = s->error;
    while (e == 0 && after < UINT32_MAX && (e = mote__store_queue_find_from(s, after + 1, &i)) > 0) {
        after = s->ahead[i].seq;
        e = mote__record_at(s, s->ahead[i].at, &r);
        e = e == 0 ? mote__record_sound(s, &r) : e;
        if (e > 0) {
            e = mote__store_queue_item(s, &r, item);
            return e != 0 ? e : 1;
        }
        s->damaged += e == 0;
    }
    return e;
}

int mote_store_read(struct mote_store *s, uint32_t seq, uint32_t offset, void *buf, size_t len)
{
    struct log_record r;
    unsigned i = 0;
    int e = s->error != 0 ? s->error : mote__store_queue_find(s, seq, &i);
    if (e <= 0) {
        return e < 0 ? e : MOTE_ERR_ARG;
    }
    e = mote__record_at(s, s->ahead[i].at, &r);
    if (e == 0 && (r.type != LOG_TYPE_PUSH || offset > r.len - LOG_PUSH || len > r.len - LOG_PUSH - offset)) {
        return MOTE_ERR_ARG;
    }
    return e != 0 ? e : mote__record_read(s, r.at + LOG_RECORD + LOG_PUSH + offset, buf, (uint32_t)len);
}
