/* SPDX-License-Identifier: MIT
 * Walks through a stanza byte by byte until its end.
 */
#include "core/xml/skip.h"

/* Add a character to a name. What stands before a colon is a prefix, and is not kept. */
static void keep_name(struct mote__skip *k, char name[10], char c)
{
    if (c == ':') {
        k->at = 0;
        k->prefixed = true;
    } else if (k->at < 9) {
        name[k->at++] = c;
        name[k->at] = '\0';
    }
}

/* The character behind < tells what it is. */
static enum skip_result open_markup(struct mote__skip *k, char c)
{
    k->at = 0;
    if (c == '/') {
        k->state = SKIP_END_TAG;
        return SKIP_ON;
    }
    if (c == '!') {
        k->state = SKIP_DECLARATION;
        return SKIP_ON;
    }
    if (c == '?') {
        k->state = SKIP_FORBIDDEN;
        return SKIP_RESTRICTED;
    }
    if ((unsigned char)c < '?') { /* no name begins so */
        return SKIP_MALFORMED;
    }
    k->state = SKIP_NAME;
    if (k->depth == 1) {
        k->prefixed = false;
        k->last[0] = '\0';
        keep_name(k, k->name, c);
    }
    return SKIP_ON;
}

static enum skip_result in_tag(struct mote__skip *k, char c)
{
    if (c == '>') {
        k->depth++;
        k->state = SKIP_TEXT;
    } else if (c == '/') {
        k->state = SKIP_EMPTY;
    } else if (c == '"' || c == '\'') {
        k->quote = c;
        k->state = SKIP_VALUE;
    } else if (c == '<') {
        return SKIP_MALFORMED;
    } else if ((unsigned char)c <= ' ') {
        k->state = SKIP_TAG;
    } else if (k->state == SKIP_NAME && k->depth == 1) {
        keep_name(k, k->name, c);
    }
    return SKIP_ON;
}

static enum skip_result in_end_tag(struct mote__skip *k, char c)
{
    if (c == '<') {
        return SKIP_MALFORMED;
    }
    if (c == '>') {
        k->depth--;
        k->state = SKIP_TEXT;
        return k->depth > 1 ? SKIP_ON : k->depth == 1 ? SKIP_END : SKIP_CLOSED;
    }
    if (k->depth == 2 && (unsigned char)c > ' ') {
        keep_name(k, k->last, c);
    }
    return SKIP_ON;
}

static enum skip_result in_declaration(struct mote__skip *k, char c)
{
    static const char cdata[] = "[CDATA[";
    if (c == '-' && k->at == 0) {
        k->state = SKIP_FORBIDDEN;
        return SKIP_RESTRICTED;
    }
    if (c != cdata[k->at]) {
        return SKIP_MALFORMED;
    }
    k->at++;
    if (cdata[k->at] == '\0') {
        k->state = SKIP_CDATA;
        k->at = 0;
    }
    return SKIP_ON;
}

static enum skip_result step(struct mote__skip *k, char c)
{
    switch (k->state) {
    case SKIP_TEXT:
        if (c == '<') {
            k->state = SKIP_MARKUP;
            k->size = k->depth == 1 ? 1 : k->size;
        } else if (k->depth == 1 && (unsigned char)c > ' ') {
            return SKIP_MALFORMED;
        }
        return SKIP_ON;
    case SKIP_MARKUP: return open_markup(k, c);
    case SKIP_NAME:
    case SKIP_TAG: return in_tag(k, c);
    case SKIP_VALUE:
        k->state = c == k->quote ? SKIP_TAG : SKIP_VALUE;
        return c == '<' ? SKIP_MALFORMED : SKIP_ON;
    case SKIP_EMPTY:
        k->state = SKIP_TEXT;
        return c != '>' ? SKIP_MALFORMED : k->depth == 1 ? SKIP_END : SKIP_ON;
    case SKIP_END_TAG: return in_end_tag(k, c);
    case SKIP_DECLARATION: return in_declaration(k, c);
    case SKIP_FORBIDDEN: return SKIP_RESTRICTED;
    default:
        if (c == '>' && k->at == 2) {
            k->state = SKIP_TEXT;
        }
        k->at = c != ']' ? 0 : k->at < 2 ? k->at + 1 : 2;
        return SKIP_ON;
    }
}

enum skip_result mote__skip_feed(struct mote__skip *k, const char *s, size_t *len)
{
    enum skip_result result = SKIP_ON;
    size_t i = 0;
    while (i < *len && result == SKIP_ON) {
        char c = s[i++];
        bool control = (unsigned char)c < ' ' && c != '\t' && c != '\n' && c != '\r';
        k->size++;
        result = control ? SKIP_MALFORMED : step(k, c);
    }
    *len = i;
    return result;
}
