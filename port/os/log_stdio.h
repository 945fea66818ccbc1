/* SPDX-License-Identifier: MIT
 * The log of struct mote_services, as lines on stderr.
 */
#ifndef MOTE_PORT_OS_LOG_STDIO_H
#define MOTE_PORT_OS_LOG_STDIO_H

#include "core/services.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The ctx of the services, when this is their log. */
struct mote_log_stdio {
    enum mote_log_level level; /* what is less important is left out: MOTE_LOG_ERROR shows errors only */
};

void mote_log_stdio(void *ctx, enum mote_log_level level, const char *line);

#ifdef __cplusplus
}
#endif

#endif
