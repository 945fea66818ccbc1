/* SPDX-License-Identifier: MIT
 * Writes a post as an Atom entry, and reads entries, whatever other programs put into them.
 */
#include "core/modules/blog/atom.h"

#include <string.h>

#include "core/xml/ns.h"
#include "core/base/text.h"

/// Writing ///

static bool unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-' || c == '~';
}

/* Percent-encode as other blog clients do (quote_plus of Python): a space becomes a plus, and an @ stays. */
static void put_quoted(struct mote_writer *w, const char *s)
{
    const char *hex = "0123456789ABCDEF";
    while (*s != '\0') {
        const char *start = s;
        while (*s != '\0' && (unreserved(*s) || *s == '@')) {
            s++;
        }
        mote_writer_raw(w, start, (size_t)(s - start));
        if (*s != '\0') {
            unsigned char c = (unsigned char)*s++;
            char code[3] = {'%', hex[c >> 4], hex[c & 15]};
            mote_writer_raw(w, c == ' ' ? "+" : code, c == ' ' ? 1 : 3);
        }
    }
}

/* xmpp:SERVICE?;node=NODE;item=ITEM (XEP-0060 section 13.22, XEP-0277 section 2.1); `item` may be NULL. */
static void put_uri(struct mote_writer *w, const char *service, const char *node, const char *item)
{
    mote_writer_put(w, "xmpp:");
    put_quoted(w, service);
    mote_writer_put(w, "?;node=");
    put_quoted(w, node);
    if (item != NULL) {
        mote_writer_put(w, ";item=");
        put_quoted(w, item);
    }
}

static void put_date(struct mote_writer *w, const char *name, int64_t time)
{
    char date[MOTE_DATE_LEN + 1];
    mote_date_write(time, date);
    mote_writer_element(w, name, date);
}

static void put_author(struct mote_writer *w, const struct mote_post *post)
{
    mote_writer_put(w, "<author>");
    mote_writer_element(w, "name", post->author_name);
    mote_writer_put(w, "<uri>xmpp:");
    put_quoted(w, post->author);
    mote_writer_put(w, "</uri></author>");
}

void mote_atom_write(struct mote_writer *w, const struct mote_post *post)
{
    mote_writer_put(w, "<entry xmlns='%s'>", NS_ATOM);
    mote_writer_element(w, "title", post->title != NULL ? post->title : post->content);
    mote_writer_element(w, "content", post->title != NULL ? post->content : NULL);
    if (!post->lean && post->author != NULL) {
        put_author(w, post);
    }
    put_date(w, "updated", post->updated);
    int64_t published = post->published != 0 ? post->published : post->updated;
    if (!post->lean || published != post->updated) {
        put_date(w, "published", published);
    }
    for (unsigned i = 0; i < post->tag_count; i++) {
        mote_writer_put(w, "<category term='%s'/>", post->tags[i]);
    }
    if (!post->lean) {
        mote_writer_put(w, "<id>");
        put_uri(w, post->service, post->node, post->id);
        mote_writer_put(w, "</id>");
    }
    if (post->comments_service != NULL && post->comments_node != NULL) {
        mote_writer_put(w, "<link rel='replies' title='comments' href='");
        put_uri(w, post->comments_service, post->comments_node, NULL);
        mote_writer_put(w, "'/>");
    }
    if (post->more != NULL) {
        post->more(w, post->more_ctx);
    }
    mote_writer_put(w, "</entry>");
}

/// Unpacking into scratch ///

/* The free rest of the caller's scratch, and one string that grows at its start. */
struct unpack {
    char *at;
    size_t left;      /* bytes */
    size_t len;       /* of the string, its NUL not counted */
    bool space, line; /* a blank, or the end of a line, is due before the next word */
    bool full;        /* the string had no more room */
    bool cut;         /* some string had not */
};

static void append_text(struct unpack *u, const char *s, size_t len)
{
    if (u->full) {
        return;
    }
    if (u->left == 0 || len > u->left - 1 - u->len) {
        u->full = u->cut = true;
        len = u->left == 0 ? 0 : mote_text_valid(s, u->left - 1 - u->len); /* whole characters */
    }
    if (len > 0) {
        memcpy(u->at + u->len, s, len);
        u->len += len;
    }
}

