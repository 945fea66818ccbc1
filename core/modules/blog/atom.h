/* SPDX-License-Identifier: MIT
 * Blog posts as Atom entries (RFC 4287, in the form that XEP-0277 and XEP-0472 give them): written to a stanza and read
 * from one. Pure: no state, no engine.
 */
#ifndef MOTE_ATOM_H
#define MOTE_ATOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/xml/stanza.h"
#include "core/xml/writer.h"

/* A post: what mote_blog_publish takes and what blog events carry. Zeroed fields are absent ones. Who gets one in an
 * event has it until the callback returns.
 *
 * All text is plain text. Of XHTML the words are kept and the markup, scripts and styles are dropped; text of type
 * "html" stays as it was sent, tags and all, and is no markup either. */
struct mote_post {
    const char *service; /* JID of the pubsub service. Publishing: NULL is the own account */
    const char *node;    /* Publishing: NULL is the microblog, "urn:xmpp:microblog:0" */
    const char *id;      /* of the item. Publishing: NULL makes a random one of 11 characters */
    const char *title;   /* Publishing: if NULL, `content` becomes the title, for Atom and readers demand one */
    const char *content; /* Events: of content that lies elsewhere the summary, or else its address */
    const char *author_name; /* for people; nobody vouches for it. Publishing: NULL is the name in the configuration */
    const char *author;      /* bare JID as the entry or else the service tells. Publishing: always the own one */
    const char *atom_id; /* the <id/> of the entry. Publishing: not looked at, an xmpp: URI of the item is written */
    int64_t updated;     /* seconds since 1970 UTC, before that negative; may lie in the future. Publishing: 0 is now */
    int64_t published;   /* likewise. Of the two an entry may lack either: then both are the same */
    const char *tags[MOTE_POST_TAGS];
    unsigned tag_count;
    const char *comments_service; /* where comments are, both or none. Publishing: link to that node, which exists; */
    const char *comments_node;    /* or see with_comments */

    /* Publishing only */
    bool with_comments; /* make a node for comments, on comments_service or else on `service`, and link to it */
    bool lean;          /* leave out what readers find elsewhere: author (the item's publisher), published, id. Saves
                           about 190 bytes; Atom demands an id, but feed readers of XMPP go by the item's */

    /* Events only */
    bool entry;           /* false: the item came without an Atom entry, as nodes with pubsub#deliver_payloads=0 notify;
                             mote_blog_read with its id fetches it. All but service, node, id and author are absent */
    bool author_verified; /* the service vouches for `author` */
    bool cut;             /* text or tags were left out because `scratch` or MOTE_POST_TAGS is too small for them */
};

/* Write <entry/>. service, node, id and title or content are not NULL, updated is set, author may be NULL. */
void mote_atom_write(struct mote_writer *w, const struct mote_post *post);

/* Fill in `post` from an entry, which may be NULL or something else: then only the author is. `post` comes zeroed but
 * for service, node and id. `publisher` is that attribute of the item (XEP-0060 section 7.1.2.3), or NULL. Whatever the
 * entry lacks stays NULL or 0.
 *
 * Strings point into the entry, or into scratch[0..size) where something had to be unpacked: XHTML without a plain
 * twin, and URIs. What does not fit there is cut at the end of a character, or left out, and post->cut is set. */
void mote_atom_read(const struct mote_xml *entry, const char *publisher, struct mote_post *post, char *scratch,
                    size_t size);

#endif
