/* SPDX-License-Identifier: MIT
 * Service discovery (XEP-0030) and entity capabilities (XEP-0115): what this client is and can, collected from what is
 * attached; and its version (XEP-0092).
 */
#ifndef MOTE_DISCO_H
#define MOTE_DISCO_H

#include "core/module.h"

/* Zeroed: the defaults. Strings stay valid. */
struct mote_identity {
    const char *category; /* default "client" */
    const char *type;     /* of the registry of disco identities; default "bot" */
    const char *name;     /* for people; default "Mote" */
    const char *version;  /* default MOTE_VERSION */
    const char *os;       /* NULL: not told */
};

struct mote_disco {
    struct mote_module mod;
    struct mote_identity identity;
    char ver[29]; /* verification string: base64 of a SHA-1 */
};

/* `identity` is copied; NULL for all defaults. The order of attaching does not matter to what is collected. */
void mote_disco_attach(struct mote_disco *disco, struct mote *x, const struct mote_identity *identity);

#endif
