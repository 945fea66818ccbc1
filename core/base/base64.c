/* SPDX-License-Identifier: MIT
 * base64, RFC 4648 section 4; decoding is strict.
 */
#include "core/base/text.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t mote_base64_encode(const void *bytes, size_t len, char *out)
{
    const uint8_t *b = bytes, *end = b + len;
    char *o = out;
    for (; b < end; b += 3) {
        size_t n = (size_t)(end - b);
        uint32_t v = (uint32_t)b[0] << 16 | (n > 1 ? (uint32_t)b[1] << 8 : 0) | (n > 2 ? b[2] : 0u);
        *o++ = alphabet[v >> 18];
        *o++ = alphabet[v >> 12 & 63];
        *o++ = n > 1 ? alphabet[v >> 6 & 63] : '=';
        *o++ = n > 2 ? alphabet[v & 63] : '=';
    }
    *o = '\0';
    return (size_t)(o - out);
}

/* The values of '+' to 'z'; 64 stands for a character that has none. */
static const uint8_t values[80] = {
    62, 64, 64, 64, 63, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 64, 64, 64, 64, 64,
    64, 64, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17,
    18, 19, 20, 21, 22, 23, 24, 25, 64, 64, 64, 64, 64, 64, 26, 27, 28, 29, 30, 31,
    32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51,
};

static unsigned value(char c)
{
    unsigned at = (unsigned)(unsigned char)c - '+';
    return at < sizeof values ? values[at] : 64;
}

ptrdiff_t mote_base64_decode(const char *text, size_t len, void *out, size_t size)
{
    if (len % 4 != 0) {
        return -1;
    }
    size_t pad = len > 0 && text[len - 1] == '=' ? (text[len - 2] == '=' ? 2 : 1) : 0;
    size_t bytes = len / 4 * 3 - pad;
    if (bytes > size) {
        return -1;
    }
    uint8_t *o = out; /* writing never overtakes reading, so `out` may be `text` */
    uint32_t v = 0, bad = 0;
    for (size_t i = 0, left = bytes; i < len; i += 4, left -= left < 3 ? left : 3) {
        unsigned a = value(text[i]), b = value(text[i + 1]), c = left > 1 ? value(text[i + 2]) : 0,
                 d = left > 2 ? value(text[i + 3]) : 0;
        bad |= a | b | c | d;
        v = a << 18 | b << 12 | c << 6 | d;
        *o++ = (uint8_t)(v >> 16);
        if (left > 1) {
            *o++ = (uint8_t)(v >> 8);
        }
        if (left > 2) {
            *o++ = (uint8_t)v;
        }
    }
    bad = (bad & 64) | (v & ((1u << 8 * pad) - 1)); /* the bits that belong to no byte must be zero */
    return bad ? -1 : (ptrdiff_t)bytes;
}
