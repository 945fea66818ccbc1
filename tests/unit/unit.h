/* SPDX-License-Identifier: MIT
 * What every unit test includes; cmocka wants these headers before its own.
 */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The same numbers in every run (xorshift32), so that a failure comes again. */
static inline uint32_t unit_random(uint32_t *state)
{
    uint32_t v = *state;
    v ^= v << 13;
    v ^= v >> 17;
    v ^= v << 5;
    *state = v;
    return v;
}

/* Bytes from their hexadecimal digits; returns how many. */
static inline size_t unit_hex(const char *digits, uint8_t *out)
{
    static const char known[] = "0123456789abcdef";
    size_t n = strlen(digits) / 2;
    for (size_t i = 0; i < n; i++) {
        out[i] = (uint8_t)((strchr(known, digits[2 * i]) - known) * 16 + (strchr(known, digits[2 * i + 1]) - known));
    }
    return n;
}

#endif
