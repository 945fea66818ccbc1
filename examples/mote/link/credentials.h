/* SPDX-License-Identifier: MIT
 * What the login is made with: a password that is given, or the keys that are kept.
 */
#ifndef COMMAND_LINK_CREDENTIALS_H
#define COMMAND_LINK_CREDENTIALS_H

#include <stdbool.h>

#include "core/mote.h"

/* Put password, keys and rules into the engine's configuration. `asks` is set for setup, which wants a password
 * whatever keys are kept. Returns 0, or an exit code after having said why. */
int credentials_find(struct mote_config *config, bool asks);

/* Take the keys of MOTE_EV_KEYS. They are kept for an account whose configuration names a password file, and in the
 * place of keys that are kept already, so that the next login knows what this one found out about the server (its best
 * hash, its channel binding). */
void credentials_learn(const struct mote_keys *keys);

/* The login worked: what waited for that (link/new_password.h) may be settled. */
void credentials_worked(void);

/* Is the new password in force, and are its keys kept? */
bool credentials_renewed(void);

/* A login has failed with MOTE_ERR_AUTH: is that because these credentials are not those of the account? It may as well
 * be that the server cannot log in anybody now, or that it could not prove who it is. */
bool credentials_are_wrong(void);

/* The session has ended: take the keys that another process may have kept meanwhile, such as `mote password`. */
void credentials_refresh(void);

#endif
