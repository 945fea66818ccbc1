/* SPDX-License-Identifier: MIT
 * The reader, over expat: the one file that includes <expat.h>.
 *
 * Renewal. expat keeps the name of every element and attribute it ever saw, so on a stream that never ends a peer could
 * fill any memory. When the heap's use passes a mark, the parser is stopped at the end of the stanza, all of its memory
 * is dropped at once, and a new one is fed the name of the stream's root element; the header itself, with its namespace
 * declarations, still lies in the arena. The bytes behind the stanza are fed to the new parser. A stop that the caller
 * asked for is done in the same way, so there is no second path for a suspended parser.
 *
 * Skipping. A stanza beyond a bound is not left to expat, which would keep its names until the memory is full. So expat
 * is dropped where the bound is found, and the scanner of skip.c goes on from the last place whose state is known: the
 * start of the stanza, or that of the bytes that came last. Behind the stanza the parser is renewed.
 */
#include <expat.h>
#include <string.h>

#include "core/mote.h"
#include "core/xml/ns.h"
#include "core/xml/reader.h"
#include "core/base/text.h"
#include "core/xml/tree.h"

/* expat's allocation hooks have no context, so each function that enters expat sets the heap first. MOTE_THREAD makes
 * that one for each thread, where there are threads. */
#ifndef MOTE_THREAD
#define MOTE_THREAD _Thread_local
#endif
static MOTE_THREAD struct mote__heap *current;

static void *hook_alloc(size_t len)
{
    return mote__heap_alloc(current, len);
}

static void *hook_resize(void *block, size_t len)
{
    return mote__heap_resize(current, block, len);
}

static void hook_release(void *block)
{
    mote__heap_release(current, block);
}

/* expat is fed small pieces, so that what it copies when it stops or waits for more fits its memory. */
enum { PIECE = 1024 };

static void fail(struct mote__reader *r, int error, const char *condition, const char *why)
{
    if (r->error == 0 && !r->ended) {
        r->error = error;
        r->condition = condition;
        r->why = why;
        XML_StopParser(r->parser, XML_FALSE);
    }
}

static void malformed(struct mote__reader *r, const char *why)
{
    fail(r, MOTE_ERR_PROTOCOL, "not-well-formed", why);
}

static const char not_well_formed[] = "XML that is not well-formed";

static void exceeded(struct mote__reader *r, const char *why)
{
    fail(r, MOTE_ERR_POLICY, "policy-violation", why);
}

static void restricted(struct mote__reader *r)
{
    fail(r, MOTE_ERR_POLICY, "restricted-xml", "a comment, processing instruction or DTD, which XMPP restricts");
}

/* The stanza cannot be read: expat stops here, and the rest of the stanza is skipped. */
static void give_up_stanza(struct mote__reader *r)
{
    r->skipping = true;
    XML_StopParser(r->parser, XML_FALSE);
}

/// expat's handlers ///

/* The first byte behind the token that expat reports. */
static size_t here(const struct mote__reader *r)
{
    return (size_t)XML_GetCurrentByteIndex(r->parser) + (size_t)XML_GetCurrentByteCount(r->parser);
}

static void start_root(struct mote__reader *r, const char *name, const char **atts)
{
    if (r->renewed) {
        return; /* the header is known */
    }
    const char *wrong;
    r->open = NULL;
    r->root = mote__tree_element(&r->arena, NULL, name, atts, false, &wrong);
    if (wrong != NULL) {
        malformed(r, wrong);
        return;
    }
    size_t size = strlen(name) + 1;
    void *copy = r->root != NULL ? mote__arena_block(&r->arena, size) : NULL;
    r->root_name = copy != NULL ? memcpy(copy, name, size) : NULL;
    if (r->root_name == NULL) {
        exceeded(r, "a stream header larger than the stanza arena");
        return;
    }
    r->root_mark = r->arena.used;
    r->open = r->root;
    r->boundary = here(r);
    /* expat may yet take a buffer of two pieces. Half of what is left is for names that stay, half for one stanza. */
    uint32_t base = r->heap.used + 2 * PIECE;
    r->mark = base < r->heap.size ? base + (r->heap.size - base) / 2 : r->heap.size;
    r->sink->header(r->ctx, r->root);
}

/* Read the first tag of a stanza. If it does not fit, or the stanza is not to be read (*much), only those attributes
 * are read that say whose it is. */
