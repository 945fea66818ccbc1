/* SPDX-License-Identifier: MIT
 * A module of this program: who of the contacts may see our presence (RFC 6121 section 2), and so may have receipts,
 * which tell the same. Of each contact 8 bytes are kept, and nothing is ever changed at the server.
 */
#ifndef CLI_ROSTER_H
#define CLI_ROSTER_H

#include "core/module.h"

enum { ROSTER_MAX = 4096 }; /* contacts; those behind are taken for strangers */

struct roster {
    struct mote_module mod;
    struct mote_iq iq;
    bool loaded;
    unsigned count;
    uint64_t who[ROSTER_MAX]; /* keyed hashes of bare JIDs */
};

/* Attached last, it is asked first: what the server has for us comes behind its answer. */
void roster_attach(struct roster *roster, struct mote *x);

bool roster_has(const struct roster *roster, const char *jid);

#endif
