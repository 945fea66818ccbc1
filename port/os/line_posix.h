/* SPDX-License-Identifier: MIT
 * Lines from a file descriptor, without waiting: a console, a pipe or a file.
 */
#ifndef MOTE_PORT_OS_LINE_POSIX_H
#define MOTE_PORT_OS_LINE_POSIX_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mote_line_posix {
    int fd;
    bool ended; /* no more will come; what is in `bytes` still counts */
    size_t len;
    char bytes[4096];
};

/* The next line, without its end and with a NUL. Returns its length; 0 when there is none yet, negative when no more
 * will come. Empty lines are passed over. A line longer than size - 1 comes in pieces, cut between characters. */
int mote_line_posix_read(struct mote_line_posix *in, char *line, size_t size);

#ifdef __cplusplus
}
#endif

#endif
