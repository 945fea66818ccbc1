/* SPDX-License-Identifier: MIT */
#include "core/modules/outbox_chat.h"

#include <string.h>

#include "core/modules/chat/compose.h"

int32_t mote_chat_queue(struct mote_chat *chat, const struct mote_chat_message *m, const struct mote_durable *durable)
{
    const char *id;
    char own[sizeof chat->id];
    if (chat->outbox == NULL) {
        return MOTE_ERR_STATE;
    }
    int result = chat_compose(chat, m, &id);
    if (result != 0 || strlen(id) > MOTE_ID_MAX) {
        return result != 0 ? result : MOTE_ERR_ARG;
    }
    if (id == chat->id) { /* which the next message has: an event from within may send one */
        memcpy(own, id, sizeof own);
        id = own;
    }
    return outbox_push_composed(
        chat->outbox, &(struct outbox_new){.kind = MOTE_OUTBOX_MESSAGE, .to = m->to, .id = id, .node = "", .durable = durable});
}

static int send_message(struct mote_module *m, const struct outbox_item *item)
{
    struct mote_chat *chat = (struct mote_chat *)m;
    struct store *s = chat->outbox->config.store;
    char to[MOTE_JID_MAX + 1], id[MOTE_ID_MAX + 1];
    if (!outbox_copy(s, item, module_begin(m->x)) || !outbox_to(s, item, to, sizeof to) ||
        !outbox_id(s, item, id, sizeof id)) {
        return MOTE_ERR_IO;
    }
    int result = module_send(m->x, TX_STORED);
    if (result == 0) {
        chat_remember(chat, id, to, (int32_t)item->seq);
    }
    return result == 0 ? OUTBOX_SENT : result;
}

void mote_chat_durable(struct mote_chat *chat, struct mote_outbox *outbox)
{
    chat->outbox = outbox;
    outbox_carry(outbox, MOTE_OUTBOX_MESSAGE, &chat->mod, send_message);
}
