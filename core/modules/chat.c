/* SPDX-License-Identifier: MIT */
#include "core/modules/chat.h"

#include <string.h>

#include "core/wire/ns.h"
#include "core/wire/text.h"

/// Sent messages, known by hashes ///

/* A keyed hash of the id and the bare JID; 0 when they are too long to be told apart. */
static uint64_t hash_sent(const struct mote_chat *chat, const char *id, const char *jid)
{
    char both[MOTE_ID_MAX + 1 + MOTE_JID_MAX + 1];
    size_t id_len = strlen(id), jid_len = jid_bare_len(jid);
    if (id_len > MOTE_ID_MAX || jid_len > MOTE_JID_MAX) {
        return 0;
    }
    memcpy(both, id, id_len + 1);
    text_fold(both + id_len + 1, jid, jid_len);
    return siphash(chat->mod.x->key, both, id_len + 1 + jid_len);
}

static void remember(struct mote_chat *chat, const char *id, const char *to, int32_t ticket)
{
    chat->sent[chat->oldest].hash = hash_sent(chat, id, to);
    chat->sent[chat->oldest].ticket = ticket;
    chat->oldest = (uint8_t)((chat->oldest + 1) % MOTE_CHAT_SENT);
}

/* The ticket of a message that we sent to `from` with this id; 0 when it is none, or an old one. */
static int32_t recall(const struct mote_chat *chat, const char *id, const char *from)
{
    uint64_t hash = id != NULL && from != NULL ? hash_sent(chat, id, from) : 0;
    for (unsigned i = 0; hash != 0 && i < MOTE_CHAT_SENT; i++) {
        if (chat->sent[i].hash == hash) {
            return chat->sent[i].ticket;
        }
    }
    return 0;
}

int32_t mote_chat_send(struct mote_chat *chat, const struct mote_chat_message *m)
{
    struct mote *x = chat->mod.x;
    const char *id = m->id;
    if (m->to == NULL || !jid_valid(m->to) || m->body == NULL || m->body[0] == '\0') {
        return MOTE_ERR_ARG;
    }
    if (id == NULL) {
        if (module_random_id(x, chat->id) != 0) {
            return MOTE_ERR_ENTROPY;
        }
        id = chat->id;
    }
    struct writer *w = module_begin(x);
    writer_put(w, "<message to='%s' type='%s' id='%s'><body>%s</body><origin-id xmlns='" NS_SID "' id='%s'/>", m->to,
               m->type != NULL ? m->type : "chat", id, m->body, id);
    if (m->receipt) {
        writer_put(w, "<request xmlns='" NS_RECEIPTS "'/>");
    }
    writer_put(w, "</message>");
    int result = module_send(x, TX_KEEP);
    if (result != 0) {
        return result;
    }
    int32_t ticket = module_ticket(x);
    remember(chat, id, m->to, ticket);
    return ticket;
}

const char *mote_chat_id(const struct mote_chat *chat)
{
    return chat->id;
}

/// Received ///

/* What of a message concerns this module, found in one walk. An event of pubsub is here because its body, if any, is only
 * for clients that know no better. */
enum part { BODY, DELAY, EVENT, REQUEST, RECEIVED, CARBON_RECEIVED, CARBON_SENT, PARTS };

struct parts {
    struct stanza_head head;
    const struct mote_xml *part[PARTS];
    const struct mote_xml *carbon; /* either of the two */
};

static void take_apart(const struct mote_xml *stanza, struct parts *p)
{
    static const struct {
        const char *ns, *name;
    } known[PARTS] = {
        {NS_CLIENT, "body"},       {NS_DELAY, "delay"},      {NS_PUBSUB_EVENT, "event"}, {NS_RECEIPTS, "request"},
        {NS_RECEIPTS, "received"}, {NS_CARBONS, "received"}, {NS_CARBONS, "sent"},
    };
    *p = (struct parts){0};
    stanza_head(stanza, &p->head);
    for (const struct mote_xml *c = stanza->first; c != NULL; c = c->next) {
        for (unsigned i = 0; c->name != NULL && i < PARTS; i++) {
            if (p->part[i] == NULL && xml_is(c, known[i].ns, known[i].name)) {
                p->part[i] = c;
                break;
            }
        }
    }
    p->carbon = p->part[CARBON_RECEIVED] != NULL ? p->part[CARBON_RECEIVED] : p->part[CARBON_SENT];
}

static void answer_receipt(struct mote_chat *chat, const struct parts *p)
{
    const struct stanza_head *h = &p->head;
    if (p->part[REQUEST] == NULL || h->id == NULL || h->from == NULL || (chat->flags & MOTE_CHAT_NO_RECEIPTS) != 0 ||
        text_equal(h->type, "groupchat") || strlen(h->id) > MOTE_ID_MAX) {
        return;
    }
    writer_put(module_begin(chat->mod.x), "<message to='%s' type='%s'><received xmlns='" NS_RECEIPTS "' id='%s'/></message>",
               h->from, h->type != NULL ? h->type : "normal", h->id);
    module_answer(chat->mod.x);
}

