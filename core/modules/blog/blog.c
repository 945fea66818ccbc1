/* SPDX-License-Identifier: MIT
 * The blog module: reading, subscribing, retracting, and what services tell by themselves. publish.c publishes.
 */
#include "core/modules/blog/blog.h"

#include <string.h>

#include "core/modules/blog/publish.h"
#include "core/xml/ns.h"
#include "core/base/text.h"

/// Requests ///

const char *mote__blog_own(const struct mote_blog *blog, char bare[MOTE_JID_MAX + 1])
{
    const char *jid = mote_jid(blog->mod.x);
    size_t len = mote_jid_bare_len(jid);
    memcpy(bare, jid, len);
    bare[len] = '\0';
    return bare;
}

bool mote__blog_address(const char *service, const char **node)
{
    *node = *node != NULL ? *node : NS_MICROBLOG;
    return (*node)[0] != '\0' && (service == NULL || mote_jid_valid(service));
}

uint64_t mote__blog_node_hash(const struct mote_blog *blog, const char *service, const char *node)
{
    const char *jid = service != NULL ? service : mote_jid(blog->mod.x);
    uint64_t host = mote_module_jid_hash(blog->mod.x, jid, service != NULL ? strlen(jid) : mote_jid_bare_len(jid));
    uint64_t key[2] = {host, ~host}; /* a secret, because host is keyed with one */
    uint64_t hash = mote_siphash(key, node, strlen(node));
    return hash != 0 ? hash : 1;
}

struct mote_blog_request *mote__blog_claim(struct mote_blog *blog, enum blog_request_kind kind, const char *service,
                                     const char *node)
{
    for (unsigned i = 0; i < MOTE_PUBSUB_REQUESTS; i++) {
        struct mote_blog_request *r = &blog->requests[i];
        if (r->kind == BLOG_FREE) {
            *r = (struct mote_blog_request){.kind = (uint8_t)kind};
            r->iq.module = &blog->mod;
            r->node = mote__blog_node_hash(blog, service, node);
            r->microblog = strcmp(node, NS_MICROBLOG) == 0;
            return r;
        }
    }
    return NULL;
}

void mote__blog_keep(struct mote_blog_request *r, const char *text)
{
    mote_text_copy(r->text, sizeof r->text, text);
}

int32_t mote__blog_sent(struct mote_blog_request *r, int32_t result)
{
    if (result < 0) {
        r->kind = BLOG_FREE;
    } else if (r->ticket == 0) {
        r->ticket = result;
    }
    return result;
}

/* Tell which item was published or retracted, from the answer where it says so, else from the request. */
static void describe(const struct mote_blog_request *r, const struct mote_xml *reply, const char *own,
                     struct mote_post *post)
{
    const struct mote_xml *publish = mote_xml_inner(mote_xml_child(reply, NS_PUBSUB, "pubsub"), "publish");
    const char *id = mote_xml_attr(mote_xml_inner(publish, "item"), "id"), *from = mote_xml_attr(reply, "from");
    const char *node = mote_xml_attr(publish, "node");
    post->service = reply == NULL ? NULL : from != NULL ? from : own;
    post->node = node != NULL ? node : r->microblog ? NS_MICROBLOG : NULL;
    post->id = id != NULL ? id : r->text[0] != '\0' ? r->text : NULL;
}

void mote__blog_end(struct mote_blog_request *r, int kind, const struct mote_xml *reply, int error,
              const char *why)
{
    struct mote_blog *blog = blog_of(r->iq.module);
    struct mote_event e = {.kind = error != 0 ? MOTE_EV_REFUSED : kind, .ticket = r->ticket};
    struct mote_blog_request ended = *r; /* the application may use the slot at once */
    struct mote_post post = {0};
    char own[MOTE_JID_MAX + 1];
    if (blog->holder == r) {
        blog->holder = NULL;
    }
    r->kind = BLOG_FREE;
    e.from = mote_xml_attr(reply, "from");
    if (error != 0) {
        mote_iq_explain(&e, reply, error);
    }
    e.why = why != NULL ? why : e.why;
    if (kind == MOTE_EV_PUBLISHED || kind == MOTE_EV_RETRACTED) {
        describe(&ended, reply, mote__blog_own(blog, own), &post);
        e.data = &post;
    }
    mote_module_emit(blog->mod.x, &e);
}

