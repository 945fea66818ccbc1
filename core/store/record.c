/* SPDX-License-Identifier: MIT
 * The store's lower half: bytes through the one buffer, and records in a chain.
 *
 * While reading, the buffer is a window on the device; while writing, it is where a record is put together. It is never
 * both at a time, so a buffer of the size of a sector is enough. A record is copied in the units it lies in, which are
 * read straight into the buffer and written from there.
 */
#include "core/store/record.h"

#include <string.h>

#include "core/mote.h"

/// Numbers: little end first ///

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

uint32_t mote__record_get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint64_t mote__record_get64(const uint8_t *p)
{
    return mote__record_get32(p) | (uint64_t)mote__record_get32(p + 4) << 32;
}

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

void mote__record_put32(uint8_t *p, uint32_t v)
{
    put16(p, v);
    put16(p + 2, v >> 16);
}

void mote__record_put64(uint8_t *p, uint64_t v)
{
    mote__record_put32(p, (uint32_t)v);
    mote__record_put32(p + 4, (uint32_t)(v >> 32));
}

/* It takes four bits a step: that needs a table of 64 bytes, where eight bits would need 1 KiB of flash. */
uint32_t mote__record_crc(uint32_t crc, const void *bytes, size_t len)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    const uint8_t *p = bytes;
    crc = ~crc;
    for (size_t i = 0; i < len; i++) {
        crc ^= p[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

/// The device ///

int mote__record_fail(struct mote_store *s, int error, const char *why)
{
    if (s->error == 0) {
        s->error = error;
        s->why = why;
    }
    return s->error;
}

/* Borrow bytes at `at` from the window, at most `*len` of them; their number goes to `*len`. */
static int lend(struct mote_store *s, uint32_t at, const uint8_t **bytes, uint32_t *len)
{
    const struct mote_flash *f = s->config->flash;
    if (at - s->window >= s->window_size) {
        uint32_t block = at / f->block_size, off = at % f->block_size, start = off - off % f->read_size;
        uint32_t n = f->block_size - start < s->buffer_size ? f->block_size - start : s->buffer_size;
        s->window_size = 0;
        int r = s->error != 0 ? s->error : f->read(f->ctx, block, start, s->config->buffer, n);
        if (r > 0) { /* some byte cannot be read: read the one unit that is asked for, which may be sound */
            start = off - off % f->prog_size;
            n = f->prog_size;
            r = f->read(f->ctx, block, start, s->config->buffer, n);
        }
        if (r < 0) {
            return mote__record_fail(s, MOTE_ERR_IO, "the store's device cannot be read");
        }
        if (r > 0) {
            memset(s->config->buffer, 0, n); /* no record has a CRC that fits zeros */
        }
        s->window = at - off + start;
        s->window_size = n;
    }
    uint32_t skip = at - s->window, there = s->window_size - skip;
    *bytes = (const uint8_t *)s->config->buffer + skip;
    *len = *len < there ? *len : there;
    return 0;
}

int mote__record_read(struct mote_store *s, uint32_t at, void *out, uint32_t len)
{
    uint8_t *to = out;
    while (len > 0) {
        const uint8_t *bytes;
        uint32_t n = len;
        int r = lend(s, at, &bytes, &n);
        if (r != 0) {
            return r;
        }
        memcpy(to, bytes, n);
        to += n;
        at += n;
        len -= n;
    }
    return 0;
}

int mote__record_equal(struct mote_store *s, uint32_t at, const void *bytes, uint32_t len)
{
    const uint8_t *to = bytes;
    while (len > 0) {
        const uint8_t *there;
        uint32_t n = len;
        int r = lend(s, at, &there, &n);
        if (r != 0) {
            return r;
        }
        if (memcmp(to, there, n) != 0) {
            return 0;
        }
        to += n;
        at += n;
        len -= n;
    }
    return 1;
}

int mote__record_prog(struct mote_store *s, uint32_t at, uint32_t len)
{
    const struct mote_flash *f = s->config->flash;
    const uint8_t *from = s->config->buffer;
    s->window_size = 0;
    s->dirty = true;
    while (len > 0) {
        uint32_t off = at % f->block_size, n = f->block_size - off < len ? f->block_size - off : len;
        if (s->error != 0 || f->prog(f->ctx, at / f->block_size, off, from, n) != 0) {
            return mote__record_fail(s, MOTE_ERR_IO, "the store's device cannot be written");
        }
        from += n;
        at += n;
        len -= n;
    }
    return 0;
}

/// Reading records ///

uint32_t mote__record_size(const struct mote_store *s, size_t len)
{
    uint32_t unit = s->config->flash->prog_size;
    return ((uint32_t)len + LOG_RECORD + unit - 1) / unit * unit;
}

static void parse(const struct mote_store *s, const uint8_t *head, uint32_t at, struct log_record *r)
{
    *r = (struct log_record){
        .at = at,
        .crc = mote__record_get32(head),
        .len = get16(head + 8),
        .type = head[10] & 0x7f,
        .copy = (head[10] & 0x80) != 0,
        .aux = head[11],
    };
    r->size = mote__record_size(s, r->len);
    bool key = r->type == LOG_TYPE_PUT || r->type == LOG_TYPE_DELETE;
    uint32_t least = key ? r->aux : r->type == LOG_TYPE_PUSH ? LOG_PUSH : 8;
    if (r->len < least || (key && r->aux > MOTE_STORE_KEY_MAX)) {
        r->type = 0; /* it is damaged: with this type nobody takes it */
    }
}

int mote__record_at(struct mote_store *s, uint32_t at, struct log_record *r)
{
    uint8_t head[LOG_RECORD];
    int e = mote__record_read(s, at, head, sizeof head);
    if (e == 0) {
        parse(s, head, at, r);
    }
    return e;
}

int mote__record_begin(struct mote_store *s, struct log_scan *c, uint32_t first, uint32_t last)
{
    struct log_segment g, after;
    *c = (struct log_scan){.seq = first, .last = last};
    int r = mote__record_header(s, first, &g);
    if (r != LOG_GOOD || g.salt != s->salt) {
        return r < 0 ? r : 0; /* the segment is lost: reading goes on with the one after it */
    }
    c->off = s->first;
    c->end = s->end;
    c->link = g.crc;
    if (first != s->head) {
        /* Behind the records of this segment there may be a torn one, or some of an older use of the segment. Only the
         * next header says where they begin. When that header is lost, the chain of CRCs is all there is to go by. */
        r = mote__record_header(s, first + 1, &after);
        c->end = r == LOG_GOOD && after.before <= s->segment ? after.before : s->segment;
    }
    return r < 0 ? r : 0;
}

/* The next record of the same segment: 1, or 0 at its end, or negative. */
static int next_here(struct mote_store *s, struct log_scan *c, struct log_record *r)
{
    uint8_t head[LOG_RECORD];
    if (c->off + LOG_RECORD > c->end) {
        return 0;
    }
    uint32_t at = c->seq % s->segments * s->segment + c->off;
    int e = mote__record_read(s, at, head, sizeof head);
    if (e != 0) {
        return e;
    }
    parse(s, head, at, r);
    if (mote__record_get32(head + 4) != c->link || r->size > c->end - c->off) {
        return 0;
    }
    c->off += r->size;
    c->link = r->crc;
    return 1;
}

int mote__record_next(struct mote_store *s, struct log_scan *c, struct log_record *r)
{
    for (;;) {
        int n = next_here(s, c, r);
        if (n != 0 || c->seq == c->last) {
            return n;
        }
        n = mote__record_begin(s, c, c->seq + 1, c->last);
        if (n != 0) {
            return n;
        }
    }
}

/* Carry the body of `r` through the CRC `a`, and through `b` unless it is NULL. */
static int crc_body(struct mote_store *s, const struct log_record *r, uint32_t *a, uint32_t *b)
{
    uint32_t at = r->at + LOG_RECORD, left = r->len;
    while (left > 0) {
        const uint8_t *bytes;
        uint32_t n = left;
        int e = lend(s, at, &bytes, &n);
        if (e != 0) {
            return e;
        }
        *a = mote__record_crc(*a, bytes, n);
        if (b != NULL) {
            *b = mote__record_crc(*b, bytes, n);
        }
        at += n;
        left -= n;
    }
    return 0;
}

int mote__record_sound(struct mote_store *s, const struct log_record *r)
{
    uint8_t head[LOG_RECORD];
    int e = mote__record_read(s, r->at, head, sizeof head);
    uint32_t crc = mote__record_crc(0, head + 4, sizeof head - 4);
    e = e == 0 ? crc_body(s, r, &crc, NULL) : e;
    return e != 0 ? e : crc == mote__record_get32(head) && crc == r->crc;
}

int mote__record_rest_is(struct mote_store *s, uint8_t byte)
{
    uint32_t at = s->head % s->segments * s->segment + s->end, left = s->segment - s->end;
    while (left > 0) {
        const uint8_t *bytes;
        uint32_t n = left;
        int e = lend(s, at, &bytes, &n);
        if (e != 0) {
            return e;
        }
        for (uint32_t i = 0; i < n; i++) {
            if (bytes[i] != byte) {
                return 0;
            }
        }
        at += n;
        left -= n;
    }
    return 1;
}

/// Writing records ///

static void compose(uint8_t head[LOG_RECORD], uint32_t link, uint32_t len, unsigned type, uint8_t aux)
{
    mote__record_put32(head + 4, link);
    put16(head + 8, len);
    head[10] = (uint8_t)type;
    head[11] = aux;
}

/* The record at the end of the head has been written: the end is behind it now. Returns its place. */
static uint32_t grow(struct mote_store *s, uint32_t size, uint32_t crc)
{
    uint32_t at = s->head % s->segments * s->segment + s->end;
    s->end += size;
    s->link = crc;
    return at;
}

/* Add bytes to what stands in the buffer, and write it when it is full. */
static int feed(struct mote_store *s, uint32_t *at, uint32_t *fill, const void *bytes, size_t len)
{
    const uint8_t *from = bytes;
    s->window_size = 0;
    while (len > 0) {
        size_t n = s->buffer_size - *fill < len ? s->buffer_size - *fill : len;
        memcpy((uint8_t *)s->config->buffer + *fill, from, n);
        *fill += (uint32_t)n;
        from += n;
        len -= n;
        if (*fill == s->buffer_size) {
            int r = mote__record_prog(s, *at, *fill);
            if (r != 0) {
                return r;
            }
            *at += *fill;
            *fill = 0;
        }
    }
    return 0;
}

int mote__record_append(struct mote_store *s, enum log_type type, uint8_t aux, const struct mote_store_part *parts,
                        unsigned count, uint32_t *at)
{
    uint8_t head[LOG_RECORD];
    size_t len = 0;
    for (unsigned i = 0; i < count; i++) {
        len += parts[i].len;
    }
    compose(head, s->link, (uint32_t)len, type, aux);
    uint32_t crc = mote__record_crc(0, head + 4, sizeof head - 4), size = mote__record_size(s, len), fill = 0;
    for (unsigned i = 0; i < count; i++) {
        crc = mote__record_crc(crc, parts[i].bytes, parts[i].len);
    }
    mote__record_put32(head, crc);
    uint32_t to = s->head % s->segments * s->segment + s->end, stop = to + size;
    int r = feed(s, &to, &fill, head, sizeof head);
    for (unsigned i = 0; r == 0 && i < count; i++) {
        r = feed(s, &to, &fill, parts[i].bytes, parts[i].len);
    }
    if (r == 0 && to < stop) {
        memset((uint8_t *)s->config->buffer + fill, 0xff, stop - to - fill); /* 0xff does not wear flash cells */
        r = mote__record_prog(s, to, stop - to);
    }
    if (r == 0) {
        *at = grow(s, size, crc);
    }
    return r;
}

int mote__record_copy(struct mote_store *s, const struct log_record *r, uint32_t *at)
{
    const struct mote_flash *f = s->config->flash;
    uint8_t old[LOG_RECORD], head[LOG_RECORD];
    *at = 0;
    int e = mote__record_read(s, r->at, old, sizeof old);
    if (e != 0) {
        return e;
    }
    compose(head, s->link, r->len, r->type | 0x80u, r->aux);
    uint32_t was = mote__record_crc(0, old + 4, sizeof old - 4), crc = mote__record_crc(0, head + 4, sizeof head - 4);
    e = crc_body(s, r, &was, &crc);
    if (e != 0 || was != r->crc) {
        s->damaged += e == 0;
        return e;
    }
    mote__record_put32(head, crc);
    uint32_t to = s->head % s->segments * s->segment + s->end;
    for (uint32_t done = 0, n; done < r->size; done += n) {
        uint32_t off = (r->at + done) % f->block_size;
        n = r->size - done < s->buffer_size ? r->size - done : s->buffer_size;
        n = n < f->block_size - off ? n : f->block_size - off;
        s->window_size = 0;
        if (f->read(f->ctx, (r->at + done) / f->block_size, off, s->config->buffer, n) != 0) {
            return mote__record_fail(s, MOTE_ERR_IO, "the store's device cannot be read");
        }
        if (done < LOG_RECORD) {
            memcpy(s->config->buffer, head + done, LOG_RECORD - done < n ? LOG_RECORD - done : n);
        }
        e = mote__record_prog(s, to + done, n);
        if (e != 0) {
            return e;
        }
    }
    *at = grow(s, r->size, crc);
    return 0;
}
