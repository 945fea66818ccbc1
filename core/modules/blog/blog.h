/* SPDX-License-Identifier: MIT
 * Blogs: posts are published, taken away, read page by page and followed, on the own microblog (XEP-0277, a PEP node)
 * and on any node of any pubsub service (XEP-0060, XEP-0472). Comments are posts on a node of their own.
 *
 * In an event, service and node say which blog it is about. Any blog can be read at once. Events about new posts come
 * from the blogs to which mote_blog_subscribe subscribed, now or in an earlier session, and with MOTE_BLOG_FOLLOW from
 * those of all contacts.
 *
 * A program that publishes attaches the presence module, too; a negative priority is enough. ejabberd tells contacts
 * that follow without a subscription only of posts from a session that has sent presence before.
 */
#ifndef MOTE_BLOG_H
#define MOTE_BLOG_H

#include "core/module.h"
#include "core/modules/blog/atom.h"
#include "core/modules/pubsub.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Who may read a node that this module makes. The access of an existing node is never changed. Unless it is OPEN,
 * nothing is published on a node that is known to have another access model: the request is refused with condition
 * "conflict". */
enum mote_access {
    MOTE_ACCESS_OPEN,      /* anybody: any client can follow it */
    MOTE_ACCESS_PRESENCE,  /* those who are subscribed to the account's presence */
    MOTE_ACCESS_WHITELIST, /* those whom the owner lists; at first nobody */
    MOTE_ACCESS_AUTHORIZE  /* those whom the owner approves */
};

enum mote_blog_flags {
    /* Follow the blogs of all contacts, and what other devices publish on the own one: the module's features then have
     * "urn:xmpp:microblog:0+notify" (XEP-0163 section 4.2). */
    MOTE_BLOG_FOLLOW = 1u << 0,

    /* The nodes exist and are well configured: the first post of a session goes without options, which saves 500 bytes.
     * It is only honoured with MOTE_ACCESS_OPEN. */
    MOTE_BLOG_NO_OPTIONS = 1u << 1
};

enum mote_blog_event {
    MOTE_EV_PUBLISHED = 32, /* mote_post_of: its id is on the node; the ticket of mote_blog_publish */
    MOTE_EV_RETRACTED,      /* the ticket of mote_blog_retract */
    MOTE_EV_SUBSCRIBED,     /* the ticket of mote_blog_subscribe */
    MOTE_EV_UNSUBSCRIBED,   /* the ticket of mote_blog_unsubscribe */
    MOTE_EV_POST,           /* mote_post_of; ticket 0 for a notification, else of the mote_blog_read that asked */
    MOTE_EV_POST_RETRACTED, /* mote_post_of has service, node and id of an entry that was taken away */
    MOTE_EV_PAGE            /* mote_page_of ends the answer to the mote_blog_read with this ticket */
};

/* The post of MOTE_EV_PUBLISHED, MOTE_EV_RETRACTED, MOTE_EV_POST and MOTE_EV_POST_RETRACTED, and of MOTE_EV_REFUSED
 * for a post. */
static inline const struct mote_post *mote_post_of(const struct mote_event *event)
{
    return (const struct mote_post *)event->data;
}

/* The page of MOTE_EV_PAGE. */
static inline const struct mote_page *mote_page_of(const struct mote_event *event)
{
    return (const struct mote_page *)event->data;
}

/* A zeroed field means the default. What pointers point to stays valid. */
struct mote_blog_config {
    const char *author_name; /* for people; default: the part of the JID before the @ */
    enum mote_access access;
    uint32_t max_items;  /* posts a node shall keep; default: as many as the service allows. A node of the own account
                            that exists already, and keeps another number, is brought to it before it gets a post */
    uint32_t flags;      /* enum mote_blog_flags, or-ed */
    void *hold;          /* room for the copy of one post; see mote_blog_publish. Default: there is none */
    size_t hold_size;    /* bytes: the post as it is on the wire, service and node; 512 do for a sensor's reading */
    char *scratch;       /* where posts that are only there as XHTML become plain text. Default: 384 bytes of stack */
    size_t scratch_size; /* bytes */
};

/* One request that waits for its answer. */
struct mote_blog_request {
    struct mote_iq iq;          /* must be the first member: the answer comes with its address */
    uint64_t node;              /* keyed hash of service and node */
    int32_t ticket;             /* what the application got: iq.ticket of the first try */
    uint8_t kind;               /* enum blog_request_kind, 0 when the place is free */
    uint8_t fields;             /* publish: options of this try */
    uint8_t tries;              /* publish: how often it was repeated */
    uint8_t max;                /* read: items asked for */
    uint8_t where;              /* read: enum mote_pubsub_where */
    bool microblog;             /* on node "urn:xmpp:microblog:0" */
    bool again;                 /* read: text has what a repetition needs. Node: it is to be configured, not created */
    char text[MOTE_ID_MAX + 1]; /* publish, retract: the item's id, "" if it is longer. Read: mark, NUL, node or "" */
};

/* What is known of a node in this session. */
struct mote_blog_node {
    uint64_t hash;  /* 0 when the place is free */
    uint8_t state;  /* enum blog_node_state */
    uint8_t fields; /* enum mote_pubsub_field: options that have not been refused */
    bool unmet;     /* some were refused: the rest is asked for again, behind the post that makes the node */
};

/* Nodes that are known at a time. For one more the oldest is forgotten: its next post has options again. */
enum { MOTE_BLOG_NODES = 4 };

