/* SPDX-License-Identifier: MIT
 * Messages: chat messages with ids (XEP-0359), receipts both ways (XEP-0184), delay (XEP-0203), carbons (XEP-0280).
 */
#ifndef MOTE_CHAT_H
#define MOTE_CHAT_H

#include "core/module.h"

#ifdef __cplusplus
extern "C" {
#endif

enum mote_chat_event {
    MOTE_EV_MESSAGE = 16, /* a message came: mote_message_of */
    MOTE_EV_RECEIPT       /* a receipt came: mote_receipt_of, and the ticket of mote_chat_send, 0 if it is forgotten */
};

/* A received message, in MOTE_EV_MESSAGE. Absent strings are NULL. */
struct mote_message {
    const char *from;   /* full JID of the author, never NULL; in a carbon that of the forwarded message. What came
                           without a sender is from the own account: its bare JID */
    const char *to;
    const char *id;     /* may be NULL */
    const char *type;   /* "chat", "normal", "headline", "groupchat" */
    const char *body;   /* never NULL, never "" */
    const char *encrypted; /* the namespace of what the message is encrypted with, such as "urn:xmpp:omemo:2": the body
                              only says so. NULL: it is not */
    int64_t time;       /* seconds since 1970 UTC: of the delay stamp, else now; 0 while no clock is known */
    bool delayed;       /* it has a delay stamp (XEP-0203) of the own server or, from a room, of the room, so it was
                           stored there. What senders say of themselves does not count */
    bool carbon;        /* it is a copy of what another resource of this account got, or sent */
    bool sent;          /* another resource of this account sent it: in a carbon, or out of the archive */
    const struct mote_xml *xml; /* the <message/> itself, for what else is in it: core/modules/chat/sharing.h */
};

/* The message of MOTE_EV_MESSAGE. */
static inline const struct mote_message *mote_message_of(const struct mote_event *event)
{
    return (const struct mote_message *)event->data;
}

/* MOTE_EV_RECEIPT: `from` has received the message `id`. */
struct mote_receipt {
    const char *from;
    const char *id;
};

/* The receipt of MOTE_EV_RECEIPT. */
static inline const struct mote_receipt *mote_receipt_of(const struct mote_event *event)
{
    return (const struct mote_receipt *)event->data;
}

struct mote_chat_message {
    const char *to;     /* JID, bare or full */
    const char *body;   /* at least 1 byte; only the size of the TX ring bounds it */
    const char *id;     /* NULL: a random one; see mote_chat_id */
    const char *type;   /* NULL: "chat" */
    bool receipt;       /* ask for a receipt */
};

enum mote_chat_flags {
    MOTE_CHAT_CARBONS = 1u << 0,        /* ask the server for carbons, also of receipts */
    MOTE_CHAT_NO_RECEIPTS = 1u << 1,    /* answer no request for a receipt, which tells that this device is on line */
    MOTE_CHAT_RECEIPTS_TO_ALL = 1u << 2 /* answer those of strangers, too; see mote_chat_receipts_to */
};

/* May the sender of a message, a full JID, learn that this device is on line (XEP-0184 section 8)? */
typedef bool mote_chat_known_fn(void *ctx, const char *jid);

/* How many sent messages are known by their ticket when a receipt or an error comes; for older ones the ticket is 0. */
enum { MOTE_CHAT_SENT = 8 };

struct mote_chat {
    struct mote_module mod;
    uint32_t flags;
    struct mote_outbox_carrier carrier; /* what is queued durably: see core/modules/outbox_chat.h */
    mote_chat_known_fn *known;
    void *known_ctx;
    struct mote_iq iq; /* enabling carbons */
    struct {
        uint64_t hash; /* keyed, of the id and the bare JID */
        int32_t ticket;
    } sent[MOTE_CHAT_SENT];
    uint8_t oldest;
    char id[12]; /* the last random id */
};

/* `flags`: enum mote_chat_flags, or-ed. `chat` stays in place as long as `x` is used. */
void mote_chat_attach(struct mote_chat *chat, struct mote *x, uint32_t flags);

/* Who gets receipts, beside the own account: those for whom `known` returns true. Without it nobody else does, unless
 * MOTE_CHAT_RECEIPTS_TO_ALL is set. There is no receipt for a message that was not given as MOTE_EV_MESSAGE, nor for an
 * encrypted one, which nobody can have read. */
void mote_chat_receipts_to(struct mote_chat *chat, mote_chat_known_fn *known, void *ctx);

/* Queue a message. It is copied into the TX ring. Off line it waits there for the next login, and when the link is lost
 * it stays until it was wholly written.
 *
 * Returns a ticket > 0; the same number comes back in MOTE_EV_RECEIPT, or in MOTE_EV_REFUSED when the message bounces.
 *   MOTE_ERR_ARG     `to` is no JID, or the body is missing or empty
 *   MOTE_ERR_FULL    no room now; try after MOTE_EV_ROOM
 *   MOTE_ERR_SIZE    would not fit in an empty ring either; give a larger tx_size
 *   MOTE_ERR_TEXT    not UTF-8, or a character XML 1.0 forbids
 *   MOTE_ERR_STATE   the stream is being closed
 *
 * Cost: ring, about 130 bytes + to + twice the id + escaped body. */
int32_t mote_chat_send(struct mote_chat *chat, const struct mote_chat_message *message);

/* The id that the last mote_chat_send made for a message without one; it is valid until the next one is made. */
const char *mote_chat_id(const struct mote_chat *chat);

#ifdef __cplusplus
}
#endif

#endif