/* End the string and begin the next one behind it. */
static const char *finish(struct unpack *u)
{
    const char *s = "";
    if (u->left > 0) {
        s = u->at;
        u->at[u->len] = '\0';
        u->at += u->len + 1;
        u->left -= u->len + 1;
    }
    u->len = 0;
    u->space = u->line = u->full = false;
    return s;
}

/// XHTML to text ///

/* Elements whose content nobody is meant to read, and those that begin and end a line. Their namespace does not matter,
 * so that a script of SVG is left out as well. */
#define HIDDEN "script\0style\0head\0template\0object\0iframe\0noscript\0"
#define BLOCKS "p\0div\0br\0li\0ul\0ol\0dl\0dt\0dd\0tr\0table\0blockquote\0pre\0hr\0" \
               "h1\0h2\0h3\0h4\0h5\0h6\0"

static bool blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Append the words of a text node. A run of white space between them becomes one blank, as in a browser. */
static void append_words(struct unpack *u, const char *s, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t start = i;
        while (i < len && blank(s[i])) {
            i++;
        }
        u->space |= i > start;
        start = i;
        while (i < len && !blank(s[i])) {
            i++;
        }
        if (i == start) {
            break;
        }
        if (u->len > 0 && (u->line || u->space)) {
            append_text(u, u->line ? "\n" : " ", 1);
        }
        u->line = u->space = false;
        append_text(u, s + start, i - start);
    }
}

/* All text under `root`. It goes without recursion, because a peer chooses how deep the tree is. */
static const char *flatten(const struct mote_xml *root, struct unpack *u)
{
    const struct mote_xml *n = root->first;
    while (n != NULL) {
        if (n->name == NULL) {
            append_words(u, n->text, n->text_len);
        } else if (mote_text_index(HIDDEN, n->name) < 0) {
            u->line |= mote_text_index(BLOCKS, n->name) >= 0;
            if (n->first != NULL) {
                n = n->first;
                continue;
            }
        }
        while (n->next == NULL && n->parent != root) {
            n = n->parent;
            u->line |= mote_text_index(BLOCKS, n->name) >= 0;
        }
        n = n->next;
    }
    return finish(u);
}

/* The text of child `name`; of several the first that is not XHTML. NULL when there is no such child. */
static const char *read_text(const struct mote_xml *entry, const char *name, struct unpack *u)
{
    const struct mote_xml *e = mote_xml_inner(entry, name), *first = e;
    while (e != NULL && mote_xml_attr_is(e, "type", "xhtml")) {
        e = mote_xml_again(e);
    }
    e = e != NULL ? e : first;
    if (e == NULL || e->first == NULL) {
        return e == NULL ? NULL : "";
    }
    return e->first->name == NULL && e->first->next == NULL ? e->first->text : flatten(e, u);
}

/// URIs ///

static int hex_value(char c)
{
    const char *digits = "0123456789abcdef0123456789ABCDEF";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) % 16 : -1;
}

