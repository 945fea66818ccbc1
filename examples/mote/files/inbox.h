/* SPDX-License-Identifier: MIT
 * Takes files that are offered, from those who may send them, into a folder.
 */
#ifndef COMMAND_FILES_INBOX_H
#define COMMAND_FILES_INBOX_H

#include "examples/mote/link/session.h"

/* Open the folder (--dir, `directory`, or the current one). Returns 0, or an exit code after having said why. */
int inbox_open(void);

/* Give it an event. Returns true at the end: --count files are there, or this machine has failed; see inbox_result. */
bool inbox_event(const struct mote_event *event);

/* Returns 0, or the exit code of that failure, which was told already. */
int inbox_result(void);

/* Cancel the transfers that are not complete, and remove what they wrote. Call it before the session is closed. */
void inbox_close(void);

#endif
