/* SPDX-License-Identifier: MIT
 * A reader whose callbacks write down what came, so that two runs can be compared as strings.
 */
#ifndef READLOG_H
#define READLOG_H

#include "core/xml/reader.h"

#define HEADER                                                                                                         \
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"

struct readlog {
    struct mote__reader reader;
    uint8_t arena[16384], xml[65536];
    size_t arena_size, xml_size; /* set before readlog_start; 0: all */
    unsigned stop_at;            /* the stanza in which to call mote__reader_stop, counted from 1; 0: none */
    unsigned headers, stanzas, oversize, ends;
    size_t oversize_bytes; /* of the last one */
    char text[65536];      /* a line for each callback */
    size_t len;
};

/* False when the memory cannot hold a parser. */
bool readlog_start(struct readlog *log);

/* Feed text in pieces of n bytes until all is taken or the reader fails. Returns what the last mote__reader_feed
 * returned. */
ptrdiff_t readlog_feed(struct readlog *log, const char *bytes, size_t len, size_t n);
ptrdiff_t readlog_text(struct readlog *log, const char *text);

#endif
