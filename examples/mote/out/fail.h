/* SPDX-License-Identifier: MIT
 * How failure is told: one sentence for people on standard error, the same as an object with --json, and an exit code.
 */
#ifndef COMMAND_OUT_FAIL_H
#define COMMAND_OUT_FAIL_H

#include "examples/mote/command.h"

/* Print "mote: WHAT: WHY", and in a line of its own `hint`, which says what to do. `why` and `hint` may be NULL; `what`
 * is a format of out_print. Returns `code`. */
__attribute__((format(printf, 4, 5))) int fail(int code, const char *why, const char *hint, const char *what, ...);

/* The same with strerror(errno) for `why` and EXIT_LOCAL. */
__attribute__((format(printf, 2, 3))) int fail_errno(const char *hint, const char *what, ...);

/* The exit code of the first failure that was told, or 0 when there was none so far. */
int fail_code(void);

/* Is *jid an address or, with `or_domain`, "@domain"? Returns 0, and *jid is the prepared form then; or EXIT_USAGE
 * after having said "cannot WHAT 'jid': it ...". */
int check_jid(const char **jid, bool or_domain, const char *what);

/* The exit code that an enum mote_error stands for. */
int exit_of(int error);

/* What to do about an error, or NULL when there is nothing to say. `why`, the server's own text, is looked at, too. */
const char *hint_for(int error, const char *why);

/* What a peer or server answered to a request, to be used as `why`, for example "item-not-found (no such node)". The
 * string is valid until the next call. */
const char *refusal(const struct mote_event *event);

#endif
