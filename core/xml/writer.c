/* SPDX-License-Identifier: MIT
 * Writes markup, and checks and escapes all text that goes into it.
 */
#include "core/xml/writer.h"

#include <stdarg.h>
#include <string.h>

#include "core/mote.h"
#include "core/base/text.h"

void mote_writer_start(struct mote_writer *w, void *base, size_t size)
{
    *w = (struct mote_writer){.base = base, .size = size, .room = size};
}

void mote_writer_raw(struct mote_writer *w, const void *bytes, size_t len)
{
    w->need += len;
    if (w->full || len > w->room) {
        w->full = true; /* from here on it only counts */
        if (!w->cut) {
            return;
        }
        len = w->room;
    }
    w->room -= len;
    size_t head = w->size - w->pos;
    if (len < head) {
        memcpy(w->base + w->pos, bytes, len);
        w->pos += len;
        return;
    }
    memcpy(w->base + w->pos, bytes, head);
    memcpy(w->base, (const uint8_t *)bytes + head, len - head);
    w->pos = len - head;
}

/* How a character has to be written where the writer stands, or NULL if it is written as it is. The reader's
 * normalisation would change a carriage return, and in attributes a tab or newline (XML 1.0 sections 2.11 and
 * 3.3.3). */
static const char *escape(const struct mote_writer *w, char c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '\'': return w->in_tag ? "&apos;" : NULL;
    case '\r': return "&#13;";
    case '\n': return w->in_tag ? "&#10;" : NULL;
    case '\t': return w->in_tag ? "&#9;" : NULL;
    default: return NULL;
    }
}

void mote_writer_text(struct mote_writer *w, const char *text, size_t len)
{
    const char *start = text, *end = text + len, *at = text;
    if (w->plain) {
        mote_writer_raw(w, text, len);
        return;
    }
    for (;;) {
        at += mote_text_plain(at, (size_t)(end - at));
        if (at == end) {
            break;
        }
        const char *as = escape(w, *at);
        size_t n = as != NULL ? 1 : mote_text_character(at, (size_t)(end - at));
        if (n == 0) {
            w->error = MOTE_ERR_TEXT;
            return;
        }
        if (as != NULL) {
            mote_writer_raw(w, start, (size_t)(at - start));
            mote_writer_raw(w, as, strlen(as));
            start = at + 1;
        }
        at += n;
    }
    mote_writer_raw(w, start, (size_t)(end - start));
}

void mote_writer_uint(struct mote_writer *w, uint64_t v)
{
    char digits[20];
    size_t i = sizeof digits;
    do {
        digits[--i] = (char)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    mote_writer_raw(w, digits + i, sizeof digits - i);
}

/* Do one conversion, from behind the percent sign. Returns what follows it. */
static const char *convert(struct mote_writer *w, const char *f, va_list *args)
{
    size_t max = SIZE_MAX;
    if (*f == '.' && *++f == '*') { /* .*s: at most so many, and no NUL is needed */
        int len = va_arg(*args, int);
        max = len > 0 ? (size_t)len : 0;
        f++;
    } else if (f[-1] == '.') { /* .40s: at most so many */
        for (max = 0; *f >= '0' && *f <= '9'; f++) {
            max = max * 10 + (size_t)(*f - '0');
        }
    }
    if (*f == 's') {
        const char *s = va_arg(*args, const char *);
        s = s != NULL ? s : "";
        const char *end = memchr(s, '\0', max);
        mote_writer_text(w, s, end != NULL ? (size_t)(end - s) : max);
    } else if (*f == 'l') { /* lu */
        mote_writer_uint(w, va_arg(*args, unsigned long));
        f++;
    } else if (*f == 'u' || *f == 'd') {
        unsigned v = va_arg(*args, unsigned);
        if (*f == 'd' && (int)v < 0) {
            mote_writer_raw(w, "-", 1);
            v = 0 - v;
        }
        mote_writer_uint(w, v);
    } else {
        mote_writer_raw(w, f, 1); /* %% */
    }
    return f + 1;
}

/* Copy markup of ours. Its last bracket tells whether the writer is inside a tag now. */
static void literal(struct mote_writer *w, const char *markup, size_t len)
{
    mote_writer_raw(w, markup, len);
    if (len >= 2 && markup[len - 1] == '\'' && markup[len - 2] == '=') {
        w->in_tag = true; /* the usual place of a value */
        return;
    }
    while (len-- > 0) {
        if (markup[len] == '<' || markup[len] == '>') {
            w->in_tag = markup[len] == '<';
            return;
        }
    }
}

static void put_format(struct mote_writer *w, const char *format, va_list *args)
{
    for (const char *percent; (percent = strchr(format, '%')) != NULL;) {
        literal(w, format, (size_t)(percent - format));
        format = convert(w, percent + 1, args);
    }
    literal(w, format, strlen(format));
}

void mote_writer_put(struct mote_writer *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_format(w, format, &args);
    va_end(args);
}

size_t mote_writer_plain(char *out, size_t size, const char *format, va_list args)
{
    struct mote_writer w;
    va_list copy; /* an array parameter has decayed: only a copy can be pointed to */
    va_copy(copy, args);
    mote_writer_start(&w, out, size - 1);
    w.plain = w.cut = true;
    put_format(&w, format, &copy);
    va_end(copy);
    size_t len = size - 1 - w.room;
    out[len] = '\0';
    return len;
}

void mote_writer_attr(struct mote_writer *w, const char *name, const char *value)
{
    if (value != NULL) {
        mote_writer_put(w, " %s='%s'", name, value);
    }
}

void mote_writer_empty(struct mote_writer *w, const char *name, const char *ns)
{
    mote_writer_put(w, "<%s xmlns='%s'/>", name, ns);
}

void mote_writer_element(struct mote_writer *w, const char *name, const char *text)
{
    if (text != NULL) {
        mote_writer_put(w, "<%s>%s</%s>", name, text, name);
    }
}

void mote_writer_base64(struct mote_writer *w, const void *bytes, size_t len)
{
    const uint8_t *b = bytes;
    char piece[MOTE_BASE64_LEN(48) + 1];
    while (len > 0) {
        size_t n = len < 48 ? len : 48;
        mote_writer_raw(w, piece, mote_base64_encode(b, n, piece));
        b += n;
        len -= n;
    }
}

int mote_writer_result(const struct mote_writer *w)
{
    return w->error != 0 ? w->error : w->full ? MOTE_ERR_FULL : 0;
}
