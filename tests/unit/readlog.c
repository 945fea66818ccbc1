/* SPDX-License-Identifier: MIT
 * A reader whose callbacks write down what came.
 */
#include "tests/unit/readlog.h"

#include <stdio.h>
#include <string.h>

static void put(struct readlog *log, const char *a, const char *b, const char *c)
{
    size_t room = sizeof log->text - log->len;
    int n = snprintf(log->text + log->len, room, "%s%s%s", a, b, c);
    log->len += n > 0 && (size_t)n < room ? (size_t)n : 0;
}

static void put_element(struct readlog *log, const struct mote_xml *e)
{
    if (e->name == NULL) {
        put(log, "\"", e->text, "\"");
        put(log, strlen(e->text) == e->text_len ? "" : "?", "", "");
        return;
    }
    put(log, "{", e->ns, "}");
    put(log, e->name, "", "");
    for (const struct mote_attr *a = e->attrs; a != NULL; a = a->next) {
        put(log, " {", a->ns, "}");
        put(log, a->name, "=", a->value);
    }
    put(log, "(", "", "");
    for (const struct mote_xml *c = e->first; c != NULL; c = c->next) {
        put_element(log, c);
        if (c->parent != e) {
            put(log, "wrong parent", "", "");
        }
    }
    put(log, ")", "", "");
}

static void on_header(void *ctx, const struct mote_xml *stream)
{
    struct readlog *log = ctx;
    log->headers++;
    put(log, "header ", "", "");
    put_element(log, stream);
    put(log, "\n", "", "");
}

static void on_stanza(void *ctx, const struct mote_xml *stanza)
{
    struct readlog *log = ctx;
    log->stanzas++;
    put_element(log, stanza);
    put(log, "\n", "", "");
    if (log->stanzas == log->stop_at) {
        mote__reader_stop(&log->reader);
    }
}

static void on_oversize(void *ctx, const struct mote_xml *top, size_t size)
{
    struct readlog *log = ctx;
    char number[24];
    snprintf(number, sizeof number, "%zu", size);
    log->oversize++;
    log->oversize_bytes = size;
    put(log, "oversize ", top != NULL ? top->name : "?", " ");
    put(log, number, "\n", "");
}

static void on_end(void *ctx)
{
    struct readlog *log = ctx;
    log->ends++;
    put(log, "end\n", "", "");
}

bool readlog_start(struct readlog *log)
{
    static const struct mote__reader_sink sink = {on_header, on_stanza, on_oversize, on_end};
    log->headers = log->stanzas = log->oversize = log->ends = 0;
    log->len = 0;
    log->text[0] = '\0';
    return mote__reader_init(&log->reader, log->arena, log->arena_size != 0 ? log->arena_size : sizeof log->arena,
                             log->xml, log->xml_size != 0 ? log->xml_size : sizeof log->xml, &sink, log);
}

ptrdiff_t readlog_feed(struct readlog *log, const char *bytes, size_t len, size_t n)
{
    while (len > 0) {
        ptrdiff_t taken = mote__reader_feed(&log->reader, bytes, len < n ? len : n);
        if (taken <= 0) {
            return taken;
        }
        bytes += taken;
        len -= (size_t)taken;
    }
    return 0;
}

ptrdiff_t readlog_text(struct readlog *log, const char *text)
{
    return readlog_feed(log, text, strlen(text), SIZE_MAX);
}
