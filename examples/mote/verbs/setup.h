/* SPDX-License-Identifier: MIT
 * What `mote setup` keeps of an account, for `mote register` as well.
 */
#ifndef COMMAND_VERBS_SETUP_H
#define COMMAND_VERBS_SETUP_H

/* Make what the options name ready to be kept. Returns 0, or an exit code after having said why. */
int setup_take_options(void);

/* After a login: write the keys, or for a server that gives none the name of the password file, and the configuration.
 * Returns as above. */
int setup_keep(void);

#endif
