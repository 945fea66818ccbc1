/* SPDX-License-Identifier: MIT
 * The reader, over expat: the one file that includes <expat.h>.
 *
 * Renewal. expat keeps the name of every element and attribute it ever saw, so on a stream that never ends a peer could
 * fill any memory. When the heap's use passes a mark, the parser is stopped at the end of the stanza, all of its memory
 * is dropped at once, and a new one is fed the name of the stream's root element; the header itself, with its namespace
 * declarations, still lies in the arena. The bytes behind the stanza are fed to the new parser. A stop that the caller
 * asked for goes the same way, so there is no second path for a suspended parser.
 */
#include <expat.h>
#include <string.h>

#include "core/mote.h"
#include "core/xml/ns.h"
#include "core/xml/reader.h"
#include "core/base/text.h"

/* expat's allocation hooks have no context. Whoever enters expat says which heap is meant; MOTE_THREAD makes that one
 * per thread where there are threads. */
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

/* Small pieces, so that what expat copies aside when it stops or waits for more fits its memory. */
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

static void exceeded(struct mote__reader *r, const char *why)
{
    fail(r, MOTE_ERR_POLICY, "policy-violation", why);
}

/// Namespaces ///

/* The namespace of declarations. Known by its address: no attribute of a peer's can have it. */
static const char declarations[] = NS_XMLNS;

/* The namespace that `prefix` (len 0: the default one) stands for at `e`; NULL when nothing declares it. */
static const char *resolve(const struct mote_xml *e, const char *prefix, size_t len)
{
    if (len == 3 && mote_text_equal_n(prefix, len, "xml")) {
        return NS_XML;
    }
    for (; e != NULL; e = e->parent) {
        for (const struct mote_attr *a = e->attrs; a != NULL; a = a->next) {
            if (a->ns == declarations && mote_text_equal_n(prefix, len, a->name)) {
                return a->value;
            }
        }
    }
    return len == 0 ? "" : NULL;
}

/* Split a qualified name; false when it is none (two colons, an empty half). */
static bool split_name(const char *qname, size_t *prefix_len, const char **local)
{
    const char *colon = strchr(qname, ':');
    if (colon == NULL) {
        *prefix_len = 0;
        *local = qname;
        return true;
    }
    *prefix_len = (size_t)(colon - qname);
    *local = colon + 1;
    return colon != qname && colon[1] != '\0' && strchr(colon + 1, ':') == NULL;
}

/* A declaration must not touch the two reserved names nor undeclare a prefix (Namespaces in XML 1.0, section 3). */
static bool declaration_allowed(const char *prefix, const char *value)
{
    if (strcmp(value, NS_XMLNS) == 0 || strcmp(prefix, "xmlns") == 0) {
        return false;
    }
    if ((strcmp(prefix, "xml") == 0) != (strcmp(value, NS_XML) == 0)) {
        return false;
    }
    return prefix[0] == '\0' || value[0] != '\0';
}

/* Give prefixed attributes their namespace, once all declarations of the element are known. */
static bool resolve_attrs(struct mote_xml *e)
{
    for (struct mote_attr *a = e->attrs; a != NULL; a = a->next) {
        if (a->ns != NULL) {
            continue;
        }
        const char *local;
        size_t len;
        split_name(a->name, &len, &local);
        a->ns = resolve(e, a->name, len);
        a->name = local;
        if (a->ns == NULL) {
            return false;
        }
        for (const struct mote_attr *b = e->attrs; b != a; b = b->next) {
            if (b->ns != NULL && strcmp(b->ns, a->ns) == 0 && strcmp(b->name, local) == 0) {
                return false; /* the same attribute under two prefixes */
            }
        }
    }
    return true;
}

/// Building the tree ///

/* Copy one attribute. Declarations get the namespace of xmlns and the prefix as their name, "" for the default one;
 * a prefixed attribute keeps its whole name and no namespace until resolve_attrs. */
static struct mote_attr *build_attr(struct mote__reader *r, const char *name, const char *value)
{
    size_t prefix_len;
    const char *local;
    if (!split_name(name, &prefix_len, &local)) {
        malformed(r, "a malformed attribute name");
        return NULL;
    }
    const char *ns = prefix_len == 0 ? "" : NULL;
    if (name[0] == 'x' && strcmp(name, "xmlns") == 0) {
        ns = declarations;
        name = "";
    } else if (prefix_len == 5 && mote_text_equal_n(name, prefix_len, "xmlns")) {
        ns = declarations;
        name = local;
    }
    size_t name_size = strlen(name) + 1, value_size = strlen(value) + 1;
    struct mote_attr *a = mote__arena_struct(&r->arena, sizeof *a, name_size + value_size);
    if (a == NULL) {
        r->skipping = true;
        return NULL;
    }
    a->ns = ns;
    a->name = memcpy(a + 1, name, name_size);
    a->value = memcpy((char *)(a + 1) + name_size, value, value_size);
    if (ns == declarations && !declaration_allowed(a->name, a->value)) {
        malformed(r, "a forbidden namespace declaration");
        return NULL;
    }
    return a;
}