static struct mote_xml *start_stanza(struct mote__reader *r, const char *name, const char **atts, bool *much,
                                     const char **wrong)
{
    struct mote_xml *e = mote__tree_element(&r->arena, r->root, name, atts, *much, wrong);
    if (e == NULL && *wrong == NULL && !*much) {
        *much = true;
        mote__arena_reset(&r->arena, r->root_mark);
        e = mote__tree_element(&r->arena, r->root, name, atts, true, wrong);
    }
    r->top = e;
    return e;
}

static void on_start(void *ctx, const XML_Char *name, const XML_Char **atts)
{
    struct mote__reader *r = ctx;
    if (r->error != 0 || r->skipping) {
        return;
    }
    if (r->depth == 0) {
        r->depth = 1;
        start_root(r, name, atts);
        return;
    }
    r->depth++;
    bool much = r->depth > MOTE_XML_DEPTH + 1 || XML_GetSpecifiedAttributeCount(r->parser) > 2 * MOTE_XML_ATTRS;
    const char *wrong = NULL;
    struct mote_xml *e = NULL;
    if (r->depth == 2) {
        r->stanza_start = (size_t)XML_GetCurrentByteIndex(r->parser);
        e = start_stanza(r, name, atts, &much, &wrong);
    } else if (!much) {
        e = mote__tree_element(&r->arena, r->open, name, atts, false, &wrong);
    }
    if (wrong != NULL) {
        malformed(r, wrong);
        return;
    }
    if (e == NULL || much) {
        give_up_stanza(r);
        return;
    }
    if (r->depth > 2) {
        mote__tree_append(r->open, e);
    }
    r->open = e;
}

/* Forget the stanza. */
static void clear_stanza(struct mote__reader *r)
{
    mote__arena_reset(&r->arena, r->root_mark);
    r->top = NULL;
    r->open = r->root;
    r->skipping = false;
}

static void end_stanza(struct mote__reader *r)
{
    r->boundary = here(r);
    r->sink->stanza(r->ctx, r->top);
    clear_stanza(r);
    if (r->error == 0 && (r->stop || r->heap.used > r->mark)) {
        r->stopped = XML_StopParser(r->parser, XML_TRUE) == XML_STATUS_OK;
    }
}

static void on_end(void *ctx, const XML_Char *name)
{
    struct mote__reader *r = ctx;
    (void)name;
    if (r->error != 0 || r->skipping) {
        return;
    }
    r->depth--;
    if (r->depth == 0) {
        r->ended = true;
        r->sink->end(r->ctx);
    } else if (r->depth == 1) {
        end_stanza(r);
    } else {
        r->open = r->open->parent;
    }
}

static void on_text(void *ctx, const XML_Char *s, int n)
{
    struct mote__reader *r = ctx;
    size_t len = (size_t)n;
    if (r->error != 0 || r->skipping) {
        return;
    }
    if (r->depth < 2) {
        for (size_t i = 0; i < len; i++) {
            if (s[i] != ' ' && s[i] != '\n' && s[i] != '\t' && s[i] != '\r') {
                malformed(r, "text between stanzas");
                return;
            }
        }
        r->boundary = here(r);
        return;
    }
    if (!mote__tree_text(&r->arena, r->open, s, len)) {
        give_up_stanza(r);
    }
}

/* The scanner has to know whether a piece ends within a CDATA section, where < begins no tag. */
static void on_cdata(void *ctx)
{
    struct mote__reader *r = ctx;
    r->cdata = true;
}

static void on_cdata_end(void *ctx)
{
    struct mote__reader *r = ctx;
    r->cdata = false;
}

static void on_doctype(void *ctx, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
    (void)name, (void)system, (void)public, (void)internal;
    restricted(ctx);
}

static void on_instruction(void *ctx, const XML_Char *target, const XML_Char *data)
{
    (void)target, (void)data;
    restricted(ctx);
}

static void on_comment(void *ctx, const XML_Char *text)
{
    (void)text;
    restricted(ctx);
}

static void on_declaration(void *ctx, const XML_Char *version, const XML_Char *encoding, int standalone)
{
    (void)version, (void)standalone;
    if (encoding != NULL && !mote_text_equal_folded(encoding, "utf-8", sizeof "utf-8")) {
        fail(ctx, MOTE_ERR_POLICY, "unsupported-encoding", "an encoding other than UTF-8");
    }
}

