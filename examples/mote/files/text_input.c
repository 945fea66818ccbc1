/* SPDX-License-Identifier: MIT
 * Text from standard input: all of it, or line by line as it comes.
 */
#include "examples/mote/files/text_input.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/text.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/files/small_file.h"
#include "examples/mote/daemon/queue_client.h"

static char buffer[TEXT_MAX + 3]; /* has room for a text, CR, LF and NUL */
static size_t have, used;
static bool at_end;
static bool passing_over; /* the rest of a line that is too long */
static unsigned long line_number, bad_lines;

bool input_is_standard(const char *argument)
{
    return strcmp(argument, "-") == 0;
}

const char *input_where(void)
{
    static char text[48] = "";
    if (line_number > 0) {
        snprintf(text, sizeof text, " of line %lu", line_number);
    }
    return text;
}

bool input_good(const char *text, size_t len, int *code)
{
    static const char what[] = "cannot send the text%s";
    size_t good = mote_text_valid(text, len);
    *code = 0;
    if (len == 0) {
        *code = fail(EXIT_USAGE, "it is empty", NULL, what, input_where());
    } else if (len > TEXT_MAX) {
        *code = fail(EXIT_USAGE, "it is longer than 49152 bytes", "a file of any size goes with 'mote put'", what,
                     input_where());
    } else if (good != len) {
        char why[96];
        snprintf(why, sizeof why, "byte %zu is not UTF-8, or a control character that XML forbids", good + 1);
        *code = fail(EXIT_USAGE, why, NULL, what, input_where());
    }
    return *code == 0;
}

/* The length without the one line end. */
static size_t chomp(char *text, size_t len)
{
    if (len > 0 && text[len - 1] == '\n') {
        len--;
        len -= len > 0 && text[len - 1] == '\r';
    }
    text[len] = '\0';
    return len;
}

const char *input_all(int *code)
{
    ssize_t len = file_read("-", buffer, sizeof buffer);
    if (len < 0 && errno != EFBIG) {
        *code = fail_errno(NULL, "cannot read standard input");
        return NULL;
    }
    size_t n = len < 0 ? TEXT_MAX + 1 : chomp(buffer, (size_t)len);
    return input_good(buffer, n, code) ? buffer : NULL;
}

/* Returns the next whole line in the buffer, without its end, or at the end of the input what is left; or NULL. */
static char *whole_line(size_t *len)
{
    char *line = buffer + used, *end = memchr(line, '\n', have - used);
    if (used == have || (end == NULL && !at_end)) {
        return NULL;
    }
    *len = end != NULL ? (size_t)(end - line) + 1 : have - used;
    used += *len;
    *len = chomp(line, *len);
    return line;
}

/* Returns the next line in the buffer that can be sent. One that cannot is told, counted, and passed over. */
static const char *line_at_hand(void)
{
    size_t len;
    int code;
    for (char *line; (line = whole_line(&len)) != NULL;) {
        if (passing_over) { /* this is the end of the line that is too long */
            passing_over = false;
            continue;
        }
        line_number++;
        if (len > 0 && input_good(line, len, &code)) {
            return line;
        }
        bad_lines += len > 0;
    }
    return NULL;
}

/* The buffer is full, and the line in it has no end yet, so it is too long. */
static void pass_over(void)
{
    int code;
    if (!passing_over) {
        line_number++;
        bad_lines++;
        input_good(buffer, TEXT_MAX + 1, &code);
    }
    passing_over = true;
    have = 0;
}

static int fill_line(void)
{
    memmove(buffer, buffer + used, have - used);
    have -= used;
    used = 0;
    if (have == sizeof buffer - 1) {
        pass_over();
    }
    ssize_t n = read(STDIN_FILENO, buffer + have, sizeof buffer - 1 - have);
    if (n < 0 && errno != EINTR && errno != EAGAIN) {
        return fail_errno(NULL, "cannot read standard input");
    }
    have += n > 0 ? (size_t)n : 0;
    at_end = n == 0;
    return 0;
}

/* With --queue there is no connection to serve while we wait, and other processes may have the store meanwhile. */
static int wait_apart(void)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&p, 1, 0) == 0) {
        handover_close(0);
        (void)poll(&p, 1, -1);
    }
    return 0;
}

/* Stay on line and wait for the next line. With NULL, *code is 0 at the end of the input, SESSION_STOPPED, or an exit
 * code. */
static const char *next_line(int *code)
{
    static const bool never = false;
    const char *line = NULL;
    *code = 0;
    while ((line = line_at_hand()) == NULL && *code == 0 && !at_end) {
        *code = cli.queue ? wait_apart() : session_wait_input(STDIN_FILENO, &never);
        *code = *code == 0 ? fill_line() : *code;
    }
    return line;
}

int input_each_line(int (*take)(const char *line))
{
    int code = 0;
    const char *line;
    while (code == 0 && (line = next_line(&code)) != NULL) {
        code = take(line);
        bool over = session.run.state == MOTE_RUN_ENDED;
        /* When the fault is this line's, the others are still sent. */
        if ((code == EXIT_USAGE || code == EXIT_REFUSED) && !over) {
            bad_lines++;
            code = 0;
        }
    }
    return code == 0 && bad_lines > 0 ? EXIT_REFUSED : code;
}
