/* SPDX-License-Identifier: MIT
 * Checks piece by piece that what the client sends is well-formed.
 */
#include "tests/fuzz/markup.h"

#include <string.h>

enum state {
    TEXT,
    LESS,
    NAME,
    IN_TAG,
    ATTRIBUTE,
    QUOTE,
    VALUE,
    AFTER_VALUE,
    EMPTY,
    CLOSING,
    ENTITY,
    VALUE_ENTITY,
    DECLARATION
};

static const uint32_t hash_start = 2166136261u;

void markup_start(struct markup *m)
{
    *m = (struct markup){.state = TEXT};
}

bool markup_between(const struct markup *m)
{
    return m->state == TEXT && m->depth <= 1 && m->more == 0;
}

static bool name_character(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == ':' || c == '.' || c >= 0x80;
}

/* How many bytes follow the first one of a character; 9 when no character begins so. */
static uint8_t bytes_behind(uint8_t c)
{
    if (c < 0x80) {
        return 0;
    }
    if (c < 0xc2 || c >= 0xf5) {
        return 9;
    }
    return c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
}

static const char *check_utf8(struct markup *m, uint8_t c)
{
    if (m->more > 0) {
        m->more--;
        return (c & 0xc0) == 0x80 ? NULL : "a UTF-8 sequence that is cut short";
    }
    if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') {
        return "a character that XML forbids";
    }
    m->more = bytes_behind(c);
    return m->more != 9 ? NULL : "a byte that begins no UTF-8 sequence";
}

static const char *check_entity(struct markup *m, uint8_t c)
{
    static const char *const known[] = {"lt", "gt", "amp", "apos", "quot", "#9", "#10", "#13", "#x9", "#xA", "#xD"};
    if (c != ';') {
        if (m->entity_len == sizeof m->entity - 1) {
            return "an entity that never ends";
        }
        m->entity[m->entity_len++] = (char)c;
        return NULL;
    }
    m->entity[m->entity_len] = '\0';
    m->entity_len = 0;
    m->state = m->state == ENTITY ? TEXT : VALUE;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(m->entity, known[i]) == 0) {
            return NULL;
        }
    }
    return "an entity that XML does not know";
}

/* The tag ends; `close`: it was </name>, `empty`: <name/>. */
static const char *tag_ends(struct markup *m, bool close, bool empty)
{
    m->state = TEXT;
    if (close) {
        return m->depth > 0 && m->open[--m->depth] == m->name ? NULL : "an end tag of something else";
    }
    if (!empty) {
        if (m->depth == MARKUP_DEPTH) {
            return "elements that nest deeper than anything Mote sends";
        }
        m->open[m->depth++] = m->name;
    }
    return NULL;
}

static const char *in_name(struct markup *m, uint8_t c)
{
    if (name_character(c)) {
        m->name = (m->name ^ c) * 16777619u;
        return NULL;
    }
    if (c == '>') {
        return tag_ends(m, m->state == CLOSING, false);
    }
    m->state = m->state == NAME && c == ' ' ? IN_TAG : m->state == NAME && c == '/' ? EMPTY : VALUE;
    return m->state != VALUE ? NULL : "a tag that is not well-formed";
}

static const char *in_tag(struct markup *m, uint8_t c)
{
    switch (m->state) {
    case IN_TAG: m->state = ATTRIBUTE; return name_character(c) ? NULL : "an attribute without a name";
    case ATTRIBUTE:
        m->state = c == '=' ? QUOTE : ATTRIBUTE;
        return c == '=' || name_character(c) ? NULL : "an attribute's name that is none";
    case QUOTE: m->state = VALUE; return c == '\'' ? NULL : "an attribute without quotes";
    case VALUE:
        m->state = c == '\'' ? AFTER_VALUE : c == '&' ? VALUE_ENTITY : VALUE;
        return c != '<' && c != '\n' && c != '\t' && c != '\r' ? NULL : "a raw < or white space in an attribute";
    case AFTER_VALUE:
        m->state = c == '/' ? EMPTY : IN_TAG;
        return c == '>' ? tag_ends(m, false, false) : c == ' ' || c == '/' ? NULL : "no blank behind an attribute";
    default: /* EMPTY */ return c == '>' ? tag_ends(m, false, true) : "a / within a tag";
    }
}

static const char *in_text(struct markup *m, uint8_t c)
{
    if (c == '<') {
        m->state = LESS;
    } else if (c == '&') {
        m->state = ENTITY;
    } else if (m->depth < 2) {
        return "text between stanzas";
    }
    return NULL;
}

const char *markup_feed(struct markup *m, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t c = bytes[i];
        const char *wrong = check_utf8(m, c);
        if (wrong == NULL) {
            switch (m->state) {
            case TEXT: wrong = in_text(m, c); break;
            case LESS:
                m->name = hash_start;
                m->state = c == '/' ? CLOSING : c == '?' && m->depth <= 1 ? DECLARATION : NAME;
                m->name = m->state == NAME ? (m->name ^ c) * 16777619u : m->name;
                wrong = m->state != NAME || name_character(c) ? NULL : "a raw <";
                break;
            case DECLARATION:
                m->depth = 0; /* a new stream on the same connection, after TLS or SASL */
                m->state = c == '>' ? TEXT : DECLARATION;
                break;
            case NAME:
            case CLOSING: wrong = in_name(m, c); break;
            case ENTITY:
            case VALUE_ENTITY: wrong = check_entity(m, c); break;
            default: wrong = in_tag(m, c); break;
            }
        }
        if (wrong != NULL) {
            return wrong;
        }
    }
    return NULL;
}
