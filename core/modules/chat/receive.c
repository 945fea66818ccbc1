/* SPDX-License-Identifier: MIT
 * Receiving messages, receipts, carbons and bounces, and answering requests for receipts.
 */
#include "core/modules/chat/receive.h"

#include <string.h>

#include "core/engine/durable.h"
#include "core/xml/ns.h"
#include "core/base/text.h"
#include "core/xml/arena.h"

void mote__chat_take_apart(const struct mote_xml *stanza, struct chat_parts *p)
{
    static const struct {
        const char *ns, *name;
    } known[CHAT_PARTS] = {
        {NS_CLIENT, "body"},       {NS_DELAY, "delay"},      {NS_PUBSUB_EVENT, "event"}, {NS_RECEIPTS, "request"},
        {NS_RECEIPTS, "received"}, {NS_CARBONS, "received"}, {NS_CARBONS, "sent"},
    };
    *p = (struct chat_parts){0};
    if (stanza == NULL) {
        return;
    }
    mote_stanza_head(stanza, &p->head);
    p->head.type = p->head.type != NULL ? p->head.type : "normal"; /* RFC 6121 section 5.2.2 */
    for (const struct mote_xml *c = stanza->first; c != NULL; c = c->next) {
        for (unsigned i = 0; i < CHAT_PARTS; i++) {
            if (p->part[i] == NULL && mote_xml_is(c, known[i].ns, known[i].name)) {
                p->part[i] = c;
                break;
            }
        }
    }
    p->carbon = p->part[CHAT_CARBON_RECEIVED] != NULL ? p->part[CHAT_CARBON_RECEIVED] : p->part[CHAT_CARBON_SENT];
}

/* A receipt tells its receiver that we are on line. */
static bool may_know(const struct mote_chat *chat, const char *jid)
{
    return (chat->flags & MOTE_CHAT_NO_RECEIPTS) == 0 &&
           ((chat->flags & MOTE_CHAT_RECEIPTS_TO_ALL) != 0 || mote_jid_bare_equal(jid, chat->mod.x->config.jid) ||
            (chat->known != NULL && chat->known(chat->known_ctx, jid)));
}

static void answer_receipt(struct mote_chat *chat, const struct chat_parts *p)
{
    const struct mote_stanza_head *h = &p->head;
    if (p->part[CHAT_REQUEST] == NULL || h->id == NULL || h->from == NULL || mote_text_equal(h->type, "groupchat") ||
        strlen(h->id) > MOTE_ID_MAX || !may_know(chat, h->from)) {
        return;
    }
    mote_writer_put(mote_module_begin(chat->mod.x),
                    "<message to='%s' type='%s'><received xmlns='" NS_RECEIPTS "' id='%s'/></message>", h->from,
                    h->type, h->id);
    mote_module_answer(chat->mod.x);
}

/* Senders may put one in as well, and that of the server is then behind it (XEP-0203 section 7). */
const struct mote_xml *mote__chat_delay(const struct mote *x, const struct chat_parts *p)
{
    const char *from = p->head.from;
    bool room = from != NULL && mote_text_equal(p->head.type, "groupchat");
    for (const struct mote_xml *d = p->part[CHAT_DELAY]; d != NULL; d = mote_xml_again(d)) {
        const char *by = mote_xml_attr(d, "from");
        if (from == NULL ||
            (by != NULL && (mote_jid_equal(by, x->domain) || mote_module_is_own_bare(x, by) ||
                            (room && mote_jid_resource(by) == NULL && mote_jid_bare_equal(by, from))))) {
            return d;
        }
    }
    return NULL;
}

/* By its own namespace or, where only a word of it is left, by that word (XEP-0380). */
static const char *encryption(const struct mote_xml *body)
{
    static const char known[] = "eu.siacs.conversations.axolotl\0urn:xmpp:omemo:1\0urn:xmpp:omemo:2\0"
                                "urn:xmpp:openpgp:0\0jabber:x:encrypted\0";
    const char *word = NULL;
    for (const struct mote_xml *c = body->parent->first; c != NULL; c = c->next) {
        if (c != body && c->ns != NULL && mote_text_index(known, c->ns) >= 0) {
            return c->ns;
        }
        word = mote_xml_is(c, NS_EME, "encryption") ? mote_xml_attr(c, "namespace") : word;
    }
    return word;
}

/* Valid as long as the stanza is. */
static const char *own_bare(struct mote *x)
{
    size_t len = mote_jid_bare_len(x->config.jid);
    char *bare = mote__arena_block(&x->reader.arena, len + 1);
    if (bare == NULL) {
        return x->config.jid;
    }
    memcpy(bare, x->config.jid, len);
    bare[len] = '\0';
    return bare;
}

