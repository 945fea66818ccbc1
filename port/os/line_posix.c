/* SPDX-License-Identifier: MIT
 * Reads lines from a descriptor, without waiting.
 */
#include "port/os/line_posix.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* Read what is there. The descriptor is not made non-blocking, because a terminal is shared with other programs. */
static void fill_line(struct mote_line_posix *in)
{
    struct pollfd p = {.fd = in->fd, .events = POLLIN};
    if (in->ended || in->len == sizeof in->bytes || poll(&p, 1, 0) <= 0) {
        return;
    }
    ssize_t n = read(in->fd, in->bytes + in->len, sizeof in->bytes - in->len);
    if (n > 0) {
        in->len += (size_t)n;
    } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
        in->ended = true;
    }
}

/* Hand out the first `len` bytes, and drop `gone`. */
static int take_line(struct mote_line_posix *in, char *line, size_t len, size_t gone)
{
    memcpy(line, in->bytes, len);
    line[len] = '\0';
    in->len -= gone;
    memmove(in->bytes, in->bytes + gone, in->len);
    return (int)len;
}

int mote_line_posix_read(struct mote_line_posix *in, char *line, size_t size)
{
    line[0] = '\0';
    fill_line(in);
    while (in->len > 0 && (in->bytes[0] == '\n' || in->bytes[0] == '\r')) {
        take_line(in, line, 0, 1);
    }
    const char *end = memchr(in->bytes, '\n', in->len);
    size_t len = end != NULL ? (size_t)(end - in->bytes) : in->len;
    if (len >= size) { /* hand out a piece, and do not cut through a character */
        size_t cut = size - 1;
        while (cut > 0 && ((unsigned char)in->bytes[cut] & 0xc0) == 0x80) {
            cut--;
        }
        cut = cut > 0 ? cut : size - 1;
        return take_line(in, line, cut, cut);
    }
    if (in->len == 0) {
        return in->ended ? -1 : 0;
    }
    if (end == NULL && !in->ended && in->len < sizeof in->bytes) {
        return 0;
    }
    size_t text = len;
    while (text > 0 && in->bytes[text - 1] == '\r') {
        text--;
    }
    return take_line(in, line, text, len + (end != NULL));
}
