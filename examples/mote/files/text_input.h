/* SPDX-License-Identifier: MIT
 * Text from standard input: all of it, or line by line as it comes.
 */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "examples/mote/link/session.h"

/* All of standard input, without the line end that closes it. NULL after having said why; *code is the exit code. */
const char *input_all(int *code);

/* Be on line, and take each line that is not empty as it comes, without its end. A line that cannot be sent, or for
 * which `take` returns EXIT_USAGE or EXIT_REFUSED, is told with its number and passed over; the others go on. Returns
 * EXIT_REFUSED at the end when there was one, else 0; any other code of `take`, or SESSION_STOPPED, ends it at once. */
int input_each_line(int (*take)(const char *line));

/* " of line N" while the lines are taken, else "": for the sentence that tells what was wrong. */
const char *input_where(void);

/* "-" stands for standard input. */
bool input_is_standard(const char *argument);

/* False, after having said why, when `text` cannot be sent: empty, too long, not UTF-8. */
bool input_good(const char *text, size_t len, int *code);

#endif
