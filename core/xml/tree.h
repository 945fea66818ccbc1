/* SPDX-License-Identifier: MIT
 * The elements of a stanza's tree, made from what expat gives, with their namespaces resolved.
 */
#ifndef MOTE_TREE_H
#define MOTE_TREE_H

#include "core/xml/arena.h"
#include "core/xml/stanza.h"

/* Make an element in the arena. `name` and `atts` are as expat gives them: qualified names, and pairs that end with
 * NULL. With `head` only those attributes are taken that say whose a stanza is (id, from, to, type, xmlns). Returns
 * NULL when there is no room for it, or it is not well-formed: then *why says why. */
struct mote_xml *mote__tree_element(struct mote__arena *a, struct mote_xml *parent, const char *name,
                                    const char **atts, bool head, const char **why);

/* The namespace that `prefix` stands for at `e`, with len 0 the default one; NULL when nothing declares it. */
const char *mote__tree_namespace(const struct mote_xml *e, const char *prefix, size_t len);

void mote__tree_append(struct mote_xml *parent, struct mote_xml *child);

/* Add text to an element; false when there is no room. expat gives a run of text in pieces, which join in place because
 * nothing else is allocated in between. */
bool mote__tree_text(struct mote__arena *a, struct mote_xml *parent, const char *s, size_t len);

#endif
