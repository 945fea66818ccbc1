/* SPDX-License-Identifier: MIT
 * The clock of a machine without an operating system: a counter, and what is known of the time of day.
 */
#include "port/clock/tick.h"

#include <stddef.h>

enum { DOUBT_MS = 3600000 };

static uint64_t (*now_ms)(void);
static int64_t base, floor_base; /* the time of day at 0 ms of the counter, and the least that it can have been */
static bool is_known, is_told;   /* base is the time, and not only the least that it can be; a server has said so */
static uint64_t refused_ms;      /* since when certificates have been refused; UINT64_MAX while they are not */

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
    base = floor_base = build_time - seconds();
    is_known = is_told = false;
    refused_ms = UINT64_MAX;
}

void mote_clock_tick_set(int64_t unix_time)
{
    if (unix_time - seconds() >= floor_base) {
        base = unix_time - seconds();
        is_known = true;
        is_told = false;
    }
}

void mote_clock_tick_told(int64_t unix_time)
{
    mote_clock_tick_set(unix_time);
    is_told = is_known;
}

void mote_clock_tick_floor(int64_t unix_time)
{
    if (unix_time - seconds() > floor_base) {
        floor_base = unix_time - seconds();
        base = is_known && base > floor_base ? base : floor_base;
    }
}

bool mote_clock_tick_doubt(bool refused)
{
    if (!refused || !is_told) {
        refused_ms = UINT64_MAX;
    } else if (refused_ms == UINT64_MAX) {
        refused_ms = now_ms();
    } else if (now_ms() - refused_ms >= DOUBT_MS) {
        base = floor_base;
        is_known = is_told = false;
        return true;
    }
    return false;
}

int64_t mote_clock_tick_least(void)
{
    return base + seconds();
}
