/* SPDX-License-Identifier: MIT
 * Reads text from standard input: all of it, or line by line as it comes.
 */
#ifndef COMMAND_FILES_TEXT_INPUT_H
#define COMMAND_FILES_TEXT_INPUT_H

#include "examples/mote/link/session.h"

/* Returns all of standard input, without the line end that closes it, or NULL after having said why, with the exit code
 * in *code. */
const char *input_all(int *code);

/* Stay on line, and call `take` with each line that is not empty as it comes, without its end. A line that cannot be
 * sent, or for which `take` returns EXIT_USAGE or EXIT_REFUSED, is told with its number and passed over, and the others
 * go on. Returns EXIT_REFUSED at the end when there was such a line, else 0. Any other code of `take`, or
 * SESSION_STOPPED, ends it at once. */
int input_each_line(int (*take)(const char *line));

/* Returns " of line N" while lines are taken, else "". It is for the sentence that tells what was wrong. */
const char *input_where(void);

/* Is the argument "-", which stands for standard input? */
bool input_is_standard(const char *argument);

/* Returns false, after having said why, when `text` cannot be sent because it is empty, too long or not UTF-8. */
bool input_good(const char *text, size_t len, int *code);

#endif
