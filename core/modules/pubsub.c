/* SPDX-License-Identifier: MIT
 * Pubsub requests, their answers and refusals, and the events that services send.
 */
#include "core/modules/pubsub.h"

#include <string.h>

#include "core/xml/ns.h"
#include "core/base/text.h"

/// Configuration forms (XEP-0004) ///

/* Name and value of each field, in the order of enum mote_pubsub_field. An empty value is taken from the options. */
static const char *const form = "access_model\0\0"
                                "persist_items\0true\0"
                                "max_items\0\0"
                                "max_items\0max\0"
                                "notify_retract\0true\0"
                                "send_last_published_item\0never\0"
                                "publish_model\0open";

enum { FORM_FIELDS = 7 };

static void put_form(struct mote_writer *w, const char *type, const struct mote_pubsub_options *o)
{
    unsigned fields = (o->fields & MOTE_PUBSUB_MAX) != 0 ? o->fields & ~(unsigned)MOTE_PUBSUB_MAX_WORD : o->fields;
    mote_writer_put(
        w, "<x xmlns='" NS_DATA "' type='submit'><field var='FORM_TYPE' type='hidden'><value>%s</value></field>", type);
    for (unsigned i = 0; i < FORM_FIELDS; i++) {
        if ((fields & 1u << i) == 0) {
            continue;
        }
        mote_writer_put(w, "<field var='pubsub#%s'><value>", mote_text_nth(form, 2 * i));
        if (1u << i == MOTE_PUBSUB_MAX) {
            mote_writer_uint(w, o->max_items);
        } else {
            mote_writer_put(w, "%s", 1u << i == MOTE_PUBSUB_ACCESS ? o->access : mote_text_nth(form, 2 * i + 1));
        }
        mote_writer_put(w, "</value></field>");
    }
    mote_writer_put(w, "</x>");
}

/// Requests ///

/* Write <pubsub> and <VERB node='NODE', the latter without its end. */
static struct mote_writer *begin_request(struct mote_iq *iq, const char *type, const char *service,
                            const char *ns, const char *verb, const char *node)
{
    struct mote_writer *w = mote_iq_begin(iq, iq->module, type, service);
    mote_writer_put(w, "<pubsub xmlns='%s'><%s node='%s'", ns, verb, node);
    return w;
}

/* The same for what changes something on the node. */
static struct mote_writer *begin_set(struct mote_iq *iq, const char *service, const char *verb, const char *node)
{
    return begin_request(iq, "set", service, NS_PUBSUB, verb, node);
}

static int32_t end_request(struct mote_iq *iq, struct mote_writer *w, mote_iq_fn *answered)
{
    mote_writer_put(w, "</pubsub>");
    return mote_iq_send(iq, answered);
}

static void end_publish(struct mote_writer *w, const struct mote_pubsub_options *options)
{
    mote_writer_put(w, "</publish>");
    if (options->fields != 0) {
        mote_writer_put(w, "<publish-options>");
        put_form(w, NS_PUBLISH_OPTIONS, options);
        mote_writer_put(w, "</publish-options>");
    }
}

struct mote_writer *mote_pubsub_begin_publish(struct mote_iq *iq, const char *service, const char *node)
{
    struct mote_writer *w = begin_set(iq, service, "publish", node);
    mote_writer_put(w, ">");
    return w;
}

int32_t mote_pubsub_end_publish(struct mote_iq *iq, struct mote_writer *w, const struct mote_pubsub_options *options,
                           mote_iq_fn *answered)
{
    end_publish(w, options);
    return end_request(iq, w, answered);
}

int32_t mote__pubsub_publish_size(struct mote *x, const char *service, const char *node,
                                  const struct mote_pubsub_options *options)
{
    struct mote_writer *w = mote_module_begin(x);
    mote_writer_put(w, "<iq type='set' id='eleven char'");
    mote_writer_attr(w, "to", service);
    mote_writer_put(w, "><pubsub xmlns='" NS_PUBSUB "'><publish node='%s'>", node);
    end_publish(w, options);
    mote_writer_put(w, "</pubsub></iq>");
    return w->error != 0 ? w->error : (int32_t)w->need;
}

