/* SPDX-License-Identifier: MIT
 * Presence (RFC 6121 sections 3 and 4): this client announces that it is there, and decides who may know it. No roster
 * is kept: a list in the configuration says whose subscriptions are approved.
 */
#ifndef MOTE_PRESENCE_H
#define MOTE_PRESENCE_H

#include "core/module.h"

#ifdef __cplusplus
extern "C" {
#endif

enum mote_presence_event {
    MOTE_EV_SUBSCRIPTION = 24, /* somebody asked for or withdrew a subscription: mote_presence_of */
    MOTE_EV_PRESENCE           /* a contact came or went: mote_presence_of */
};

/* What MOTE_EV_PRESENCE and MOTE_EV_SUBSCRIPTION tell. Absent strings are NULL. */
struct mote_presence_info {
    const char *from;
    const char *type;   /* "available", "unavailable", or "subscribe", "subscribed", "unsubscribe", "unsubscribed" */
    const char *show;   /* "away", "chat", "dnd", "xa" */
    const char *status; /* for people */
    bool allowed;       /* with "subscribe": it was on the list, and has been approved */
};

/* The presence of MOTE_EV_PRESENCE and MOTE_EV_SUBSCRIPTION. */
static inline const struct mote_presence_info *mote_presence_of(const struct mote_event *event)
{
    return (const struct mote_presence_info *)event->data;
}

struct mote_presence_config {
    /* Who may subscribe: bare JIDs, or "@example.org" for all of a domain; NULL-terminated, or NULL for nobody. The
     * application is told of others, and they get no answer until it gives one. The list must stay valid. */
    const char *const *allow;
    bool subscribe_back; /* also subscribe to those who are approved */
    const char *status;  /* for people, or NULL. It must stay valid */
    int8_t priority;     /* -128..127; with a negative one no messages come that were sent to the bare JID */
};

struct mote_presence {
    struct mote_module mod;
    struct mote_presence_config config;
};

/* Attach it after the modules that put something into presence (disco). `config` is copied; NULL for all defaults. */
void mote_presence_attach(struct mote_presence *presence, struct mote *x, const struct mote_presence_config *config);

/* Is this JID on the list? */
bool mote_presence_allows(const struct mote_presence *presence, const char *jid);

/* Send presence of `type`: "subscribe", "subscribed", "unsubscribe" or "unsubscribed" to the bare JID of `to`. Returns
 * 0, or MOTE_ERR_ARG, _FULL, _STATE. */
int mote_presence_send(struct mote_presence *presence, const char *to, const char *type);

/* Change `status`, which may be NULL and must stay valid, and announce it. Returns 0, or MOTE_ERR_FULL, _TEXT,
 * _STATE. */
int mote_presence_status(struct mote_presence *presence, const char *status);

#ifdef __cplusplus
}
#endif

#endif
