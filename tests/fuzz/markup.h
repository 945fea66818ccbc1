/* SPDX-License-Identifier: MIT
 * Checks that what the client sends is well-formed, piece by piece. It is no parser of all XML but of what the writer
 * may write: no comments, no CDATA, five entities, attributes in single quotes.
 */
#ifndef FUZZ_MARKUP_H
#define FUZZ_MARKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MARKUP_DEPTH = 32 };

struct markup {
    uint8_t state;
    uint8_t more; /* bytes that the UTF-8 sequence still has */
    unsigned depth;
    uint32_t name; /* hash of the name being read */
    uint32_t open[MARKUP_DEPTH];
    char entity[6];
    uint8_t entity_len;
};

/* A new stream. */
void markup_start(struct markup *m);

/* NULL, or what is wrong. */
const char *markup_feed(struct markup *m, const uint8_t *bytes, size_t len);

/* Between two stanzas, or behind the end. */
bool markup_between(const struct markup *m);

#endif
