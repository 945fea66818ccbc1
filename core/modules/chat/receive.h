/* SPDX-License-Identifier: MIT
 * What the chat and archive modules share: received messages, be they live, in a carbon or out of an archive. It is not
 * for applications.
 */
#ifndef MOTE_CHAT_RECEIVE_H
#define MOTE_CHAT_RECEIVE_H

#include "core/modules/chat/chat.h"

/* The children of a message that concern us, found in one walk. An event of pubsub is among them because the body
 * beside it, if there is one, is for clients that do not know pubsub. */
enum chat_part { CHAT_BODY, CHAT_DELAY, CHAT_EVENT, CHAT_REQUEST, CHAT_RECEIVED, CHAT_CARBON_RECEIVED, CHAT_CARBON_SENT,
                 CHAT_PARTS };

struct chat_parts {
    struct mote_stanza_head head; /* type is never NULL, unless the stanza is NULL */
    const struct mote_xml *part[CHAT_PARTS];
    const struct mote_xml *carbon; /* the one of CHAT_CARBON_RECEIVED and _SENT that is there, or NULL */
};

/* Find the parts. `stanza` may be NULL, which has none. */
void mote__chat_take_apart(const struct mote_xml *stanza, struct chat_parts *p);

/* A live message (`stanza` of the module's class): give what it says to the application, and answer what it asks. */
bool mote__chat_receive(struct mote_module *m, const struct mote_xml *stanza);

enum chat_how {
    CHAT_CARBON = 1u << 0,
    CHAT_SENT = 1u << 1,  /* another device of this account sent it */
    CHAT_FRESH = 1u << 2, /* it has just come: a delay stamp says when it was forwarded, not that it was stored */
    CHAT_STAMPED = 1u << 3 /* part[CHAT_DELAY] is of the archive or the carbon, and to be believed */
};

/* The delay of a message that came by itself, where somebody noted it who is to be believed: our server, or the room
 * that the message is of. Returns NULL when there is none. */
const struct mote_xml *mote__chat_delay(const struct mote *x, const struct chat_parts *p);

/* Give the receipt and the body of a message whose origin was checked; `how` is enum chat_how, or-ed. Returns true when
 * it had one of them. */
bool mote__chat_give(struct mote_chat *chat, const struct chat_parts *p, unsigned how);

/* A message of ours came back as an error. */
void mote__chat_bounced(struct mote_chat *chat, const struct mote_xml *stanza, const struct mote_stanza_head *head);

/* The ticket of the message that we sent to `peer` with this id; 0 when there is none, or it is an old one. */
int32_t mote__chat_recall(const struct mote_chat *chat, const char *id, const char *peer);

#endif
