/* SPDX-License-Identifier: MIT
 * Opening a store: geometry, mount, format. What it holds is learned by one reading of the log.
 */
#include "core/store/store.h"

#include <string.h>

#include "core/mote.h"
#include "core/store/record.h"

/// Geometry ///

/* What is wrong with the geometry of the device and the buffer; NULL when they will do. */
static const char *impossible(const struct mote_store_config *c)
{
    const struct mote_flash *f = c->flash;
    if (f->read_size == 0 || f->prog_size == 0 || f->prog_size % f->read_size != 0) {
        return "the store's read_size does not divide its prog_size";
    }
    if (f->block_size == 0 || f->block_size % f->prog_size != 0) {
        return "the store's prog_size does not divide its block_size";
    }
    if ((uint64_t)f->block_size * f->block_count > UINT32_MAX) {
        return "the store's device is larger than 4 GiB: give it fewer blocks";
    }
    if (c->buffer == NULL || c->buffer_size < f->prog_size || c->buffer_size < LOG_HEADER) {
        return "the store's buffer is smaller than prog_size or 64 bytes";
    }
    return NULL;
}

/* Divide the device into segments. Returns what is wrong with them, or NULL. */
static const char *lay_out(struct mote_store *s)
{
    const struct mote_flash *f = s->config->flash;
    uint32_t blocks = s->config->blocks, units;
    if (blocks == 0) {
        blocks = 4096 / f->block_size;
        blocks = blocks > f->block_count / 64 ? blocks : f->block_count / 64;
        blocks = blocks < f->block_count / 4 ? blocks : f->block_count / 4;
        blocks = blocks > 0 ? blocks : 1;
    }
    if (f->block_count / blocks < 3) {
        return "the store needs three segments, so that one holds records and two are spare";
    }
    s->segment = blocks * f->block_size;
    s->segments = f->block_count / blocks;
    units = s->segment / f->prog_size;
    s->first = (LOG_HEADER + f->prog_size - 1) / f->prog_size * f->prog_size;
    s->buffer_size = s->config->buffer_size < s->segment ? (uint32_t)s->config->buffer_size : s->segment;
    s->buffer_size -= s->buffer_size % f->prog_size;
    if (s->buffer_size < s->first) {
        return "the store's buffer has no room for a header of 64 bytes in whole units of prog_size";
    }
    if (s->segment < 512 || units < 4) {
        return "a segment of the store is smaller than 512 bytes or four times prog_size: give it more blocks";
    }
    return NULL;
}

static int set_up(struct mote_store *s, const struct mote_store_config *config)
{
    *s = (struct mote_store){.config = config, .why = "", .stuck = UINT32_MAX};
    s->next_seq = s->low = s->from = s->limit = 1;
    const char *why = impossible(config);
    why = why == NULL ? lay_out(s) : why;
    return why != NULL ? mote__record_fail(s, MOTE_ERR_CONFIG, why) : 0;
}

/// Mount ///

/* Take in one record. A record of the head also moves the counts, because the header has them as they were when the
 * head was begun. A record may be sound and say what cannot be: that is damage, after which all is counted anew. */
static int replay_record(struct mote_store *s, const struct log_record *r, bool in_head)
{
    uint32_t freed = 0;
    int e = 0;
    bool counts = in_head && !r->copy, key = r->type == LOG_TYPE_PUT || r->type == LOG_TYPE_DELETE;
    if (key) {
        e = mote__values_replay(s, r, &freed);
    } else if (r->type == LOG_TYPE_PUSH || r->type == LOG_TYPE_DONE) {
        e = mote__store_queue_replay(s, r, counts, &freed);
    }
    if (counts) {
        s->damaged += freed > s->live;
        s->live -= freed;
        s->live += r->type == LOG_TYPE_PUT || r->type == LOG_TYPE_PUSH ? r->size : 0;
    }
    return e;
}

static int replay_segment(struct mote_store *s, uint32_t seq)
{
    struct log_scan c, before;
    struct log_record r;
    int e = mote__record_begin(s, &c, seq, seq);
    s->damaged += e == 0 && c.end == 0;
    for (before = c; e == 0 && (e = mote__record_next(s, &c, &r)) > 0; before = c) {
        e = mote__record_sound(s, &r);
        if (e == 0 && seq == s->head) {
            c = before; /* its writing was cut off: it counts as never begun */
            break;
        }
        if (e == 0) {
            s->damaged++;
        } else if (e > 0) {
            e = replay_record(s, &r, seq == s->head);
        }
    }
    if (seq == s->head) {
        s->end = c.off;
        s->link = c.link;
    } else if (e == 0 && c.off < c.end) {
        s->damaged++;
    }
    return e;
}

