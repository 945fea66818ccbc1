/* SPDX-License-Identifier: MIT
 * Sending messages, and remembering by a hash which ticket a receipt or an error belongs to.
 */
#include "core/modules/chat/receive.h"

#include <string.h>

#include "core/modules/chat/compose.h"
#include "core/sasl2.h"
#include "core/xml/ns.h"
#include "core/base/text.h"

/// Sent messages, known by hashes ///

/* A keyed hash of the id and the bare JID; 0 when they are too long to be told apart. */
static uint64_t hash_sent(const struct mote_chat *chat, const char *id, const char *jid)
{
    char both[MOTE_ID_MAX + 1 + MOTE_JID_MAX + 1];
    size_t id_len = strlen(id), jid_len = mote_jid_bare_len(jid);
    if (id_len > MOTE_ID_MAX || jid_len > MOTE_JID_MAX) {
        return 0;
    }
    memcpy(both, id, id_len + 1);
    mote_text_fold(both + id_len + 1, jid, jid_len);
    return mote_siphash(chat->mod.x->key, both, id_len + 1 + jid_len);
}

void mote__chat_remember(struct mote_chat *chat, const char *id, const char *to, int32_t ticket)
{
    chat->sent[chat->oldest].hash = hash_sent(chat, id, to);
    chat->sent[chat->oldest].ticket = ticket;
    chat->oldest = (uint8_t)((chat->oldest + 1) % MOTE_CHAT_SENT);
}

int32_t mote__chat_recall(const struct mote_chat *chat, const char *id, const char *peer)
{
    uint64_t hash = id != NULL && peer != NULL ? hash_sent(chat, id, peer) : 0;
    for (unsigned i = 0; hash != 0 && i < MOTE_CHAT_SENT; i++) {
        if (chat->sent[i].hash == hash) {
            return chat->sent[i].ticket;
        }
    }
    return 0;
}

int mote__chat_compose(struct mote_chat *chat, const struct mote_chat_message *m, const char **id)
{
    struct mote *x = chat->mod.x;
    *id = m->id;
    if (m->to == NULL || !mote_jid_valid(m->to) || m->body == NULL || m->body[0] == '\0') {
        return MOTE_ERR_ARG;
    }
    if (*id == NULL) {
        if (mote_module_random_id(x, chat->id) != 0) {
            return MOTE_ERR_ENTROPY;
        }
        *id = chat->id;
    }
    struct mote_writer *w = mote_module_begin(x);
    mote_writer_put(w, "<message to='%s' type='%s' id='%s'><body>%s</body><origin-id xmlns='" NS_SID "' id='%s'/>",
                    m->to, m->type != NULL ? m->type : "chat", *id, m->body, *id);
    if (m->receipt) {
        mote_writer_empty(w, "request", NS_RECEIPTS);
    }
    mote_writer_put(w, "</message>");
    return 0;
}

int32_t mote_chat_send(struct mote_chat *chat, const struct mote_chat_message *m)
{
    const char *id;
    int result = mote__chat_compose(chat, m, &id);
    result = result == 0 ? mote_module_send(chat->mod.x, MOTE_TX_KEEP) : result;
    if (result != 0) {
        return result;
    }
    int32_t ticket = mote_module_ticket(chat->mod.x);
    mote__chat_remember(chat, id, m->to, ticket);
    return ticket;
}

const char *mote_chat_id(const struct mote_chat *chat)
{
    return chat->id;
}

/// Carbons ///

static void carbons_answered(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    (void)reply;
    if (error != 0) {
        mote_module_log(iq->module->x, MOTE_LOG_INFO, "no carbons: %s", mote_error_text(error));
    }
}

static void chat_phase(struct mote_module *m, enum mote_phase phase)
{
    struct mote_chat *chat = (struct mote_chat *)m;
    bool on = m->x->sasl2 != NULL && m->x->sasl2->carbons; /* since the login */
    if (phase == MOTE_PHASE_ONLINE && (chat->flags & MOTE_CHAT_CARBONS) != 0 && !on) {
        mote_writer_empty(mote_iq_begin(&chat->iq, m, "set", NULL), "enable", NS_CARBONS);
        mote_iq_send(&chat->iq, carbons_answered);
    }
}

static const char *const features[] = {NS_RECEIPTS, NS_SID, NULL};
static const struct mote_module_class chat_class = {.name = "chat",
                                                    .features = features,
                                                    .takes = MOTE_TAKES_MESSAGE,
                                                    .stanza = mote__chat_receive,
                                                    .phase = chat_phase};

void mote_chat_receipts_to(struct mote_chat *chat, mote_chat_known_fn *known, void *ctx)
{
    chat->known = known;
    chat->known_ctx = ctx;
}

void mote_chat_attach(struct mote_chat *chat, struct mote *x, uint32_t flags)
{
    memset(chat, 0, sizeof *chat);
    chat->flags = flags;
    mote_module_attach(&chat->mod, x, &chat_class);
}
