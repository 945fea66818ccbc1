/* SPDX-License-Identifier: MIT
 * JSON (RFC 8259) straight into the buffer of standard output.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "examples/mote/out/hidden.h"
#include "examples/mote/out/out.h"

static bool first; /* no comma before the next member */

static void put_text(const char *text)
{
    fputs_unlocked(text, out_file());
}

/* Write \uXXXX. A character beyond U+FFFF is written as two surrogates (RFC 8259 section 7). */
static void put_escape(uint32_t c)
{
    if (c >= 0x10000) {
        fprintf(out_file(), "\\u%04x", (unsigned)(0xd7c0 + (c >> 10)));
        c = 0xdc00 + (c & 0x3ff);
    }
    fprintf(out_file(), "\\u%04x", (unsigned)c);
}

/* The short escape of a character, or NULL. */
static const char *shorthand_of(uint8_t c)
{
    switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\t': return "\\t";
    default: return NULL;
    }
}

/* What is not UTF-8 becomes U+FFFD. Hidden characters need no escape in JSON, but have one here, because JSON is
 * printed on terminals, too. */
static void put_string(const char *text, size_t len)
{
    putc_unlocked('"', out_file());
    for (size_t i = 0; i < len;) {
        uint8_t c = (uint8_t)text[i];
        size_t n = mote_text_character(text + i, len - i);
        uint32_t hidden;
        const char *shorthand = shorthand_of(c);
        if (shorthand != NULL) {
            put_text(shorthand);
        } else if (c < 0x20 || c == 0x7f) {
            fprintf(out_file(), "\\u%04x", c);
        } else if (n == 0) {
            put_text("\xef\xbf\xbd");
        } else if ((hidden = hidden_character(text + i, n)) != 0) {
            put_escape(hidden);
        } else {
            fwrite_unlocked(text + i, 1, n, out_file());
        }
        i += n > 0 ? n : 1;
    }
    putc_unlocked('"', out_file());
}

static void put_key(const char *key)
{
    if (!first) {
        putc_unlocked(',', out_file());
    }
    first = false;
    if (key != NULL) {
        put_string(key, strlen(key));
        putc_unlocked(':', out_file());
    }
}

void json_string(const char *key, const char *value)
{
    put_key(key);
    if (value != NULL) {
        put_string(value, strlen(value));
    } else {
        put_text("null");
    }
}

void json_begin(const char *event)
{
    first = true;
    putc_unlocked('{', out_file());
    if (event != NULL) {
        json_string("event", event);
    }
}

void json_time(const char *key, int64_t unix_time)
{
    char date[MOTE_DATE_LEN + 1];
    mote_date_write(unix_time, date);
    json_string(key, unix_time != 0 ? date : NULL);
}

void json_number(const char *key, uint64_t value)
{
    put_key(key);
    fprintf(out_file(), "%llu", (unsigned long long)value);
}

void json_bool(const char *key, bool value)
{
    put_key(key);
    put_text(value ? "true" : "false");
}

void json_null(const char *key)
{
    json_string(key, NULL);
}

void json_hex(const char *key, const uint8_t *bytes, size_t len)
{
    if (bytes == NULL) {
        json_null(key);
        return;
    }
    put_key(key);
    putc_unlocked('"', out_file());
    for (size_t i = 0; i < len; i++) {
        fprintf(out_file(), "%02x", bytes[i]);
    }
    putc_unlocked('"', out_file());
}

/// Nesting: what is opened last is closed first, and the depth is at most two ///

static char closers[4];
static unsigned depth;

static void open_level(const char *key, char opener, char closer)
{
    put_key(key);
    putc_unlocked(opener, out_file());
    closers[depth++ % sizeof closers] = closer;
    first = true;
}

void json_object(const char *key)
{
    open_level(key, '{', '}');
}

void json_list(const char *key)
{
    open_level(key, '[', ']');
}

void json_close(void)
{
    putc_unlocked(closers[--depth % sizeof closers], out_file());
    first = false;
}

bool json_end(void)
{
    put_text("}\n");
    return out_flush();
}
