/* SPDX-License-Identifier: MIT
 * A received stanza, to be read only: a tree in the arena, which is valid until the module that got it returns.
 *
 * An element has a name and a namespace; a text node has neither (name is NULL) but text. Namespaces are compared as
 * (namespace, local name) pairs, never as one joined string.
 */
#ifndef MOTE_STANZA_H
#define MOTE_STANZA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mote_attr {
    const char *ns;   /* "" for an attribute without prefix; namespace name otherwise */
    const char *name; /* local name */
    const char *value;
    struct mote_attr *next;
};

struct mote_xml {
    const char *ns;   /* namespace name, "" for none; NULL in a text node */
    const char *name; /* local name; NULL in a text node */
    union {
        struct mote_attr *attrs; /* of an element */
        const char *text;        /* of a text node, NUL-terminated */
    };
    uint32_t text_len; /* of a text node, in bytes */
    bool prefixed;     /* the element's name came with a prefix */
    struct mote_xml *first, *last, *next, *parent;
};

/* True if `e` is not NULL and is the element {ns}name. */
bool mote_xml_is(const struct mote_xml *e, const char *ns, const char *name);

/* First child element {ns}name, or NULL. `e` may be NULL, so calls can be chained. `name` NULL takes any name of the
 * namespace; `ns` NULL takes any element. */
const struct mote_xml *mote_xml_child(const struct mote_xml *e, const char *ns, const char *name);

/* The same in the namespace of `e` itself, where most children are. */
const struct mote_xml *mote_xml_inner(const struct mote_xml *e, const char *name);

/* The next sibling that is named as `e`, namespace included. */
const struct mote_xml *mote_xml_again(const struct mote_xml *e);

/* Next sibling element {ns}name after `e`, or NULL. */
const struct mote_xml *mote_xml_next(const struct mote_xml *e, const char *ns, const char *name);

/* Value of the attribute without namespace, or NULL. `e` may be NULL. */
const char *mote_xml_attr(const struct mote_xml *e, const char *name);

/* True if the attribute is there and has this value. */
bool mote_xml_attr_is(const struct mote_xml *e, const char *name, const char *value);

/* The common attributes of a stanza, found in one walk; those that are absent are NULL. */
struct mote_stanza_head {
    const char *from, *to, *id, *type;
};
void mote_stanza_head(const struct mote_xml *stanza, struct mote_stanza_head *head);

/* The element's text if all its content is one run of text; "" when it is empty, has child elements, or `e` is NULL.
 * *len gets its length, unless it is NULL. */
const char *mote_xml_text(const struct mote_xml *e, size_t *len);

/* Text of child {ns}name: mote_xml_text(mote_xml_child(e, ns, name)), but NULL when there is no such child. */
const char *mote_xml_child_text(const struct mote_xml *e, const char *ns, const char *name);

const char *mote_xml_inner_text(const struct mote_xml *e, const char *name); /* the same in the namespace of `e` */

/* The defined condition in an error element: the name of the first child of namespace `ns` but <text/>, or NULL. */
const char *mote_xml_condition(const struct mote_xml *error, const char *ns);

/* Read an unsigned decimal attribute of at most `max`. Returns false when it is absent or anything else. */
bool mote_xml_attr_uint(const struct mote_xml *e, const char *name, uint64_t max, uint64_t *value);

/* The same for any string: digits only, no sign, no blank, at most `max`. */
bool mote_text_uint(const char *text, uint64_t max, uint64_t *value);

#ifdef __cplusplus
}
#endif

#endif
