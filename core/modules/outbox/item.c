/* SPDX-License-Identifier: MIT
 * An item of the outbox as bytes of the store: writing it, and reading back its strings and its content.
 */
#include "core/modules/outbox/item.h"

#include <string.h>

enum { PIECE = 128 }; /* bytes of stack: the content is copied in such pieces */

static void put_number(uint8_t *b, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        b[i] = (uint8_t)(value >> 8 * i);
    }
}

static uint64_t get_number(const uint8_t *b, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++) {
        value |= (uint64_t)b[i] << 8 * i;
    }
    return value;
}

void mote__outbox_put32(uint8_t *b, uint32_t value)
{
    put_number(b, value, 4);
}

uint32_t mote__outbox_get32(const uint8_t *b)
{
    return (uint32_t)get_number(b, 4);
}

int mote__outbox_item_push(struct mote_store *s, const struct mote_outbox_new *n, int64_t now,
                           struct mote_store_item *item)
{
    static const struct mote_durable usual = {0};
    const struct mote_durable *d = n->durable != NULL ? n->durable : &usual;
    size_t to_len = strlen(n->to), id_len = strlen(n->id), node_len = strlen(n->node);
    uint8_t head[OUTBOX_HEAD];
    struct mote_store_part parts[6] = {
        {head, sizeof head}, {n->to, to_len + 1}, {n->id, id_len + 1}, {n->node, node_len + 1}};
    if (to_len > UINT16_MAX || id_len > UINT16_MAX || node_len > UINT16_MAX) {
        return MOTE_ERR_SIZE;
    }
    put_number(head, (uint64_t)now, 8);
    put_number(head + 8, to_len, 2);
    put_number(head + 10, id_len, 2);
    put_number(head + 12, node_len, 2);
    for (unsigned i = 0; i < n->pieces; i++) {
        parts[4 + i] = n->content[i];
    }
    item->expiry = d->expiry;
    item->flags = (uint8_t)((d->full == MOTE_OUTBOX_DROP_OLDEST ? MOTE_STORE_DROPPABLE : 0) |
                            (d->latest ? MOTE_STORE_LATEST : 0));
    return mote_store_push(s, item, parts, 4 + n->pieces);
}

/// Where things are in an item ///

static uint32_t id_at(const struct mote_outbox_stored *item)
{
    return OUTBOX_HEAD + item->to_len + 1u;
}

static uint32_t node_at(const struct mote_outbox_stored *item)
{
    return id_at(item) + item->id_len + 1u;
}

static uint32_t content_at(const struct mote_outbox_stored *item)
{
    return node_at(item) + item->node_len + 1u;
}

static int read_head(struct mote_store *s, const struct mote_store_item *from, struct mote_outbox_stored *item)
{
    uint8_t head[OUTBOX_HEAD];
    if (from->size < sizeof head) {
        return MOTE_ERR_SIZE;
    }
    int e = mote_store_read(s, from->seq, 0, head, sizeof head);
    *item = (struct mote_outbox_stored){
        .store = s,
        .ticket = (int32_t)from->seq,
        .kind = from->kind,
        .to_len = (uint16_t)get_number(head + 8, 2),
        .id_len = (uint16_t)get_number(head + 10, 2),
        .node_len = (uint16_t)get_number(head + 12, 2),
        .queued = (int64_t)get_number(head, 8),
        .expiry = from->expiry,
    };
    uint32_t before = content_at(item);
    item->content_len = from->size - before;
    return e != 0 ? e : before <= from->size ? 0 : MOTE_ERR_SIZE;
}

int mote__outbox_item_next(struct mote_store *s, uint32_t after, struct mote_outbox_stored *item)
{
    struct mote_store_item next;
    int n;
    while ((n = mote_store_next(s, after, &next)) > 0) {
        int e = read_head(s, &next, item);
        if (e != MOTE_ERR_SIZE) { /* with that error it is too short for an item of the outbox, and passed over */
            return e != 0 ? e : 1;
        }
        after = next.seq;
    }
    return n;
}

/* Read a string and cut it between two characters: one byte more than there is room for tells whether a character
 * begins there. */
static bool read_string(const struct mote_outbox_stored *item, uint32_t at, size_t len, char *out, size_t size)
{
    size_t n = len < size ? len : size;
    bool good = n == 0 || mote_store_read(item->store, (uint32_t)item->ticket, at, out, n) == 0;
    n = good ? n : 0;
    while (n == size || (n > 0 && n < len && ((uint8_t)out[n] & 0xc0) == 0x80)) {
        n--;
    }
    out[n] = '\0';
    return good;
}

bool mote_outbox_to(const struct mote_outbox_stored *item, char *to, size_t size)
{
    return read_string(item, OUTBOX_HEAD, item->to_len, to, size);
}

bool mote_outbox_id(const struct mote_outbox_stored *item, char *id, size_t size)
{
    return read_string(item, id_at(item), item->id_len, id, size);
}

bool mote_outbox_node(const struct mote_outbox_stored *item, char *node, size_t size)
{
    return read_string(item, node_at(item), item->node_len, node, size);
}

bool mote_outbox_read(const struct mote_outbox_stored *item, uint32_t offset, void *buf, size_t len)
{
    return mote_store_read(item->store, (uint32_t)item->ticket, content_at(item) + offset, buf, len) == 0;
}

bool mote_outbox_copy(const struct mote_outbox_stored *item, struct mote_writer *w)
{
    uint8_t piece[PIECE];
    for (uint32_t at = 0; at < item->content_len;) {
        uint32_t left = item->content_len - at, n = left < sizeof piece ? left : (uint32_t)sizeof piece;
        if (!mote_outbox_read(item, at, piece, n)) {
            return false;
        }
        mote_writer_raw(w, piece, n);
        at += n;
    }
    return true;
}

int mote_outbox_item_at(struct mote_store *s, int32_t ticket, struct mote_outbox_stored *item)
{
    int n = ticket > 0 ? mote__outbox_item_next(s, (uint32_t)ticket - 1, item) : 0;
    return n > 0 && item->ticket != ticket ? 0 : n;
}

int mote_outbox_next(struct mote_store *s, int32_t after, struct mote_outbox_entry *entry)
{
    struct mote_outbox_stored item;
    int n = mote__outbox_item_next(s, (uint32_t)after, &item);
    if (n > 0) {
        *entry = (struct mote_outbox_entry){
            .ticket = item.ticket,
            .kind = item.kind,
            .size = item.content_len,
            .queued = item.queued,
            .expiry = item.expiry,
        };
        bool good = mote_outbox_to(&item, entry->to, sizeof entry->to) &&
                    mote_outbox_id(&item, entry->id, sizeof entry->id) &&
                    mote_outbox_node(&item, entry->node, sizeof entry->node);
        n = good ? 1 : MOTE_ERR_IO;
    }
    return n;
}