struct mote_blog {
    struct mote_module mod;
    struct mote_blog_config config;
    struct mote_outbox_carrier carrier; /* what is queued durably: see core/modules/outbox_blog.h */
    struct mote_blog_request *holder; /* whose post lies in config.hold: service, node (with NULs), item */
    size_t held;                      /* bytes there */
    uint64_t last_event;              /* keyed hash of the last notification */
    uint8_t oldest;                   /* index of the oldest entry of nodes */
    struct mote_blog_node nodes[MOTE_BLOG_NODES];
    struct mote_blog_request requests[MOTE_PUBSUB_REQUESTS];
};

/* `config` is copied; NULL for all defaults. `blog` stays in place as long as `x` is used. */
void mote_blog_attach(struct mote_blog *blog, struct mote *x, const struct mote_blog_config *config);

/* Publish a post, or replace the one with the same post->id on that node.
 *
 * The post is copied into the TX ring before this returns; `post` and its strings may be reused at once. The first post
 * on a node in a session carries options (XEP-0060 section 7.1.5) that make the node if need be: persistent, many
 * items, and the access of the configuration. Some services refuse an option, or want the node to be created first. So
 * that the application need not care, that first post lies in config.hold until it is answered, and is published anew
 * behind what creates or configures the node, at most thrice. Further posts on the node carry no options and need no
 * copy. Without `hold`, or when the post does not fit there, a refusal is final. But what was learned of the node is
 * kept: publishing again does what the copy would have done.
 *
 * A ticket ends in MOTE_EV_PUBLISHED or MOTE_EV_REFUSED, both with post->id, and with service and node as far as the
 * answer tells them. With MOTE_ERR_LOST and MOTE_ERR_TIMEOUT the service may have the post or not: publish it again
 * with the same id, which replaces it if it is there. MOTE_ERR_FULL or _BUSY: there was no room to publish it anew.
 *
 * Returns a ticket > 0; mote_blog_id tells the id until the answer is there.
 *   MOTE_ERR_ARG     there is no title and no content, the service is no JID, node or id is empty, too many tags
 *   MOTE_ERR_STATE   off line, or post->updated is 0 and no clock is known yet
 *   MOTE_ERR_BUSY    MOTE_PUBSUB_REQUESTS wait for answers, or the post in config.hold does and this one is for a node
 *                    of which nothing is known either; try after the next answer
 *   MOTE_ERR_FULL    no room now; try after MOTE_EV_ROOM
 *   MOTE_ERR_SIZE    would not fit in an empty ring either; give a larger tx_size
 *   MOTE_ERR_TEXT    not UTF-8, or a character XML 1.0 forbids
 *   MOTE_ERR_ENTROPY no random id
 *
 * Cost: ring, about 300 bytes + escaped text for a lean post on the own microblog, 490 for a whole one, 500 more with
 * options. */
int32_t mote_blog_publish(struct mote_blog *blog, const struct mote_post *post);

/* The id of the post that was published, or is being retracted, under a ticket without answer; else NULL. Also NULL
 * when it is longer than MOTE_ID_MAX bytes. Valid until the answer. */
const char *mote_blog_id(const struct mote_blog *blog, int32_t ticket);

/* For all of these: `service` NULL is the own account, `node` NULL its microblog. They return a ticket > 0 or, as
 * mote_blog_publish, MOTE_ERR_ARG, _STATE, _BUSY, _FULL, _SIZE or _TEXT. The ticket comes back in the event named, or
 * in MOTE_EV_REFUSED. */

/* Take a post away: MOTE_EV_RETRACTED with post->id (NULL when it is longer than MOTE_ID_MAX bytes). */
int32_t mote_blog_retract(struct mote_blog *blog, const char *service, const char *node, const char *id);

/* MOTE_EV_SUBSCRIBED; its `why` is NULL, or tells that the owner has yet to approve it. The own bare JID is subscribed,
 * so the subscription outlives the session, until mote_blog_unsubscribe. */
int32_t mote_blog_subscribe(struct mote_blog *blog, const char *service, const char *node);
int32_t mote_blog_unsubscribe(struct mote_blog *blog, const char *service, const char *node); /* MOTE_EV_UNSUBSCRIBED */

enum { MOTE_BLOG_PAGE = 10, MOTE_BLOG_PAGE_MAX = 50 };

struct mote_blog_query {
    const char *service;
    const char *node;
    const char *id;     /* read this one post; the fields below are then ignored */
    const char *before; /* read what is older than a page, whose page->first this is. NULL: the newest */
    const char *after;  /* read what is newer than a page, whose page->last this is */
    unsigned max;       /* posts of a page, 1..MOTE_BLOG_PAGE_MAX; more counts as that, 0 as MOTE_BLOG_PAGE */
};

/* Read a page: MOTE_EV_POST for each post, in the order of the service, as a rule oldest first; then MOTE_EV_PAGE.
 * `query` NULL reads the newest of the own microblog. Items that are no Atom entry come as posts without `entry`; the
 * description of a blog (XEP-0277 section 5) is left out.
 *
 * An answer that does not fit in the stanza arena is skipped (MOTE_EV_OVERSIZE) and half as many posts are asked for,
 * down to one. When node and mark are too long to be kept (MOTE_ID_MAX bytes together), or one post alone is too large,
 * MOTE_EV_REFUSED says MOTE_ERR_SIZE. A service without XEP-0059 gives its newest posts only: for other pages
 * MOTE_EV_REFUSED has the condition "feature-not-implemented". */
int32_t mote_blog_read(struct mote_blog *blog, const struct mote_blog_query *query);

/* Events that nobody asked for have ticket 0. A service is believed about its own nodes, and no others.
 *   MOTE_EV_POST            somebody published a post, or published it anew
 *   MOTE_EV_POST_RETRACTED  post->id was taken away, whether it was known or not; with NULL the whole node was emptied
 *                           or deleted. It may have been no blog: compare service and node with those you follow */

#ifdef __cplusplus
}
#endif

#endif
