/* SPDX-License-Identifier: MIT
 * What the fuzz targets share. Each target is one file with LLVMFuzzerTestOneInput; it runs under libFuzzer (`make
 * fuzz`), and under replay.c, which plays the kept corpus (`make check`).
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* An invariant of the target does not hold: say which, and abort, which is how libFuzzer learns of it. */
_Noreturn void fuzz_broken(const char *file, int line, const char *what);

#define must(condition, what) ((condition) ? (void)0 : fuzz_broken(__FILE__, __LINE__, what))

/* The input, taken from its front. At its end all reads give 0. */
struct input {
    const uint8_t *at;
    size_t left;
};

static inline uint8_t input_byte(struct input *in)
{
    if (in->left == 0) {
        return 0;
    }
    in->left--;
    return *in->at++;
}

static inline uint32_t input_number(struct input *in, unsigned bytes)
{
    uint32_t v = 0;
    while (bytes-- > 0) {
        v = v << 8 | input_byte(in);
    }
    return v;
}

/* The next bytes up to a NUL, which is taken as well, or the end: as a string of at most size - 1 bytes in `out`. */
static inline char *input_string(struct input *in, char *out, size_t size)
{
    size_t n = 0;
    while (in->left > 0) {
        uint8_t c = input_byte(in);
        if (c == 0) {
            break;
        }
        if (n + 1 < size) {
            out[n++] = (char)c;
        }
    }
    out[n] = '\0';
    return out;
}

/* FNV-1a: to compare what two runs did without keeping it. */
static inline uint64_t fuzz_hash(uint64_t h, const void *bytes, size_t len)
{
    const uint8_t *b = bytes;
    for (size_t i = 0; i < len; i++) {
        h = (h ^ b[i]) * 0x100000001b3u;
    }
    return h;
}

#endif