int mote__store_replay(struct mote_store *s)
{
    struct log_segment g;
    memset(s->keys, 0, sizeof s->keys);
    int e = mote__record_header(s, s->head, &g);
    s->salt = g.salt;
    s->tail = g.tail;
    s->next_seq = g.next_seq;
    s->low = g.low;
    s->count = g.count;
    s->live = g.live;
    s->end = s->segment;
    s->damaged = 0;
    for (uint32_t seq = s->tail; e == 0 && seq <= s->head; seq++) {
        e = replay_segment(s, seq);
    }
    e = e == 0 ? mote__store_queue_recount(s) : e;
    s->unclear = s->config->flash->overwrite;
    if (e == 0 && !s->unclear) {
        e = mote__record_rest_is(s, 0xff); /* erased flash reads so: then no writing was cut off there */
        s->closed = e == 0;
        e = e > 0 ? 0 : e;
    }
    return e;
}

/* Find the newest segment: 1, or 0 when there is none, and MOTE_ERR_CONFIG when the only ones that there are were
 * written for another geometry or by another version. */
static int find_head(struct mote_store *s)
{
    bool found = false, other = false, version = false;
    for (uint32_t place = 0; place < s->segments; place++) {
        struct log_segment g;
        uint32_t seq;
        int e = mote__record_header_at(s, place, &g, &seq);
        if (e < 0) {
            return e;
        }
        other = other || e == LOG_OTHER;
        version = version || e == LOG_VERSION;
        if (e == LOG_GOOD && (!found || seq > s->head)) {
            found = true;
            s->head = seq;
        }
    }
    if (!found && (other || version)) {
        s->why = version ? "the store on the device is of another version" : "the store was made for another geometry";
        return MOTE_ERR_CONFIG;
    }
    return found;
}

int mote_store_mount(struct mote_store *s, const struct mote_store_config *config)
{
    int e = set_up(s, config);
    e = e == 0 ? find_head(s) : e;
    if (e <= 0) {
        s->error = e < 0 ? e : MOTE_ERR_STATE;
        return e < 0 ? e : MOTE_STORE_NONE;
    }
    return mote__store_replay(s);
}

/// Format ///

/* Erase the other segments, so that nothing of the old store is found in them. */
static int wipe_others(struct mote_store *s)
{
    const struct mote_flash *f = s->config->flash;
    for (uint32_t i = 1; i < s->segments; i++) {
        uint32_t place = (s->head + i) % s->segments;
        int e = mote__record_erase(s, place);
        if (e == 0 && f->overwrite) { /* erase may do nothing on such a device */
            memset(s->config->buffer, 0, s->first);
            e = mote__record_prog(s, place * s->segment, s->first);
        }
        if (e != 0) {
            return e;
        }
    }
    return mote_store_sync(s);
}

int mote_store_format(struct mote_store *s, const struct mote_store_config *config, uint64_t salt)
{
    int e = set_up(s, config);
    e = e == 0 ? find_head(s) : e;
    if (s->error != 0) {
        return s->error;
    }
    /* The segment behind the old head is spare, so writing its header ends the old store and begins the new one in one
     * step. */
    uint32_t seq = e == 1 ? s->head + 1 : s->segments;
    s->why = "";
    s->salt = salt;
    s->tail = seq;
    e = mote__record_open(s, seq, 0);
    e = e == 0 ? mote_store_sync(s) : e;
    return e == 0 ? wipe_others(s) : e;
}

/// Sync, and what there is to know ///

int mote_store_sync(struct mote_store *s)
{
    const struct mote_flash *f = s->config->flash;
    if (s->error != 0 || !s->dirty) {
        return s->error;
    }
    s->dirty = false;
    return f->sync(f->ctx) != 0 ? mote__record_fail(s, MOTE_ERR_IO, "the store's device cannot be synced") : 0;
}

const char *mote_store_why(const struct mote_store *s)
{
    return s->why;
}

/* The largest body that fits in a segment and in `limit`. */
static uint32_t body_max(const struct mote_store *s, uint32_t limit)
{
    uint32_t unit = s->config->flash->prog_size, body = s->segment - s->first;
    body = (body < limit ? body : limit) / unit * unit;
    body = body > LOG_RECORD ? body - LOG_RECORD : 0;
    return body < LOG_BODY_MAX ? body : LOG_BODY_MAX;
}

void mote_store_info(const struct mote_store *s, struct mote_store_info *info)
{
    uint32_t value = 0, stanza = 0;
    *info = (struct mote_store_info){.segment = s->segment, .segments = s->segments, .damaged = s->damaged};
    if (s->segments > 0) {
        info->limit = mote__record_limit(s);
        info->queue_limit = mote__record_queue_limit(s);
        value = body_max(s, info->limit);
        stanza = body_max(s, info->queue_limit);
    }
    info->value_max = value > 1 ? value - 1 : 0;
    info->stanza_max = stanza > LOG_PUSH ? stanza - LOG_PUSH : 0;
    info->live = s->live;
    info->count = s->count;
    info->next_seq = s->next_seq;
    info->turns = s->head >= s->segments ? s->head - s->segments + 1 : 0;
}
