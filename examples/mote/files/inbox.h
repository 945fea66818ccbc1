/* SPDX-License-Identifier: MIT
 * Files that are offered: taken from those who may, into a folder.
 */
#ifndef CLI_INBOX_H
#define CLI_INBOX_H

#include "examples/mote/link/session.h"

/* Open the folder (--dir, `directory`, or the current one). 0, or an exit code after having said why. */
int inbox_open(void);

/* An event. True: --count files are there, or a failure of this machine ends it all; see inbox_result. */
bool inbox_event(const struct mote_event *event);

/* 0, or the exit code of that failure, which was told already. */
int inbox_result(void);

/* Break off what is not whole, and throw it away; before the session is closed. */
void inbox_close(void);

#endif
