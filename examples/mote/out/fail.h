/* SPDX-License-Identifier: MIT
 * How failure is told: one sentence for people on standard error, the same as an object with --json, and an exit code.
 */
#ifndef CLI_FAIL_H
#define CLI_FAIL_H

#include "examples/mote/command.h"

/* "mote: WHAT: WHY", and `hint` in a line of its own: what to do. `why` and `hint` may be NULL; `what` is a format of
 * out_print. Returns `code`. */
__attribute__((format(printf, 4, 5))) int fail(int code, const char *why, const char *hint, const char *what, ...);

/* The same with strerror(errno) for `why` and EXIT_LOCAL. */
__attribute__((format(printf, 2, 3))) int fail_errno(const char *hint, const char *what, ...);

/* The code of the first failure that was told so far; 0: there was none. */
int fail_code(void);

/* Is *jid an address, or with `or_domain` "@domain"? 0, and it is prepared; or EXIT_USAGE after having said "cannot
 * WHAT 'jid': it ...". */
int check_jid(const char **jid, bool or_domain, const char *what);

/* The exit code that an enum mote_error stands for. */
int exit_of(int error);

/* What to do about it; NULL when there is nothing to say. `why` is looked at, too. */
const char *hint_for(int error, const char *why);

/* What a peer or server answered to a request, for `why`: "item-not-found (no such node)". Valid until the next call.
 */
const char *refusal(const struct mote_event *event);

#endif
