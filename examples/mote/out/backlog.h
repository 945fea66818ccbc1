/* SPDX-License-Identifier: MIT
 * Standard output and standard error of a process that must not wait for whoever reads them, because mote run has a
 * connection to keep and a queue to send. What standard output does not take at once is kept, up to a bound; lines
 * beyond it are dropped and counted. What standard error does not take at once is dropped.
 */
#ifndef COMMAND_OUT_BACKLOG_H
#define COMMAND_OUT_BACKLOG_H

#include <stdbool.h>
#include <stdio.h>

/* Open the streams to write lines to from now on, instead of stdout and stderr. False when the system has none. */
bool backlog_open(FILE **out, FILE **err);

/* The line is complete. False when there was no room for it, so it is dropped. */
bool backlog_commit(void);

/* Write what can be written. Returns 0, or the errno of a failure that is final, because nobody will ever read more. */
int backlog_write(void);

/* Is something still to be written? Then backlog_write has to be called again in a while. */
bool backlog_waits(void);

/* Is at least half of the room free? */
bool backlog_has_room(void);

/* How many lines of standard output, or of standard error, were dropped since the last call. */
unsigned backlog_lost(void);
unsigned backlog_lost_errors(void);

#endif
