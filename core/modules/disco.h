/* SPDX-License-Identifier: MIT
 * Service discovery (XEP-0030), entity capabilities (XEP-0115) and software version (XEP-0092): they tell what this
 * client is and what it can do, which is collected from the attached modules.
 */
#ifndef MOTE_DISCO_H
#define MOTE_DISCO_H

#include "core/module.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A zeroed field means the default. The strings must stay valid. */
struct mote_identity {
    const char *category; /* default "client" */
    const char *type;     /* of the registry of disco identities; default "bot" */
    const char *name;     /* for people; default "Mote" */
    const char *version;  /* default MOTE_VERSION */
    const char *os;       /* NULL when it is not to be told */
};

struct mote_disco {
    struct mote_module mod;
    struct mote_identity identity;
    char ver[29]; /* verification string: base64 of a SHA-1 */
};

/* `identity` is copied; NULL for all defaults. Modules that are attached later are collected as well. */
void mote_disco_attach(struct mote_disco *disco, struct mote *x, const struct mote_identity *identity);

#ifdef __cplusplus
}
#endif

#endif
