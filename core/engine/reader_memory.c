/* SPDX-License-Identifier: MIT
 * Lending the reader its memory and taking it back: it is needed only while a stanza comes in, so many engines can
 * share a few readers.
 */
#include "core/engine/engine.h"

#include <string.h>

#include "core/xml/ns.h"

/* Keep what a new reader has to know of the stream header: the root's name and its declarations. Returns false when
 * there is no room for it. */
static bool keep_header(struct mote *x)
{
    const struct mote__reader *r = &x->reader;
    struct mote_writer w;
    mote_writer_start(&w, x->stream_header.text, sizeof x->stream_header.text);
    mote_writer_put(&w, "<");
    mote_writer_raw(&w, r->root_name, strlen(r->root_name));
    for (const struct mote_attr *a = r->root->attrs; a != NULL; a = a->next) {
        if (strcmp(a->ns, NS_XMLNS) == 0) {
            mote_writer_put(&w, a->name[0] != '\0' ? " xmlns:%s='" : " xmlns%s='", a->name);
            w.in_tag = true;
            mote_writer_put(&w, "%s'", a->value);
        }
    }
    mote_writer_put(&w, ">");
    x->stream_header.len = (uint16_t)w.need;
    return mote_writer_result(&w) == 0;
}

bool mote_reader_released(const struct mote *x)
{
    return x->reader.parser == NULL;
}

int mote_reader_release(struct mote *x)
{
    if (mote_reader_released(x)) {
        return 0;
    }
    if (x->n.state == NEG_OFFLINE) {
        x->stream_header.len = 0;
    } else if (x->n.state != NEG_ONLINE || !mote__reader_between(&x->reader)) {
        return MOTE_ERR_STATE;
    } else if (!keep_header(x)) {
        return MOTE_ERR_SIZE;
    }
    x->reader.parser = NULL;
    x->reader.root = NULL;
    x->reader.root_name = NULL;
    return 0;
}

/* The engine has seen this header before. */
static void known_header(void *ctx, const struct mote_xml *stream)
{
    (void)ctx, (void)stream;
}

int mote_reader_provide(struct mote *x, void *arena, size_t arena_size, void *xml, size_t xml_size)
{
    static const struct mote__reader_sink quiet = {.header = known_header};
    struct mote__reader *r = &x->reader;
    const struct mote__reader_sink *sink = r->sink;
    uint32_t renewals = r->renewals, oversize = r->oversize;
    if (!mote_reader_released(x)) {
        return MOTE_ERR_STATE;
    }
    bool ready = arena_size >= 2048 && mote__reader_init(r, arena, arena_size, xml, xml_size, &quiet, r->ctx);
    if (ready && x->n.state != NEG_OFFLINE) {
        ready = mote__reader_feed(r, x->stream_header.text, x->stream_header.len) == (ptrdiff_t)x->stream_header.len;
        r->boundary = r->fed;
    }
    r->sink = sink;
    r->renewals = renewals;
    r->oversize = oversize;
    if (!ready) {
        r->parser = NULL;
        return MOTE_ERR_CONFIG;
    }
    return 0;
}
