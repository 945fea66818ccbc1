/* SPDX-License-Identifier: MIT
 * Bytes of an XML stream -> the stream header, then one stanza tree at a time in the arena.
 *
 * Bounds: a stanza that does not fit the arena or expat's memory, is nested too deep or has an element with too many
 * attributes is skipped to its end and reported. DTDs, processing instructions, comments and encodings other than UTF-8
 * end the stream (RFC 6120 section 11).
 *
 * Namespaces are resolved here and not by expat: it costs less (docs/DESIGN.md has the figures), a namespace name is
 * stored once for a whole subtree, and no separator character can be forged, because names are never joined.
 */
#ifndef MOTE_READER_H
#define MOTE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/mote.h"
#include "core/xml/arena.h"
#include "core/xml/heap.h"
#include "core/xml/skip.h"
#include "core/xml/stanza.h"

struct mote__reader;

/* What comes out. Each is called from inside mote__reader_feed. */
struct mote__reader_sink {
    void (*header)(void *ctx, const struct mote_xml *stream);
    void (*stanza)(void *ctx, const struct mote_xml *stanza);
    /* A stanza of `size` bytes was skipped. `top` has its name and what attributes say whose it is; or its name alone,
     * of which nine characters are kept, if its first tag did not fit. */
    void (*oversize)(void *ctx, const struct mote_xml *top, size_t size);
    void (*end)(void *ctx); /* </stream:stream> */
};

/* Lend the reader its memory. False if xml_size cannot hold a parser. */
bool mote__reader_init(struct mote__reader *r, void *arena, size_t arena_size, void *xml, size_t xml_size,
                 const struct mote__reader_sink *sink, void *ctx);

/* Expect a new stream header: a new connection, or after TLS and SASL (RFC 6120 section 4.3.3). Not from a callback. */
bool mote__reader_restart(struct mote__reader *r);

/* Feed bytes. Returns how many were taken: all, or up to and with the stanza in which mote__reader_stop was called.
 * Negative: enum mote_error; r->why says what. */
ptrdiff_t mote__reader_feed(struct mote__reader *r, const void *bytes, size_t len);

/* A header has come, and nothing of a stanza since the last one. */
static inline bool mote__reader_between(const struct mote__reader *r)
{
    return r->depth == 1 && r->error == 0 && r->fed == r->boundary;
}

/* After a failure: it was a stanza that broke the stream, its first tag included, and not what may not be between two.
 */
static inline bool mote__reader_in_stanza(const struct mote__reader *r)
{
    return r->depth > 1 || (r->depth == 1 && r->condition[0] != 'r'); /* restricted-xml */
}

/* From a callback: take nothing behind this stanza. Feeding again goes on with the next one. */
void mote__reader_stop(struct mote__reader *r);

#endif
