/* SPDX-License-Identifier: MIT
 * A small printf whose texts cannot command a terminal.
 */
#include "port/base/phrase.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/base/text.h"

/// Into a buffer ///

struct buffer {
    char *out;
    size_t size, len;
    bool cut; /* something did not fit: nothing more is written, so that no later piece stands in for it */
};

/* How many bytes of text[0..len) fit in `room` without cutting a character. */
static size_t whole_len(const char *text, size_t len, size_t room)
{
    if (len <= room) {
        return len;
    }
    while (room > 0 && ((unsigned char)text[room] & 0xc0) == 0x80) {
        room--;
    }
    return room;
}

static void put_buffer(void *ctx, const char *bytes, size_t len)
{
    struct buffer *b = ctx;
    size_t fits = b->cut ? 0 : whole_len(bytes, len, b->size - 1 - b->len);
    memcpy(b->out + b->len, bytes, fits);
    b->len += fits;
    b->cut = b->cut || fits < len;
}

void mote__phrase_v(char *out, size_t size, const char *format, va_list args)
{
    struct buffer b = {.out = out, .size = size};
    mote__phrase_to(put_buffer, &b, format, args);
    out[b.len] = '\0';
}

void mote__phrase(char *out, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    mote__phrase_v(out, size, format, args);
    va_end(args);
}

/// Text and numbers ///

struct sink {
    mote__phrase_put_fn *put;
    void *ctx;
};

static size_t character_len(unsigned char c)
{
    return 1u + (c >= 0x80) + (c >= 0xe0) + (c >= 0xf0);
}

/* How many bytes at `s` may be shown as they are: 0 for a control character, else one character of valid text. U+0080
 * to U+009F are controls to a terminal as well: 9B is CSI. Nor is shown what nobody sees, or what turns the direction
 * of writing: U+00AD, 061C, 200B to 200F, 2028 to 202E, 2060 to 206F, FEFF, and tags (E0000 on). */
static size_t shown_len(const char *s)
{
    unsigned char c = (unsigned char)s[0], d = c >= 0xc2 ? (unsigned char)s[1] : 0;
    unsigned char e = c >= 0xe0 ? (unsigned char)s[2] : 0;
    bool hidden = c < 0x20 || c == 0x7f || (c == 0xc2 && (d < 0xa0 || d == 0xad)) || (c == 0xd8 && d == 0x9c) ||
                  (c == 0xe2 && d == 0x80 && ((e >= 0x8b && e <= 0x8f) || (e >= 0xa8 && e <= 0xae))) ||
                  (c == 0xe2 && d == 0x81 && e >= 0xa0 && e <= 0xaf) || (c == 0xef && d == 0xbb && e == 0xbf) ||
                  (c == 0xf3 && d == 0xa0);
    return hidden ? 0 : character_len(c);
}

static void put_text(const struct sink *s, const char *text, size_t len)
{
    while (len > 0) {
        size_t valid = mote_text_valid(text, len), run = 0, n = 0;
        while (run < valid && (n = shown_len(text + run)) > 0) {
            run += n;
        }
        if (run > 0) {
            s->put(s->ctx, text, run);
        } else {
            unsigned char c = (unsigned char)text[0];
            s->put(s->ctx, c == '\n' || c == '\r' || c == '\t' ? " " : "?", 1);
            run = valid > 0 ? character_len(c) : 1;
        }
        text += run;
        len -= run;
    }
}

static void put_number(const struct sink *s, unsigned long value, unsigned base, unsigned width)
{
    char digits[24];
    size_t i = sizeof digits;
    do {
        digits[--i] = "0123456789abcdef"[value % base];
        value /= base;
    } while (i > 0 && (value > 0 || sizeof digits - i < width));
    s->put(s->ctx, digits + i, sizeof digits - i);
}

static void put_int(const struct sink *s, int value)
{
    if (value < 0) {
        s->put(s->ctx, "-", 1);
    }
    put_number(s, value < 0 ? 0ul - (unsigned long)value : (unsigned long)value, 10, 0);
}

/* Put a string up to its NUL, but no more than `precision` bytes, unless that is negative. */
static void put_string(const struct sink *s, const char *text, int precision)
{
    if (text != NULL) {
        const char *end = precision >= 0 ? memchr(text, '\0', (size_t)precision) : NULL;
        put_text(s, text, end != NULL ? (size_t)(end - text) : precision >= 0 ? (size_t)precision : strlen(text));
    }
}

/// The format ///

void mote__phrase_to(mote__phrase_put_fn *put, void *ctx, const char *format, va_list args)
{
    const struct sink s = {.put = put, .ctx = ctx};
    for (const char *f = format; *f != '\0'; f++) {
        size_t plain = strcspn(f, "%");
        if (plain > 0) {
            s.put(s.ctx, f, plain);
            f += plain - 1;
            continue;
        }
        unsigned width = 0;
        int precision = -1;
        bool wide = false;
        f++;
        if (f[0] == '.' && f[1] == '*') {
            precision = va_arg(args, int);
            f += 2;
        }
        while (*f >= '0' && *f <= '9') {
            width = width * 10 + (unsigned)(*f++ - '0');
        }
        if (*f == 'l') {
            wide = true;
            f++;
        }
        switch (*f) {
        case 's': put_string(&s, va_arg(args, const char *), precision); break;
        case 'd': put_int(&s, va_arg(args, int)); break;
        case 'u':
        case 'x':
            put_number(&s, wide ? va_arg(args, unsigned long) : va_arg(args, unsigned), *f == 'u' ? 10 : 16, width);
            break;
        case '\0': return;
        default: s.put(s.ctx, f, 1); break;
        }
    }
}
