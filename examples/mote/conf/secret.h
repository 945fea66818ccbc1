/* SPDX-License-Identifier: MIT
 * The password: where it comes from, and that it stays no longer than needed.
 */
#ifndef COMMAND_CONF_SECRET_H
#define COMMAND_CONF_SECRET_H

/* Get the password: from standard input or the file that the command line or the configuration names, else from the
 * terminal. It lies in static memory until secret_forget. Returns NULL after having said why, with the exit code in
 * *code. */
const char *secret_password(const char *jid, int *code);

/* The same, but the terminal is never asked: when neither names a file and standard input was not asked for, it returns
 * NULL without a word, with *code 0. */
const char *secret_given_password(int *code);

/* Get a password from this file; "-" is standard input. As secret_password. */
const char *secret_from(const char *file, int *code);

void secret_forget(void);

#endif
