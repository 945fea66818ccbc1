/* SPDX-License-Identifier: MIT
 * The clock of a machine without an operating system: a counter, and what is known of the time of day.
 */
#include "port/clock/tick.h"

#include <stddef.h>

static uint64_t (*now_ms)(void);
static int64_t base;  /* the time of day at 0 ms of the counter, or the least that it can have been */
static bool is_known; /* base is the time, and not only the least that it can be */

static int64_t seconds(void)
{
    return now_ms != NULL ? (int64_t)(now_ms() / 1000) : 0;
}

static uint64_t clock_ms(void *ctx)
{
    (void)ctx;
    return now_ms();
}

static int64_t clock_unix(void *ctx)
{
    (void)ctx;
    return is_known ? base + seconds() : 0;
}

const struct mote_port_clock mote_clock_tick = {.ms = clock_ms, .unix_time = clock_unix};

void mote_clock_tick_init(uint64_t (*ms)(void), int64_t build_time)
{
    now_ms = ms;
    base = build_time - seconds();
    is_known = false;
}

void mote_clock_tick_set(int64_t unix_time)
{
    base = unix_time - seconds();
    is_known = true;
}

void mote_clock_tick_floor(int64_t unix_time)
{
    if (!is_known && unix_time > mote_clock_tick_least()) {
        base = unix_time - seconds();
    }
}

int64_t mote_clock_tick_least(void)
{
    return base + seconds();
}