int32_t mote_pubsub_retract(struct mote_iq *iq, const char *service, const char *node, const char *id,
                            mote_iq_fn *answered)
{
    struct mote_writer *w = begin_set(iq, service, "retract", node);
    mote_writer_put(w, " notify='true'><item id='%s'/></retract>", id);
    return end_request(iq, w, answered);
}

int32_t mote_pubsub_subscribe(struct mote_iq *iq, const char *service, const char *node, bool on, mote_iq_fn *answered)
{
    const char *own = mote_jid(iq->module->x);
    struct mote_writer *w = begin_set(iq, service, on ? "subscribe" : "unsubscribe", node);
    mote_writer_put(w, " jid='%.*s'/>", (int)mote_jid_bare_len(own), own);
    return end_request(iq, w, answered);
}

int32_t mote_pubsub_create(struct mote_iq *iq, const char *service, const char *node,
                      const struct mote_pubsub_options *options, mote_iq_fn *answered)
{
    struct mote_writer *w = begin_set(iq, service, "create", node);
    mote_writer_put(w, "/>");
    if (options->fields != 0) {
        mote_writer_put(w, "<configure>");
        put_form(w, NS_NODE_CONFIG, options);
        mote_writer_put(w, "</configure>");
    }
    return end_request(iq, w, answered);
}

int32_t mote_pubsub_configure(struct mote_iq *iq, const char *service, const char *node,
                         const struct mote_pubsub_options *options, mote_iq_fn *answered)
{
    struct mote_writer *w = begin_request(iq, "set", service, NS_PUBSUB_OWNER, "configure", node);
    mote_writer_put(w, ">");
    put_form(w, NS_NODE_CONFIG, options);
    mote_writer_put(w, "</configure>");
    return end_request(iq, w, answered);
}

/* A page is asked for in two ways at once: with <set/> of XEP-0059, and with max_items (XEP-0060 section 6.5.7) for
 * services that do not know the former and would send the whole node. */
int32_t mote_pubsub_read(struct mote_iq *iq, const char *service, const char *node,
                    const struct mote_pubsub_range *range, mote_iq_fn *answered)
{
    struct mote_writer *w = begin_request(iq, "get", service, NS_PUBSUB, "items", node);
    if (range->where == MOTE_PUBSUB_ONE) {
        mote_writer_put(w, "><item id='%s'/></items>", range->mark);
        return end_request(iq, w, answered);
    }
    mote_writer_put(w, " max_items='%u'/><set xmlns='%s'><max>%u</max>", range->max, NS_RSM, range->max);
    if (range->where == MOTE_PUBSUB_NEWEST) {
        mote_writer_put(w, "<before/></set>");
    } else {
        const char *side = range->where == MOTE_PUBSUB_AFTER ? "after" : "before";
        mote_writer_put(w, "<%s>%s</%s></set>", side, range->mark, side);
    }
    return end_request(iq, w, answered);
}

/// Answers ///

const struct mote_xml *mote_pubsub_items(const struct mote_xml *reply)
{
    return mote_xml_inner(mote_xml_child(reply, NS_PUBSUB, "pubsub"), "items");
}

bool mote_pubsub_read_page(const struct mote_xml *reply, unsigned items, const struct mote_pubsub_range *range,
                      struct mote_page *page)
{
    const struct mote_xml *set = mote_xml_child(mote_xml_child(reply, NS_PUBSUB, "pubsub"), NS_RSM, "set");
    const struct mote_xml *first = mote_xml_inner(set, "first");
    uint64_t count, index;
    page->node = mote_xml_attr(mote_pubsub_items(reply), "node");
    page->first = mote_xml_inner_text(set, "first");
    page->last = mote_xml_inner_text(set, "last");
    page->count = mote_text_uint(mote_xml_inner_text(set, "count"), INT64_MAX, &count) ? (int64_t)count : -1;
    page->complete = range->where == MOTE_PUBSUB_ONE || items < range->max;
    if (range->where != MOTE_PUBSUB_ONE && mote_xml_attr_uint(first, "index", INT64_MAX, &index)) {
        if (range->where != MOTE_PUBSUB_AFTER) {
            page->complete = index == 0;
        } else if (page->count >= 0) {
            page->complete = index + items >= (uint64_t)page->count;
        }
    }
    bool marked = range->where == MOTE_PUBSUB_BEFORE || range->where == MOTE_PUBSUB_AFTER;
    return !marked || set != NULL || items == 0;
}

