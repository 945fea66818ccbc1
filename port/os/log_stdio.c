/* SPDX-License-Identifier: MIT
 * Writes the log to stderr.
 */
#include "port/os/log_stdio.h"

#include <stdio.h>

void mote_log_stdio(void *ctx, enum mote_log_level level, const char *line)
{
    static const char *const names[] = {"error", "warning", "info", "trace"};
    const struct mote_log_stdio *log = ctx;
    if (log != NULL && level <= log->level) {
        fprintf(stderr, "mote: %s: %s\n", names[level], line);
    }
}
