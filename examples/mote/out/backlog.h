/* SPDX-License-Identifier: MIT
 * Standard output and standard error of a process that must not wait for whoever reads them: mote run has a connection
 * to keep and a queue to send. What standard output does not take at once is kept, up to a bound; what comes beyond it
 * is dropped line by line, and counted. What standard error does not take at once is dropped.
 */
#ifndef CLI_BACKLOG_H
#define CLI_BACKLOG_H

#include <stdbool.h>
#include <stdio.h>

/* Streams to write lines to from now on, instead of stdout and stderr. False: the system has none. */
bool backlog_open(FILE **out, FILE **err);

/* A line is complete. False: there was no room, and it is dropped. */
bool backlog_commit(void);

/* Write what can be written. 0, or the errno of a failure that is for good: nobody will ever read it. */
int backlog_write(void);

bool backlog_waits(void);    /* something is still to be written: call backlog_write again in a while */
bool backlog_has_room(void); /* half of it and more is free */

/* Lines of standard output, or of standard error, that were dropped since this was asked last. */
unsigned backlog_lost(void);
unsigned backlog_lost_errors(void);

#endif
