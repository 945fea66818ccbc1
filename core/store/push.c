/* SPDX-License-Identifier: MIT
 * What goes into the queue and out of it: PUSH and DONE records, and the policies of a full store. store/queue.c knows
 * what is queued.
 */
#include "core/store/record.h"

#include <string.h>

#include "core/mote.h"

/// Done ///

static int write_done(struct mote_store *s, const uint32_t *seqs, unsigned n, uint32_t freed)
{
    uint8_t body[4 + 4 * LOG_DONE_MAX];
    const struct mote_store_part part = {body, 4 + 4 * (size_t)n};
    uint32_t at;
    mote__record_put32(body, freed);
    for (unsigned i = 0; i < n; i++) {
        mote__record_put32(body + 4 + 4 * (size_t)i, seqs[i]);
    }
    int e = mote__record_room(s, mote__record_size(s, part.len));
    e = e == 0 ? mote__record_append(s, LOG_TYPE_DONE, 0, &part, 1, &at) : e;
    if (e != 0) {
        return e;
    }
    for (unsigned i = 0; i < n; i++) {
        mote__store_queue_took(s, seqs[i]);
    }
    s->live -= freed;
    s->count -= n;
    s->stuck = UINT32_MAX;
    return 0;
}

int mote_store_done(struct mote_store *s, const uint32_t *seqs, unsigned count)
{
    uint32_t known[LOG_DONE_MAX], freed = 0;
    unsigned n = 0;
    for (unsigned i = 0; i < count; i++) {
        struct log_record r;
        unsigned place = 0, j = 0;
        int e = s->error != 0 ? s->error : mote__store_queue_find(s, seqs[i], &place);
        while (j < n && known[j] != seqs[i]) {
            j++;
        }
        if (e > 0 && j == n) {
            e = mote__record_at(s, s->ahead[place].at, &r);
            known[n++] = seqs[i];
            freed += e == 0 ? r.size : 0;
        }
        if (e >= 0 && n == LOG_DONE_MAX) {
            e = write_done(s, known, n, freed);
            n = 0;
            freed = 0;
        }
        if (e < 0) {
            return e;
        }
    }
    return n > 0 ? write_done(s, known, n, freed) : s->error;
}

/// Push ///

/* The queued item that a new one replaces, and its record's size; seq 0 when there is none. */
struct latest {
    uint64_t node;
    uint32_t seq, size;
};

static int match_latest(struct mote_store *s, const struct log_record *r, struct latest *l)
{
    struct mote_store_item item;
    int e = mote__store_queue_item(s, r, &item);
    if (e == 0 && (item.flags & MOTE_STORE_LATEST) != 0 && item.node == l->node) {
        l->seq = item.seq;
        l->size = r->size;
    }
    return e;
}

static int find_latest(struct mote_store *s, struct latest *l)
{
    struct log_scan c;
    struct log_record r;
    unsigned place;
    int e = 0;
    if (s->count <= MOTE_STORE_AHEAD) { /* all items are known by place: the log need not be read */
        for (uint32_t seq = 0; l->seq == 0 && (e = mote__store_queue_find_from(s, seq, &place)) > 0; seq++) {
            seq = s->ahead[place].seq;
            e = mote__record_at(s, s->ahead[place].at, &r);
            e = e == 0 ? match_latest(s, &r, l) : e;
            if (e != 0) {
                return e;
            }
        }
        return e < 0 ? e : 0;
    }
    e = mote__record_begin(s, &c, s->tail, s->head);
    while (e == 0 && (e = mote__record_next(s, &c, &r)) > 0) {
        uint32_t ended;
        for (unsigned i = 0; (e = mote__store_queue_ends(s, &r, i, &ended)) > 0; i++) {
            if (l->seq == ended) {
                *l = (struct latest){.node = l->node};
            }
        }
        if (e == 0 && r.type == LOG_TYPE_PUSH) {
            e = match_latest(s, &r, l);
        }
    }
    return e;
}

