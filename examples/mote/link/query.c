/* SPDX-License-Identifier: MIT
 * Questions to other entities (ping, disco, subscriptions), one at a time.
 */
#include "examples/mote/link/query.h"

#include <string.h>

#include "core/xml/ns.h"
#include "core/base/text.h"

static const struct mote_module_class ask_class = {.name = "ask"};

void ask_attach(struct ask *ask, struct mote *x)
{
    *ask = (struct ask){0};
    mote_module_attach(&ask->mod, x, &ask_class);
}

static void query_answered(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    struct ask *ask = (struct ask *)iq->module;
    ask->answered(ask, reply, error);
}

static int question(struct ask *ask, const char *to, const char *child, ask_fn *told)
{
    struct mote *x = ask->mod.x;
    struct mote_writer *w = mote_iq_begin(&ask->iq, &ask->mod, "get", to != NULL ? to : mote_domain(x));
    mote_writer_raw(w, child, strlen(child));
    int ticket = mote_iq_send(&ask->iq, query_answered);
    if (ticket > 0) {
        ask->answered = told;
    }
    return ticket;
}

int ask_ping(struct ask *ask, const char *to, ask_fn *told)
{
    return question(ask, to, "<ping xmlns='" NS_PING "'/>", told);
}

int ask_features(struct ask *ask, const char *to, ask_fn *told)
{
    return question(ask, to, "<query xmlns='" NS_DISCO_INFO "'/>", told);
}

int ask_stored(struct ask *ask, const char *account, ask_fn *told)
{
    return question(ask, account, "<query xmlns='" NS_DISCO_INFO "' node='http://jabber.org/protocol/offline'/>", told);
}

const char *ask_feature(const struct mote_xml *reply, unsigned n)
{
    const struct mote_xml *query = mote_xml_child(reply, NS_DISCO_INFO, "query");
    const struct mote_xml *f = mote_xml_child(query, NS_DISCO_INFO, "feature");
    while (f != NULL && n-- > 0) {
        f = mote_xml_next(f, NS_DISCO_INFO, "feature");
    }
    return mote_xml_attr(f, "var");
}

bool ask_has(const struct mote_xml *reply, const char *feature)
{
    const struct mote_xml *query = mote_xml_child(reply, NS_DISCO_INFO, "query");
    const struct mote_xml *f = mote_xml_child(query, NS_DISCO_INFO, "feature");
    while (f != NULL && !mote_text_equal(mote_xml_attr(f, "var"), feature)) {
        f = mote_xml_next(f, NS_DISCO_INFO, "feature");
    }
    return f != NULL;
}

bool ask_is(const struct mote_xml *reply, const char *category)
{
    const struct mote_xml *query = mote_xml_child(reply, NS_DISCO_INFO, "query");
    const struct mote_xml *i = mote_xml_child(query, NS_DISCO_INFO, "identity");
    while (i != NULL && !mote_xml_attr_is(i, "category", category)) {
        i = mote_xml_next(i, NS_DISCO_INFO, "identity");
    }
    return i != NULL;
}

int ask_subscriptions(struct ask *ask, const char *service, const char *node, ask_fn *told)
{
    struct mote_writer *w = mote_iq_begin(&ask->iq, &ask->mod, "get", service);
    mote_writer_put(w, "<pubsub xmlns='" NS_PUBSUB "'><subscriptions node='%s'/></pubsub>", node);
    int ticket = mote_iq_send(&ask->iq, query_answered);
    if (ticket > 0) {
        ask->answered = told;
    }
    return ticket;
}

bool ask_is_subscribed(const struct mote_xml *reply, const char *jid, const char *node)
{
    const struct mote_xml *list =
        mote_xml_child(mote_xml_child(reply, NS_PUBSUB, "pubsub"), NS_PUBSUB, "subscriptions");
    const struct mote_xml *s = mote_xml_child(list, NS_PUBSUB, "subscription");
    for (; s != NULL; s = mote_xml_next(s, NS_PUBSUB, "subscription")) {
        const char *who = mote_xml_attr(s, "jid"), *where = mote_xml_attr(s, "node");
        if (who != NULL && mote_jid_bare_equal(who, jid) && (where == NULL || mote_text_equal(where, node))) {
            return true;
        }
    }
    return false;
}

int ask_show_presence(struct ask *ask, const char *to, const char *show)
{
    struct mote_writer *w = mote_module_begin(ask->mod.x);
    mote_writer_put(w, "<presence to='%s'>", to);
    if (show != NULL) {
        mote_writer_put(w, "<show>%s</show>", show);
    }
    mote_writer_put(w, "<priority>-1</priority></presence>");
    return mote_module_send(ask->mod.x, MOTE_TX_DROP);
}
