/* SPDX-License-Identifier: MIT
 * struct mote_port_clock over a counter of milliseconds, and the time of day of a device that may not know it.
 *
 * There are three sources, the best first: what the board's clock or the server said (mote_clock_tick_set); the last
 * time that was known before a restart (mote_clock_tick_floor); the time of the build. The last two only say that it is
 * not earlier than that. This is enough to refuse a certificate that had ended by then.
 */
#ifndef MOTE_PORT_CLOCK_TICK_H
#define MOTE_PORT_CLOCK_TICK_H

#include "port/port.h"

extern const struct mote_port_clock mote_clock_tick; /* its ctx is not used */

/* `ms` may count from any start, and must never go back. */
void mote_clock_tick_init(uint64_t (*ms)(void), int64_t build_time);

void mote_clock_tick_set(int64_t unix_time);   /* it is this time now */
void mote_clock_tick_floor(int64_t unix_time); /* it was this time once */

/* The time if it is known, else the latest floor and what has passed since the start. */
int64_t mote_clock_tick_least(void);

#endif
