/* SPDX-License-Identifier: MIT
 * What a store should hold, and random steps that are done on it and on the store.
 */
#include "tests/cut/store_model.h"

#include <string.h>

static uint32_t roll(uint32_t *v)
{
    *v ^= *v << 13;
    *v ^= *v >> 17;
    *v ^= *v << 5;
    return *v;
}

static void fill(uint8_t *out, uint32_t len, uint32_t seed)
{
    uint32_t r = seed | 1;
    for (uint32_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(roll(&r) >> 8);
    }
}

static const char *key_name(unsigned i)
{
    static const char *const names[MODEL_KEYS] = {
        "j", "ca", "keys", "sm", "host", "a-key-with-a-long-name-31-bytes", "port", "tls", "floor", "w",
    };
    return names[i];
}

static int find(const struct model *m, uint32_t seq)
{
    for (unsigned i = 0; i < m->count; i++) {
        if (m->items[i].item.seq == seq) {
            return (int)i;
        }
    }
    return -1;
}

static void take_out(struct model *m, uint32_t seq)
{
    int i = find(m, seq);
    if (i >= 0) {
        m->count--;
        memmove(&m->items[i], &m->items[i + 1], (m->count - (unsigned)i) * sizeof m->items[0]);
    }
}

void model_init(struct model *m)
{
    memset(m, 0, sizeof *m);
    m->next_seq = 1;
}

/// Steps ///

/* Mostly short. */
static uint32_t length(uint32_t *random, uint32_t max)
{
    uint32_t r = roll(random), top = r % 16 == 0 ? max : r % 4 == 0 ? max / 4 : max / 16;
    return roll(random) % (top + 1);
}

struct step model_step(const struct model *m, const struct model_taste *taste, uint32_t *random)
{
    struct step s = {.seed = roll(random)};
    unsigned dice = roll(random) % 16;
    if (dice < taste->fill && m->count < taste->most) {
        s.kind = STEP_PUSH;
        s.len = length(random, taste->stanza_max);
        s.item.kind = (uint8_t)roll(random);
        s.item.expiry = (int64_t)roll(random) - 1000000000;
        s.item.node = roll(random) % 3 + ((uint64_t)1 << 40);
        s.item.flags = (uint8_t)(roll(random) % 8 < 3 ? roll(random) % 4 : 0);
    } else if (dice < taste->fill + (16 - taste->fill) / 2) {
        s.kind = roll(random) % 8 == 0 ? STEP_DELETE : STEP_PUT;
        s.key = roll(random) % MODEL_KEYS;
        s.len = 1 + length(random, taste->value_max - 1);
    } else {
        s.kind = STEP_DONE;
        s.count = roll(random) % 8 == 0 ? roll(random) % 17 : 1 + roll(random) % 3;
        for (unsigned i = 0; i < s.count; i++) {
            unsigned any = m->count > 0 ? roll(random) % m->count : 0;
            any = roll(random) % 4 == 0 ? any : i < m->count ? i : any;
            s.seqs[i] =
                m->count > 0 && roll(random) % 16 != 0 ? m->items[any].item.seq : roll(random) % (m->next_seq + 3);
        }
    }
    return s;
}

int model_do(struct mote_store *store, const struct step *step)
{
    static uint8_t bytes[MODEL_BYTES];
    fill(bytes, step->len, step->seed);
    if (step->kind == STEP_PUT) {
        return mote_store_put(store, key_name(step->key), bytes, step->len);
    }
    if (step->kind == STEP_DELETE) {
        return mote_store_delete(store, key_name(step->key));
    }
    if (step->kind == STEP_DONE) {
        return mote_store_done(store, step->seqs, step->count);
    }
    struct mote_store_item item = step->item;
    uint32_t cut = step->seed % (step->len + 1);
    const struct mote_store_part parts[] = {{bytes, cut}, {bytes + cut, step->len - cut}};
    return mote_store_push(store, &item, parts, 2);
}

void model_apply_drops(struct model *m, const struct model_drops *d, unsigned drops)
{
    for (unsigned i = 0; i < drops; i++) {
        take_out(m, d->seqs[i]);
    }
}

static void apply_push(struct model *m, const struct step *step)
{
    struct model_item fresh = {.item = step->item, .seed = step->seed};
    fresh.item.seq = m->next_seq++;
    fresh.item.size = step->len;
    for (unsigned i = 0; (step->item.flags & MOTE_STORE_LATEST) != 0 && i < m->count; i++) {
        const struct mote_store_item *old = &m->items[i].item;
        if ((old->flags & MOTE_STORE_LATEST) != 0 && old->node == step->item.node) {
            take_out(m, old->seq);
            break;
        }
    }
    m->items[m->count++] = fresh;
}

