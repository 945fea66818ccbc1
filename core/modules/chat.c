/* SPDX-License-Identifier: MIT */
#include "core/modules/chat.h"

#include <string.h>

#include "core/wire/ns.h"
#include "core/wire/text.h"

/// Sent messages, known by hashes ///

static uint64_t hash_bare(const struct mote_chat *chat, const char *jid)
{
    return module_jid_hash(chat->mod.x, jid, jid_bare_len(jid));
}

static void remember(struct mote_chat *chat, const char *id, const char *to, int32_t ticket)
{
    chat->sent[chat->oldest].id = siphash(chat->mod.x->key, id, strlen(id));
    chat->sent[chat->oldest].peer = hash_bare(chat, to);
    chat->sent[chat->oldest].ticket = ticket;
    chat->oldest = (uint8_t)((chat->oldest + 1) % MOTE_CHAT_SENT);
}

/* The ticket of a message that we sent to `from` with this id; 0 when it is none, or an old one. */
static int32_t recall(const struct mote_chat *chat, const char *id, const char *from)
{
    uint64_t hash = id != NULL ? siphash(chat->mod.x->key, id, strlen(id)) : 0;
    uint64_t peer = from != NULL ? hash_bare(chat, from) : 0;
    for (unsigned i = 0; i < MOTE_CHAT_SENT; i++) {
        if (chat->sent[i].ticket != 0 && chat->sent[i].id == hash && chat->sent[i].peer == peer) {
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

static void answer_receipt(struct mote_chat *chat, const struct mote_xml *stanza)
{
    const char *id = xml_attr(stanza, "id"), *from = xml_attr(stanza, "from"), *type = xml_attr(stanza, "type");
    if (xml_child(stanza, NS_RECEIPTS, "request") == NULL || id == NULL || from == NULL ||
        (chat->flags & MOTE_CHAT_NO_RECEIPTS) != 0 || text_equal(type, "groupchat") || strlen(id) > MOTE_ID_MAX) {
        return;
    }
    writer_put(module_begin(chat->mod.x), "<message to='%s' type='%s'><received xmlns='" NS_RECEIPTS "' id='%s'/></message>",
               from, type != NULL ? type : "normal", id);
    module_answer(chat->mod.x);
}

static void emit_message(struct mote_chat *chat, const struct mote_xml *stanza, const struct mote_xml *forwarded,
                         const char *carbon)
{
    const char *type = xml_attr(stanza, "type");
    const struct mote_xml *delay = xml_child(forwarded != NULL ? forwarded : stanza, NS_DELAY, "delay");
    struct mote_message m = {
        .from = xml_attr(stanza, "from"),
        .to = xml_attr(stanza, "to"),
        .id = xml_attr(stanza, "id"),
        .type = type != NULL ? type : "normal",
        .body = xml_child_text(stanza, NS_CLIENT, "body"),
        .time = module_unix_time(chat->mod.x),
        .carbon = carbon != NULL,
        .sent = text_equal(carbon, "sent"),
    };
    const char *stamp = xml_attr(delay, "stamp");
    m.delayed = !m.carbon && stamp != NULL && date_read(stamp, &m.time);
    if (m.body == NULL || m.body[0] == '\0') {
        return;
    }
    module_emit(chat->mod.x, &(struct mote_event){.kind = MOTE_EV_MESSAGE, .from = m.from, .message = &m});
}

/* A copy for our other resources. Anybody can send what looks like one: only the own bare JID is believed, and only at
 * depth 1 (XEP-0280 section 11; CVE-2017-5589 and its kin). */
static void on_carbon(struct mote_chat *chat, const struct mote_xml *stanza, const struct mote_xml *carbon)
{
    const char *from = xml_attr(stanza, "from");
    const struct mote_xml *forwarded = xml_child(carbon, NS_FORWARD, "forwarded");
    const struct mote_xml *inner = xml_child(forwarded, NS_CLIENT, "message");
    const char *inner_from = xml_attr(inner, "from"), *inner_to = xml_attr(inner, "to");
    bool sent = strcmp(carbon->name, "sent") == 0;
    const char *ours = sent ? inner_from : inner_to;
    if (from == NULL || !module_is_own_bare(chat->mod.x, from) || (chat->flags & MOTE_CHAT_CARBONS) == 0 ||
        inner == NULL || inner_from == NULL || ours == NULL || !jid_bare_equal(ours, chat->mod.x->config.jid) ||
        xml_child(inner, NS_CARBONS, NULL) != NULL || text_equal(xml_attr(inner, "type"), "error")) {
        module_log(chat->mod.x, MOTE_LOG_WARN, "ignored a carbon from %.80s", from != NULL ? from : "nobody");
        return;
    }
    emit_message(chat, inner, forwarded, carbon->name);
}

static void on_error(struct mote_chat *chat, const struct mote_xml *stanza)
{
    int32_t ticket = recall(chat, xml_attr(stanza, "id"), xml_attr(stanza, "from"));
    if (ticket != 0) {
        struct mote_event event = {.kind = MOTE_EV_REFUSED, .ticket = ticket};
        iq_explain(&event, stanza, MOTE_ERR_REFUSED);
        module_emit(chat->mod.x, &event);
    }
}

static bool chat_stanza(struct mote_module *m, const struct mote_xml *stanza)
{
    struct mote_chat *chat = (struct mote_chat *)m;
    if (strcmp(stanza->name, "message") != 0) {
        return false;
    }
    if (text_equal(xml_attr(stanza, "type"), "error")) {
        on_error(chat, stanza);
        return false; /* others may know the id as well */
    }
    const struct mote_xml *carbon = xml_child(stanza, NS_CARBONS, "received");
    carbon = carbon != NULL ? carbon : xml_child(stanza, NS_CARBONS, "sent");
    if (carbon != NULL) {
        on_carbon(chat, stanza, carbon);
        return true;
    }
    const char *receipt = xml_attr(xml_child(stanza, NS_RECEIPTS, "received"), "id");
    const char *from = xml_attr(stanza, "from");
    if (receipt != NULL && from != NULL) {
        struct mote_receipt r = {.from = from, .id = receipt};
        module_emit(m->x, &(struct mote_event){
                              .kind = MOTE_EV_RECEIPT, .ticket = recall(chat, receipt, from), .from = from, .receipt = &r});
    }
    if (xml_child(stanza, NS_CLIENT, "body") == NULL || xml_child(stanza, NS_PUBSUB_EVENT, "event") != NULL) {
        return receipt != NULL;
    }
    emit_message(chat, stanza, NULL, NULL);
    answer_receipt(chat, stanza); /* after the application has had it */
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
    .name = "chat", .features = features, .stanza = chat_stanza, .phase = chat_phase};

void mote_chat_attach(struct mote_chat *chat, struct mote *x, uint32_t flags)
{
    memset(chat, 0, sizeof *chat);
    chat->flags = flags;
    module_attach(&chat->mod, x, &chat_class);
}
