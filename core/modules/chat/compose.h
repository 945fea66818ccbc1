/* SPDX-License-Identifier: MIT
 * What the chat module's ways of sending share; not for applications.
 */
#ifndef MOTE_CHAT_COMPOSE_H
#define MOTE_CHAT_COMPOSE_H

#include "core/modules/chat/chat.h"

/* Compose a message with mote_module_begin; *id is its id, which may be chat->id. 0, MOTE_ERR_ARG or _ENTROPY. */
int mote__chat_compose(struct mote_chat *chat, const struct mote_chat_message *m, const char **id);

/* What answers to this id from this JID belongs to the ticket. */
void mote__chat_remember(struct mote_chat *chat, const char *id, const char *to, int32_t ticket);

#endif
