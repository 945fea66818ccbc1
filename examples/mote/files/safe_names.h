/* SPDX-License-Identifier: MIT
 * Names for files that strangers sent.
 */
#ifndef CLI_NAMES_H
#define CLI_NAMES_H

#include <stddef.h>
#include <stdint.h>

enum { NAME_LEN = 100, NAME_SIZE = NAME_LEN + 16 }; /* bytes of a name; with room for a number and a NUL */

/* Make a harmless file name of what a peer called it: the last part of a path, with nothing that a shell, a terminal or
 * another system would take for more than a letter, no dot or dash in front, at most NAME_LEN bytes. When nothing is
 * left of it, or `told` is NULL: "file-" and the time. Pure. */
void name_make(const char *told, int64_t unix_time, char out[NAME_SIZE]);

/* The n-th name to try, when those before are taken: "photo-1.jpg" for "photo.jpg"; n = 0 is the name itself. */
void name_number(const char *name, unsigned n, char out[NAME_SIZE]);

#endif
