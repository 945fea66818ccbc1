/* SPDX-License-Identifier: MIT
 * A module of this program that knows which contacts may see our presence (RFC 6121 section 2). These may have
 * receipts, too, because a receipt tells no more than presence does. It keeps 8 bytes of each contact, and changes
 * nothing at the server.
 */
#ifndef COMMAND_LINK_ROSTER_H
#define COMMAND_LINK_ROSTER_H

#include "core/module.h"

enum { ROSTER_MAX = 4096 }; /* contacts; those beyond are taken for strangers */

struct roster {
    struct mote_module mod;
    struct mote_iq iq;
    bool loaded;
    unsigned count;
    uint64_t who[ROSTER_MAX]; /* keyed hashes of bare JIDs */
};

/* Attach it last: it puts itself in front of the other modules, so that its request is the first. Messages that the
 * server has stored come behind the answer then, and it is known who may have receipts for them. */
void roster_attach(struct roster *roster, struct mote *x);

bool roster_has(const struct roster *roster, const char *jid);

#endif