static struct mote_xml *build_element(struct mote__reader *r, const char *name, const char **atts)
{
    size_t prefix_len;
    const char *local;
    if (!split_name(name, &prefix_len, &local)) {
        malformed(r, "a malformed element name");
        return NULL;
    }
    size_t local_size = strlen(local) + 1;
    struct mote_xml *e = mote__arena_struct(&r->arena, sizeof *e, local_size);
    if (e == NULL) {
        r->skipping = true;
        return NULL;
    }
    e->name = memcpy(e + 1, local, local_size);
    e->parent = r->open;
    e->prefixed = prefix_len > 0;
    struct mote_attr **tail = &e->attrs;
    for (; *atts != NULL; atts += 2) {
        *tail = build_attr(r, atts[0], atts[1]);
        if (*tail == NULL) {
            return NULL;
        }
        tail = &(*tail)->next;
    }
    e->ns = prefix_len == 0 && e->attrs == NULL && e->parent != NULL && !e->parent->prefixed
                ? e->parent->ns /* what resolve would find */
                : resolve(e, name, prefix_len);
    if (e->ns == NULL || !resolve_attrs(e)) {
        malformed(r, "a prefix that nothing declares, or an attribute given twice");
        return NULL;
    }
    return e;
}

static void append_child(struct mote_xml *parent, struct mote_xml *child)
{
    if (parent->last != NULL) {
        parent->last->next = child;
    } else {
        parent->first = child;
    }
    parent->last = child;
}

/// expat's handlers ///

static void start_root(struct mote__reader *r, const char *name, const char **atts)
{
    if (r->renewed) {
        return; /* the header is known */
    }
    r->open = NULL;
    r->root = build_element(r, name, atts);
    size_t size = strlen(name) + 1;
    void *copy = r->root != NULL ? mote__arena_struct(&r->arena, 0, size) : NULL;
    r->root_name = copy != NULL ? memcpy(copy, name, size) : NULL;
    if (r->root_name == NULL) {
        exceeded(r, "a stream header larger than the stanza arena");
        return;
    }
    r->root_mark = r->arena.used;
    r->open = r->root;
    /* expat may yet take a buffer of two pieces; of what is left, half is for names that stay, half for one stanza. */
    uint32_t base = r->heap.used + 2 * PIECE;
    r->mark = base < r->heap.size ? base + (r->heap.size - base) / 2 : r->heap.size;
    r->sink->header(r->ctx, r->root);
}

static void on_start(void *ctx, const XML_Char *name, const XML_Char **atts)
{
    struct mote__reader *r = ctx;
    if (r->error != 0) {
        return;
    }
    if (r->depth == 0) {
        r->depth = 1;
        start_root(r, name, atts);
        return;
    }
    r->depth++;
    if (r->depth == 2) {
        r->skipping = false;
        r->top = NULL;
        r->stanza_start = (size_t)XML_GetCurrentByteIndex(r->parser);
    }
    if (r->depth > MOTE_XML_DEPTH + 1 || XML_GetSpecifiedAttributeCount(r->parser) > 2 * MOTE_XML_ATTRS) {
        r->skipping = true;
    }
    if (r->skipping) {
        return;
    }
    struct mote_xml *e = build_element(r, name, atts);
    if (e == NULL) {
        return;
    }
    if (r->depth == 2) {
        r->top = e;
    } else {
        append_child(r->open, e);
    }
    r->open = e;
}

static void end_stanza(struct mote__reader *r)
{
    r->boundary = (size_t)XML_GetCurrentByteIndex(r->parser) + (size_t)XML_GetCurrentByteCount(r->parser);
    if (r->skipping) {
        r->oversize++;
        if (r->top != NULL) {
            r->top->first = r->top->last = NULL; /* a part of its content is worse than none */
        }
        r->sink->oversize(r->ctx, r->top, r->boundary - r->stanza_start);
    } else {
        r->sink->stanza(r->ctx, r->top);
    }
    mote__arena_reset(&r->arena, r->root_mark);
    r->top = NULL;
    r->open = r->root;
    r->skipping = false;
    if (r->error == 0 && (r->stop || r->heap.used > r->mark)) {
        r->stopped = XML_StopParser(r->parser, XML_TRUE) == XML_STATUS_OK;
    }
}

static void on_end(void *ctx, const XML_Char *name)
{
    struct mote__reader *r = ctx;
    (void)name;
    if (r->error != 0) {
        return;
    }
    r->depth--;
    if (r->depth == 0) {
        r->ended = true;
        r->sink->end(r->ctx);
    } else if (r->depth == 1) {
        end_stanza(r);
    } else if (!r->skipping) {
        r->open = r->open->parent;
    }
}