/* The answer to a retract, subscribe or unsubscribe, of which only yes or no matters. */
static void plain_answered(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    struct mote_blog_request *r = (struct mote_blog_request *)iq;
    const struct mote_xml *s = mote_xml_inner(mote_xml_child(reply, NS_PUBSUB, "pubsub"), "subscription");
    const char *state = mote_xml_attr(s, "subscription"), *why = NULL;
    int kind = r->kind == BLOG_RETRACT     ? MOTE_EV_RETRACTED
                                : r->kind == BLOG_SUBSCRIBE ? MOTE_EV_SUBSCRIBED
                                                            : MOTE_EV_UNSUBSCRIBED;
    if (error == 0 && kind == MOTE_EV_SUBSCRIBED && state != NULL && strcmp(state, "subscribed") != 0) {
        why = strcmp(state, "pending") == 0 ? "the owner of the node has to approve it" : "it has yet to be configured";
    }
    mote__blog_end(r, kind, reply, error, why);
}

/* Check service and node, fill in the default, and claim a place for the request: 0 and *r, or MOTE_ERR_ARG or
 * _BUSY. */
static int32_t claim(struct mote_blog *blog, enum blog_request_kind kind, const char *service, const char **node,
                     struct mote_blog_request **r)
{
    if (!mote__blog_address(service, node)) {
        return MOTE_ERR_ARG;
    }
    *r = mote__blog_claim(blog, kind, service, *node);
    return *r != NULL ? 0 : MOTE_ERR_BUSY;
}

int32_t mote_blog_retract(struct mote_blog *blog, const char *service, const char *node, const char *id)
{
    struct mote_blog_request *r;
    int32_t error = id == NULL || id[0] == '\0' ? MOTE_ERR_ARG : claim(blog, BLOG_RETRACT, service, &node, &r);
    if (error != 0) {
        return error;
    }
    mote__blog_keep(r, id);
    return mote__blog_sent(r, mote_pubsub_retract(&r->iq, service, node, id, plain_answered));
}

static int32_t subscribe(struct mote_blog *blog, const char *service, const char *node, bool on)
{
    struct mote_blog_request *r;
    int32_t error = claim(blog, on ? BLOG_SUBSCRIBE : BLOG_UNSUBSCRIBE, service, &node, &r);
    return error != 0 ? error : mote__blog_sent(r, mote_pubsub_subscribe(&r->iq, service, node, on, plain_answered));
}

int32_t mote_blog_subscribe(struct mote_blog *blog, const char *service, const char *node)
{
    return subscribe(blog, service, node, true);
}

int32_t mote_blog_unsubscribe(struct mote_blog *blog, const char *service, const char *node)
{
    return subscribe(blog, service, node, false);
}

/// Items ///

enum { SCRATCH = 384 }; /* bytes of stack: room for the address of comments and a title */

/* Give one <item/> as an event. Returns false for the description of the blog, which is no post. */
static bool emit_item(struct mote_blog *blog, int32_t ticket, const char *service, const char *node,
                      const struct mote_xml *item)
{
    const struct mote_xml *payload = mote_xml_child(item, NULL, NULL);
    struct mote_post post = {.service = service, .node = node, .id = mote_xml_attr(item, "id")};
    char small[SCRATCH], *scratch = blog->config.scratch;
    size_t size = scratch != NULL ? blog->config.scratch_size : sizeof small;
    if (mote_xml_is(payload, NS_ATOM, "feed")) {
        return false;
    }
    mote_atom_read(payload, mote_xml_attr(item, "publisher"), &post, scratch != NULL ? scratch : small, size);
    mote_module_tell(blog->mod.x, MOTE_EV_POST, ticket, service, &post);
    return true;
}

static unsigned count_items(const struct mote_xml *items)
{
    unsigned n = 0;
    for (const struct mote_xml *i = mote_xml_inner(items, "item"); i != NULL; i = mote_xml_again(i)) {
        n++;
    }
    return n;
}

/// Reading ///

/* Keep what asking again needs, if mark and node fit whole. */
static void keep_range(struct mote_blog_request *r, const char *node, const struct mote_pubsub_range *range)
{
    const char *mark = range->mark != NULL ? range->mark : "", *name = r->microblog ? "" : node;
    size_t mark_len = strlen(mark) + 1, name_len = strlen(name) + 1;
    r->max = (uint8_t)range->max;
    r->where = (uint8_t)range->where;
    r->again = mark_len + name_len <= sizeof r->text;
    if (r->again) {
        memcpy(r->text, mark, mark_len);
        memcpy(r->text + mark_len, name, name_len);
    }
}

static void read_answered(struct mote_iq *iq, const struct mote_xml *reply, int error);

/* The answer did not fit in the arena: ask for half as many. */
static bool ask_for_less(struct mote_blog_request *r, const struct mote_xml *reply)
{
    if (!r->again || r->max < 2) {
        return false;
    }
    r->max /= 2;
    const char *node = r->microblog ? NS_MICROBLOG : r->text + strlen(r->text) + 1;
    struct mote_pubsub_range range = {.where = (enum mote_pubsub_where)r->where, .mark = r->text, .max = r->max};
    return mote_pubsub_read(&r->iq, mote_xml_attr(reply, "from"), node, &range, read_answered) > 0;
}