/// Life of a parser ///

/* Let the scanner begin behind a token, with `depth` open elements. */
static void scan_from(struct mote__reader *r, uint32_t depth)
{
    r->scan = (struct mote__skip){.depth = depth, .state = r->cdata ? SKIP_CDATA : SKIP_TEXT};
}

static const XML_Memory_Handling_Suite hooks = {hook_alloc, hook_resize, hook_release};

/* A new parser in an empty heap. */
static bool make_parser(struct mote__reader *r)
{
    mote__heap_reset(&r->heap);
    current = &r->heap;
    XML_Parser p = XML_ParserCreate_MM("UTF-8", &hooks, NULL);
    r->parser = p;
    r->fed = 0;
    r->depth = 0;
    r->ended = r->cdata = false;
    scan_from(r, 1);
    if (p == NULL) {
        return false;
    }
    XML_SetUserData(p, r);
    XML_SetElementHandler(p, on_start, on_end);
    XML_SetCharacterDataHandler(p, on_text);
    XML_SetCdataSectionHandler(p, on_cdata, on_cdata_end);
    XML_SetStartDoctypeDeclHandler(p, on_doctype);
    XML_SetProcessingInstructionHandler(p, on_instruction);
    XML_SetCommentHandler(p, on_comment);
    XML_SetXmlDeclHandler(p, on_declaration);
    XML_SetReparseDeferralEnabled(p, XML_FALSE); /* otherwise a stanza in two pieces waits for bytes that never come */
    return true;
}

bool mote__reader_init(struct mote__reader *r, void *arena, size_t arena_size, void *xml, size_t xml_size,
                 const struct mote__reader_sink *sink, void *ctx)
{
    *r = (struct mote__reader){.sink = sink, .ctx = ctx};
    mote__arena_init(&r->arena, arena, arena_size);
    mote__heap_init(&r->heap, xml, xml_size);
    return mote__reader_restart(r);
}

bool mote__reader_restart(struct mote__reader *r)
{
    mote__arena_reset(&r->arena, 0);
    r->root = r->top = r->open = NULL;
    r->root_name = NULL;
    r->root_mark = 0;
    r->error = 0;
    r->why = "";
    r->skipping = r->stop = r->renewed = false;
    r->mark = r->heap.size;
    r->fresh = 0;
    return make_parser(r);
}

/* Make the parser anew between two stanzas. */
static void renew(struct mote__reader *r)
{
    r->renewals++;
    r->renewed = true;
    clear_stanza(r);
    bool fed = make_parser(r);
    const char *parts[] = {"<", r->root_name, ">"};
    for (size_t i = 0; fed && i < 3; i++) {
        fed = XML_Parse(r->parser, parts[i], (int)strlen(parts[i]), XML_FALSE) == XML_STATUS_OK;
        r->fed += strlen(parts[i]);
    }
    r->renewed = false;
    r->boundary = r->fresh = r->fed;
    if (!fed) {
        exceeded(r, "a stream header larger than the XML memory");
    }
}

void mote__reader_stop(struct mote__reader *r)
{
    r->stop = true;
}

/// Skipping ///

/* The bytes of one call, of which `taken` were fed so far; and how many elements were open before them. */
struct call {
    const char *bytes;
    size_t len, taken;
    uint32_t depth;
};

/* At the end of a call: keep where the scanner would have to begin, in case the next bytes do not fit expat's memory. A
 * call may end within a token, of which expat has reported nothing yet; the scanner goes through that part of it. */
static void follow(struct mote__reader *r, const struct call *c)
{
    XML_Index index = XML_GetCurrentByteIndex(r->parser); /* of that token, or the end; -1 when expat keeps nothing */
    size_t partial = index == -1 ? 0 : r->fed - (size_t)index, n = c->taken;
    if (partial <= n) {
        r->token = r->fed - partial;
        scan_from(r, r->depth);
        n = partial;
    }
    mote__skip_feed(&r->scan, c->bytes + c->taken - n, &n);
}

/* expat did not get to the end of a piece. Skip from where the stanza begins, or from where the call does if that is
 * behind it. */
