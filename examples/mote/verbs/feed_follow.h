/* SPDX-License-Identifier: MIT
 * mote feed --follow: subscribed, the page that is there first, then what comes.
 */
#ifndef CLI_FOLLOW_H
#define CLI_FOLLOW_H

#include "examples/mote/link/session.h"

/* Stay with this blog until a signal, --count, or the end of standard output, which sets *done. Across lost
 * connections, too: what was published meanwhile is read then. Returns 0, SESSION_STOPPED, or an exit code after having
 * said why. */
int follow(const char *service, const char *node, unsigned wanted, bool *done);

/* An event that feed_read does not know. True: --count is reached, or standard output is gone. */
bool follow_event(const struct mote_event *event);

/* Print a post, with --follow only if it was not printed before. False when standard output is gone. */
bool follow_show(const struct mote_post *post);

/* Of verbs/feed.c: read and print the newest `wanted` entries. SESSION_AGAIN: the connection was lost on the way. */
int feed_read(unsigned wanted);

#endif
