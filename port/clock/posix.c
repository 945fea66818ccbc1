/* SPDX-License-Identifier: MIT
 * The clock of a POSIX system.
 */
#include "port/clock/posix.h"

#include <time.h>

/* Time spent in sleep counts, because the deadlines of a laptop that was closed for an hour are over. */
#ifdef CLOCK_BOOTTIME
#define CLOCK_MS CLOCK_BOOTTIME
#else
#define CLOCK_MS CLOCK_MONOTONIC
#endif

static uint64_t clock_ms(void *ctx)
{
    struct timespec t = {0};
    (void)ctx;
    clock_gettime(CLOCK_MS, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int64_t clock_unix(void *ctx)
{
    struct timespec t = {0};
    (void)ctx;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec;
}

const struct mote_port_clock mote_clock_posix = {.ms = clock_ms, .unix_time = clock_unix};
