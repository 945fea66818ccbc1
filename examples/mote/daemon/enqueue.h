/* SPDX-License-Identifier: MIT
 * send --queue, post --queue and put --queue: a request to the queue, and what to say when it is in the store.
 */
#ifndef COMMAND_DAEMON_ENQUEUE_H
#define COMMAND_DAEMON_ENQUEUE_H

#include "core/modules/blog/blog.h"

/* Look for options that do not go with --queue. Returns 0, or EXIT_USAGE after having named one. */
int enqueue_check(void);

/* Each queues one item and prints its id. Returns 0 when it is in the store, or an exit code after having said why. */
int enqueue_message(const char *to, const char *text);

/* A post without an id gets one. */
int enqueue_post(const struct mote_post *post);

/* `fd` is a regular file, open for reading, whose path is cli.argv[0]. */
int enqueue_file(const char *to, const char *name, int fd);

#endif
