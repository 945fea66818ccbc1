/* SPDX-License-Identifier: MIT
 * Transfers over HTTPS beside the session, or without one: a link of its own, trusted as the server is.
 */
#ifndef COMMAND_WEB_WEB_H
#define COMMAND_WEB_WEB_H

#include "examples/mote/link/session.h"
#include "port/http/fetch.h"

/* Do one transfer, and wait for its end; `name` is what the progress bar calls it. port, buffer and `allowed` of the
 * configuration are filled in here. Addresses of private networks are connected to on the account's own domain alone.
 * Returns 0 when it is over, and fetch->error says how; or, as session_wait does, SESSION_STOPPED or an exit code. */
int web_transfer(struct mote_fetch *fetch, struct mote_fetch_config *config, const char *name);

/* Say why it failed, after "WHAT: ". Returns the exit code. */
int web_failed(const struct mote_fetch *fetch, const char *what);

/* The exit code of a failed transfer. */
int web_exit(const struct mote_fetch *fetch);

#endif
