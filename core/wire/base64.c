/* SPDX-License-Identifier: MIT
 * base64, RFC 4648 section 4; decoding is strict.
 */
#include "core/wire/text.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t base64_encode(const void *bytes, size_t len, char *out)
{
    const uint8_t *b = bytes, *end = b + len;
    char *o = out;
    while (b < end) {
        uint32_t v = (uint32_t)*b++ << 16;
        unsigned n = 1;
        for (; n < 3 && b < end; n++) {
            v |= (uint32_t)*b++ << (16 - 8 * n);
        }
        for (unsigned i = 0; i < 4; i++, v <<= 6) {
            *o++ = i <= n ? alphabet[v >> 18 & 63] : '=';
        }
    }
    *o = '\0';
    return (size_t)(o - out);
}

/* Value of a character, or 64 and more for none. */
static unsigned value(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return (unsigned)(c - 'A');
    }
    if (c >= 'a' && c <= 'z') {
        return (unsigned)(c - 'a') + 26;
    }
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0') + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

ptrdiff_t base64_decode(const char *text, size_t len, void *out, size_t size)
{
    if (len % 4 != 0) {
        return -1;
    }
    size_t pad = len > 0 && text[len - 1] == '=' ? (text[len - 2] == '=' ? 2 : 1) : 0;
    size_t bytes = len / 4 * 3 - pad;
    if (bytes > size) {
        return -1;
    }
    uint8_t *o = out, *end = o + bytes; /* never overtakes the reading: in place is fine */
    uint32_t v = 0, bad = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned d = i < len - pad ? value(text[i]) : 0;
        bad |= d & 64;
        v = v << 6 | d;
        for (int shift = 16; i % 4 == 3 && shift >= 0 && o < end; shift -= 8) {
            *o++ = (uint8_t)(v >> shift);
        }
    }
    bad |= v & ((1u << 8 * pad) - 1); /* bits that no byte has */
    return bad ? -1 : (ptrdiff_t)bytes;
}
