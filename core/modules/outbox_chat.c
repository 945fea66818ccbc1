/* SPDX-License-Identifier: MIT
 * Messages in the outbox: the chat module composes them, and the outbox keeps the stanza.
 */
#include "core/modules/outbox_chat.h"

#include <string.h>

#include "core/modules/chat/compose.h"

int32_t mote_chat_queue(struct mote_chat *chat, const struct mote_chat_message *m, const struct mote_durable *durable)
{
    const char *id;
    char own[sizeof chat->id];
    if (chat->carrier.outbox == NULL) {
        return MOTE_ERR_STATE;
    }
    int result = mote__chat_compose(chat, m, &id);
    if (result != 0 || strlen(id) > MOTE_ID_MAX) {
        return result != 0 ? result : MOTE_ERR_ARG;
    }
    if (id == chat->id) { /* an event from within may send another message, whose id would take this place */
        memcpy(own, id, sizeof own);
        id = own;
    }
    return mote_outbox_push_composed(&chat->carrier,
                                     &(struct mote_outbox_new){.to = m->to, .id = id, .node = "", .durable = durable});
}

/* The message is in the ring: remember its id, by which a receipt or an error is known. */
static int message_sent(struct mote_module *m, const struct mote_outbox_stored *item)
{
    char to[MOTE_JID_MAX + 1], id[MOTE_ID_MAX + 1];
    if (mote_outbox_to(item, to, sizeof to) && mote_outbox_id(item, id, sizeof id)) {
        mote__chat_remember((struct mote_chat *)m, id, to, item->ticket);
    }
    return 0;
}

/* The content of a message is the stanza; the third string is "". */
static const struct mote_outbox_kind message_kind = {MOTE_OUTBOX_MESSAGE, MOTE_OUTBOX_STANZA, "message", message_sent};

void mote_chat_durable(struct mote_chat *chat, struct mote_outbox *outbox)
{
    mote_outbox_carry(outbox, &chat->carrier, &message_kind, &chat->mod);
}