/// Refusals ///

/* What a condition means (enum mote_pubsub_refusal), be it one of pubsub or a general one; -1 when it is not known. */
static int meaning(const char *condition)
{
    static const char *const lists[] = {
        /* MOTE_PUBSUB_DENIED: it is about the item or the request, and not about its options */
        "invalid-payload\0payload-too-big\0payload-required\0item-required\0item-forbidden\0nodeid-required\0"
        "closed-node\0invalid-jid\0max-nodes-exceeded\0",
        /* MOTE_PUBSUB_MISSING */
        "item-not-found\0",
        /* MOTE_PUBSUB_DIFFERS */
        "precondition-not-met\0conflict\0",
        /* MOTE_PUBSUB_OPTION: it may be about an option */
        "bad-request\0not-acceptable\0resource-constraint\0not-allowed\0feature-not-implemented\0"
        "undefined-condition\0policy-violation\0",
    };
    for (int i = 0; condition != NULL && i < 4; i++) {
        if (mote_text_index(lists[i], condition) >= 0) {
            return i;
        }
    }
    return -1;
}

enum mote_pubsub_refusal mote_pubsub_refusal(const struct mote_xml *reply)
{
    const struct mote_xml *error = mote_xml_inner(reply, "error");
    const char *general = mote_xml_condition(error, NS_STANZA_ERROR);
    int means = meaning(mote_xml_condition(error, NS_PUBSUB_ERRORS));
    if (means < 0) {
        means = meaning(general != NULL ? general : "undefined-condition");
    }
    return means < 0 ? MOTE_PUBSUB_DENIED : (enum mote_pubsub_refusal)means;
}

unsigned mote_pubsub_reduce(unsigned fields, unsigned keep, const struct mote_xml *reply)
{
    const struct mote_xml *error = mote_xml_inner(reply, "error");
    const char *text = mote_xml_child_text(error, NS_STANZA_ERROR, "text");
    unsigned refused = 0;
    for (unsigned i = 0; text != NULL && i < FORM_FIELDS; i++) {
        refused |= strstr(text, mote_text_nth(form, 2 * i)) != NULL ? 1u << i : 0u;
    }
    refused &= fields & ~keep;
    if (mote_xml_attr_is(mote_xml_child(error, NS_PUBSUB_ERRORS, "unsupported"), "feature", "publish-options")) {
        return fields & keep;
    }
    if (refused == 0) {
        refused = fields & ~keep & (MOTE_PUBSUB_MAX | MOTE_PUBSUB_MAX_WORD);
    }
    if (refused == 0) {
        return fields & keep;
    }
    if ((refused & MOTE_PUBSUB_MAX) != 0) {
        fields |= MOTE_PUBSUB_MAX_WORD; /* the service keeps fewer than we want: ask for as many as it can */
        refused &= ~(unsigned)MOTE_PUBSUB_MAX_WORD;
    }
    return fields & ~refused;
}

/// Events ///

bool mote_pubsub_read_event(struct mote *x, const struct mote_xml *message, struct mote_pubsub_event *event)
{
    static const char *const names[] = {"items", "purge", "delete"};
    const char *from = mote_xml_attr(message, "from");
    const struct mote_xml *e = mote_xml_child(message, NS_PUBSUB_EVENT, "event");
    if (e == NULL || strcmp(message->name, "message") != 0 || mote_xml_attr_is(message, "type", "error")) {
        return false;
    }
    if (from != NULL && (mote_jid_resource(from) != NULL || !mote_jid_valid(from))) {
        mote_module_log(x, MOTE_LOG_WARN, "ignored a pubsub event from %.80s, which is no service", from);
        return false;
    }
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct mote_xml *what = mote_xml_inner(e, names[i]);
        const char *node = mote_xml_attr(what, "node");
        if (node != NULL) {
            *event = (struct mote_pubsub_event){
                .kind = (enum mote_pubsub_event_kind)i, .service = from, .node = node, .what = what};
            return true;
        }
    }
    return false;
}
