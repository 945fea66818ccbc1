/* SPDX-License-Identifier: MIT
 * The store holds a post as its <item/>. What has to go around it is decided anew at each try, by what is known of the
 * node then: see modules/blog/publish.c. The item itself is the copy that a try without a refused option needs.
 */
#include "core/modules/outbox_blog.h"

#include <string.h>

#include "core/modules/blog/publish.h"
#include "core/base/text.h"

enum { TRIES = 6, PAUSE_MS = 30000 };

int32_t mote_blog_queue(struct mote_blog *blog, const struct mote_post *post, const struct mote_durable *durable)
{
    struct blog_whole_post p;
    int error = blog->outbox == NULL ? MOTE_ERR_STATE : mote__blog_fill_in(blog, &p, post);
    if (error != 0 || post->with_comments || strlen(p.post.node) > MOTE_QUEUE_NODE) {
        return error != 0 ? error : MOTE_ERR_ARG;
    }
    mote__blog_put_item(mote_module_begin(blog->mod.x), &p.post);
    return mote__outbox_push_composed(blog->outbox, &(struct mote__outbox_new){.kind = MOTE_OUTBOX_POST,
                                                                   .to = post->service != NULL ? post->service : "",
                                                                   .id = p.post.id,
                                                                   .node = p.post.node,
                                                                   .durable = durable});
}

static void settle_post(struct mote_blog *blog, const struct mote_blog_request *r)
{
    struct mote_store *s = blog->outbox->config.store;
    struct mote__outbox_item item;
    char service[MOTE_JID_MAX + 1], node[MOTE_QUEUE_NODE + 1];
    bool known = mote__outbox_item_at(s, (uint32_t)r->ticket, &item) > 0 &&
                 mote__outbox_to(s, &item, service, sizeof service) && mote__outbox_node(s, &item, node, sizeof node);
    mote__blog_settle(blog, r, known && service[0] != '\0' ? service : NULL, known ? node : NULL);
}

static void queued_answered(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    struct mote_blog_request *r = (struct mote_blog_request *)iq;
    struct mote_blog *blog = blog_of(iq->module);
    uint32_t seq = (uint32_t)r->ticket;
    const char *why = NULL;
    bool again = error == MOTE_ERR_REFUSED && mote__blog_learn(blog, r, reply, &why) && r->tries < TRIES;
    if (error == 0) {
        settle_post(blog, r);
    }
    r->kind = BLOG_FREE;
    if (again) {
        mote__outbox_again(blog->outbox, seq, 0);
    } else if (error == MOTE_ERR_LOST || error == MOTE_ERR_TIMEOUT ||
               (error == MOTE_ERR_REFUSED &&
                mote_text_equal(mote_xml_attr(mote_xml_inner(reply, "error"), "type"), "wait"))) {
        mote__outbox_again(blog->outbox, seq, error == MOTE_ERR_LOST ? 0 : PAUSE_MS);
    } else {
        mote__outbox_done(blog->outbox, seq, reply, error, NULL);
    }
}

/* What is not known yet of a node shall be learnt by one post, not by as many as fit in the window. */
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

static int send_queued(struct mote_module *m, const struct mote__outbox_item *item)
{
    struct mote_blog *blog = blog_of(m);
    char service[MOTE_JID_MAX + 1], node[MOTE_QUEUE_NODE + 1];
    struct mote_store *s = blog->outbox->config.store;
    if (!mote__outbox_to(s, item, service, sizeof service) || !mote__outbox_node(s, item, node, sizeof node)) {
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
    if (result == 0 && !mote__outbox_copy(blog->outbox->config.store, item, w)) {
        w->error = MOTE_ERR_IO;
    }
    r->ticket = (int32_t)item->seq;
    r->tries = item->tries;
    result = mote__blog_sent(r, result == 0 ? mote__blog_end_publish(blog, r, w, queued_answered) : result);
    return result > 0 ? MOTE__FLIGHT_ASKED : result;
}

void mote_blog_durable(struct mote_blog *blog, struct mote_outbox *outbox)
{
    blog->outbox = outbox;
    mote__outbox_carry(outbox, MOTE_OUTBOX_POST, &blog->mod, send_queued);
}