/* Drop the oldest droppable items except `keep` until `need` bytes are free. With `only_look` nothing is dropped: the
 * result says whether that would do. */
static int drop_items(struct mote_store *s, uint32_t need, uint32_t keep, bool only_look)
{
    struct mote_store_item item;
    uint32_t after = 0, got = 0;
    unsigned i;
    int e;
    while (got < need) {
        struct log_record r;
        e = mote__store_queue_find_from(s, after + 1, &i);
        if (e <= 0) {
            return e < 0 ? e : MOTE_ERR_FULL;
        }
        e = mote__record_at(s, s->ahead[i].at, &r);
        e = e == 0 ? mote__store_queue_item(s, &r, &item) : e;
        after = s->ahead[i].seq;
        if (e == 0 && (item.flags & MOTE_STORE_DROPPABLE) != 0 && after != keep) {
            got += r.size;
            if (!only_look) {
                if (s->config->dropped != NULL) {
                    s->config->dropped(s->config->ctx, &item);
                }
                e = mote_store_done(s, &after, 1); /* does nothing when `dropped` has called it already */
            }
        }
        if (e != 0) {
            return e;
        }
    }
    return 0;
}

static int write_push(struct mote_store *s, struct mote_store_item *item, const struct mote_store_part *parts,
                      unsigned count, const struct latest *old)
{
    uint8_t body[LOG_PUSH] = {0};
    struct mote_store_part all[MOTE_STORE_PARTS_MAX + 1] = {{body, sizeof body}};
    uint32_t at;
    mote__record_put32(body, s->next_seq);
    mote__record_put32(body + 4, old->seq);
    mote__record_put32(body + 8, old->size);
    body[12] = item->flags;
    mote__record_put64(body + 16, (uint64_t)item->expiry);
    mote__record_put64(body + 24, item->node);
    memcpy(all + 1, parts, count * sizeof parts[0]);
    int e = mote__record_append(s, LOG_TYPE_PUSH, item->kind, all, count + 1, &at);
    if (e != 0) {
        return e;
    }
    item->seq = s->next_seq;
    item->replaced = old->seq;
    if (old->seq != 0) {
        mote__store_queue_took(s, old->seq);
        s->stuck = UINT32_MAX;
    }
    mote__store_queue_added(s, at);
    s->count += old->seq == 0;
    s->live += mote__record_size(s, sizeof body + item->size) - old->size;
    return 0;
}

int mote_store_push(struct mote_store *s, struct mote_store_item *item, const struct mote_store_part *parts,
                    unsigned count)
{
    struct mote_store_info info;
    struct latest old = {.node = item->node};
    size_t len = 0;
    int e = s->error != 0 || count <= MOTE_STORE_PARTS_MAX ? s->error : MOTE_ERR_ARG;
    for (unsigned i = 0; e == 0 && i < count; i++) {
        len += parts[i].len;
    }
    mote_store_info(s, &info);
    if (e != 0 || len > info.stanza_max) {
        return e != 0 ? e : MOTE_ERR_SIZE;
    }
    uint32_t size = mote__record_size(s, LOG_PUSH + len), limit = mote__record_queue_limit(s);
    if ((item->flags & MOTE_STORE_LATEST) != 0) {
        e = find_latest(s, &old);
    }
    if (e == 0 && s->live - old.size + size > limit) {
        uint32_t need = s->live - old.size + size - limit;
        if ((item->flags & MOTE_STORE_DROPPABLE) == 0) {
            return MOTE_ERR_FULL;
        }
        e = drop_items(s, need, old.seq, true);
        e = e == 0 ? drop_items(s, need, old.seq, false) : e;
        if (e == 0 && old.seq != 0) { /* `dropped` may have ended that item: look again */
            old = (struct latest){.node = item->node};
            e = find_latest(s, &old);
        }
    }
    e = e == 0 ? mote__record_room(s, size) : e;
    if (e != 0) {
        return e;
    }
    item->size = (uint32_t)len;
    return write_push(s, item, parts, count, &old);
}
