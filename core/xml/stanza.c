/* SPDX-License-Identifier: MIT
 * Finding elements, attributes and text in a received stanza.
 */
#include "core/xml/stanza.h"

#include <string.h>

/* Equal strings are often the same string, and different ones mostly differ in their first byte. */
static bool same_text(const char *a, const char *b)
{
    return a == b || (a[0] == b[0] && strcmp(a, b) == 0);
}

bool mote_xml_is(const struct mote_xml *e, const char *ns, const char *name)
{
    return e != NULL && e->name != NULL && (name == NULL || same_text(e->name, name)) &&
           (ns == NULL || same_text(e->ns, ns));
}

static const struct mote_xml *find_element(const struct mote_xml *e, const char *ns, const char *name)
{
    while (e != NULL && !mote_xml_is(e, ns, name)) {
        e = e->next;
    }
    return e;
}

const struct mote_xml *mote_xml_child(const struct mote_xml *e, const char *ns, const char *name)
{
    return e != NULL ? find_element(e->first, ns, name) : NULL;
}

const struct mote_xml *mote_xml_next(const struct mote_xml *e, const char *ns, const char *name)
{
    return e != NULL ? find_element(e->next, ns, name) : NULL;
}

const struct mote_xml *mote_xml_inner(const struct mote_xml *e, const char *name)
{
    return e != NULL ? find_element(e->first, e->ns, name) : NULL;
}

const struct mote_xml *mote_xml_again(const struct mote_xml *e)
{
    return find_element(e->next, e->ns, e->name);
}

const char *mote_xml_attr(const struct mote_xml *e, const char *name)
{
    if (e == NULL || e->name == NULL) {
        return NULL;
    }
    for (const struct mote_attr *a = e->attrs; a != NULL; a = a->next) {
        if (a->ns[0] == '\0' && same_text(a->name, name)) {
            return a->value;
        }
    }
    return NULL;
}

bool mote_xml_attr_is(const struct mote_xml *e, const char *name, const char *value)
{
    const char *is = mote_xml_attr(e, name);
    return is != NULL && strcmp(is, value) == 0;
}

void mote_stanza_head(const struct mote_xml *stanza, struct mote_stanza_head *head)
{
    *head = (struct mote_stanza_head){0};
    for (const struct mote_attr *a = stanza->attrs; a != NULL; a = a->next) {
        const char **place = NULL;
        switch (a->ns[0] != '\0' ? '\0' : a->name[0]) {
        case 'f': place = same_text(a->name, "from") ? &head->from : NULL; break;
        case 'i': place = same_text(a->name, "id") ? &head->id : NULL; break;
        case 't': place = same_text(a->name, "to") ? &head->to : same_text(a->name, "type") ? &head->type : NULL; break;
        default: break;
        }
        if (place != NULL) {
            *place = a->value;
        }
    }
}

const char *mote_xml_text(const struct mote_xml *e, size_t *len)
{
    const struct mote_xml *t = e != NULL ? e->first : NULL;
    bool plain = t != NULL && t->name == NULL && t->next == NULL;
    if (len != NULL) {
        *len = plain ? t->text_len : 0;
    }
    return plain ? t->text : "";
}

const char *mote_xml_child_text(const struct mote_xml *e, const char *ns, const char *name)
{
    const struct mote_xml *child = mote_xml_child(e, ns, name);
    return child != NULL ? mote_xml_text(child, NULL) : NULL;
}

const char *mote_xml_inner_text(const struct mote_xml *e, const char *name)
{
    return e != NULL ? mote_xml_child_text(e, e->ns, name) : NULL;
}

const char *mote_xml_condition(const struct mote_xml *error, const char *ns)
{
    const struct mote_xml *c = mote_xml_child(error, ns, NULL);
    while (c != NULL && strcmp(c->name, "text") == 0) {
        c = mote_xml_next(c, ns, NULL);
    }
    return c != NULL ? c->name : NULL;
}

bool mote_text_uint(const char *text, uint64_t max, uint64_t *value)
{
    uint64_t v = 0;
    if (text == NULL || *text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        uint64_t digit = (uint64_t)(*text - '0');
        if (digit > max || v > (max - digit) / 10) {
            return false;
        }
        v = v * 10 + digit;
    }
    *value = v;
    return true;
}

bool mote_xml_attr_uint(const struct mote_xml *e, const char *name, uint64_t max, uint64_t *value)
{
    return mote_text_uint(mote_xml_attr(e, name), max, value);
}
