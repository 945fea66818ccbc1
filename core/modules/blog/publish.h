/* SPDX-License-Identifier: MIT
 * What the files of core/modules/blog/ share: requests (blog.c), and publishing with its fall-backs (publish.c).
 */
#ifndef MOTE_BLOG_PUBLISH_H
#define MOTE_BLOG_PUBLISH_H

#include "core/modules/blog/blog.h"
#include "core/xml/ns.h"

enum blog_request_kind {
    BLOG_FREE,
    BLOG_PUBLISH,
    BLOG_RETRACT,
    BLOG_SUBSCRIBE,
    BLOG_UNSUBSCRIBE,
    BLOG_READ,
    BLOG_NODE /* a node is created or configured, and the application is not told */
};

enum blog_node_state {
    BLOG_NODE_NEW,      /* nothing is known of it: publish with options */
    BLOG_NODE_MISSING,  /* it may be missing: create it first */
    BLOG_NODE_THERE,    /* it is there with another configuration: configure it first */
    BLOG_NODE_ASKED,    /* it is being created or configured: publish without options */
    BLOG_NODE_HOPELESS, /* it is missing, and we may not create it */
    BLOG_NODE_READY     /* it has accepted a post: publish without options */
};

/* The blog that begins with this module. The cast goes by way of void, because a blog may be aligned to more than a
 * module is. */
static inline struct mote_blog *blog_of(struct mote_module *m)
{
    return (void *)m;
}

/* The own bare JID. */
const char *mote__blog_own(const struct mote_blog *blog, char bare[MOTE_JID_MAX + 1]);

/* Are service and node possible? *node gets its default if it is NULL. */
bool mote__blog_address(const char *service, const char **node);

/* Claim a free slot for a request of this kind; NULL when there is none. It is given back with kind = BLOG_FREE. */
struct mote_blog_request *mote__blog_claim(struct mote_blog *blog, enum blog_request_kind kind, const char *service,
                                           const char *node);

/* Keep text in the slot. When it does not fit whole, "" is kept. */
void mote__blog_keep(struct mote_blog_request *r, const char *text);

/* After mote_iq_send: keep the ticket, or give the slot back. Returns `result`. */
int32_t mote__blog_sent(struct mote_blog_request *r, int32_t result);

/* The request is over: give the slot back and give the event `kind`, or MOTE_EV_REFUSED when error is not 0. `why` is
 * NULL for the usual reason. */
void mote__blog_end(struct mote_blog_request *r, int kind, const struct mote_xml *reply, int error, const char *why);

/// publish.c ///

#define BLOG_COMMENTS NS_MICROBLOG ":comments/"

/* A post with everything filled in, and the room for that. */
struct blog_whole_post {
    struct mote_post post;
    char own[MOTE_JID_MAX + 1], name[MOTE_JID_MAX + 1], id[12];
    char comments[sizeof BLOG_COMMENTS + MOTE_ID_MAX];
};
int mote__blog_fill_in(const struct mote_blog *blog, struct blog_whole_post *p, const struct mote_post *from);

void mote__blog_put_item(struct mote_writer *w, const struct mote_post *post);

/* Begin a publish on r's node, and make the node in front of it if need be. Write the item to *w, then end. begin
 * returns 0, or a negative error. */
int32_t mote__blog_begin_publish(struct mote_blog *blog, struct mote_blog_request *r, const char *service,
                                 const char *node, struct mote_writer **w);
int32_t mote__blog_end_publish(struct mote_blog *blog, struct mote_blog_request *r, struct mote_writer *w,
                               mote_iq_fn *answered);

/* The most bytes that go around the item of a post: those for a node of which nothing is known. Or MOTE_ERR_TEXT. */
int32_t mote__blog_publish_size(const struct mote_blog *blog, const char *service, const char *node);

/* Learn what a refusal tells about the node. Returns true when another try may succeed; *why then tells the application
 * what that will do. */
bool mote__blog_learn(struct mote_blog *blog, const struct mote_blog_request *r, const struct mote_xml *reply,
                      const char **why);

/* The node takes posts. `node` is NULL when its name is not known any more. */
void mote__blog_settle(struct mote_blog *blog, const struct mote_blog_request *r, const char *service,
                       const char *node);
bool mote__blog_settled(struct mote_blog *blog, uint64_t node);

/* A node is gone, or a new session begins: forget what was known of it, or of all nodes (hash 0). */
void mote__blog_forget(struct mote_blog *blog, uint64_t hash);
uint64_t mote__blog_node_hash(const struct mote_blog *blog, const char *service, const char *node);

#endif
