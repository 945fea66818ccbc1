/* SPDX-License-Identifier: MIT
 * Publish-subscribe (XEP-0060): requests about a node, paging (XEP-0059), and what services send by themselves. PEP
 * (XEP-0163) is the pubsub service that every account has. This is no module, but modules such as blog build on it.
 */
#ifndef MOTE_PUBSUB_H
#define MOTE_PUBSUB_H

#include "core/module.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The end of an answer to a reading request, in MOTE_EV_PAGE. To go on, ask with before = first for what is older, or
 * with after = last for what is newer. */
struct mote_page {
    const char *service;      /* never NULL */
    const char *node;         /* as the service tells it, else NULL */
    const char *first, *last; /* marks of the service for the ends of this page, opaque; NULL when the page is empty,
                                 or the service has no paging (XEP-0059) and just gave the newest items */
    int64_t count;            /* items on the node, -1 when the service does not tell */
    unsigned posts;           /* of this page: each was an event before this one */
    unsigned left_out;        /* items that the service sent beyond what it was asked for, and that gave no event */
    bool complete;            /* nothing lies further in the direction that was asked */
};

/// The rest is for modules. A service of NULL is the own account ///

/* Fields of a node's configuration (XEP-0060 section 17.4.4), or-ed. */
enum mote_pubsub_field {
    MOTE_PUBSUB_ACCESS = 1u << 0,          /* pubsub#access_model = access */
    MOTE_PUBSUB_PERSIST = 1u << 1,         /* pubsub#persist_items = true */
    MOTE_PUBSUB_MAX = 1u << 2,             /* pubsub#max_items = max_items */
    MOTE_PUBSUB_MAX_WORD = 1u << 3,        /* pubsub#max_items = max, as many as the service allows */
    MOTE_PUBSUB_NOTIFY_RETRACT = 1u << 4,  /* pubsub#notify_retract = true */
    MOTE_PUBSUB_SEND_LAST_NEVER = 1u << 5, /* pubsub#send_last_published_item = never */
    MOTE_PUBSUB_OPEN_PUBLISH = 1u << 6     /* pubsub#publish_model = open: anybody may publish */
};

struct mote_pubsub_options {
    unsigned fields;    /* enum mote_pubsub_field */
    const char *access; /* "open", "presence", "whitelist" ... */
    uint32_t max_items;
};

/* Each request is sent by `iq`, whose module is set, and returns what mote_iq_send does. To publish, write the one
 * <item/> to what begin returns, then call end, which adds the options (XEP-0060 section 7.1.5) if they have fields.
 * The other requests are sent by one call. */
struct mote_writer *mote_pubsub_begin_publish(struct mote_iq *iq, const char *service, const char *node);
int32_t mote_pubsub_end_publish(struct mote_iq *iq, struct mote_writer *w, const struct mote_pubsub_options *options,
                                mote_iq_fn *answered);

/* The bytes of such a request without its item, or MOTE_ERR_TEXT. Nothing is sent; what was being composed is lost. */
int32_t mote__pubsub_publish_size(struct mote *x, const char *service, const char *node,
                                  const struct mote_pubsub_options *options);

/* Take an item away; subscribers are told. */
int32_t mote_pubsub_retract(struct mote_iq *iq, const char *service, const char *node, const char *id,
                            mote_iq_fn *answered);

/* The own bare JID subscribes or unsubscribes. */
int32_t mote_pubsub_subscribe(struct mote_iq *iq, const char *service, const char *node, bool on, mote_iq_fn *answered);

/* Create a node with its configuration in one step (XEP-0060 section 8.1.3), or configure an existing one (section
 * 8.2). */
int32_t mote_pubsub_create(struct mote_iq *iq, const char *service, const char *node,
                           const struct mote_pubsub_options *options, mote_iq_fn *answered);
int32_t mote_pubsub_configure(struct mote_iq *iq, const char *service, const char *node,
                              const struct mote_pubsub_options *options, mote_iq_fn *answered);

/* What to read. */
enum mote_pubsub_where {
    MOTE_PUBSUB_NEWEST,
    MOTE_PUBSUB_BEFORE, /* the page that ends before `mark`: page->first of another */
    MOTE_PUBSUB_AFTER,  /* the page that begins behind `mark`: page->last of another */
    MOTE_PUBSUB_ONE     /* the item whose id is `mark` */
};
struct mote_pubsub_range {
    enum mote_pubsub_where where;
    const char *mark;
    unsigned max; /* items, at least 1 */
};
int32_t mote_pubsub_read(struct mote_iq *iq, const char *service, const char *node,
                         const struct mote_pubsub_range *range, mote_iq_fn *answered);

/* Take the answer apart: it sets node, first, last, count and complete of `page`. `items` is the number of <item/> in
 * it. Returns false when a page behind or before a mark was asked for and the service has no paging: what it sent is
 * then something else. range->mark is not looked at. */
bool mote_pubsub_read_page(const struct mote_xml *reply, unsigned items, const struct mote_pubsub_range *range,
                           struct mote_page *page);

/* The <items/> of an answer, or NULL. */
const struct mote_xml *mote_pubsub_items(const struct mote_xml *reply);

/* Why a publish, create or configure with options was refused. */
enum mote_pubsub_refusal {
    MOTE_PUBSUB_DENIED,  /* the reason has nothing to do with the options */
    MOTE_PUBSUB_MISSING, /* there is no such node */
    MOTE_PUBSUB_DIFFERS, /* the node has another configuration (precondition-not-met), or exists already (conflict) */
    MOTE_PUBSUB_OPTION   /* an option is unknown, or its value is too large */
};
enum mote_pubsub_refusal mote_pubsub_refusal(const struct mote_xml *reply);

/* The fields to try next after MOTE_PUBSUB_OPTION: without those that the refusal names or, when it names none, without
 * the one that is most often refused, which is max_items: some services refuse a number above their own limit, others
 * the word "max". Fields of `keep` stay. */
unsigned mote_pubsub_reduce(unsigned fields, unsigned keep, const struct mote_xml *reply);

/* What a service tells by itself (XEP-0060 section 7.1.2.1 and others). */
struct mote_pubsub_event {
    enum mote_pubsub_event_kind {
        MOTE_PUBSUB_ITEMS, /* `what` holds <item/> and <retract/> */
        MOTE_PUBSUB_PURGED,
        MOTE_PUBSUB_DELETED
    } kind;
    const char *service; /* NULL is the own account */
    const char *node;
    const struct mote_xml *what;
};

/* Read such an event. Returns false when the message is none, or does not come from a service. Services are bare JIDs
 * and domains, while what a client sends bears the full JID that its server wrote (RFC 6120 section 8.1.2.1). */
bool mote_pubsub_read_event(struct mote *x, const struct mote_xml *message, struct mote_pubsub_event *event);

#ifdef __cplusplus
}
#endif

#endif