/* s[0..len) without its percent-encoding; NULL when that is broken, or the result is no valid text. */
static const char *unquote(const char *s, size_t len, bool plus, struct unpack *u)
{
    for (size_t i = 0; i < len; i++) {
        char c = plus && s[i] == '+' ? ' ' : s[i];
        if (s[i] == '%') {
            int high = i + 2 < len ? hex_value(s[i + 1]) : -1;
            int low = high >= 0 ? hex_value(s[i + 2]) : -1;
            if (low < 0) {
                finish(u);
                return NULL;
            }
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (u->left == 0 || u->len + 1 >= u->left) {
            u->full = u->cut = true; /* half an address is of no use */
            break;
        }
        u->at[u->len++] = c;
    }
    bool whole = !u->full;
    size_t got = u->len;
    const char *text = finish(u);
    return whole && mote_text_valid(text, got) == got ? text : NULL;
}

/* The JID of an xmpp: URI; NULL when it is none. */
static const char *uri_jid(const char *uri, struct unpack *u)
{
    if (uri == NULL || strncmp(uri, "xmpp:", 5) != 0) {
        return NULL;
    }
    const char *jid = unquote(uri + 5, strcspn(uri + 5, "?#"), false, u);
    return jid != NULL && mote_jid_valid(jid) ? jid : NULL;
}

/* The value of node= among the parts of the query, which stand between semicolons. */
static const char *uri_node(const char *uri, struct unpack *u)
{
    const char *part = strchr(uri, '?');
    while (part != NULL) {
        part++;
        size_t len = strcspn(part, ";#");
        if (len > 5 && strncmp(part, "node=", 5) == 0) {
            return unquote(part + 5, len - 5, true, u);
        }
        part = part[len] == ';' ? part + len : NULL;
    }
    return NULL;
}

static void read_comments(const struct mote_xml *entry, struct mote_post *post, struct unpack *u)
{
    const struct mote_xml *link = mote_xml_inner(entry, "link");
    while (link != NULL && !(mote_xml_attr_is(link, "rel", "replies") && mote_xml_attr_is(link, "title", "comments"))) {
        link = mote_xml_again(link); /* XEP-0277 section 3.1 */
    }
    const char *href = mote_xml_attr(link, "href");
    const char *service = uri_jid(href, u);
    const char *node = service != NULL ? uri_node(href, u) : NULL;
    if (node != NULL) {
        post->comments_service = service;
        post->comments_node = node;
    }
}

/// Reading ///

static void read_tags(const struct mote_xml *entry, struct mote_post *post)
{
    for (const struct mote_xml *e = mote_xml_inner(entry, "category"); e != NULL; e = mote_xml_again(e)) {
        const char *term = mote_xml_attr(e, "term");
        if (term == NULL || term[0] == '\0') {
            continue;
        }
        if (post->tag_count == MOTE_POST_TAGS) {
            post->cut = true;
            break;
        }
        post->tags[post->tag_count++] = term;
    }
}

/* What the post says, as text. Content that lies elsewhere (src) or is no text (a media type) should have a summary in
 * its place (RFC 4287 sections 4.1.3 and 4.2.13); without one its address is all that there is to show. */
static const char *read_content(const struct mote_xml *entry, struct unpack *u)
{
    const struct mote_xml *e = mote_xml_inner(entry, "content");
    const char *src = mote_xml_attr(e, "src"), *type = mote_xml_attr(e, "type");
    bool media = type != NULL && strchr(type, '/') != NULL && strncmp(type, "text/", 5) != 0;
    const char *text = src == NULL && !media ? read_text(entry, "content", u) : NULL;
    const char *summary = text == NULL || text[0] == '\0' ? read_text(entry, "summary", u) : NULL;
    if (summary != NULL) {
        return summary;
    }
    return src != NULL ? src : media ? read_text(entry, "content", u) : text;
}

static int64_t read_date(const struct mote_xml *entry, const char *name)
{
    const char *text = mote_xml_inner_text(entry, name);
    int64_t time = 0;
    return text != NULL && mote_date_read(text, &time) ? time : 0;
}

/* Decide whose post it is. An entry may name anybody, but the service vouches for the publisher that it names. PEP
 * services often leave that attribute out: a microblog on an account has one publisher, which is the account (XEP-0163
 * section 2.2). */
static void settle_author(struct mote_post *post, const char *publisher, bool named)
{
    if (publisher != NULL && !mote_jid_valid(publisher)) {
        publisher = NULL;
    } else if (publisher == NULL && mote_text_equal(post->node, NS_MICROBLOG) && post->service != NULL &&
               strchr(post->service, '@') != NULL) {
        publisher = post->service;
    }
    if (post->author == NULL && !named) {
        post->author = publisher;
    }
    post->author_verified = publisher != NULL && post->author != NULL && mote_jid_bare_equal(post->author, publisher);
}

void mote_atom_read(const struct mote_xml *entry, const char *publisher, struct mote_post *post, char *scratch,
                    size_t size)
{
    struct unpack u = {.at = scratch, .left = scratch != NULL ? size : 0};
    const char *uri = NULL;
    if (mote_xml_is(entry, NS_ATOM, "entry")) {
        const struct mote_xml *author = mote_xml_inner(entry, "author");
        post->entry = true;
        post->xml = entry;
        uri = mote_xml_inner_text(author, "uri");
        post->author_name = mote_xml_inner_text(author, "name");
        post->author = uri_jid(uri, &u); /* addresses come first: they are short, and of no use when they are cut */
        read_comments(entry, post, &u);
        post->atom_id = mote_xml_inner_text(entry, "id");
        int64_t updated = read_date(entry, "updated"), published = read_date(entry, "published");
        post->published = published != 0 ? published : updated;
        post->updated = updated != 0 ? updated : published;
        read_tags(entry, post);
        post->title = read_text(entry, "title", &u);
        post->content = read_content(entry, &u);
    }
    settle_author(post, publisher, uri != NULL && uri[0] != '\0');
    post->cut |= u.cut;
}
