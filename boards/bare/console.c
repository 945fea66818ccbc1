/* SPDX-License-Identifier: MIT
 * The console: it prints lines, reads lines, and knows two keys that are not part of a line. Ctrl-C asks the program to
 * end, Ctrl-T prints the figures of mote__machine_report.
 */
#include "boards/bare/console.h"

#include <string.h>

#include "boards/board.h"
#include "boards/bare/machine.h"
#include "board_limits.h"
#include "port/base/phrase.h"

enum { CTRL_C = 0x03, CTRL_T = 0x14 };

static struct {
    char bytes[LIMIT_LINE];
    size_t len;
    bool whole;    /* a line end has come */
    bool stop;     /* Ctrl-C */
    bool figures;  /* Ctrl-T */
} input;

static void take_typed(char c)
{
    if (c == CTRL_C) {
        input.stop = true;
    } else if (c == CTRL_T) {
        input.figures = true;
    } else if (c == '\n' || c == '\r') {
        input.whole = input.len > 0; /* an empty line is the second character of \r\n */
    } else if (input.len < sizeof input.bytes) {
        input.bytes[input.len++] = c;
    } else {
        input.whole = true; /* the line is too long: hand out what fits, and lose c */
    }
}

bool mote__console_input(void)
{
    for (int c; !input.whole && !input.stop && !input.figures && (c = mote__hw_get()) >= 0;) {
        take_typed((char)c);
    }
    if (input.figures) {
        input.figures = false;
        mote__machine_report();
    }
    return input.whole || input.stop;
}

bool mote_board_running(void)
{
    (void)mote__console_input();
    mote_board_learn_time();
    return !input.stop;
}

int mote_board_read_line(char *line, size_t size)
{
    (void)mote__console_input();
    if (!input.whole) {
        return 0;
    }
    size_t n = input.len < size - 1 ? input.len : size - 1;
    memcpy(line, input.bytes, n);
    line[n] = '\0';
    input.len -= n;
    memmove(input.bytes, input.bytes + n, input.len);
    input.whole = input.len > 0;
    return (int)n;
}

static void put_bytes(void *ctx, const char *bytes, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        mote__hw_put(bytes[i]);
    }
}

void mote_board_print(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    mote__phrase_to(put_bytes, NULL, format, args);
    va_end(args);
}

void mote_board_format(char *out, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    mote__phrase_v(out, size, format, args);
    va_end(args);
}
