/* SPDX-License-Identifier: MIT
 * Blog posts as Atom entries (RFC 4287, in the form that XEP-0277 and XEP-0472 give them): written to a stanza and read
 * from one. These are pure functions, which need no engine.
 */
#ifndef MOTE_ATOM_H
#define MOTE_ATOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/xml/stanza.h"
#include "core/xml/writer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A post: what mote_blog_publish takes, and what blog events carry. A zeroed field is absent. The strings of an event
 * live until the callback returns.
 *
 * All text is plain text. Of XHTML the words are kept, and the markup, scripts and styles are dropped. Text of type
 * "html" stays as it was sent, tags and all: show it as text, never as markup. */
struct mote_post {
    const char *service; /* JID of the pubsub service. Publishing: NULL is the own account */
    const char *node;    /* Publishing: NULL is the microblog, "urn:xmpp:microblog:0" */
    const char *id;      /* of the item. Publishing: NULL makes a random one of 11 characters */
    const char *title;   /* Publishing: if NULL, `content` becomes the title, because Atom and readers demand one */
    const char *content; /* Events: when the content lies elsewhere, the summary, or else its address */
    const char *author_name; /* for people; nobody vouches for it. Publishing: NULL is the name in the configuration */
    const char *author;  /* bare JID, as the entry tells it, or else the service. Publishing: always the own one */
    const char *atom_id; /* the <id/> of the entry. Publishing: ignored; an xmpp: URI of the item is written */
    int64_t updated;     /* seconds since 1970 UTC, before that negative; may lie in the future. Publishing: 0 is now */
    int64_t published;   /* the same. An entry may lack one of the two: then both are equal */
    const char *tags[MOTE_POST_TAGS];
    unsigned tag_count;

    /* The node where comments are; both are there, or none. Publishing: the post links to that node, which must exist;
     * or see with_comments. */
    const char *comments_service;
    const char *comments_node;

    /* Publishing only */
    bool with_comments; /* make a node for comments, on comments_service or else on `service`, and link to it */
    void (*more)(struct mote_writer *w, const void *ctx); /* writes further elements into the entry, such as
                                                             mote_enclosure_write; or NULL */
    const void *more_ctx;
    bool lean;          /* leave out what readers find elsewhere: author (the item's publisher), published, and id. It
                           saves about 190 bytes. Atom demands an id, but feed readers of XMPP go by the item's */

    /* Events only */
    const struct mote_xml *xml; /* the entry, for what else is in it, such as core/modules/enclosure.h reads; or NULL */
    bool entry;           /* false: the item came without an Atom entry, as nodes with pubsub#deliver_payloads=0 notify;
                             then only service, node, id and author are there, and mote_blog_read fetches the rest */
    bool author_verified; /* the service vouches for `author` */
    bool cut;             /* text or tags were left out because `scratch` or MOTE_POST_TAGS is too small for them */
};

/* Write <entry/>. service, node, id and title or content are not NULL, updated is set, author may be NULL. */
void mote_atom_write(struct mote_writer *w, const struct mote_post *post);

/* Fill in `post` from an entry. If that is NULL or something else, only the author is filled in. In `post` service,
 * node and id are set already, and the rest is zero; what the entry lacks stays so. `publisher` is that attribute of
 * the item (XEP-0060 section 7.1.2.3), or NULL.
 *
 * Strings point into the entry, or into scratch[0..size) where something had to be unpacked: XHTML without a plain
 * twin, and URIs. What does not fit there is cut at the end of a character, or left out, and post->cut is set. */
void mote_atom_read(const struct mote_xml *entry, const char *publisher, struct mote_post *post, char *scratch,
                    size_t size);

#ifdef __cplusplus
}
#endif

#endif
