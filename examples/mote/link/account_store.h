/* SPDX-License-Identifier: MIT
 * The store of an account: a file beside its configuration, which one process has at a time.
 */
#ifndef COMMAND_LINK_ACCOUNT_STORE_H
#define COMMAND_LINK_ACCOUNT_STORE_H

#include "core/mote.h"

/* keep_path says where the store is: the setting `store`, else mote.store for mote.conf, or
 * /var/lib/mote/NAME/mote.store for /etc/mote/NAME.conf. keep_socket_path says where mote run listens: the setting
 * `socket`, else mote.sock for mote.store. Both return NULL after having said why there is none. The strings stay
 * valid. */
const char *keep_path(void);
const char *keep_socket_path(void);

/* Open session.store, and make it when there is none. With SESSION_GOES_ON and without SESSION_OUTBOX it is a store for
 * the state of the session alone; where there can be none, or another process has it, SESSION_GOES_ON is taken back,
 * because the verb works without it. Returns 0; KEEP_BUSY without a word when another process has the store; or an exit
 * code after having said why. */
enum { KEEP_BUSY = -3 }; /* differs from the negative codes of session.h */
int keep_open(void);

/* Attach the outbox and, for a session on line, the archive on the server: it tells the outbox what has arrived, and
 * gives what was missed. Returns as keep_open does. */
int keep_attach(void);
void keep_event(const struct mote_event *event);
void keep_turn(void); /* now and then: what is due may be written by now */

/* A message came that was given to nobody: from now on the place in the archive stays in front of it. */
void keep_passed_over(void);

/* Such messages can be given now, so read the archive again from that place. KEEP_LATER: ask again, for we are off line
 * or still reading. KEEP_CANNOT: what was passed over is lost, for the server has no archive, or no place in it is
 * known. */
enum keep_again { KEEP_READS, KEEP_LATER, KEEP_CANNOT };
enum keep_again keep_read_again(void);

/* Close the store, if it is open. `orderly`: we have logged out, so where the store is for the session alone, the next
 * start begins with what comes then. */
void keep_close(bool orderly);

/* Why the store refused, where that says more than mote_error_text, else NULL. */
const char *keep_why(int error);

#endif
