/* SPDX-License-Identifier: MIT
 * Where a stanza ends. The reader has little memory and skips what does not fit; it is compared with expat alone, which
 * has as much memory as it likes.
 *
 *   byte 0, 1  the sizes of the arena and of the memory for XML
 *   byte 2     the pieces it is fed in
 *   the rest   is fed as it is, except that 0x01 to 0x05 and a byte N stand for many names, attributes or tags, all of
 *              them different (see generate)
 */
#include <expat.h>
#include <stdio.h>
#include <string.h>

#include "core/mote.h"
#include "core/xml/reader.h"
#include "tests/fuzz/fuzz.h"

#define HEADER "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"

enum { TEXT_MAX = 1 << 17, STANZAS_MAX = TEXT_MAX / 4 };

static char text[TEXT_MAX];
static size_t text_len;

/// Input ///

static void put(const char *s, size_t n)
{
    if (text_len + n <= sizeof text) {
        memcpy(text + text_len, s, n);
        text_len += n;
    }
}

/* What 0x01 to 0x05 stand for, N and a running number being what makes each different. */
static void generate(uint8_t how, uint8_t n)
{
    static const char *const starts[] = {"<n", " a", "<d", "</d", "<e xmlns:p"};
    static const char *const ends[] = {"/>", "=\"'/>\"", ">", ">", "='u'>]]&gt;</e>"};
    for (unsigned i = 0; i < n * 8u; i++) {
        char name[16];
        unsigned number = how == 4 ? n * 8u - 1 - i : i; /* what was opened is closed the other way round */
        put(starts[how - 1], strlen(starts[how - 1]));
        put(name, (size_t)snprintf(name, sizeof name, "%x", number));
        put(ends[how - 1], strlen(ends[how - 1]));
    }
}

static void expand(struct input *in)
{
    text_len = 0;
    put(HEADER, sizeof HEADER - 1);
    while (in->left > 0) {
        uint8_t c = input_byte(in);
        if (c >= 1 && c <= 5) {
            generate(c, input_byte(in));
        } else {
            put((const char *)&c, 1);
        }
    }
}

/// What expat says ///

struct ends {
    unsigned count;
    uint32_t start[STANZAS_MAX], end[STANZAS_MAX];
    bool over; /* </stream:stream> */
    int error;
};

static struct ends expected;
static XML_Parser expat;
static unsigned depth;

static void on_start(void *ctx, const XML_Char *name, const XML_Char **atts)
{
    (void)ctx, (void)name, (void)atts;
    if (++depth == 2 && expected.count < STANZAS_MAX) {
        expected.start[expected.count] = (uint32_t)XML_GetCurrentByteIndex(expat);
    }
}

static void on_end(void *ctx, const XML_Char *name)
{
    (void)ctx, (void)name;
    depth--;
    if (depth == 1 && expected.count < STANZAS_MAX) {
        expected.end[expected.count++] =
            (uint32_t)XML_GetCurrentByteIndex(expat) + (uint32_t)XML_GetCurrentByteCount(expat);
    }
    if (depth == 0) {
        expected.over = true;
        XML_StopParser(expat, XML_FALSE);
    }
}

static void ask_expat(void)
{
    memset(&expected, 0, offsetof(struct ends, start));
    expected.over = false;
    depth = 0;
    expat = XML_ParserCreate("UTF-8");
    XML_SetElementHandler(expat, on_start, on_end);
    enum XML_Status status = XML_Parse(expat, text, (int)text_len, XML_FALSE);
    if (status == XML_STATUS_OK) { /* it judges some tokens only when it sees a few characters more */
        status = XML_Parse(expat, "        ", 8, XML_FALSE);
    }
    expected.error = status == XML_STATUS_ERROR && !expected.over;
    XML_ParserFree(expat);
}

/// What the reader says ///

static struct {
    struct mote__reader r;
    unsigned seen;
    bool over, check;
    size_t fed; /* before this piece */
} run;

static uint8_t arena[1 << 18], xml[1 << 20];

/* A stanza has ended. How far the reader is it says itself; so far are all parsers of it together. */
static void ended(size_t size)
{
    if (run.check && run.seen < expected.count) {
        must(size == expected.end[run.seen] - expected.start[run.seen], "a stanza ends where expat says that it does");
    } else {
        must(!run.check || expected.error, "no more stanzas than expat finds");
    }
    run.seen++;
}

static void on_header(void *ctx, const struct mote_xml *stream)
{
    (void)ctx, (void)stream;
}

static void on_stanza(void *ctx, const struct mote_xml *stanza)
{
    (void)ctx, (void)stanza;
    ended(run.r.boundary - run.r.stanza_start);
}

static void on_oversize(void *ctx, const struct mote_xml *top, size_t size)
{
    (void)ctx;
    must(top->name[0] != '\0' && top->first == NULL, "what was skipped has a name, and no content");
    ended(size);
}

static void on_stream_end(void *ctx)
{
    (void)ctx;
    run.over = true;
}

/* Returns enum mote_error. */
static int read_all(size_t arena_size, size_t xml_size, size_t piece)
{
    static const struct mote__reader_sink sink = {on_header, on_stanza, on_oversize, on_stream_end};
    ptrdiff_t result = 0;
    run.seen = 0;
    run.over = false;
    must(mote__reader_init(&run.r, arena, arena_size, xml, xml_size, &sink, NULL), "there is memory for a reader");
    for (size_t at = 0; at < text_len && result >= 0; at += (size_t)result) {
        result = mote__reader_feed(&run.r, text + at, text_len - at < piece ? text_len - at : piece);
    }
    must(run.r.heap.peak <= run.r.heap.size && run.r.arena.peak <= run.r.arena.size, "memory is within its bounds");
    return result < 0 ? (int)result : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t pieces[] = {SIZE_MAX, 1, 2, 3, 7, 100, 1000, 1024};
    struct input in = {data, size};
    size_t arena_size = 2048 + 64u * input_byte(&in), xml_size = 10240 + 64u * input_byte(&in);
    size_t piece = pieces[input_byte(&in) % 8];
    expand(&in);
    ask_expat();
    run.check = true;
    int error = read_all(arena_size, xml_size, piece);
    must(error == 0 || strcmp(run.r.condition, "policy-violation") != 0, "nothing is too large to be skipped");
    unsigned seen = run.seen;
    bool over = run.over;
    if (error != 0 && !expected.error) { /* XMPP and namespaces forbid more than XML does */
        run.check = false;
        /* expat waits for the end of a comment, however long it gets */
        bool begun = strcmp(run.r.condition, "restricted-xml") == 0;
        must(begun || read_all(sizeof arena, sizeof xml, SIZE_MAX) != 0, "what is right can be skipped");
    } else if (!expected.error) {
        must(seen == expected.count && over == expected.over, "all stanzas are read or skipped, and the end is seen");
    }
    return 0;
}
