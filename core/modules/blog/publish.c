/* SPDX-License-Identifier: MIT
 * Publishing, with what is to be done when a service refuses.
 *
 * Why options go with the first post. A node can be made ready in other ways. It can be created and configured before
 * the first post, which costs a round trip, two answers and the room to hold that post meanwhile. Or it can be created
 * in front of the post without waiting, which needs no room, but leaves a node unconfigured where publishing creates
 * nodes and users may not. With publish-options the usual case is one stanza and one answer, and all of it happens or
 * nothing. The post is needed again only when it is refused, and only the first one on a node in a session: so there is
 * one copy, in a buffer that the application lends, and not one for each request. What was refused is remembered for
 * each node, so without a buffer the application's second try succeeds.
 *
 *     NEW --published--> READY
 *      |  item-not-found: MISSING, create and publish again   (HOPELESS if that is forbidden)
 *      |  option refused: as if MISSING                       (access_model stays, unless it is "open")
 *      |  precondition-not-met: THERE, publish again without options (likewise)
 *
 * Nodes that other clients made, and the defaults of some services, keep only the last post. So a node of the own
 * account is created or configured in front of the post, without waiting for the answer; a form for that has more
 * options than publishing does. When it is refused, what is left of the options is asked for once more behind the post.
 */
#include "core/modules/blog/publish.h"

#include <string.h>

#include "core/xml/ns.h"
#include "core/base/text.h"

enum { TRIES = 3 }; /* how often one post is repeated at most */

/// What is known of nodes ///

void mote__blog_forget(struct mote_blog *blog, uint64_t hash)
{
    for (unsigned i = 0; i < MOTE_BLOG_NODES; i++) {
        if (hash == 0 || blog->nodes[i].hash == hash) {
            blog->nodes[i] = (struct mote_blog_node){0};
        }
    }
}

/* Options that are never dropped, because not everybody may read what was meant for a few. */
static unsigned kept_fields(const struct mote_blog *blog)
{
    return blog->config.access != MOTE_ACCESS_OPEN ? MOTE_PUBSUB_ACCESS : 0;
}

static struct mote_blog_node *find_node(struct mote_blog *blog, uint64_t hash)
{
    for (unsigned i = 0; i < MOTE_BLOG_NODES; i++) {
        if (blog->nodes[i].hash == hash) {
            return &blog->nodes[i];
        }
    }
    return NULL;
}

static struct mote_blog_node new_node(const struct mote_blog *blog, uint64_t hash)
{
    unsigned fields =
        MOTE_PUBSUB_ACCESS | MOTE_PUBSUB_PERSIST | MOTE_PUBSUB_NOTIFY_RETRACT | MOTE_PUBSUB_SEND_LAST_NEVER;
    fields |= blog->config.max_items != 0 ? MOTE_PUBSUB_MAX : MOTE_PUBSUB_MAX_WORD;
    return (struct mote_blog_node){.hash = hash, .state = BLOG_NODE_NEW, .fields = (uint8_t)fields};
}

/* The same, and begin one if there is none, in place of the oldest. */
static struct mote_blog_node *known_node(struct mote_blog *blog, uint64_t hash)
{
    struct mote_blog_node *k = find_node(blog, hash);
    if (k != NULL) {
        return k;
    }
    k = &blog->nodes[blog->oldest];
    blog->oldest = (uint8_t)((blog->oldest + 1) % MOTE_BLOG_NODES);
    *k = new_node(blog, hash);
    return k;
}

static struct mote_pubsub_options options(const struct mote_blog *blog, unsigned fields)
{
    static const char *const access[] = {"open", "presence", "whitelist", "authorize"};
    return (struct mote_pubsub_options){
        .fields = fields, .access = access[blog->config.access], .max_items = blog->config.max_items};
}

/* The options of the next post on the node. */
static unsigned next_fields(const struct mote_blog *blog, const struct mote_blog_node *k)
{
    bool none = (blog->config.flags & MOTE_BLOG_NO_OPTIONS) != 0 && blog->config.access == MOTE_ACCESS_OPEN;
    if (k->state == BLOG_NODE_READY || none) {
        return 0;
    }
    return k->state == BLOG_NODE_NEW ? k->fields : kept_fields(blog);
}

/* The options that are asked of an existing node: to keep the posts it gets. Who may read it, and all else, is left as
 * it is. */
static uint8_t wish_of(const struct mote_blog_node *k)
{
    return k->fields & (MOTE_PUBSUB_PERSIST | MOTE_PUBSUB_MAX | MOTE_PUBSUB_MAX_WORD);
}

