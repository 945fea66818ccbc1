/* SPDX-License-Identifier: MIT
 * Prints what the command says. Much of it was written by strangers, so it is escaped: nothing they wrote reaches a
 * terminal as a command to it, breaks a line in two, or makes invalid JSON.
 */
#ifndef COMMAND_OUT_OUT_H
#define COMMAND_OUT_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/services.h"

/* Call it before all else: it gives stdio its buffers, so that stdio takes none from the heap later. */
void out_init(void);

/* The stream for what is printed to standard output. */
FILE *out_file(void);

/// A reader that does not read ///

/* From now on nobody is waited for: what standard output does not take is kept up to a bound, and dropped beyond it
 * (out/backlog.h). */
void out_never_wait(void);

/* Was the line that was flushed last dropped? */
bool out_dropped(void);

/* Is there room for many lines again? */
bool out_has_room(void);

/* Write what is kept. True when something is left, so that it has to be called again in a while. */
bool out_turn(void);

/* For the end: it flushes as out_flush does, and gives a slow reader some more time. */
bool out_close(void);

/// Lines for people ///

/* Print to standard output and to standard error. What %s stands for is escaped: control characters, what is not UTF-8,
 * and hidden characters (out/hidden.h) become \n, \t, \xHH or \u{H}, and a backslash is doubled. %d %u %c %lu %llu are
 * as in printf. A newline of `format` itself is printed as it is. */
__attribute__((format(printf, 1, 2))) void out_print(const char *format, ...);
__attribute__((format(printf, 1, 2))) void err_print(const char *format, ...);

/* Print one line, "mote: ...", to standard error: `note` tells of progress, unless -q is given, and `detail` helps to
 * find faults, with -v only. */
__attribute__((format(printf, 1, 2))) void note(const char *format, ...);
__attribute__((format(printf, 1, 2))) void detail(const char *format, ...);

/* The `log` function of struct mote_services. */
void out_log(void *ctx, enum mote_log_level level, const char *line);

/* Print what was gathered. False when standard output is gone or its disk is full, which is told once. */
bool out_flush(void);

/// JSON: one object in each line. A string that is NULL becomes null ///

void json_begin(const char *event); /* begins a line with {"event":"...", or with { alone when `event` is NULL */
void json_string(const char *key, const char *value);
void json_time(const char *key, int64_t unix_time); /* in the format of XEP-0082; 0 is null */
void json_number(const char *key, uint64_t value);
void json_bool(const char *key, bool value);
void json_null(const char *key);
void json_hex(const char *key, const uint8_t *bytes, size_t len); /* NULL is null */
void json_object(const char *key);                                /* goes on until json_close */
void json_list(const char *key);                                  /* the same; json_string with key NULL adds to it */
void json_close(void);
bool json_end(void); /* ends the line and flushes it */

#endif
