/* SPDX-License-Identifier: MIT
 * What the command prints. Much of it was written by strangers: nothing they wrote reaches a terminal as a command to
 * it, nor breaks a line in two, nor makes JSON that is none.
 */
#ifndef CLI_OUT_H
#define CLI_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/services.h"

/* Before all else: gives stdio its buffers, so that it takes none from the heap later. */
void out_init(void);

/* What is printed to standard output goes here. */
FILE *out_file(void);

/// A reader that does not read ///

/* From now on nobody is waited for: what standard output does not take is kept for a while, then dropped (out/backlog.h). */
void out_never_wait(void);

/* The line that was flushed last was dropped. */
bool out_dropped(void);

/* There is room for many lines again. */
bool out_has_room(void);

/* Write on. True: something is left, so call it again in a while. */
bool out_turn(void);

/* At the end: as out_flush, and a slow reader has some time more. */
bool out_close(void);

/// Lines for people ///

/* To standard output and to standard error. In `format`, %s is escaped: a control character, what is not UTF-8, what
 * turns the direction of writing and what is not seen become \n, \t, \xHH or \u{H}; a backslash doubles. All else is as
 * in printf: %d %u %c %lu %llu. A newline of `format` itself is printed. */
__attribute__((format(printf, 1, 2))) void out_print(const char *format, ...);
__attribute__((format(printf, 1, 2))) void err_print(const char *format, ...);

/* Progress and diagnosis, not with -q; and only with -v. Each call is one line: "mote: ..." */
__attribute__((format(printf, 1, 2))) void note(const char *format, ...);
__attribute__((format(printf, 1, 2))) void detail(const char *format, ...);

/* The log of struct mote_services. */
void out_log(void *ctx, enum mote_log_level level, const char *line);

/* Print what was gathered. False when standard output is gone or its disk is full: said once. */
bool out_flush(void);

/// JSON: one object a line. A NULL string is null ///

void json_begin(const char *event); /* {"event":"..."; NULL: { only */
void json_string(const char *key, const char *value);
void json_time(const char *key, int64_t unix_time); /* XEP-0082; 0 is null */
void json_number(const char *key, uint64_t value);
void json_bool(const char *key, bool value);
void json_null(const char *key);
void json_hex(const char *key, const uint8_t *bytes, size_t len); /* NULL is null */
void json_object(const char *key);                                /* until json_close */
void json_list(const char *key);                                  /* json_string with key NULL adds to it */
void json_close(void);
bool json_end(void); /* ends the line and flushes it */

#endif
