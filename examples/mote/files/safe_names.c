/* SPDX-License-Identifier: MIT
 * Harmless names for files that strangers sent.
 */
#include "examples/mote/files/safe_names.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "examples/mote/out/hidden.h"

/* May the character stay? Letters, digits, most of what is beyond ASCII, and a few others may. */
static bool is_harmless(const char *s, size_t n)
{
    uint8_t c = (uint8_t)s[0], d = n > 1 ? (uint8_t)s[1] : 0, e = n > 2 ? (uint8_t)s[2] : 0;
    if (hidden_character(s, n) != 0) {
        return false;
    }
    if (n == 1) {
        return c >= ' ' && c < 0x7f && strchr("/\\:*?\"<>|`$&;!'~#%{}[]^=", c) == NULL;
    }
    if (n == 2) {
        return c != 0xc2 || d != 0xa0; /* the no-break space */
    }
    /* Of U+2000..206F, dashes and quotes are harmless; the others are blanks of every width, and controls. U+FF0E, FF0F
     * and FF3C are a dot, a slash and a backslash to systems that treat wide characters as the narrow ones. */
    bool general = c == 0xe2 && ((d == 0x80 && (e < 0x90 || e > 0xa7)) || (d == 0x81 && e < 0xb0));
    return n != 3 || !(general || (c == 0xef && (d == 0xbb || d == 0xbc)));
}

static const char *last_part(const char *path)
{
    const char *part = path;
    for (; *path != '\0'; path++) {
        if (*path == '/' || *path == '\\') {
            part = path + 1;
        }
    }
    return part;
}

/* The length of the extension, which a name that is cut keeps: a dot and up to 10 characters behind it. */
static size_t extension_len(const char *name, size_t len)
{
    const char *dot = strrchr(name, '.');
    size_t n = dot != NULL && dot != name ? len - (size_t)(dot - name) : 0;
    return n <= 11 ? n : 0;
}

/* Copy s[0..len) with '_' in the place of each character that is not harmless. Returns the length. */
static size_t clean(const char *s, size_t len, char *out)
{
    size_t used = 0;
    while (len > 0) {
        size_t n = mote_text_character(s, len);
        bool good = n > 0 && is_harmless(s, n);
        memcpy(out + used, good ? s : "_", good ? n : 1);
        used += good ? n : 1;
        s += n > 0 ? n : 1;
        len -= n > 0 ? n : 1;
    }
    while (used > 0 && strchr(". _", out[used - 1]) != NULL) {
        used--; /* Windows drops dots and blanks from the end */
    }
    out[used] = '\0';
    return used;
}

/* Shorten the name in front of its extension, and not within a character. */
static void shorten(char *name, size_t len)
{
    size_t end = extension_len(name, len), stem = NAME_LEN - end;
    while (stem > 0 && ((uint8_t)name[stem] & 0xc0) == 0x80) {
        stem--;
    }
    memmove(name + stem, name + len - end, end + 1);
}

void name_make(const char *told, int64_t unix_time, char out[NAME_SIZE])
{
    char name[256], date[MOTE_DATE_LEN + 1];
    const char *s = told != NULL ? last_part(told) : "";
    s += strspn(s, ".-_ \t");
    size_t len = strlen(s);
    len = clean(s, len < sizeof name ? len : sizeof name - 1, name);
    if (len > NAME_LEN) {
        shorten(name, len);
    }
    if (len > 0) {
        memcpy(out, name, strlen(name) + 1);
        return;
    }
    mote_date_write(unix_time, date);
    snprintf(out, NAME_SIZE, "file-%.4s%.2s%.2sT%.2s%.2s%.2sZ", date, date + 5, date + 8, date + 11, date + 14,
             date + 17);
}

void name_number(const char *name, unsigned n, char out[NAME_SIZE])
{
    size_t len = strlen(name), end = extension_len(name, len);
    if (n == 0) {
        memcpy(out, name, len + 1);
        return;
    }
    snprintf(out, NAME_SIZE, "%.*s-%u%s", (int)(len - end), name, n, name + len - end);
}
