/* SPDX-License-Identifier: MIT
 * Presence (RFC 6121 sections 3 and 4): being there, and who may know it. No roster is kept: subscriptions are decided
 * by a list of who is allowed.
 */
#ifndef MOTE_PRESENCE_H
#define MOTE_PRESENCE_H

#include "core/module.h"

enum mote_presence_event {
    MOTE_EV_SUBSCRIPTION = 24, /* somebody asked for or withdrew a subscription: mote_presence_of */
    MOTE_EV_PRESENCE           /* a contact came or went: mote_presence_of */
};

/* In MOTE_EV_PRESENCE and MOTE_EV_SUBSCRIPTION. Absent strings are NULL. */
struct mote_presence_info {
    const char *from;
    const char *type;   /* "available", "unavailable", or "subscribe", "subscribed", "unsubscribe", "unsubscribed" */
    const char *show;   /* "away", "chat", "dnd", "xa" */
    const char *status; /* for people */
    bool allowed;       /* of "subscribe": was on the list, and has been approved */
};

/* Of MOTE_EV_PRESENCE and MOTE_EV_SUBSCRIPTION. */
static inline const struct mote_presence_info *mote_presence_of(const struct mote_event *event)
{
    return (const struct mote_presence_info *)event->data;
}

struct mote_presence_config {
    /* Who may subscribe: bare JIDs, or "@example.org" for all of a domain; NULL-terminated, or NULL for nobody. Others
     * are told to the application and get no answer until it gives one. Stays valid. */
    const char *const *allow;
    bool subscribe_back; /* also subscribe to those who are approved */
    const char *status;  /* for people, or NULL. Stays valid */
    int8_t priority;     /* -128..127; negative gets no messages sent to the bare JID */
};

struct mote_presence {
    struct mote_module mod;
    struct mote_presence_config config;
};

/* `config` is copied; NULL for all defaults. Attach it after the modules that put something into presence (disco). */
void mote_presence_attach(struct mote_presence *presence, struct mote *x, const struct mote_presence_config *config);

/* Is this JID on the list? */
bool mote_presence_allows(const struct mote_presence *presence, const char *jid);

/* Send presence of `type`: "subscribe", "subscribed", "unsubscribe" or "unsubscribed" to the bare JID of `to`. Returns
 * 0, or MOTE_ERR_ARG, _FULL, _STATE. */
int mote_presence_send(struct mote_presence *presence, const char *to, const char *type);

/* Change `status` (may be NULL) and announce it. Stays valid. Returns 0, or MOTE_ERR_FULL, _TEXT, _STATE. */
int mote_presence_status(struct mote_presence *presence, const char *status);

#endif
