/* SPDX-License-Identifier: MIT
 * What the login is made with: a password that is given, or the keys that are kept.
 */
#ifndef CLI_CREDENTIALS_H
#define CLI_CREDENTIALS_H

#include <stdbool.h>

#include "core/mote.h"

/* Put password, keys and rules into the engine's configuration. `asks`: the password of setup, whatever is kept. 0, or
 * an exit code after having said why. */
int credentials_find(struct mote_config *config, bool asks);

/* MOTE_EV_KEYS: keys of this login. They are kept for an account whose configuration names a password file, and in
 * place of those that are kept already, so that what is known of the server (its best hash, its channel binding) is
 * known to the next login. */
void credentials_learn(const struct mote_keys *keys);

#endif
