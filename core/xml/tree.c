/* SPDX-License-Identifier: MIT
 * Makes the elements of a stanza's tree: splits names, copies attributes, resolves namespaces.
 */
#include "core/xml/tree.h"

#include <string.h>

#include "core/xml/ns.h"
#include "core/base/text.h"

/// Namespaces ///

/* The namespace of declarations. It is compared by its address, which no attribute of a peer can have. */
static const char declarations[] = NS_XMLNS;

const char *mote__tree_namespace(const struct mote_xml *e, const char *prefix, size_t len)
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

/* Split a qualified name. Returns false when it is none, because it has two colons or an empty half. */
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
        a->ns = mote__tree_namespace(e, a->name, len);
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

/* Copy one attribute, or return NULL as mote__tree_element does. A declaration gets the namespace of xmlns and its
 * prefix as name, "" for the default one. A prefixed attribute keeps its whole name, and has no namespace until
 * resolve_attrs. */
static struct mote_attr *build_attr(struct mote__arena *arena, const char *name, const char *value, const char **why)
{
    size_t prefix_len;
    const char *local;
    if (!split_name(name, &prefix_len, &local)) {
        *why = "a malformed attribute name";
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
    if (ns == declarations && !declaration_allowed(name, value)) {
        *why = "a forbidden namespace declaration";
        return NULL;
    }
    size_t name_size = strlen(name) + 1, value_size = strlen(value) + 1;
    struct mote_attr *a = mote__arena_block(arena, sizeof *a + name_size + value_size);
    if (a == NULL) {
        return NULL;
    }
    a->next = NULL;
    a->ns = ns;
    a->name = memcpy(a + 1, name, name_size);
    a->value = memcpy((char *)(a + 1) + name_size, value, value_size);
    return a;
}

/* Is it id, from, to, type or xmlns? Other short names pass as well, which does no harm. */
static bool is_head(const char *name)
{
    return strlen(name) <= 5 && strchr(name, ':') == NULL;
}

struct mote_xml *mote__tree_element(struct mote__arena *arena, struct mote_xml *parent, const char *name,
                                    const char **atts, bool head, const char **why)
{
    size_t prefix_len;
    const char *local;
    *why = NULL;
    if (!split_name(name, &prefix_len, &local)) {
        *why = "a malformed element name";
        return NULL;
    }
    size_t local_size = strlen(local) + 1;
    struct mote_xml *e = mote__arena_block(arena, sizeof *e + local_size);
    if (e == NULL) {
        return NULL;
    }
    *e = (struct mote_xml){.name = memcpy(e + 1, local, local_size), .parent = parent, .prefixed = prefix_len > 0};
    struct mote_attr **tail = &e->attrs;
    for (; *atts != NULL; atts += 2) {
        if (head && !is_head(atts[0])) {
            continue;
        }
        *tail = build_attr(arena, atts[0], atts[1], why);
        if (*tail == NULL) {
            return NULL;
        }
        tail = &(*tail)->next;
    }
    e->ns = prefix_len == 0 && e->attrs == NULL && parent != NULL && !parent->prefixed
                ? parent->ns /* what mote__tree_namespace would find */
                : mote__tree_namespace(e, name, prefix_len);
    if (e->ns == NULL || !resolve_attrs(e)) {
        *why = "a prefix that nothing declares, or an attribute given twice";
        return NULL;
    }
    return e;
}

void mote__tree_append(struct mote_xml *parent, struct mote_xml *child)
{
    if (parent->last != NULL) {
        parent->last->next = child;
    } else {
        parent->first = child;
    }
    parent->last = child;
}

bool mote__tree_text(struct mote__arena *arena, struct mote_xml *parent, const char *s, size_t len)
{
    struct mote_xml *t = parent->last;
    bool more = t != NULL && t->name == NULL;
    if (more ? !mote__arena_extend(arena, len) : (t = mote__arena_block(arena, sizeof *t + len + 1)) == NULL) {
        return false;
    }
    if (!more) {
        *t = (struct mote_xml){.text = (char *)(t + 1), .parent = parent};
        mote__tree_append(parent, t);
    }
    char *end = (char *)(t + 1) + t->text_len;
    memcpy(end, s, len);
    end[len] = '\0';
    t->text_len += (uint32_t)len;
    return true;
}
