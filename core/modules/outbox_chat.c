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
    int result = mote__chat_compose(chat, m, &id);
    if (result != 0 || strlen(id) > MOTE_ID_MAX) {
        return result != 0 ? result : MOTE_ERR_ARG;
    }
    if (id == chat->id) { /* which the next message has: an event from within may send one */
        memcpy(own, id, sizeof own);
        id = own;
    }
    return mote__outbox_push_composed(
        chat->outbox,
        &(struct mote__outbox_new){.kind = MOTE_OUTBOX_MESSAGE, .to = m->to, .id = id, .node = "", .durable = durable});
}

static int send_message(struct mote_module *m, const struct mote__outbox_item *item)
{
    struct mote_chat *chat = (struct mote_chat *)m;
    struct mote_store *s = chat->outbox->config.store;
    char to[MOTE_JID_MAX + 1], id[MOTE_ID_MAX + 1];
    if (!mote__outbox_copy(s, item, mote_module_begin(m->x)) || !mote__outbox_to(s, item, to, sizeof to) ||
        !mote__outbox_id(s, item, id, sizeof id)) {
        return MOTE_ERR_IO;
    }
    int result = mote_module_send(m->x, MOTE_TX_STORED);
    if (result == 0) {
        mote__chat_remember(chat, id, to, (int32_t)item->seq);
    }
    return result == 0 ? MOTE__FLIGHT_SENT : result;
}

void mote_chat_durable(struct mote_chat *chat, struct mote_outbox *outbox)
{
    chat->outbox = outbox;
    mote__outbox_carry(outbox, MOTE_OUTBOX_MESSAGE, &chat->mod, send_message);
}