/* `carbon`: NULL, or the name of the element that the message came in; `delay` of the message, or of its forwarding. */
static void emit_message(struct mote_chat *chat, const struct parts *p, const char *carbon)
{
    struct mote_message m = {
        .from = p->head.from,
        .to = p->head.to,
        .id = p->head.id,
        .type = p->head.type != NULL ? p->head.type : "normal",
        .body = xml_text(p->part[BODY], NULL),
        .time = module_unix_time(chat->mod.x),
        .carbon = carbon != NULL,
        .sent = text_equal(carbon, "sent"),
    };
    const char *stamp = xml_attr(p->part[DELAY], "stamp");
    m.delayed = stamp != NULL && date_read(stamp, &m.time) && !m.carbon;
    if (m.body[0] != '\0') {
        module_tell(chat->mod.x, MOTE_EV_MESSAGE, 0, m.from, &m);
    }
}

/* A copy for our other resources. Anybody can send what looks like one: only the own bare JID is believed, and only at
 * depth 1 (XEP-0280 section 11; CVE-2017-5589 and its kin). */
static void on_carbon(struct mote_chat *chat, const struct parts *outer)
{
    struct mote *x = chat->mod.x;
    const char *from = outer->head.from;
    const struct mote_xml *forwarded = xml_child(outer->carbon, NS_FORWARD, "forwarded");
    const struct mote_xml *message = xml_child(forwarded, NS_CLIENT, "message");
    struct parts inner = {0};
    if (message != NULL) {
        take_apart(message, &inner);
    }
    const char *ours = strcmp(outer->carbon->name, "sent") == 0 ? inner.head.from : inner.head.to;
    if (from == NULL || !module_is_own_bare(x, from) || (chat->flags & MOTE_CHAT_CARBONS) == 0 ||
        inner.head.from == NULL || ours == NULL || !jid_bare_equal(ours, x->config.jid) || inner.carbon != NULL ||
        text_equal(inner.head.type, "error")) {
        module_log(x, MOTE_LOG_WARN, "ignored a carbon from %.80s", from != NULL ? from : "nobody");
        return;
    }
    inner.part[DELAY] = xml_child(forwarded, NS_DELAY, "delay");
    emit_message(chat, &inner, outer->carbon->name);
}

static void on_error(struct mote_chat *chat, const struct mote_xml *stanza, const struct stanza_head *head)
{
    int32_t ticket = recall(chat, head->id, head->from);
    if (ticket != 0) {
        struct mote_event event = {.kind = MOTE_EV_REFUSED, .ticket = ticket};
        iq_explain(&event, stanza, MOTE_ERR_REFUSED);
        module_emit(chat->mod.x, &event);
    }
}

static bool chat_stanza(struct mote_module *m, const struct mote_xml *stanza)
{
    struct mote_chat *chat = (struct mote_chat *)m;
    struct parts p;
    take_apart(stanza, &p);
    if (text_equal(p.head.type, "error")) {
        on_error(chat, stanza, &p.head);
        return false; /* others may know the id as well */
    }
    if (p.carbon != NULL) {
        on_carbon(chat, &p);
        return true;
    }
    const char *receipt = xml_attr(p.part[RECEIVED], "id");
    if (receipt != NULL && p.head.from != NULL) {
        struct mote_receipt r = {.from = p.head.from, .id = receipt};
        module_tell(m->x, MOTE_EV_RECEIPT, recall(chat, receipt, r.from), r.from, &r);
    }
    if (p.part[BODY] == NULL || p.part[EVENT] != NULL) {
        return receipt != NULL;
    }
    emit_message(chat, &p, NULL);
    answer_receipt(chat, &p); /* after the application has had it */
    return true;
}

/// Carbons ///

static void carbons_answered(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    (void)reply;
    if (error != 0) {
        module_log(iq->module->x, MOTE_LOG_INFO, "no carbons: %s", mote_error_text(error));
    }
}

static void chat_phase(struct mote_module *m, enum mote_phase phase)
{
    struct mote_chat *chat = (struct mote_chat *)m;
    if (phase == MOTE_PHASE_ONLINE && (chat->flags & MOTE_CHAT_CARBONS) != 0) {
        writer_put(iq_begin(&chat->iq, m, "set", NULL), "<enable xmlns='" NS_CARBONS "'/>");
        iq_send(&chat->iq, carbons_answered);
    }
}

static const char *const features[] = {NS_RECEIPTS, NS_SID, NULL};
static const struct mote_module_class chat_class = {
    .name = "chat", .features = features, .takes = MOTE_TAKES_MESSAGE, .stanza = chat_stanza, .phase = chat_phase};

void mote_chat_attach(struct mote_chat *chat, struct mote *x, uint32_t flags)
{
    memset(chat, 0, sizeof *chat);
    chat->flags = flags;
    module_attach(&chat->mod, x, &chat_class);
}
