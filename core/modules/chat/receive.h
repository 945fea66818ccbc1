/* SPDX-License-Identifier: MIT
 * The chat module's inner part: received messages, be they live, in a carbon or out of an archive.
 */
#ifndef MOTE_CHAT_RECEIVE_H
#define MOTE_CHAT_RECEIVE_H

#include "core/modules/chat/chat.h"

/* What of a message concerns us, found in one walk. An event of pubsub is here because its body, if any, is only for
 * clients that know no better. */
enum chat_part { CHAT_BODY, CHAT_DELAY, CHAT_EVENT, CHAT_REQUEST, CHAT_RECEIVED, CHAT_CARBON_RECEIVED, CHAT_CARBON_SENT,
                 CHAT_PARTS };

struct chat_parts {
    struct mote_stanza_head head; /* type is never NULL but of a NULL stanza */
    const struct mote_xml *part[CHAT_PARTS];
    const struct mote_xml *carbon; /* either of the two */
};

/* `stanza` may be NULL. */
void mote__chat_take_apart(const struct mote_xml *stanza, struct chat_parts *p);

/* The class row's `stanza`: give what it says to the application, and answer what it asks. */
bool mote__chat_receive(struct mote_module *m, const struct mote_xml *stanza);

enum chat_how {
    CHAT_CARBON = 1u << 0,
    CHAT_SENT = 1u << 1, /* by another device of this account */
    CHAT_FRESH = 1u << 2 /* has just come: its delay is none */
};

/* Its two halves, for a message out of an archive whose origin was checked. Receipt and body; `how`: enum chat_how,
 * or-ed. True: there was one of them. */
bool mote__chat_give(struct mote_chat *chat, const struct chat_parts *p, unsigned how);

/* A message of ours came back. */
void mote__chat_bounced(struct mote_chat *chat, const struct mote_xml *stanza, const struct mote_stanza_head *head);

/* The ticket of a message that we sent to `peer` with this id; 0 when it is none, or an old one. */
int32_t mote__chat_recall(const struct mote_chat *chat, const char *id, const char *peer);

#endif