/* The posts of an answer, then its page. `page` has service, node and so on. */
static void deliver(struct mote_blog *blog, const struct mote_blog_request *r, const struct mote_xml *items,
                    struct mote_page *page, unsigned count)
{
    const struct mote_xml *item = mote_xml_inner(items, "item");
    unsigned wanted = count < r->max ? count : r->max;
    page->left_out = count - wanted;
    page->complete &= page->left_out == 0;
    for (unsigned i = 0; r->where != MOTE_PUBSUB_AFTER && i < page->left_out; i++) {
        item = mote_xml_again(item); /* the service sent too many, and the newest are wanted */
    }
    for (; wanted > 0; wanted--, item = mote_xml_again(item)) {
        page->posts += emit_item(blog, r->ticket, page->service, page->node, item);
    }
    mote_module_tell(blog->mod.x, MOTE_EV_PAGE, r->ticket, page->service, page);
}

static void read_result(struct mote_blog *blog, struct mote_blog_request *r, const struct mote_xml *reply)
{
    struct mote_blog_request ended = *r; /* the application may use the slot at once */
    struct mote_pubsub_range range = {.where = (enum mote_pubsub_where)r->where, .max = r->max};
    const struct mote_xml *items = mote_pubsub_items(reply);
    const char *from = mote_xml_attr(reply, "from");
    unsigned count = count_items(items);
    char own[MOTE_JID_MAX + 1];
    struct mote_page page = {.service = from != NULL ? from : mote__blog_own(blog, own)};
    r->kind = BLOG_FREE;
    if (!mote_pubsub_read_page(reply, count, &range, &page)) {
        mote_module_emit(blog->mod.x, &(struct mote_event){.kind = MOTE_EV_REFUSED,
                                                      .ticket = ended.ticket,
                                                      .error = MOTE_ERR_REFUSED,
                                                      .condition = "feature-not-implemented",
                                                      .why = "the service gives its newest posts only, no other pages",
                                                      .from = from});
        return;
    }
    if (page.node == NULL && ended.microblog) {
        page.node = NS_MICROBLOG;
    }
    deliver(blog, &ended, items, &page, count);
}

static void read_answered(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    struct mote_blog_request *r = (struct mote_blog_request *)iq;
    if (error != 0) {
        mote__blog_end(r, MOTE_EV_PAGE, reply, error, NULL);
    } else if (mote_xml_child(reply, NS_PUBSUB, "pubsub") != NULL) {
        read_result(blog_of(iq->module), r, reply);
    } else if (reply->first != NULL) {
        mote__blog_end(r, MOTE_EV_PAGE, reply, MOTE_ERR_PROTOCOL, "the answer is not one of a pubsub service");
    } else if (!ask_for_less(r, reply)) {
        mote__blog_end(r, MOTE_EV_PAGE, reply, MOTE_ERR_SIZE,
                 r->max < 2 ? "the post is larger than the stanza arena"
                            : "the posts are larger than the stanza arena together: ask for fewer");
    }
}

int32_t mote_blog_read(struct mote_blog *blog, const struct mote_blog_query *query)
{
    static const struct mote_blog_query newest;
    const struct mote_blog_query *q = query != NULL ? query : &newest;
    const char *node = q->node;
    struct mote_pubsub_range range = {.where = MOTE_PUBSUB_NEWEST, .max = q->max == 0 ? MOTE_BLOG_PAGE : q->max};
    struct mote_blog_request *r;
    int32_t error = q->id != NULL && q->id[0] == '\0' ? MOTE_ERR_ARG : claim(blog, BLOG_READ, q->service, &node, &r);
    if (error != 0) {
        return error;
    }
    range.max = range.max > MOTE_BLOG_PAGE_MAX ? MOTE_BLOG_PAGE_MAX : range.max;
    if (q->id != NULL) {
        range = (struct mote_pubsub_range){.where = MOTE_PUBSUB_ONE, .mark = q->id, .max = 1};
    } else if (q->after != NULL) {
        range.where = MOTE_PUBSUB_AFTER;
        range.mark = q->after;
    } else if (q->before != NULL && q->before[0] != '\0') {
        range.where = MOTE_PUBSUB_BEFORE;
        range.mark = q->before;
    }
    keep_range(r, node, &range);
    return mote__blog_sent(r, mote_pubsub_read(&r->iq, q->service, node, &range, read_answered));
}

/// What services tell by themselves ///

