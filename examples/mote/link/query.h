/* SPDX-License-Identifier: MIT
 * A module of this program that asks questions of other entities, one at a time, and shows presence to one of them.
 */
#ifndef COMMAND_LINK_QUERY_H
#define COMMAND_LINK_QUERY_H

#include "core/module.h"

struct ask;

/* Called with the answer; the arguments are those of mote_iq_fn. */
typedef void ask_fn(struct ask *ask, const struct mote_xml *reply, int error);

struct ask {
    struct mote_module mod;
    struct mote_iq iq;
    ask_fn *answered;
};

void ask_attach(struct ask *ask, struct mote *x);

/* Ask whether `to` is there (XEP-0199), and which features it has (XEP-0030). `to` is NULL for the own server. Both
 * return a ticket, or a negative enum mote_error. A server handles what one client sends in order, so an answered ping
 * tells that it has looked at all that was sent before. */
int ask_ping(struct ask *ask, const char *to, ask_fn *answered);
int ask_features(struct ask *ask, const char *to, ask_fn *answered);

/* Is `feature` in the answer to ask_features? */
bool ask_has(const struct mote_xml *reply, const char *feature);

/* Does that answer say that the entity is of this category, such as "conference"? */
bool ask_is(const struct mote_xml *reply, const char *category);

/* The n-th feature in that answer, NULL after the last. */
const char *ask_feature(const struct mote_xml *reply, unsigned n);

/* Ask for the own subscriptions to a node (XEP-0060 section 5.6); ask_is_subscribed finds a bare JID among them. */
int ask_subscriptions(struct ask *ask, const char *service, const char *node, ask_fn *answered);
bool ask_is_subscribed(const struct mote_xml *reply, const char *jid, const char *node);

/* Ask how many messages the server has stored for this account (XEP-0013 section 2.2). A server does not send them to a
 * client that has asked, when that becomes available. */
int ask_stored(struct ask *ask, const char *account, ask_fn *answered);

/* Show presence to one JID only (RFC 6121 section 4.6). `show` is a value of the element of that name, or NULL. */
int ask_show_presence(struct ask *ask, const char *to, const char *show);

#endif