bool mote__blog_settled(struct mote_blog *blog, uint64_t node)
{
    return known_node(blog, node)->state == BLOG_NODE_READY;
}

/// Making nodes ///

/* The node was created or configured, or not. The application is not told: the post behind this is refused if the node
 * is missing. */
static void node_answered(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    struct mote_blog_request *r = (struct mote_blog_request *)iq;
    struct mote_blog *blog = blog_of(iq->module);
    struct mote_blog_node *k = find_node(blog, r->node);
    enum mote_pubsub_refusal refusal = error == MOTE_ERR_REFUSED ? mote_pubsub_refusal(reply) : MOTE_PUBSUB_DIFFERS;
    struct mote_event e = {0};
    r->kind = BLOG_FREE;
    if (error == 0 || refusal == MOTE_PUBSUB_DIFFERS) {
        return; /* the node is there, or nothing was learned */
    }
    mote_iq_explain(&e, reply, error);
    mote_module_log(iq->module->x, MOTE_LOG_WARN, "a node could not be %s: %.80s", r->again ? "configured" : "created",
               e.why);
    if (k == NULL || k->state == BLOG_NODE_READY) {
        return;
    }
    if (refusal == MOTE_PUBSUB_OPTION && (r->fields & ~kept_fields(blog)) != 0) {
        if (r->fields == (r->again ? wish_of(k) : k->fields)) {
            k->fields = (uint8_t)mote_pubsub_reduce(k->fields, kept_fields(blog), reply);
        }
        k->unmet = true;
    } else if (!r->again) {
        k->state = BLOG_NODE_HOPELESS;
    }
}

/* Create a node, or configure an existing one. */
static int32_t make_node(struct mote_blog *blog, const char *service, const char *node, unsigned fields, bool exists)
{
    struct mote_blog_request *r = mote__blog_claim(blog, BLOG_NODE, service, node);
    struct mote_pubsub_options o = options(blog, fields);
    if (r == NULL) {
        return MOTE_ERR_BUSY;
    }
    r->fields = (uint8_t)fields;
    r->again = exists;
    return mote__blog_sent(r, exists ? mote_pubsub_configure(&r->iq, service, node, &o, node_answered)
                               : mote_pubsub_create(&r->iq, service, node, &o, node_answered));
}

/// The post ///

void mote__blog_put_item(struct mote_writer *w, const struct mote_post *post)
{
    mote_writer_put(w, "<item id='%s'>", post->id);
    mote_atom_write(w, post);
    mote_writer_put(w, "</item>");
}

/* Copy service, node and item to the buffer. Returns false when there is none, or it is too small; *error is set when
 * the text is not valid. */
static bool hold(struct mote_blog *blog, const char *service, const char *node, const struct mote_post *post,
                 int *error)
{
    struct mote_writer w;
    service = service != NULL ? service : "";
    if (blog->config.hold == NULL) {
        return false;
    }
    mote_writer_start(&w, blog->config.hold, blog->config.hold_size);
    mote_writer_raw(&w, service, strlen(service) + 1);
    mote_writer_raw(&w, node, strlen(node) + 1);
    mote__blog_put_item(&w, post);
    blog->held = w.need;
    *error = w.error;
    return mote_writer_result(&w) == 0;
}

/* Find the parts of the copy. */
static const char *held_parts(const struct mote_blog *blog, const char **service, const char **node, size_t *len)
{
    const char *at = blog->config.hold, *begin = at;
    *service = at[0] != '\0' ? at : NULL;
    *node = at + strlen(at) + 1;
    at = *node + strlen(*node) + 1;
    *len = blog->held - (size_t)(at - begin);
    return at;
}

static void publish_answered(struct mote_iq *iq, const struct mote_xml *reply, int error);

int32_t mote__blog_begin_publish(struct mote_blog *blog, struct mote_blog_request *r, const char *service,
                                 const char *node, struct mote_writer **w)
{
    struct mote_blog_node *k = known_node(blog, r->node);
    int32_t result = 0;
    if (k->state == BLOG_NODE_MISSING) {
        result = make_node(blog, service, node, k->fields, false);
        k->state = result >= 0 ? BLOG_NODE_THERE : BLOG_NODE_MISSING;
    }
    if (k->state == BLOG_NODE_THERE) {
        unsigned wish = mote_module_is_own_bare(blog->mod.x, service) ? wish_of(k) : 0;
        result = wish != 0 ? make_node(blog, service, node, wish, true) : 0;
        k->state = result >= 0 ? BLOG_NODE_ASKED : BLOG_NODE_THERE;
    }
    if (result >= 0) {
        r->fields = (uint8_t)next_fields(blog, k);
        *w = mote_pubsub_begin_publish(&r->iq, service, node);
    }
    return result < 0 ? result : 0;
}

