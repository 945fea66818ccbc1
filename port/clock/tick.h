/* SPDX-License-Identifier: MIT
 * struct mote_port_clock over a counter of milliseconds, and the time of day of a device that may not know it.
 *
 * There are three sources, the best first: the board's own clock (mote_clock_tick_set); what the server said
 * (mote_clock_tick_told), which nobody has verified, so it is believed only as long as it refuses no certificate; and a
 * floor (mote_clock_tick_floor). It is not earlier than the build, and not earlier than a certificate was issued that a
 * trusted authority has signed. This is enough to refuse a certificate that had ended by then, and refuses no valid
 * one.
 */
#ifndef MOTE_PORT_CLOCK_TICK_H
#define MOTE_PORT_CLOCK_TICK_H

#include "port/port.h"

extern const struct mote_port_clock mote_clock_tick; /* its ctx is not used */

/* `ms` may count from any start, and must never go back. */
void mote_clock_tick_init(uint64_t (*ms)(void), int64_t build_time);

void mote_clock_tick_set(int64_t unix_time);   /* it is this time now; a time before the floor is not believed */
void mote_clock_tick_told(int64_t unix_time);  /* the same, by a server whose certificate is valid at that time */
void mote_clock_tick_floor(int64_t unix_time); /* it was this time once */

/* To be called each turn of the loop: did the last connection end because of a certificate? After an hour of that, what
 * a server told is forgotten, and true returned: a server that was wrong once must not keep this device off line. */
bool mote_clock_tick_doubt(bool refused);

/* The time if it is known, else the latest floor and what has passed since the start. */
int64_t mote_clock_tick_least(void);

#endif
