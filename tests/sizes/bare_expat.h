/* SPDX-License-Identifier: MIT
 * expat with handlers that do nothing. No reader on top of it can cost less than this.
 */
#ifndef SIZES_BARE_EXPAT_H
#define SIZES_BARE_EXPAT_H

#include <expat.h>

enum { PIECE = 4096 };

static void on_start(void *ctx, const XML_Char *name, const XML_Char **atts)
{
    (void)ctx, (void)name, (void)atts;
}

static void on_end(void *ctx, const XML_Char *name)
{
    (void)ctx, (void)name;
}

static void on_text(void *ctx, const XML_Char *text, int len)
{
    (void)ctx, (void)text, (void)len;
}

/* Read the beginning of a stream, in pieces of PIECE bytes. Returns 0. */
static int bare_expat(const char *bytes, size_t len)
{
    XML_Parser parser = XML_ParserCreate(NULL);
    int failed = parser == NULL;
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    for (size_t at = 0; at < len && !failed; at += PIECE) {
        size_t piece = len - at < PIECE ? len - at : PIECE;
        failed = XML_Parse(parser, bytes + at, (int)piece, XML_FALSE) != XML_STATUS_OK;
    }
    XML_ParserFree(parser);
    return failed;
}

#endif
