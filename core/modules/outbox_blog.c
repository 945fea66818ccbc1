/* SPDX-License-Identifier: MIT
 * Posts in the outbox. The store holds a post as its <item/>. The options around it are decided anew at each try, by
 * what is known of the node then: see core/modules/blog/publish.c. So after a refusal no other copy is needed.
 */
#include "core/modules/outbox_blog.h"

#include <string.h>

#include "core/base/text.h"
#include "core/modules/blog/publish.h"

enum { TRIES = 6, PAUSE_MS = 30000 };

int32_t mote_blog_queue(struct mote_blog *blog, const struct mote_post *post, const struct mote_durable *durable)
{
    struct blog_whole_post p;
    int error = blog->carrier.outbox == NULL ? MOTE_ERR_STATE : mote__blog_fill_in(blog, &p, post);
    if (error != 0 || post->with_comments || strlen(p.post.node) > MOTE_QUEUE_NODE) {
        return error != 0 ? error : MOTE_ERR_ARG;
    }
    int32_t around = mote__blog_publish_size(blog, post->service, p.post.node);
    if (around < 0) {
        return around;
    }
    mote__blog_put_item(mote_module_begin(blog->mod.x), &p.post);
    return mote_outbox_push_composed(&blog->carrier,
                                     &(struct mote_outbox_new){.to = post->service != NULL ? post->service : "",
                                                               .id = p.post.id,
                                                               .node = p.post.node,
                                                               .around = (uint32_t)around,
                                                               .durable = durable});
}

static void settle_post(struct mote_blog *blog, const struct mote_blog_request *r)
{
    struct mote_store *s = blog->carrier.outbox->config.store;
    struct mote_outbox_stored item;
    char service[MOTE_JID_MAX + 1], node[MOTE_QUEUE_NODE + 1];
    bool known = mote_outbox_item_at(s, r->ticket, &item) > 0 && mote_outbox_to(&item, service, sizeof service) &&
                 mote_outbox_node(&item, node, sizeof node);
    mote__blog_settle(blog, r, known && service[0] != '\0' ? service : NULL, known ? node : NULL);
}

static void queued_answered(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    struct mote_blog_request *r = (struct mote_blog_request *)iq;
    struct mote_blog *blog = blog_of(iq->module);
    struct mote_outbox *outbox = blog->carrier.outbox;
    int32_t ticket = r->ticket;
    const char *why = NULL;
    bool again = error == MOTE_ERR_REFUSED && mote__blog_learn(blog, r, reply, &why) && r->tries < TRIES;
    if (error == 0) {
        settle_post(blog, r);
    }
    r->kind = BLOG_FREE;
    if (again) {
        mote_outbox_again(outbox, ticket, 0);
    } else if (error == MOTE_ERR_LOST || error == MOTE_ERR_TIMEOUT ||
               (error == MOTE_ERR_REFUSED &&
                mote_text_equal(mote_xml_attr(mote_xml_inner(reply, "error"), "type"), "wait"))) {
        mote_outbox_again(outbox, ticket, error == MOTE_ERR_LOST ? 0 : PAUSE_MS);
    } else {
        mote_outbox_done(outbox, ticket, reply, error, NULL);
    }
}

/* Is a post to this node under way? While nothing is known of a node, one post is to find out, and not as many as fit
 * in the window. */
static bool learning(const struct mote_blog *blog, uint64_t node)
{
    for (unsigned i = 0; i < MOTE_PUBSUB_REQUESTS; i++) {
        const struct mote_blog_request *r = &blog->requests[i];
        if (r->kind == BLOG_PUBLISH && r->node == node) {
            return true;
        }
    }
    return false;
}

static int send_queued(struct mote_module *m, const struct mote_outbox_stored *item)
{
    struct mote_blog *blog = blog_of(m);
    char service[MOTE_JID_MAX + 1], node[MOTE_QUEUE_NODE + 1];
    if (!mote_outbox_to(item, service, sizeof service) || !mote_outbox_node(item, node, sizeof node)) {
        return MOTE_ERR_IO;
    }
    const char *to = service[0] != '\0' ? service : NULL;
    uint64_t hash = mote__blog_node_hash(blog, to, node);
    if (!mote__blog_settled(blog, hash) && learning(blog, hash)) {
        return MOTE_ERR_BUSY;
    }
    struct mote_blog_request *r = mote__blog_claim(blog, BLOG_PUBLISH, to, node);
    if (r == NULL) {
        return MOTE_ERR_BUSY;
    }
    struct mote_writer *w;
    int32_t result = mote__blog_begin_publish(blog, r, to, node, &w);
    if (result == 0 && !mote_outbox_copy(item, w)) {
        w->error = MOTE_ERR_IO;
    }
    r->ticket = item->ticket;
    r->tries = item->tries;
    result = mote__blog_sent(r, result == 0 ? mote__blog_end_publish(blog, r, w, queued_answered) : result);
    return result > 0 ? 0 : result;
}

/* The content of a post is its <item/>; the third string is the node of the blog. */
static const struct mote_outbox_kind post_kind = {MOTE_OUTBOX_POST, MOTE_OUTBOX_REQUEST, "post", send_queued};

void mote_blog_durable(struct mote_blog *blog, struct mote_outbox *outbox)
{
    mote_outbox_carry(outbox, &blog->carrier, &post_kind, &blog->mod);
}
