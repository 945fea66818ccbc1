/* SPDX-License-Identifier: MIT
 * Makes harmless names for files that strangers sent.
 */
#ifndef COMMAND_FILES_SAFE_NAMES_H
#define COMMAND_FILES_SAFE_NAMES_H

#include <stddef.h>
#include <stdint.h>

/* NAME_LEN: bytes of a name, at most. NAME_SIZE has room for a number and a NUL as well. */
enum { NAME_LEN = 100, NAME_SIZE = NAME_LEN + 16 };

/* Make a file name of what a peer called the file: the last part of a path, with nothing in it that a shell, a terminal
 * or another system would take for more than a letter, no dot or dash in front, and at most NAME_LEN bytes. When
 * nothing is left of it, or `told` is NULL, the name is "file-" and the time. */
void name_make(const char *told, int64_t unix_time, char out[NAME_SIZE]);

/* The n-th name to try when those before are taken: "photo-1.jpg" for "photo.jpg" and 1. With n = 0 it is the name. */
void name_number(const char *name, unsigned n, char out[NAME_SIZE]);

#endif
