/* SPDX-License-Identifier: MIT
 * send --queue, post --queue and put --queue: a request to the queue, and what to say when it is in the store.
 */
#ifndef CLI_ENQUEUE_H
#define CLI_ENQUEUE_H

#include "core/modules/blog/blog.h"

/* What does not go with --queue; 0, or EXIT_USAGE after having said so. */
int enqueue_check(void);

/* All return 0 when it is in the store, and said so; or an exit code after having said why. */
int enqueue_message(const char *to, const char *text);
int enqueue_post(const struct mote_post *post); /* without an id it gets one */
int enqueue_file(const char *to, const char *name,
                 int fd); /* a regular file, open for reading; its path is cli.argv[0] */

#endif