/* expat hands a run of text over in pieces; they join in place, because nothing else was allocated in between. */
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
        r->boundary = (size_t)XML_GetCurrentByteIndex(r->parser) + len;
        return;
    }
    struct mote_xml *t = r->open->last;
    bool more = t != NULL && t->name == NULL;
    if (more ? !mote__arena_extend(&r->arena, len) : (t = mote__arena_struct(&r->arena, sizeof *t, len + 1)) == NULL) {
        r->skipping = true;
        return;
    }
    if (!more) {
        t->text = (char *)(t + 1);
        t->parent = r->open;
        append_child(r->open, t);
    }
    char *end = (char *)(t + 1) + t->text_len;
    memcpy(end, s, len);
    end[len] = '\0';
    t->text_len += (uint32_t)len;
}

static void on_doctype(void *ctx, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
    (void)name, (void)system, (void)public, (void)internal;
    fail(ctx, MOTE_ERR_POLICY, "restricted-xml", "a document type declaration, which XMPP restricts");
}

static void on_instruction(void *ctx, const XML_Char *target, const XML_Char *data)
{
    (void)target, (void)data;
    fail(ctx, MOTE_ERR_POLICY, "restricted-xml", "a processing instruction, which XMPP restricts");
}

static void on_comment(void *ctx, const XML_Char *text)
{
    (void)text;
    fail(ctx, MOTE_ERR_POLICY, "restricted-xml", "a comment, which XMPP restricts");
}

static void on_declaration(void *ctx, const XML_Char *version, const XML_Char *encoding, int standalone)
{
    (void)version, (void)standalone;
    if (encoding != NULL && !mote_text_equal_folded(encoding, "utf-8", sizeof "utf-8")) {
        fail(ctx, MOTE_ERR_POLICY, "unsupported-encoding", "an encoding other than UTF-8");
    }
}

/// Life of a parser ///

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
    r->ended = false;
    if (p == NULL) {
        return false;
    }
    XML_SetUserData(p, r);
    XML_SetElementHandler(p, on_start, on_end);
    XML_SetCharacterDataHandler(p, on_text);
    XML_SetStartDoctypeDeclHandler(p, on_doctype);
    XML_SetProcessingInstructionHandler(p, on_instruction);
    XML_SetCommentHandler(p, on_comment);
    XML_SetXmlDeclHandler(p, on_declaration);
    XML_SetReparseDeferralEnabled(p, XML_FALSE); /* else a stanza in two pieces waits for bytes that never come */
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
    return make_parser(r);
}

/* Make the parser anew between two stanzas. */
static void renew(struct mote__reader *r)
{
    r->renewals++;
    r->renewed = true;
    bool fed = make_parser(r);
    const char *parts[] = {"<", r->root_name, ">"};
    for (size_t i = 0; fed && i < 3; i++) {
        fed = XML_Parse(r->parser, parts[i], (int)strlen(parts[i]), XML_FALSE) == XML_STATUS_OK;
        r->fed += strlen(parts[i]);
    }
    r->renewed = false;
    r->boundary = r->fed;
    r->open = r->root;
    if (!fed) {
        exceeded(r, "a stream header larger than the XML memory");
    }
}

void mote__reader_stop(struct mote__reader *r)
{
    r->stop = true;
}

/* Feed one piece. Returns how much of it was taken: up to the boundary if the parser was stopped there. */
static size_t feed_piece(struct mote__reader *r, const char *s, size_t len)
{
    size_t before = r->fed;
    r->stopped = false;
    enum XML_Status status = XML_Parse(r->parser, s, (int)len, XML_FALSE);
    r->fed += len;
    if (r->stopped && r->error == 0) {
        size_t taken = r->boundary - before; /* an error behind the boundary is found again by the new parser */
        renew(r);
        return taken;
    }
    if (status == XML_STATUS_ERROR && XML_GetErrorCode(r->parser) == XML_ERROR_NO_MEMORY) {
        exceeded(r, "a tag that does not fit the XML memory");
    } else if (status == XML_STATUS_ERROR) {
        malformed(r, "XML that is not well-formed");
    }
    return len;
}

/* expat would follow a byte order mark, or the zeros of UTF-16, whatever encoding it was told: it looks at the first
 * two bytes. Further ones are for expat to judge, so that the verdict does not depend on the pieces they come in. */
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
    const char *s = bytes;
    size_t taken = 0;
    current = &r->heap;
    r->stop = false;
    if (r->error == 0 && utf16(r, s, len)) {
        fail(r, MOTE_ERR_POLICY, "unsupported-encoding", "an encoding other than UTF-8");
    }
    while (r->error == 0 && taken < len && !r->stop) {
        if (r->ended) {
            return (ptrdiff_t)len; /* nothing behind the end counts */
        }
        taken += feed_piece(r, s + taken, len - taken < PIECE ? len - taken : PIECE);
    }
    return r->error != 0 ? r->error : (ptrdiff_t)taken;
}