void model_apply(struct model *m, const struct step *step, int result)
{
    if (result != 0) {
        return;
    }
    switch (step->kind) {
    case STEP_PUT: m->values[step->key] = (struct model_value){step->len, step->seed}; break;
    case STEP_DELETE: m->values[step->key].len = 0; break;
    case STEP_PUSH: apply_push(m, step); break;
    case STEP_DONE:
        for (unsigned i = 0; i < step->count; i++) {
            take_out(m, step->seqs[i]);
        }
        break;
    }
}

/// Comparing ///

static bool same_item(struct mote_store *s, const struct mote_store_item *got, const struct model_item *want)
{
    static uint8_t bytes[MODEL_BYTES], there[MODEL_BYTES];
    const struct mote_store_item *w = &want->item;
    if (got->seq != w->seq || got->size != w->size || got->kind != w->kind || got->expiry != w->expiry ||
        got->node != w->node || got->flags != w->flags) {
        return false;
    }
    fill(bytes, w->size, want->seed);
    uint32_t half = w->size / 2;
    return mote_store_read(s, w->seq, half, there + half, w->size - half) == 0 &&
           mote_store_read(s, w->seq, 0, there, half) == 0 && memcmp(bytes, there, w->size) == 0;
}

static bool same_value(struct mote_store *s, unsigned key, const struct model_value *want)
{
    static uint8_t bytes[MODEL_BYTES], there[MODEL_BYTES];
    ptrdiff_t len = mote_store_get(s, key_name(key), there, sizeof there);
    if (len != (ptrdiff_t)want->len || mote_store_get(s, key_name(key), NULL, 0) != len) {
        return false;
    }
    fill(bytes, want->len, want->seed);
    return memcmp(bytes, there, want->len) == 0;
}

void model_dropped(void *ctx, const struct mote_store_item *item)
{
    struct model_drops *d = ctx;
    int i = find(d->model, item->seq);
    if (d->count < MODEL_DROPS) {
        d->seqs[d->count++] = item->seq;
    }
    if (i < 0 || (item->flags & MOTE_STORE_DROPPABLE) == 0 || !same_item(d->store, item, &d->model->items[i])) {
        d->wrong = true;
    }
}

static uint32_t record(const struct mote_store *s, size_t len)
{
    uint32_t unit = s->config->flash->prog_size;
    return ((uint32_t)len + 12 + unit - 1) / unit * unit;
}

static const char *compare_sums(struct mote_store *s, const struct model *m)
{
    struct mote_store_info info;
    char name[MOTE_STORE_KEY_MAX + 1];
    uint32_t live = 0;
    unsigned keys = 0, listed = 0;
    for (unsigned i = 0; i < MODEL_KEYS; i++) {
        keys += m->values[i].len > 0;
        live += m->values[i].len > 0 ? record(s, strlen(key_name(i)) + m->values[i].len) : 0;
    }
    for (unsigned i = 0; i < MOTE_STORE_KEYS; i++) {
        listed += mote_store_key(s, i, name) > 0;
    }
    for (unsigned i = 0; i < m->count; i++) {
        live += record(s, 32 + m->items[i].item.size);
    }
    mote_store_info(s, &info);
    const struct {
        bool is;
        const char *what;
    } faults[] = {
        {listed != keys, "a key too many or too few"},
        {info.count != m->count, "the items are miscounted"},
        {info.next_seq != m->next_seq, "another number for the next item"},
        {info.live != live, "the bytes are miscounted"},
        {info.live > info.limit, "over the limit"},
        {info.damaged != 0, "damage where there is none"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        if (faults[i].is) {
            return faults[i].what;
        }
    }
    return NULL;
}

const char *model_compare(struct mote_store *s, const struct model *m)
{
    struct mote_store_item item = {.seq = 0};
    for (unsigned i = 0; i < MODEL_KEYS; i++) {
        if (!same_value(s, i, &m->values[i])) {
            return "another value";
        }
    }
    for (unsigned i = 0; i < m->count; i++) {
        if (mote_store_next(s, item.seq, &item) != 1 || !same_item(s, &item, &m->items[i])) {
            return "another item";
        }
    }
    if (mote_store_next(s, item.seq, &item) != 0) {
        return "an item too many";
    }
    return compare_sums(s, m);
}

bool model_lost(struct mote_store *s, const struct model *before, const struct model *after)
{
    for (unsigned i = 0; i < MODEL_KEYS; i++) {
        const struct model_value *was = &before->values[i], *is = &after->values[i];
        if (was->len > 0 && was->len == is->len && was->seed == is->seed && !same_value(s, i, was)) {
            return true;
        }
    }
    for (unsigned i = 0; i < before->count; i++) {
        uint32_t seq = before->items[i].item.seq;
        struct mote_store_item item;
        if (find(after, seq) >= 0 &&
            (mote_store_next(s, seq - 1, &item) != 1 || !same_item(s, &item, &before->items[i]))) {
            return true;
        }
    }
    return false;
}