int32_t mote__blog_publish_size(const struct mote_blog *blog, const char *service, const char *node)
{
    struct mote_blog_node k = new_node(blog, 0);
    struct mote_pubsub_options o = options(blog, next_fields(blog, &k));
    return mote__pubsub_publish_size(blog->mod.x, service, node, &o);
}

int32_t mote__blog_end_publish(struct mote_blog *blog, struct mote_blog_request *r, struct mote_writer *w,
                               mote_iq_fn *answered)
{
    struct mote_pubsub_options o = options(blog, r->fields);
    return mote_pubsub_end_publish(&r->iq, w, &o, answered);
}

/* Send the post, or the held copy if `post` is NULL; a node that is missing is created in front of it. */
static int32_t send_post(struct mote_blog *blog, struct mote_blog_request *r, const char *service, const char *node,
                         const struct mote_post *post)
{
    struct mote_writer *w;
    int32_t result = mote__blog_begin_publish(blog, r, service, node, &w);
    if (result < 0) {
        return result;
    }
    if (post != NULL) {
        mote__blog_put_item(w, post);
    } else {
        size_t len;
        const char *item = held_parts(blog, &service, &node, &len);
        mote_writer_raw(w, item, len);
    }
    return mote__blog_end_publish(blog, r, w, publish_answered);
}

/// Answers ///

bool mote__blog_learn(struct mote_blog *blog, const struct mote_blog_request *r, const struct mote_xml *reply,
                const char **why)
{
    struct mote_blog_node *k = known_node(blog, r->node);
    unsigned keep = kept_fields(blog);
    bool droppable = (r->fields & ~keep) != 0;
    switch (mote_pubsub_refusal(reply)) {
    case MOTE_PUBSUB_MISSING:
        if (k->state == BLOG_NODE_HOPELESS) {
            return false;
        }
        k->state = BLOG_NODE_MISSING;
        *why = "the node does not exist; publishing again creates it";
        return true;
    case MOTE_PUBSUB_OPTION:
        if (droppable && k->state == BLOG_NODE_NEW) { /* in another state the node has been learned about since */
            k->state = BLOG_NODE_MISSING;
        }
        *why = droppable ? "the service refuses an option; publishing again creates the node first" : NULL;
        return droppable;
    case MOTE_PUBSUB_DIFFERS:
        if (droppable && k->state == BLOG_NODE_NEW) {
            k->state = BLOG_NODE_THERE;
        }
        *why = droppable ? "the node has another configuration; publishing again does without"
                         : "the node lets others read than the configuration says: nothing was published";
        return droppable;
    default: return false;
    }
}

/* Options that were refused in front of this post are asked for once more. */
void mote__blog_settle(struct mote_blog *blog, const struct mote_blog_request *r, const char *service, const char *node)
{
    struct mote_blog_node *k = known_node(blog, r->node);
    unsigned wish = k->unmet ? wish_of(k) : 0;
    k->state = BLOG_NODE_READY;
    k->unmet = false;
    if (wish != 0 && node != NULL && mote_module_is_own_bare(blog->mod.x, service)) {
        make_node(blog, service, node, wish, true);
    }
}

static void publish_answered(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    struct mote_blog_request *r = (struct mote_blog_request *)iq;
    struct mote_blog *blog = blog_of(iq->module);
    const char *why = NULL, *service = NULL, *node = NULL;
    size_t len;
    if (blog->holder == r) {
        held_parts(blog, &service, &node, &len);
    }
    if (error == 0) {
        mote__blog_settle(blog, r, service, node);
    } else if (error == MOTE_ERR_REFUSED && mote__blog_learn(blog, r, reply, &why) && blog->holder == r) {
        why = NULL;
        if (r->tries++ < TRIES) {
            int32_t result = send_post(blog, r, service, node, NULL);
            if (result > 0) {
                return;
            }
            error = result;
            reply = NULL;
        }
    }
    mote__blog_end(r, MOTE_EV_PUBLISHED, reply, error, why);
}

/// Publishing ///

