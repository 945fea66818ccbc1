/* SPDX-License-Identifier: MIT
 * Bytes of an XML stream -> the stream header, then one stanza tree at a time in the arena.
 *
 * Bounds: a stanza that does not fit the arena, is nested too deep or has an element with too many attributes is skipped
 * to its end and reported. A single tag, or open elements, beyond expat's memory end the stream, as do DTDs, processing
 * instructions, comments and encodings other than UTF-8 (RFC 6120 section 11).
 *
 * Namespaces are resolved here and not by expat: it costs less (docs/DESIGN.md has the figures), a namespace name is
 * stored once for a whole subtree, and no separator character can be forged, because names are never joined.
 */
#ifndef MOTE_READER_H
#define MOTE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/xml/arena.h"
#include "core/xml/heap.h"
#include "core/xml/stanza.h"

struct reader;

/* What comes out. Each is called from inside reader_feed. */
struct reader_sink {
    void (*header)(void *ctx, const struct mote_xml *stream);
    void (*stanza)(void *ctx, const struct mote_xml *stanza);
    /* A stanza of `size` bytes was skipped; `top` has its name and attributes, or is NULL if not even they fitted. */
    void (*oversize)(void *ctx, const struct mote_xml *top, size_t size);
    void (*end)(void *ctx); /* </stream:stream> */
};

struct reader {
    void *parser;                   /* XML_Parser */
    const struct reader_sink *sink;
    void *ctx;
    struct mote_xml *root;          /* the stream header, at the bottom of the arena */
    struct mote_xml *top, *open;    /* the stanza being built, and its innermost open element */
    const char *root_name;          /* as written, prefix included: what a renewed parser is fed */
    size_t root_mark;               /* arena use without a stanza */
    size_t fed;                     /* bytes this parser was given */
    size_t stanza_start, boundary;  /* first byte of the stanza and first behind it, in the same count */
    uint32_t mark;                  /* heap use from which the parser is renewed at the next boundary, bytes */
    uint32_t depth;                 /* open elements, the stream counted */
    int error;                      /* enum mote_error, sticks until reader_restart */
    bool skipping;                  /* the stanza exceeds a bound */
    bool stop;                      /* reader_stop was called: end at this boundary */
    bool stopped;                   /* expat was told to */
    bool renewed;                   /* the parser is being fed the header again: not an event */
    bool ended;
    const char *why;                /* for people */
    const char *condition;          /* of the stream error to send (RFC 6120 section 4.9.3) */
    uint32_t renewals, oversize;    /* how often, for mote_status */
    struct arena arena;
    struct heap heap;
};

/* Lend the reader its memory. False if xml_size cannot hold a parser. */
bool reader_init(struct reader *r, void *arena, size_t arena_size, void *xml, size_t xml_size,
                 const struct reader_sink *sink, void *ctx);

/* Expect a new stream header: a new connection, or after TLS and SASL (RFC 6120 section 4.3.3). Not from a callback. */
bool reader_restart(struct reader *r);

/* Feed bytes. Returns how many were taken: all, or up to and with the stanza in which reader_stop was called.
 * Negative: enum mote_error; r->why says what. */
ptrdiff_t reader_feed(struct reader *r, const void *bytes, size_t len);

/* A header has come, and nothing of a stanza since the last one. */
static inline bool reader_between(const struct reader *r)
{
    return r->depth == 1 && r->error == 0 && r->fed == r->boundary;
}

/* After a failure: it was a stanza that broke the stream, its first tag included, and not what may not be between two. */
static inline bool reader_in_stanza(const struct reader *r)
{
    return r->depth > 1 || (r->depth == 1 && r->condition[0] != 'r'); /* restricted-xml */
}

/* From a callback: take nothing behind this stanza. Feeding again goes on with the next one. */
void reader_stop(struct reader *r);

#endif
