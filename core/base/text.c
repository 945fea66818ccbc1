/* SPDX-License-Identifier: MIT
 * Bounded strings, secrets, and the hash that tells JIDs apart.
 */
#include "core/base/text.h"

#include <string.h>

bool mote_text_copy(char *dst, size_t size, const char *src)
{
    size_t len = src != NULL ? strlen(src) : size;
    if (len >= size) {
        dst[0] = '\0';
        return false;
    }
    memcpy(dst, src, len + 1);
    return true;
}

bool mote_text_equal(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

bool mote_text_equal_n(const char *a, size_t len, const char *b)
{
    return strlen(b) == len && memcmp(a, b, len) == 0;
}

const char *mote_text_nth(const char *list, unsigned n)
{
    for (; n > 0; n--) {
        list += strlen(list) + 1;
    }
    return list;
}

int mote_text_index(const char *list, const char *text)
{
    for (int i = 0; *list != '\0'; i++, list += strlen(list) + 1) {
        if (strcmp(list, text) == 0) {
            return i;
        }
    }
    return -1;
}

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool mote_text_equal_folded(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (fold(a[i]) != fold(b[i])) {
            return false;
        }
    }
    return true;
}

void mote_text_fold(char *dst, const char *src, size_t len)
{
    dst[len] = '\0';
    while (len-- > 0) {
        dst[len] = fold(src[len]);
    }
}

bool mote_secret_equal(const void *a, const void *b, size_t len)
{
    const uint8_t *x = a, *y = b;
    uint8_t differ = 0;
    for (size_t i = 0; i < len; i++) {
        differ = (uint8_t)(differ | (x[i] ^ y[i]));
    }
    return differ == 0;
}

void mote_secret_wipe(void *bytes, size_t len)
{
    volatile uint8_t *b = bytes;
    while (len-- > 0) {
        *b++ = 0;
    }
}

static inline uint64_t rotl(uint64_t x, int b)
{
    return x << b | x >> (64 - b);
}

static inline void sipround(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotl(v[1], 13) ^ v[0];
    v[0] = rotl(v[0], 32);
    v[2] += v[3];
    v[3] = rotl(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotl(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotl(v[1], 17) ^ v[2];
    v[2] = rotl(v[2], 32);
}

/* Little end first. Compilers make one load of it where the machine can. */
static uint64_t word_at(const uint8_t *b)
{
    return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 | (uint64_t)b[4] << 32 |
           (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 | (uint64_t)b[7] << 56;
}

uint64_t mote_siphash(const uint64_t key[2], const void *bytes, size_t len)
{
    const uint8_t *b = bytes, *end = b + len;
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du, key[0] ^ 0x6c7967656e657261u,
                     key[1] ^ 0x7465646279746573u};
    uint8_t rest[8] = {0};
    for (int after = 0; after < 4; b += 8) { /* one round a word, the last word has the length in it; then three more */
        uint64_t word = 0;
        if (after == 0 && end - b >= 8) {
            word = word_at(b);
        } else if (after++ == 0) {
            memcpy(rest, b, (size_t)(end - b));
            word = word_at(rest) | (uint64_t)len << 56;
        }
        v[3] ^= word;
        sipround(v);
        v[0] ^= word;
        v[2] ^= after == 1 ? 0xff : 0;
    }
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
