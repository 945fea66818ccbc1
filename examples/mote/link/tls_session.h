/* SPDX-License-Identifier: MIT
 * The TLS session of the last connection, in a file of its own beside the kept keys (ACCOUNT.tls), so that the next
 * connection, of this process or another, takes it up instead of checking the server's certificate anew: see
 * port/tls/resume.h.
 */
#ifndef COMMAND_LINK_TLS_SESSION_H
#define COMMAND_LINK_TLS_SESSION_H

#include "core/mote.h"

/* Attach it to the session's port, which has to be ready. */
void tls_session_attach(void);

/* Give it every event of the session. */
void tls_session_event(const struct mote_event *event);

#endif
