/* SPDX-License-Identifier: MIT
 * What the two halves of the loop share: run.c finds and makes the connection, run_stream.c moves bytes over it.
 */
#ifndef PORT_RUN_STREAM_H
#define PORT_RUN_STREAM_H

#include "port/run.h"

/* One turn of a connection that the engine has. */
void run_stream_step(struct mote_run *run);

/* What to wait for, as enum port_wait bits; *until_ms is moved forward when there is something to do earlier. */
unsigned run_stream_waits(const struct mote_run *run, uint64_t *until_ms);

/* The same clock for both. */
uint64_t run_now(const struct mote_run *run);

/* The connection is gone or no good: tell the engine if it had it, and go on to what is next. */
void run_broken(struct mote_run *run, int error, const char *why);

/* The engine wants TLS on this connection. */
void run_starttls(struct mote_run *run);

#endif
