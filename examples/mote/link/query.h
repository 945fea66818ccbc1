/* SPDX-License-Identifier: MIT
 * A module of this program: questions to other entities, one at a time, and presence for one of them.
 */
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include "core/module.h"

struct ask;

/* The answer: as of mote_iq_fn. */
typedef void ask_fn(struct ask *ask, const struct mote_xml *reply, int error);

struct ask {
    struct mote_module mod;
    struct mote_iq iq;
    ask_fn *answered;
};

void ask_attach(struct ask *ask, struct mote *x);

/* Ping (XEP-0199), what does it know (XEP-0030). A ticket, or a negative enum mote_error. `to` NULL: the own server.
 * Servers handle what one client sends in order: an answered ping tells that all before it was looked at. */
int ask_ping(struct ask *ask, const char *to, ask_fn *answered);
int ask_features(struct ask *ask, const char *to, ask_fn *answered);

/* Is `feature` in the answer to ask_features? */
bool ask_has(const struct mote_xml *reply, const char *feature);

/* Is it of this category, such as "conference"? */
bool ask_is(const struct mote_xml *reply, const char *category);

/* The n-th feature, NULL after the last. */
const char *ask_feature(const struct mote_xml *reply, unsigned n);

/* The own subscriptions to a node (XEP-0060 section 5.6): is this bare JID among them? */
int ask_subscriptions(struct ask *ask, const char *service, const char *node, ask_fn *answered);
bool ask_is_subscribed(const struct mote_xml *reply, const char *jid, const char *node);

/* Ask how many messages the server has stored for this account (XEP-0013 section 2.2): whoever has asked is not given
 * them when it becomes available. */
int ask_stored(struct ask *ask, const char *account, ask_fn *answered);

/* Show presence to one JID only (RFC 6121 section 4.6); `show` as there, or NULL. */
int ask_show_presence(struct ask *ask, const char *to, const char *show);

#endif