/* Give the message; `how` is enum chat_how, or-ed. Returns true when it was given and can be read. */
static bool emit_message(struct mote_chat *chat, const struct chat_parts *p, unsigned how)
{
    const struct mote_xml *body = p->part[CHAT_BODY];
    const struct mote_xml *delay = (how & CHAT_STAMPED) != 0 ? p->part[CHAT_DELAY] : mote__chat_delay(chat->mod.x, p);
    const char *stamp = mote_xml_attr(delay, "stamp");
    struct mote_message m = {
        .from = p->head.from != NULL ? p->head.from : own_bare(chat->mod.x), /* RFC 6120 section 8.1.2.1 */
        .to = p->head.to,
        .id = p->head.id,
        .type = p->head.type,
        .body = mote_xml_text(body, NULL),
        .encrypted = encryption(body),
        .time = mote_module_unix_time(chat->mod.x),
        .carbon = (how & CHAT_CARBON) != 0,
        .sent = (how & CHAT_SENT) != 0,
        .xml = body->parent,
    };
    m.delayed = stamp != NULL && mote_date_read(stamp, &m.time) && (how & CHAT_FRESH) == 0;
    if (m.body[0] == '\0') {
        return false;
    }
    mote_module_tell(chat->mod.x, MOTE_EV_MESSAGE, 0, m.from, &m);
    return m.encrypted == NULL;
}

static bool give_receipt(struct mote_chat *chat, const struct chat_parts *p)
{
    const char *receipt = mote_xml_attr(p->part[CHAT_RECEIVED], "id");
    if (receipt != NULL && p->head.from != NULL) {
        struct mote_receipt r = {.from = p->head.from, .id = receipt};
        mote_module_tell(chat->mod.x, MOTE_EV_RECEIPT, mote__chat_recall(chat, receipt, r.from), r.from, &r);
    }
    return receipt != NULL;
}

/* A copy for our other resources. Anybody can send what looks like one: only the own bare JID is believed, and only at
 * depth 1 (XEP-0280 section 11; CVE-2017-5589 and its kin). */
static void on_carbon(struct mote_chat *chat, const struct chat_parts *outer)
{
    struct mote *x = chat->mod.x;
    const char *from = outer->head.from;
    const struct mote_xml *forwarded = mote_xml_child(outer->carbon, NS_FORWARD, "forwarded");
    const struct mote_xml *message = mote_xml_child(forwarded, NS_CLIENT, "message");
    struct chat_parts inner;
    mote__chat_take_apart(message, &inner);
    bool sent = outer->carbon == outer->part[CHAT_CARBON_SENT];
    const char *ours = sent ? inner.head.from : inner.head.to;
    if (from == NULL || !mote_module_is_own_bare(x, from) || (chat->flags & MOTE_CHAT_CARBONS) == 0 ||
        inner.head.from == NULL || ours == NULL || !mote_jid_bare_equal(ours, x->config.jid) || inner.carbon != NULL ||
        mote_text_equal(inner.head.type, "error")) {
        mote_module_log(x, MOTE_LOG_WARN, "ignored a carbon from %.80s", from != NULL ? from : "nobody");
        return;
    }
    if (!sent) { /* some clients send receipts to the bare JID, and the server picks one of our resources */
        give_receipt(chat, &inner);
    }
    inner.part[CHAT_DELAY] = mote_xml_child(forwarded, NS_DELAY, "delay");
    if (inner.part[CHAT_BODY] != NULL) {
        emit_message(chat, &inner, CHAT_CARBON | CHAT_FRESH | CHAT_STAMPED | (sent ? CHAT_SENT : 0u));
    }
}

void mote__chat_bounced(struct mote_chat *chat, const struct mote_xml *stanza, const struct mote_stanza_head *head)
{
    int32_t ticket = mote__chat_recall(chat, head->id, head->from);
    struct mote__durable *k = chat->mod.x->durable;
    if (ticket != 0 && (k == NULL || !k->type->bounced(k, ticket, stanza))) {
        struct mote_event event = {.kind = MOTE_EV_REFUSED, .ticket = ticket};
        mote_iq_explain(&event, stanza, MOTE_ERR_REFUSED);
        mote_module_emit(chat->mod.x, &event);
    }
}

bool mote__chat_give(struct mote_chat *chat, const struct chat_parts *p, unsigned how)
{
    bool receipt = give_receipt(chat, p);
    if (p->part[CHAT_BODY] == NULL || p->part[CHAT_EVENT] != NULL) {
        return receipt;
    }
    if (emit_message(chat, p, how)) {
        answer_receipt(chat, p); /* the receipt says that the application has had it */
    }
    return true;
}

bool mote__chat_receive(struct mote_module *m, const struct mote_xml *stanza)
{
    struct mote_chat *chat = (struct mote_chat *)m;
    struct chat_parts p;
    mote__chat_take_apart(stanza, &p);
    if (mote_text_equal(p.head.type, "error")) {
        mote__chat_bounced(chat, stanza, &p.head);
        return false; /* the id may be one of another module */
    }
    if (p.carbon != NULL) {
        on_carbon(chat, &p);
        return true;
    }
    return mote__chat_give(chat, &p, 0);
}