static int fill_in_comments(struct blog_whole_post *p, const char *service)
{
    size_t len = strlen(p->post.id);
    if (!p->post.with_comments) {
        bool one = p->post.comments_service != NULL, other = p->post.comments_node != NULL;
        return one == other && (!one || mote_jid_valid(p->post.comments_service)) ? 0 : MOTE_ERR_ARG;
    }
    if (len > MOTE_ID_MAX || (p->post.comments_service != NULL && !mote_jid_valid(p->post.comments_service))) {
        return MOTE_ERR_ARG;
    }
    memcpy(p->comments, BLOG_COMMENTS, strlen(BLOG_COMMENTS));
    memcpy(p->comments + strlen(BLOG_COMMENTS), p->post.id, len + 1);
    p->post.comments_node = p->comments;
    p->post.comments_service = p->post.comments_service != NULL ? p->post.comments_service
                               : service != NULL                ? service
                                                                : p->own;
    return 0;
}

int mote__blog_fill_in(const struct mote_blog *blog, struct blog_whole_post *p, const struct mote_post *from)
{
    struct mote *x = blog->mod.x;
    struct mote_post *post = &p->post;
    *post = *from;
    if (!mote__blog_address(post->service, &post->node) || (post->title == NULL && post->content == NULL) ||
        post->tag_count > MOTE_POST_TAGS || (post->id != NULL && post->id[0] == '\0')) {
        return MOTE_ERR_ARG;
    }
    for (unsigned i = 0; i < post->tag_count; i++) {
        if (post->tags[i] == NULL) {
            return MOTE_ERR_ARG;
        }
    }
    if (post->id == NULL) {
        if (mote_module_random_id(x, p->id) != 0) {
            return MOTE_ERR_ENTROPY;
        }
        post->id = p->id;
    }
    post->author = mote__blog_own(blog, p->own);
    if (post->author_name == NULL) {
        post->author_name = blog->config.author_name;
    }
    if (post->author_name == NULL) {
        memcpy(p->name, p->own, sizeof p->name);
        p->name[strcspn(p->name, "@")] = '\0';
        post->author_name = p->name;
    }
    post->updated = post->updated != 0 ? post->updated : mote_module_unix_time(x);
    if (post->updated == 0) {
        return MOTE_ERR_STATE;
    }
    int error = fill_in_comments(p, post->service);
    post->service = post->service != NULL ? post->service : p->own;
    return error;
}

/* Make the node for comments, readable like the post and writable for all who may read it (XEP-0277 section 4.2). */
static int32_t make_comments(struct mote_blog *blog, const struct blog_whole_post *p)
{
    const struct mote_post *post = &p->post;
    unsigned fields = MOTE_PUBSUB_ACCESS | MOTE_PUBSUB_PERSIST | MOTE_PUBSUB_MAX_WORD | MOTE_PUBSUB_NOTIFY_RETRACT |
                      MOTE_PUBSUB_OPEN_PUBLISH;
    if (!post->with_comments) {
        return 0;
    }
    const char *service = strcmp(post->comments_service, p->own) == 0 ? NULL : post->comments_service;
    return make_node(blog, service, post->comments_node, fields, false);
}

int32_t mote_blog_publish(struct mote_blog *blog, const struct mote_post *post)
{
    struct blog_whole_post p;
    int error = mote__blog_fill_in(blog, &p, post);
    if (error != 0) {
        return error;
    }
    const char *service = post->service, *node = p.post.node;
    bool settled = mote__blog_settled(blog, mote__blog_node_hash(blog, service, node));
    if (!settled && blog->holder != NULL) {
        return MOTE_ERR_BUSY;
    }
    int32_t result = make_comments(blog, &p);
    struct mote_blog_request *r = result >= 0 ? mote__blog_claim(blog, BLOG_PUBLISH, service, node) : NULL;
    if (r == NULL) {
        return result < 0 ? result : MOTE_ERR_BUSY;
    }
    mote__blog_keep(r, p.post.id);
    if (!settled && hold(blog, service, node, &p.post, &error)) {
        blog->holder = r;
    }
    result = error != 0 ? error : send_post(blog, r, service, node, blog->holder == r ? NULL : &p.post);
    if (result < 0 && blog->holder == r) {
        blog->holder = NULL;
    }
    return mote__blog_sent(r, result);
}

const char *mote_blog_id(const struct mote_blog *blog, int32_t ticket)
{
    for (unsigned i = 0; i < MOTE_PUBSUB_REQUESTS; i++) {
        const struct mote_blog_request *r = &blog->requests[i];
        if ((r->kind == BLOG_PUBLISH || r->kind == BLOG_RETRACT) && r->ticket == ticket) {
            return r->text[0] != '\0' ? r->text : NULL;
        }
    }
    return NULL;
}
