/* SPDX-License-Identifier: MIT
 * The password: where it comes from, and that it stays no longer than needed.
 */
#ifndef CLI_SECRET_H
#define CLI_SECRET_H

/* Get the password: from standard input or the file that the command line or the configuration names, else from the
 * terminal. It lies in static memory until secret_forget. NULL after having said why; *code is the exit code then. */
const char *secret_password(const char *jid, int *code);

/* The same, but NULL without a word and *code 0 when neither names a file and standard input was not asked for. */
const char *secret_given_password(int *code);

void secret_forget(void);

#endif
