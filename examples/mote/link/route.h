/* SPDX-License-Identifier: MIT
 * Decides how the connection is looked for (the proxy, the way that worked the last time), and prints how a try went.
 */
#ifndef COMMAND_LINK_ROUTE_H
#define COMMAND_LINK_ROUTE_H

#include "port/run/ladder.h"
#include "port/run/proxy.h"

/* Fill in the fields that concern these. Returns 0, or an exit code after having said why. */
int link_prepare(struct mote_run_config *config);

/* Remember the way that worked, in a file beside the keys. Nothing is written when it has not changed. */
void link_keep(void);

/* Print the ladder of `run` (see port/run/ladder.h), and who has to do something about it, as lines or as JSON. */
void link_tell(const struct mote_run *run);

/* Print with -v which steps of a ladder failed. NULL prints nothing. */
void link_detail(const struct mote_run_ladder *tried);

#endif
