/* SPDX-License-Identifier: MIT
 * Making an account on the server (XEP-0077) on the way to the first login in it, on the same connection and under TLS
 * only; with an invitation where the server wants one (XEP-0445).
 *
 *     mote_register_attach(&reg, &x, &config);      after mote_init, with jid and password in struct mote_config
 *
 * Keep the password where a power cut does not take it before mote_connected: an account whose password nobody knows is
 * lost. When the link breaks after the account was asked for, nobody knows whether there is one now. So the next
 * connection asks again and, whatever the server has against it, goes on to log in with the password: if that works,
 * the account is ours. After a restart `may_exist` says the same.
 *
 * What a machine cannot answer (a CAPTCHA, a web page, fields beyond name and password) ends the stream with
 * MOTE_ERR_REFUSED, as the server's refusal does; mote_why has the reason, mote_condition the server's condition.
 */
#ifndef MOTE_REGISTER_H
#define MOTE_REGISTER_H

#include "core/mote.h"

#ifdef __cplusplus
extern "C" {
#endif

enum mote_register_event {
    MOTE_EV_REGISTERED = 80 /* the account is made; the login follows */
};

struct mote_register_config {
    const char *token; /* of the invitation, which stays valid as long as `x` is used; NULL: none */
    bool may_exist;    /* the account was asked for before, and the answer is not known */
};

struct mote_register {
    const struct mote__register_class *type;
    struct mote_register_config config;
    uint64_t id;       /* of the request on its way */
    uint8_t step;      /* enum register_step: what was asked last */
    bool server_binds; /* some mechanism with -PLUS was offered */
    bool was_asked;    /* for the account, on a connection before this one */
    bool refused;      /* ... which is why the login goes on: the account may be somebody else's */
};

/* Attach it, after mote_init and before mote_connected. */
void mote_register_attach(struct mote_register *r, struct mote *x, const struct mote_register_config *config);

#ifdef __cplusplus
}
#endif

#endif
