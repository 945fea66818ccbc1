/* SPDX-License-Identifier: MIT
 * A password that is on its way to the server, in a file of one line beside the configuration, NAME.new-password for
 * NAME.conf: "MOTEPASSWORD1 JID PASSWORD". It is there before the password is sent, and until a login with it has left
 * keys, so that neither a lost link nor a power cut loses the account.
 */
#ifndef COMMAND_LINK_NEW_PASSWORD_H
#define COMMAND_LINK_NEW_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/mote.h"

enum { NEW_PASSWORD_LEN = 24 }; /* letters and digits: 142 bits */

/* Its path, or NULL after having said why there is none. */
const char *new_password_path(void);

/* Load what waits for this account. Returns it, or NULL when there is nothing. It lies in static memory until
 * new_password_forget. */
const char *new_password_load(const char *jid);

/* Whose password waits there: an address, or "" for nobody's. */
const char *new_password_owner(void);

/* Keep `password`, or one that is made here when it is NULL. Returns it, or NULL after having said why not. */
const char *new_password_keep(const struct mote_services *services, const char *jid, const char *password);

/* The file is of no use any more: the password is in force and its keys are kept, or it never will be. */
void new_password_settle(void);

/* It has waited for so long that nobody can have it under way: then a login with other keys settles it. */
bool new_password_is_old(void);

void new_password_forget(void);

#endif
