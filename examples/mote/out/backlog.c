/* SPDX-License-Identifier: MIT
 * Keeps what standard output does not take at once. The descriptors are those of whoever started us, who may have them
 * open as well, so they are not made non-blocking: it is looked whether they take something before each write.
 */
#include "examples/mote/out/backlog.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* ROOM is enough for some thousand messages, or three of the longest. PIECE is what a pipe takes at once, if it takes
 * anything (PIPE_BUF). */
enum { ROOM = 1024 * 1024, PIECE = 4096 };

static char bytes[ROOM];
static size_t start, len; /* whole lines that are to be written: bytes[start..len) */
static size_t staged;     /* the line that is being gathered: bytes[len..staged) */
static bool overflown;    /* that line found no room */
static unsigned lost, lost_errors;
static bool error_cut; /* the rest of this line of standard error is dropped, too */

/// Descriptors ///

/* Write at most a piece, without waiting. Returns how much was taken, 0 when nothing is now, or -1 with errno. */
static ssize_t write_some(int fd, const char *b, size_t n)
{
    struct stat st;
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    n = n < PIECE ? n : PIECE;
    ssize_t done = 0;
    if (fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode)) { /* the journal's */
        done = send(fd, b, n, MSG_DONTWAIT | MSG_NOSIGNAL);
    } else if (poll(&p, 1, 0) > 0) {
        done = write(fd, b, n);
    }
    /* A full disk, or a file that may not grow, is no final failure: it takes more when somebody has made room. */
    bool later =
        done < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOSPC || errno == EDQUOT || errno == EFBIG);
    return later ? 0 : done;
}

/// Standard output ///

/* Move what waits to the front, so that there is room behind it. */
static void compact(void)
{
    memmove(bytes, bytes + start, staged - start);
    len -= start;
    staged -= start;
    start = 0;
}

static ssize_t gather(void *ctx, const char *b, size_t n)
{
    (void)ctx;
    if (n > ROOM - staged) {
        compact();
    }
    overflown = overflown || n > ROOM - staged;
    if (!overflown) {
        memcpy(bytes + staged, b, n);
        staged += n;
    }
    return (ssize_t)n;
}

bool backlog_commit(void)
{
    bool whole = !overflown;
    if (whole) {
        len = staged;
    } else {
        staged = len;
        lost++;
    }
    overflown = false;
    return whole;
}

int backlog_write(void)
{
    while (start < len) {
        ssize_t n = write_some(STDOUT_FILENO, bytes + start, len - start);
        if (n <= 0) {
            return n < 0 ? errno : 0;
        }
        start += (size_t)n;
    }
    return 0;
}

bool backlog_waits(void)
{
    return start < len;
}

bool backlog_has_room(void)
{
    return len - start <= ROOM / 2;
}

unsigned backlog_lost(void)
{
    unsigned n = lost;
    lost = 0;
    return n;
}

/// Standard error ///

/* The stream hands over whole lines, in pieces when they are long. */
static ssize_t say(void *ctx, const char *b, size_t n)
{
    (void)ctx;
    for (size_t at = 0; at < n && !error_cut;) {
        ssize_t done = write_some(STDERR_FILENO, b + at, n - at);
        error_cut = done <= 0;
        at += done > 0 ? (size_t)done : 0;
    }
    if (n > 0 && b[n - 1] == '\n') {
        lost_errors += error_cut;
        error_cut = false;
    }
    return (ssize_t)n;
}

unsigned backlog_lost_errors(void)
{
    unsigned n = lost_errors;
    lost_errors = 0;
    return n;
}

bool backlog_open(FILE **out, FILE **err)
{
    static char out_buffer[PIECE], err_buffer[PIECE];
    FILE *o = fopencookie(NULL, "w", (cookie_io_functions_t){.write = gather});
    FILE *e = fopencookie(NULL, "w", (cookie_io_functions_t){.write = say});
    if (o == NULL || e == NULL) {
        return false;
    }
    setvbuf(o, out_buffer, _IOFBF, sizeof out_buffer);
    setvbuf(e, err_buffer, _IOFBF, sizeof err_buffer);
    *out = o;
    *err = e;
    return true;
}
