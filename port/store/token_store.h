/* SPDX-License-Identifier: MIT
 * Tokens of SASL2 (core/sasl2.h) in a store (core/store/store.h), so that a device logs in by them also after a
 * restart. There is no moment at which a power cut leaves it without one that the server takes: a new token lies beside
 * the one in use until a login has shown it, and the server takes both until then (XEP-0484).
 *
 *     mote_token_store_attach(&tokens, &x, store, &(struct mote_sasl2_config){.software = "Pump"});  after mote_init
 *     mote_token_store_event(&tokens, event);                                                        for every event
 *
 * The store has, under "token" and "token.new": a byte for the version of this form, one that is 1 where the login need
 * not wait for the server's features, the expiry in eight bytes, highest first; and the user-agent id, the mechanism,
 * the token and the bare JID, each with a NUL behind it.
 */
#ifndef MOTE_PORT_STORE_TOKEN_STORE_H
#define MOTE_PORT_STORE_TOKEN_STORE_H

#include "core/sasl2.h"
#include "core/store/store.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mote_token_store {
    struct mote_sasl2 sasl2;
    struct mote *x;
    struct mote_store *store;
    struct mote_token token;  /* in use; an empty one: none */
    char user_agent[37];
    bool early;   /* the login need not wait for the server's features */
    bool fresh;   /* the token is the one under "token.new": no login has shown it yet */
    bool given;   /* ... for it came with this one */
    bool came_on; /* this connection was on line */
};

/* Attach SASL2 with the tokens of `store`; with NULL they are kept as long as the program runs. Of `config`,
 * user_agent, tokens, token and early are set here. */
void mote_token_store_attach(struct mote_token_store *t, struct mote *x, struct mote_store *store,
                             const struct mote_sasl2_config *config);

/* Give it every event of the engine. */
void mote_token_store_event(struct mote_token_store *t, const struct mote_event *event);

#ifdef __cplusplus
}
#endif

#endif
