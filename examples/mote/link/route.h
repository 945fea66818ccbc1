/* SPDX-License-Identifier: MIT
 * How the connection is looked for: the proxy, the way that worked the last time, and what a try has been through.
 */
#ifndef CLI_LINK_H
#define CLI_LINK_H

#include "port/run/ladder.h"
#include "port/run/proxy.h"

/* Fill in what concerns these. 0, or an exit code after having said why. */
int link_prepare(struct mote_run_config *config);

/* Remember the way that worked, beside the keys; cheap when nothing has changed. */
void link_keep(void);

/* Print the ladder of `run`, and who has to do something: lines, or JSON. */
void link_tell(const struct mote_run *run);

/* What of a ladder failed, as details; NULL: nothing. */
void link_detail(const struct mote_run_ladder *tried);

#endif
