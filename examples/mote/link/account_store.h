/* SPDX-License-Identifier: MIT
 * The store of an account: a file beside its configuration, for one process at a time.
 */
#ifndef CLI_KEEP_H
#define CLI_KEEP_H

#include "core/mote.h"

/* Where it is: `store`, else mote.store for mote.conf, or /var/lib/mote/NAME/mote.store for /etc/mote/NAME.conf. And
 * where mote run listens: `socket`, else mote.sock for mote.store. NULL after having said why there is none. Both stay
 * valid. */
const char *keep_path(void);
const char *keep_socket_path(void);

/* Open session.store, and make it when there is none. With SESSION_GOES_ON it is one for what has to be known of the
 * session alone; where there can be none, or another process has it, SESSION_GOES_ON is taken back. 0; KEEP_BUSY
 * without a word: another process has it; or an exit code after having said why. */
enum { KEEP_BUSY = -3 }; /* beside those of session.h */
int keep_open(void);

/* For the engine: the outbox over it and, on line, the archive on the server, as its witness and for what was missed.
 * As above. */
int keep_attach(void);
void keep_event(const struct mote_event *event);
void keep_turn(void); /* now and then: what is due may be written by now */

/* A message came that nobody was given: from now on the place in the archive stays in front of it. */
void keep_passed_over(void);

/* They can be given now: read the archive again from there. KEEP_LATER: ask again, it is off line or still reading;
 * KEEP_CANNOT: the server has no archive, or nothing was given before, so what was passed over is lost. */
enum keep_again { KEEP_READS, KEEP_LATER, KEEP_CANNOT };
enum keep_again keep_read_again(void);

/* Let go of it. Harmless when it is not open. `orderly`: we have logged out, so nothing was missed; where the store is
 * for the session alone, the next start begins with what comes. */
void keep_close(bool orderly);

/* Why the store refused, where that says more than mote_error_text; else NULL. */
const char *keep_why(int error);

#endif
