/* SPDX-License-Identifier: MIT
 * Characters that one does not see, or that turn what stands around them.
 */
#ifndef CLI_HIDDEN_H
#define CLI_HIDDEN_H

#include <stddef.h>
#include <stdint.h>

/* The code point of the character s[0..n) when it is one of them, else 0: C1 controls, separators of lines, turns of
 * the direction of writing, and what has no width, such as a soft hyphen or a tag. Not the selectors of a variation
 * (FE00 to FE0F), which emoji are written with. */
uint32_t hidden_character(const char *s, size_t n);

#endif
