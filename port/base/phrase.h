/* SPDX-License-Identifier: MIT
 * Lines for people, bounded and without stdio, because on a microcontroller printf would bring malloc along.
 *
 * In a `format`
 *   %s %.*s   text. It may come from a stranger (a certificate, a DNS answer, a chat). So line ends and tabs become
 *             blanks, other control characters and what is not UTF-8 become '?', and nothing reaches a terminal that
 *             commands it. NULL counts as ""
 *   %u %02u   unsigned, padded with zeros      %lu   unsigned long      %d   int
 *   %x %04x   unsigned in hexadecimal
 *   %%        a percent sign
 */
#ifndef MOTE_PORT_BASE_PHRASE_H
#define MOTE_PORT_BASE_PHRASE_H

#include <stdarg.h>
#include <stddef.h>

#if defined(__GNUC__)
#define PHRASE_FORMAT(where, args) __attribute__((format(printf, where, args)))
#else
#define PHRASE_FORMAT(where, args)
#endif

/* Write to out[0..size), always with a NUL. What does not fit is cut off between two characters. */
PHRASE_FORMAT(3, 4) void mote__phrase(char *out, size_t size, const char *format, ...);
PHRASE_FORMAT(3, 0) void mote__phrase_v(char *out, size_t size, const char *format, va_list args);

/* Give the line to `put`, in pieces; it is not cut. */
typedef void mote__phrase_put_fn(void *ctx, const char *bytes, size_t len);
PHRASE_FORMAT(3, 0) void mote__phrase_to(mote__phrase_put_fn *put, void *ctx, const char *format, va_list args);

#endif
