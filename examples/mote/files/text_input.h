/* SPDX-License-Identifier: MIT
 * Text from standard input: all of it, or line by line as it comes.
 */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "examples/mote/link/session.h"

/* All of standard input, without the line end that closes it. NULL after having said why; *code is the exit code. */
const char *input_all(int *code);

/* Be on line, wait for the next line that is not empty, and give it without its end. NULL: *code is 0 at the end of the
 * input, SESSION_STOPPED, or an exit code after having said why. */
const char *input_line(int *code);

/* False, after having said why, when `text` cannot be sent: empty, too long, not UTF-8. */
bool input_good(const char *text, size_t len, int *code);

#endif
