/* SPDX-License-Identifier: MIT
 * base64, RFC 4648 section 4; decoding is strict.
 */
#include "core/wire/text.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t base64_encode(const void *bytes, size_t len, char *out)
{
    const uint8_t *b = bytes;
    char *o = out;
    for (; len >= 3; b += 3, len -= 3) {
        uint32_t v = (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2];
        *o++ = alphabet[v >> 18];
        *o++ = alphabet[v >> 12 & 63];
        *o++ = alphabet[v >> 6 & 63];
        *o++ = alphabet[v & 63];
    }
    if (len > 0) {
        uint32_t v = (uint32_t)b[0] << 16 | (len > 1 ? (uint32_t)b[1] << 8 : 0);
        *o++ = alphabet[v >> 18];
        *o++ = alphabet[v >> 12 & 63];
        *o++ = len > 1 ? alphabet[v >> 6 & 63] : '=';
        *o++ = '=';
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
    uint8_t *o = out; /* never overtakes the reading: in place is fine */
    uint32_t v = 0, bad = 0;
    for (size_t i = 0; i < len - pad; i++) {
        unsigned d = value(text[i]);
        bad |= d & 64;
        v = v << 6 | d;
        if (i % 4 == 3) {
            *o++ = (uint8_t)(v >> 16);
            *o++ = (uint8_t)(v >> 8);
            *o++ = (uint8_t)v;
        }
    }
    if (pad == 1) {
        bad |= v & 3;
        *o++ = (uint8_t)(v >> 10);
        *o++ = (uint8_t)(v >> 2);
    } else if (pad == 2) {
        bad |= v & 15;
        *o++ = (uint8_t)(v >> 4);
    }
    return bad ? -1 : (ptrdiff_t)bytes;
}