static uint64_t mix(uint64_t hash, const char *text)
{
    uint64_t key[2] = {hash, ~hash};
    return text != NULL ? mote_siphash(key, text, strlen(text)) : hash;
}

/* Is this the same event a second time? Some servers notify a contact at its bare JID and at its full one. Only the
 * event before this one is remembered, and an event without an id never counts as the same. */
static bool repeated(struct mote_blog *blog, const char *service, const struct mote_pubsub_event *e, const char *id)
{
    uint64_t hash = mix(mix(mote__blog_node_hash(blog, service, e->node), id), e->what->name),
             before = blog->last_event;
    for (const struct mote_xml *i = e->what->first; i != NULL; i = i->next) {
        const struct mote_xml *entry = mote_xml_child(i, NS_ATOM, "entry");
        hash = mix(mix(hash, i->name), mote_xml_attr(i, "id"));
        hash = mix(mix(hash, mote_xml_child_text(entry, NS_ATOM, "updated")),
                   mote_xml_child_text(entry, NS_ATOM, "title"));
    }
    blog->last_event = id != NULL ? hash : 0;
    return id != NULL && hash == before;
}

static void emit_retracted(struct mote_blog *blog, const char *service, const char *node, const char *id)
{
    struct mote_post post = {.service = service, .node = node, .id = id};
    mote_module_tell(blog->mod.x, MOTE_EV_POST_RETRACTED, 0, service, &post);
}

/* Give the posts among the items. Returns true if anything shows that this is a blog; items of other protocols are left
 * to their modules. */
static bool on_items(struct mote_blog *blog, const char *service, const struct mote_pubsub_event *e, bool blog_node)
{
    bool ours = blog_node;
    for (const struct mote_xml *i = e->what->first; i != NULL; i = i->next) {
        const struct mote_xml *payload = mote_xml_child(i, NULL, NULL);
        bool atom = mote_xml_is(payload, NS_ATOM, NULL);
        if (mote_xml_is(i, NS_PUBSUB_EVENT, "retract")) {
            emit_retracted(blog, service, e->node, mote_xml_attr(i, "id"));
        } else if (mote_xml_is(i, NS_PUBSUB_EVENT, "item") && (atom || blog_node || payload == NULL)) {
            emit_item(blog, 0, service, e->node, i);
            ours |= atom;
        }
    }
    return ours;
}

static bool blog_stanza(struct mote_module *m, const struct mote_xml *stanza)
{
    struct mote_blog *blog = blog_of(m);
    struct mote_pubsub_event e;
    char own[MOTE_JID_MAX + 1];
    if (!mote_pubsub_read_event(m->x, stanza, &e)) {
        return false;
    }
    const char *service = e.service != NULL ? e.service : mote__blog_own(blog, own);
    if (repeated(blog, service, &e, mote_xml_attr(stanza, "id"))) {
        return false;
    }
    size_t len = strlen(NS_MICROBLOG);
    bool blog_node = strncmp(e.node, NS_MICROBLOG, len) == 0 && (e.node[len] == '\0' || e.node[len] == ':');
    if (e.kind == MOTE_PUBSUB_ITEMS) {
        return on_items(blog, service, &e, blog_node);
    }
    if (e.kind == MOTE_PUBSUB_DELETED) {
        mote__blog_forget(blog, mote__blog_node_hash(blog, service, e.node));
    }
    emit_retracted(blog, service, e.node, NULL);
    return blog_node;
}

/// Life ///

static void blog_phase(struct mote_module *m, enum mote_phase phase)
{
    if (phase == MOTE_PHASE_ONLINE) {
        mote__blog_forget(blog_of(m), 0);
    }
}

/* Following needs nothing but the feature: the server looks for it (XEP-0060 section 9.2). */
static const char *const quiet_features[] = {NS_MICROBLOG, NULL};
static const char *const follow_features[] = {NS_MICROBLOG, NS_MICROBLOG "+notify", NULL};
static const struct mote_module_class quiet_class = {
    .name = "blog",
    .features = quiet_features,
    .takes = MOTE_TAKES_MESSAGE,
    .stanza = blog_stanza,
    .phase = blog_phase,
};
static const struct mote_module_class follow_class = {
    .name = "blog",
    .features = follow_features,
    .takes = MOTE_TAKES_MESSAGE,
    .stanza = blog_stanza,
    .phase = blog_phase,
};

void mote_blog_attach(struct mote_blog *blog, struct mote *x, const struct mote_blog_config *config)
{
    memset(blog, 0, sizeof *blog);
    if (config != NULL) {
        blog->config = *config;
    }
    bool follow = (blog->config.flags & MOTE_BLOG_FOLLOW) != 0;
    mote_module_attach(&blog->mod, x, follow ? &follow_class : &quiet_class);
}
