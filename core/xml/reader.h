/* SPDX-License-Identifier: MIT
 * Reads the bytes of an XML stream: it gives the stream header, then one stanza at a time as a tree in the arena.
 *
 * A stanza that does not fit the arena or expat's memory, is nested too deep, or has an element with too many
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

/* The reader calls these with what it finds, from inside mote__reader_feed. */
struct mote__reader_sink {
    void (*header)(void *ctx, const struct mote_xml *stream);
    void (*stanza)(void *ctx, const struct mote_xml *stanza);
    /* A stanza of `size` bytes was skipped. `top` has its name, and the attributes that say whose it is. If its first
     * tag did not fit, there is only the name, of which nine characters are kept. */
    void (*oversize)(void *ctx, const struct mote_xml *top, size_t size);
    void (*end)(void *ctx); /* </stream:stream> */
};

/* Lend the reader its memory. Returns false if xml_size cannot hold a parser. */
bool mote__reader_init(struct mote__reader *r, void *arena, size_t arena_size, void *xml, size_t xml_size,
                       const struct mote__reader_sink *sink, void *ctx);

/* Expect a new stream header, because there is a new connection, or TLS or SASL has succeeded (RFC 6120 section 4.3.3).
 * It must not be called from a callback. */
bool mote__reader_restart(struct mote__reader *r);

/* Feed bytes. Returns how many were taken: all, or up to the end of the stanza in which mote__reader_stop was called.
 * A negative result is enum mote_error, and r->why says what came. */
ptrdiff_t mote__reader_feed(struct mote__reader *r, const void *bytes, size_t len);

/* Is the reader between two stanzas: a header has come, and nothing of a stanza since the last one? */
static inline bool mote__reader_between(const struct mote__reader *r)
{
    return r->depth == 1 && r->error == 0 && r->fed == r->boundary;
}

/* After a failure: was it a stanza that broke the stream, its first tag included? Otherwise it was something that may
 * not stand between two stanzas. */
static inline bool mote__reader_in_stanza(const struct mote__reader *r)
{
    return r->depth > 1 || (r->depth == 1 && r->condition[0] != 'r'); /* restricted-xml */
}

/* Called from a callback: take nothing behind this stanza. Feeding again goes on with the next one. */
void mote__reader_stop(struct mote__reader *r);

#endif
