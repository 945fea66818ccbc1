/* SPDX-License-Identifier: MIT
 * SASL (RFC 6120 section 6): the choice of a mechanism, and its messages.
 */
#ifndef MOTE_SASL_H
#define MOTE_SASL_H

#include <stdbool.h>

#include "core/services.h"

struct mote;
struct mote_xml;

enum sasl_family { SASL_SCRAM, SASL_EXTERNAL, SASL_PLAIN, SASL_HT };

struct mote__sasl_mechanism {
    char name[19];
    uint8_t family; /* enum sasl_family */
    uint8_t hash;   /* enum mote_hash_kind, of SCRAM */
    bool plus;      /* bound to the channel */
};

/* Choose a mechanism from the stream features and send its first message. The stream fails when none is acceptable. */
void mote__sasl_start(struct mote *x, const struct mote_xml *features);

/* The first part of that: choose n.mechanism and n.binding from a list of mechanisms and one of channel bindings
 * (XEP-0440), which may be NULL. *server_binds tells whether some mechanism with -PLUS is in the list. Returns false
 * when nothing acceptable is there, and the stream has failed then. */
bool mote__sasl_choose(struct mote *x, const struct mote_xml *list, const struct mote_xml *bindings,
                       bool *server_binds);

/* The second part: send the first message of n.mechanism, by the profile in use. */
void mote__sasl_begin(struct mote *x, bool server_binds);

bool mote__sasl_offered(const struct mote_xml *list, const char *mechanism);

/* How an earlier login was bound, which no later one falls below (enum mote_binding). */
uint8_t mote__sasl_bound_before(const struct mote *x);

/* All that we can, the best first. */
enum { SASL_MECHANISMS = 6 };
extern const struct mote__sasl_mechanism mote__sasl_mechanisms[SASL_MECHANISMS];

/* Do the configuration and the keys of earlier logins allow this mechanism? */
bool mote__sasl_allowed(const struct mote *x, const struct mote__sasl_mechanism *m);

/* The server has refused the login, with the element `e`. */
void mote__sasl_refused(struct mote *x, const struct mote_xml *e);

/* What the profile of XEP-0388 does differently. mote_sasl2_attach attaches it, so that a program without that call
 * does not link it. */
struct mote__sasl2_class {
    void (*early)(struct mote *x); /* the stream header is out: the login may follow at once, or what is behind it */
    void (*answered)(struct mote *x); /* the last message of SCRAM is out: the same */
    bool (*features)(struct mote *x,
                     const struct mote_xml *features); /* true: the server has it, and the login is on its way */
    void (*authenticate)(struct mote *x, const void *text, size_t len); /* send n.mechanism's first message */
    void (*success)(struct mote *x, const struct mote_xml *e); /* the server is verified: all else that came with it */
    bool (*verify)(struct mote *x, const char *text, size_t len);  /* of a token: does the server know it? */
    bool (*failure)(struct mote *x, const struct mote_xml *e);     /* true: the login goes on in another way */
};

/* Making an account before the login (core/register.h), likewise. */
struct mote__register_class {
    void (*features)(struct mote *x, const struct mote_xml *features);
    void (*answer)(struct mote *x, const struct mote_xml *iq);
};

/* An element of the SASL namespace: challenge, success or failure. */
void mote__sasl_element(struct mote *x, const struct mote_xml *e);

/* Do a slice of PBKDF2, and send the response when it is finished. */
void mote__sasl_work(struct mote *x);

#endif
