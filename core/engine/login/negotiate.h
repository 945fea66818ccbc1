/* SPDX-License-Identifier: MIT
 * From a connection to a bound session, and to its end: one explicit state machine (RFC 6120 sections 4 to 7).
 *
 *   OFFLINE --connected--> HEADER --header--> FEATURES --tls--> STARTTLS --proceed--> TLS --secured--> HEADER
 *                                             FEATURES --sasl--> SASL <--challenge/worked--> WORKING
 *                                                                SASL --success--> HEADER
 *                                             FEATURES --resume--> RESUME --resumed--> ONLINE
 *                                             FEATURES, RESUME --bind--> BIND --bound--> ONLINE --close--> CLOSING
 *   With core/register.h:                     FEATURES --register--> REGISTER --register--> REGISTER --sasl--> SASL
 *   With SASL2 (sasl2.c), which has no new stream and may hold all in one answer:
 *                                             FEATURES --sent sasl--> SASL --authenticated--> FEATURES
 *                                             SASL --sent resume--> RESUME;  SASL --bound within--> ONLINE
 *   What went out ahead of the features that allow it:
 *                                             FEATURES --sent resume--> RESUME;  FEATURES --sent bind--> BIND
 *   any --failed, ended--> ENDED --lost--> OFFLINE
 */
#ifndef MOTE_NEGOTIATE_H
#define MOTE_NEGOTIATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/mote.h"

struct mote;
struct mote_xml;

enum mote__neg_state {
    NEG_OFFLINE,  /* no connection */
    NEG_HEADER,   /* our stream header is out, waiting for theirs */
    NEG_FEATURES, /* waiting for <stream:features/> */
    NEG_STARTTLS, /* waiting for <proceed/> */
    NEG_TLS,      /* waiting for the port's handshake */
    NEG_REGISTER, /* waiting for an answer about an account to be made */
    NEG_SASL,     /* waiting for a challenge, success or failure */
    NEG_WORKING,  /* PBKDF2 */
    NEG_RESUME,   /* waiting for <resumed/> (XEP-0198) */
    NEG_BIND,     /* waiting for the bound JID */
    NEG_ONLINE,
    NEG_CLOSING,  /* </stream:stream> is queued, waiting for theirs */
    NEG_ENDED     /* the connection is to be closed */
};

enum mote__neg_event {
    NEG_EV_CONNECTED,
    NEG_EV_HEADER,
    NEG_EV_OFFER_TLS,  /* what the features led to */
    NEG_EV_OFFER_SASL,
    NEG_EV_OFFER_REGISTER,
    NEG_EV_OFFER_RESUME,
    NEG_EV_OFFER_BIND,
    NEG_EV_SENT_SASL,     /* the login is on its way already, with the stream header */
    NEG_EV_SENT_RESUME,   /* <resume/> was in the login, or right behind it */
    NEG_EV_SENT_BIND,     /* the request for a resource was */
    NEG_EV_AUTHENTICATED, /* SASL2: no new stream, features follow */
    NEG_EV_BOUND_WITHIN,  /* SASL2: the success has the resource */
    NEG_EV_PROCEED,
    NEG_EV_SECURED,
    NEG_EV_CHALLENGE,
    NEG_EV_WORKED,
    NEG_EV_SUCCESS,
    NEG_EV_BOUND,
    NEG_EV_RESUMED,
    NEG_EV_CLOSE,
    NEG_EV_ENDED,
    NEG_EV_LOST
};

/* The reason for MOTE_ERR_REDIRECT begins with this; the address follows. */
#define REDIRECT_WHY "the server names another host: "

/* The table: the state that follows, or -1 when the event has no place in this state. It is a pure function, so that a
 * test can try all of it. */
int mote__neg_next(enum mote__neg_state state, enum mote__neg_event event);

/* Names for the trace and for people: "SASL". */
const char *mote__neg_name(enum mote__neg_state state);

/* What is being waited for in this state: "the server's features". */
const char *mote__neg_waiting_for(enum mote__neg_state state);

/* Move on to the next state, or fail the stream when the event has no place in this one. */
void mote__neg_step(struct mote *x, enum mote__neg_event event);

/* The server's stream header has come. */
void mote__neg_header(struct mote *x, const struct mote_xml *stream);

/* A top-level element has come that is no stanza; or any, before the state is ONLINE. */
void mote__neg_element(struct mote *x, const struct mote_xml *e);

void mote__neg_tick(struct mote *x);

/* Ask for a resource. */
void mote__neg_send_bind(struct mote *x);

#endif
