/* SPDX-License-Identifier: MIT */
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

static char buffer[TEXT_MAX + 3]; /* a text, CR, LF and NUL */
static size_t have, used;
static bool at_end;

bool input_good(const char *text, size_t len, int *code)
{
    static const char what[] = "cannot send this text";
    size_t good = mote_text_valid(text, len);
    *code = 0;
    if (len == 0) {
        *code = fail(EXIT_USAGE, "it is empty", NULL, what);
    } else if (len > TEXT_MAX) {
        *code = fail(EXIT_USAGE, "it is longer than 49152 bytes", "a file of any size goes with 'mote put'", what);
    } else if (good != len) {
        char why[96];
        snprintf(why, sizeof why, "byte %zu is not UTF-8, or a control character that XML forbids", good + 1);
        *code = fail(EXIT_USAGE, why, NULL, what);
    }
    return *code == 0;
}

/* Without the one line end. */
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

/* The next whole line in the buffer, or what is left at the end. */
static const char *line_at_hand(int *code)
{
    while (used < have) {
        char *line = buffer + used, *end = memchr(line, '\n', have - used);
        if (end == NULL && !at_end) {
            break;
        }
        size_t len = end != NULL ? (size_t)(end - line) + 1 : have - used;
        used += len;
        len = chomp(line, len);
        if (len > 0) {
            return input_good(line, len, code) ? line : NULL;
        }
    }
    return NULL;
}

static int fill(void)
{
    memmove(buffer, buffer + used, have - used);
    have -= used;
    used = 0;
    if (have == sizeof buffer - 1) {
        int code;
        input_good(buffer, TEXT_MAX + 1, &code);
        return code;
    }
    ssize_t n = read(STDIN_FILENO, buffer + have, sizeof buffer - 1 - have);
    if (n < 0 && errno != EINTR && errno != EAGAIN) {
        return fail_errno(NULL, "cannot read standard input");
    }
    have += n > 0 ? (size_t)n : 0;
    at_end = n == 0;
    return 0;
}

/* With --queue nobody waits but us: whoever else wants the store may have it meanwhile. */
static int wait_apart(void)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&p, 1, 0) == 0) {
        handover_close(0);
        (void)poll(&p, 1, -1);
    }
    return 0;
}

const char *input_line(int *code)
{
    static const bool never = false;
    const char *line = NULL;
    *code = 0;
    while ((line = line_at_hand(code)) == NULL && *code == 0 && !at_end) {
        *code = cli.queue ? wait_apart() : session_wait_input(STDIN_FILENO, &never);
        *code = *code == 0 ? fill() : *code;
    }
    return line;
}