static void begin_skip(struct mote__reader *r, struct call *c)
{
    size_t first = r->fed - c->taken, start = r->depth > 1 ? r->stanza_start : r->boundary;
    bool within = start - first <= c->taken, again = within && !r->skipping && start != r->fresh;
    r->fed = within ? start : first;
    c->taken = r->fed - first;
    if (again) { /* earlier stanzas may have taken the memory: try once more with all of it */
        renew(r);
        return;
    }
    r->skipping = true;
    if (within) {
        r->cdata = false;
        scan_from(r, 1);
    } else {
        r->scan.depth = c->depth;
        r->scan.size = first - (c->depth > 1 ? r->stanza_start : r->token);
    }
}

/* The end of a stanza that was skipped. */
static void end_skip(struct mote__reader *r)
{
    const struct mote__skip *k = &r->scan;
    const char *ns = k->prefixed ? "" : mote__tree_namespace(r->root, "", 0);
    struct mote_xml unread = {.ns = ns, .name = k->name}, *top = r->top != NULL ? r->top : &unread;
    if (k->last[0] != '\0' && strncmp(k->last, top->name, sizeof k->last - 1) != 0) {
        malformed(r, not_well_formed);
        return;
    }
    top->first = top->last = NULL; /* modules must not take a part of its content for all of it */
    r->oversize++;
    r->sink->oversize(r->ctx, top, k->size);
    if (r->error == 0) {
        renew(r);
    }
}

static void skip_on(struct mote__reader *r, struct call *c)
{
    size_t len = c->len - c->taken;
    enum skip_result result = mote__skip_feed(&r->scan, c->bytes + c->taken, &len);
    r->fed += len;
    c->taken += len;
    r->depth = r->scan.depth;
    if (result == SKIP_END) {
        end_skip(r);
    } else if (result == SKIP_CLOSED) {
        r->ended = true;
        r->sink->end(r->ctx);
    } else if (result == SKIP_RESTRICTED) {
        restricted(r);
    } else if (result == SKIP_MALFORMED) {
        malformed(r, not_well_formed);
    }
}

/* Feed one piece. All of it is taken then, or what is up to the boundary if the parser was stopped there, or up to
 * where skipping begins. */
static void feed_piece(struct mote__reader *r, struct call *c)
{
    size_t len = c->len - c->taken, before = r->fed;
    len = len < PIECE ? len : PIECE;
    r->stopped = false;
    enum XML_Status status = XML_Parse(r->parser, c->bytes + c->taken, (int)len, XML_FALSE);
    r->fed += len;
    c->taken += len;
    if (r->stopped && r->error == 0) {
        c->taken -= before + len - r->boundary; /* an error behind the boundary is found again by the new parser */
        renew(r);
    } else if (status == XML_STATUS_ERROR && r->error == 0 &&
               (r->skipping || XML_GetErrorCode(r->parser) == XML_ERROR_NO_MEMORY)) {
        if (r->depth > 0) {
            begin_skip(r, c);
        } else {
            exceeded(r, "a stream header larger than the XML memory");
        }
    } else if (status == XML_STATUS_ERROR) {
        malformed(r, not_well_formed);
    }
}

/* Are the first two bytes a byte order mark, or do they have the zeros of UTF-16? expat would follow them, whatever
 * encoding it was told. It looks at the first two bytes only, and so does this. */
static bool utf16(const struct mote__reader *r, const char *s, size_t len)
{
    size_t i = 0;
    while (i < len && r->fed + i < 2 && s[i] != '\0' && (unsigned char)s[i] < 0xFE) {
        i++;
    }
    return i < len && r->fed + i < 2;
}

ptrdiff_t mote__reader_feed(struct mote__reader *r, const void *bytes, size_t len)
{
    struct call c = {bytes, len, 0, r->depth};
    current = &r->heap;
    r->stop = false;
    if (r->error == 0 && utf16(r, bytes, len)) {
        fail(r, MOTE_ERR_POLICY, "unsupported-encoding", "an encoding other than UTF-8");
    }
    while (r->error == 0 && c.taken < len && !r->stop) {
        if (r->ended) {
            return (ptrdiff_t)len; /* nothing behind the end counts */
        }
        if (r->skipping) {
            skip_on(r, &c);
        } else {
            feed_piece(r, &c);
        }
    }
    if (r->error != 0) {
        return r->error;
    }
    if (!r->skipping && !r->ended) {
        follow(r, &c);
    }
    return (ptrdiff_t)c.taken;
}
