/* SPDX-License-Identifier: MIT
 * Elements of a stanza's tree, made of what expat tells, with their namespaces resolved.
 */
#ifndef MOTE_TREE_H
#define MOTE_TREE_H

#include "core/xml/arena.h"
#include "core/xml/stanza.h"

/* Make an element in the arena. `name` and `atts` are as expat gives them: qualified names, and pairs that end with
 * NULL. `head`: of the attributes take only those that say what to do with a stanza as a whole (id, from, to, type,
 * xmlns). NULL: there is no room for it; or *why says why it is not well-formed. */
struct mote_xml *mote__tree_element(struct mote__arena *a, struct mote_xml *parent, const char *name,
                                    const char **atts, bool head, const char **why);

/* The namespace that `prefix` (len 0: the default one) stands for at `e`; NULL when nothing declares it. */
const char *mote__tree_namespace(const struct mote_xml *e, const char *prefix, size_t len);

void mote__tree_append(struct mote_xml *parent, struct mote_xml *child);

#endif
