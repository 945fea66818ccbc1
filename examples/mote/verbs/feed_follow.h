/* SPDX-License-Identifier: MIT
 * mote feed --follow: it subscribes, prints the page that is there, then what is published.
 */
#ifndef COMMAND_VERBS_FEED_FOLLOW_H
#define COMMAND_VERBS_FEED_FOLLOW_H

#include "examples/mote/link/session.h"

/* Print what is published in this blog until a signal, --count, or the end of standard output, which sets *done. After
 * a lost connection it reads what was published meanwhile. Returns 0, SESSION_STOPPED, or an exit code after having
 * said why. */
int follow(const char *service, const char *node, unsigned wanted, bool *done);

/* Give it an event that feed_read has no use for. True when --count is reached, or standard output is gone. */
bool follow_event(const struct mote_event *event);

/* Print a post, but with --follow only when it was not printed before. False when standard output is gone. */
bool follow_show(const struct mote_post *post);

/* In verbs/feed.c: read and print the newest `wanted` entries. SESSION_AGAIN means that the connection was lost. */
int feed_read(unsigned wanted);

#endif
