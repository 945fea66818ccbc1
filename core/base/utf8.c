/* SPDX-License-Identifier: MIT
 * UTF-8 as RFC 3629 has it, and the characters of XML 1.0 section 2.2.
 */
#include "core/base/text.h"

#include <string.h>

size_t mote_text_character(const char *text, size_t len)
{
    const uint8_t *s = (const uint8_t *)text;
    uint8_t c = s[0];
    if (c < 0x80) {
        return c >= 0x20 || c == '\t' || c == '\n' || c == '\r' ? 1 : 0;
    }
    if (c < 0xC2 || c > 0xF4) {
        return 0; /* a continuation byte, an overlong form, or a character beyond U+10FFFF */
    }
    size_t n = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    if (len < n) {
        return 0;
    }
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    switch (c) {
    case 0xE0: return s[1] >= 0xA0 ? n : 0; /* overlong */
    case 0xED: return s[1] < 0xA0 ? n : 0;  /* surrogates */
    case 0xEF: return s[1] == 0xBF && s[2] >= 0xBE ? 0 : n; /* U+FFFE, U+FFFF */
    case 0xF0: return s[1] >= 0x90 ? n : 0; /* overlong */
    case 0xF4: return s[1] < 0x90 ? n : 0;  /* beyond U+10FFFF */
    default: return n;
    }
}

size_t mote_text_plain(const char *s, size_t len)
{
    /* All bytes of a word are tested at once. A byte that ends the run sets the highest bit of its place. Now and then
     * a byte beside it does so too, which does no harm: the loop behind this one looks at each byte. */
    const size_t ones = SIZE_MAX / 255, high = ones << 7;
    size_t i = 0, w;
    for (; len - i >= sizeof w; i += sizeof w) {
        memcpy(&w, s + i, sizeof w);
        size_t less = (w - ones * ' ') & ~w;
        size_t angle = (w | ones * 2) ^ ones * '>', quote = (w | ones) ^ ones * '\'';
        if (((w | less | ((angle - ones) & ~angle) | ((quote - ones) & ~quote)) & high) != 0) {
            break;
        }
    }
    for (; i < len; i++) {
        uint8_t c = (uint8_t)s[i];
        if (c < ' ' || c >= 0x80 || (c | 2) == '>' || (c | 1) == '\'') {
            break;
        }
    }
    return i;
}

size_t mote_text_valid(const char *s, size_t len)
{
    size_t i = 0, n = 1;
    while (n > 0 && (i += mote_text_plain(s + i, len - i)) < len) {
        n = mote_text_character(s + i, len - i);
        i += n;
    }
    return i;
}
