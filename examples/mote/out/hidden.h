/* SPDX-License-Identifier: MIT
 * Knows the characters that one does not see, or that change the direction of what stands around them.
 */
#ifndef COMMAND_OUT_HIDDEN_H
#define COMMAND_OUT_HIDDEN_H

#include <stddef.h>
#include <stdint.h>

/* Returns the code point of the character s[0..n) when it is one of them, else 0. They are the C1 controls, separators
 * of lines, changes of the direction of writing, and what has no width, such as a soft hyphen or a tag. The selectors
 * of a variation (FE00 to FE0F) are not among them, because emoji are written with these. */
uint32_t hidden_character(const char *s, size_t n);

#endif
