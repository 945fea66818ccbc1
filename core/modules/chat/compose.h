/* SPDX-License-Identifier: MIT
 * What sending at once and sending through the outbox share. It is not for applications.
 */
#ifndef MOTE_CHAT_COMPOSE_H
#define MOTE_CHAT_COMPOSE_H

#include "core/modules/chat/chat.h"

/* Compose a message with mote_module_begin. *id is its id, which may be chat->id. Returns 0, MOTE_ERR_ARG or
 * _ENTROPY. */
int mote__chat_compose(struct mote_chat *chat, const struct mote_chat_message *m, const char **id);

/* Remember that a receipt or an error for this id from this JID belongs to the ticket. */
void mote__chat_remember(struct mote_chat *chat, const char *id, const char *to, int32_t ticket);

#endif
