/* SPDX-License-Identifier: MIT */
#include "core/modules/pubsub.h"

#include <string.h>

#include "core/wire/ns.h"
#include "core/wire/text.h"

/// Configuration forms (XEP-0004) ///

static void put_field(struct writer *w, const char *name, const char *value)
{
    writer_put(w, "<field var='pubsub#%s'><value>%s</value></field>", name, value);
}

static void put_form(struct writer *w, const char *type, const struct pubsub_options *o)
{
    writer_put(w, "<x xmlns='" NS_DATA "' type='submit'><field var='FORM_TYPE' type='hidden'><value>%s</value></field>",
               type);
    if ((o->fields & PUBSUB_ACCESS) != 0) {
        put_field(w, "access_model", o->access);
    }
    if ((o->fields & PUBSUB_PERSIST) != 0) {
        put_field(w, "persist_items", "true");
    }
    if ((o->fields & PUBSUB_MAX) != 0) {
        writer_put(w, "<field var='pubsub#max_items'><value>%lu</value></field>", (unsigned long)o->max_items);
    } else if ((o->fields & PUBSUB_MAX_WORD) != 0) {
        put_field(w, "max_items", "max");
    }
    if ((o->fields & PUBSUB_NOTIFY_RETRACT) != 0) {
        put_field(w, "notify_retract", "true");
    }
    if ((o->fields & PUBSUB_SEND_LAST_NEVER) != 0) {
        put_field(w, "send_last_published_item", "never");
    }
    if ((o->fields & PUBSUB_OPEN_PUBLISH) != 0) {
        put_field(w, "publish_model", "open");
    }
    writer_put(w, "</x>");
}

/// Requests ///

/* <pubsub><VERB node=''>, the latter without its end. */
static struct writer *begin(struct mote_iq *iq, struct mote_module *m, const char *type, const char *service,
                            const char *ns, const char *verb, const char *node)
{
    struct writer *w = iq_begin(iq, m, type, service);
    writer_put(w, "<pubsub xmlns='%s'><%s node='%s'", ns, verb, node);
    return w;
}

static int32_t end(struct mote_iq *iq, struct writer *w, mote_iq_fn *answered)
{
    writer_put(w, "</pubsub>");
    return iq_send(iq, answered);
}

struct writer *pubsub_begin_publish(struct mote_iq *iq, struct mote_module *m, const char *service, const char *node)
{
    struct writer *w = begin(iq, m, "set", service, NS_PUBSUB, "publish", node);
    writer_put(w, ">");
    return w;
}

int32_t pubsub_end_publish(struct mote_iq *iq, struct writer *w, const struct pubsub_options *options,
                           mote_iq_fn *answered)
{
    writer_put(w, "</publish>");
    if (options->fields != 0) {
        writer_put(w, "<publish-options>");
        put_form(w, NS_PUBLISH_OPTIONS, options);
        writer_put(w, "</publish-options>");
    }
    return end(iq, w, answered);
}

int32_t pubsub_retract(struct mote_iq *iq, struct mote_module *m, const char *service, const char *node, const char *id,
                       mote_iq_fn *answered)
{
    struct writer *w = begin(iq, m, "set", service, NS_PUBSUB, "retract", node);
    writer_put(w, " notify='true'><item id='%s'/></retract>", id);
    return end(iq, w, answered);
}

int32_t pubsub_subscribe(struct mote_iq *iq, struct mote_module *m, const char *service, const char *node, bool on,
                         mote_iq_fn *answered)
{
    const char *own = mote_jid(m->x);
    struct writer *w = begin(iq, m, "set", service, NS_PUBSUB, on ? "subscribe" : "unsubscribe", node);
    writer_put(w, " jid='%.*s'/>", (int)jid_bare_len(own), own);
    return end(iq, w, answered);
}

int32_t pubsub_create(struct mote_iq *iq, struct mote_module *m, const char *service, const char *node,
                      const struct pubsub_options *options, mote_iq_fn *answered)
{
    struct writer *w = begin(iq, m, "set", service, NS_PUBSUB, "create", node);
    writer_put(w, "/>");
    if (options->fields != 0) {
        writer_put(w, "<configure>");
        put_form(w, NS_NODE_CONFIG, options);
        writer_put(w, "</configure>");
    }
    return end(iq, w, answered);
}

int32_t pubsub_configure(struct mote_iq *iq, struct mote_module *m, const char *service, const char *node,
                         const struct pubsub_options *options, mote_iq_fn *answered)
{
    struct writer *w = begin(iq, m, "set", service, NS_PUBSUB_OWNER, "configure", node);
    writer_put(w, ">");
    put_form(w, NS_NODE_CONFIG, options);
    writer_put(w, "</configure>");
    return end(iq, w, answered);
}

int32_t pubsub_delete(struct mote_iq *iq, struct mote_module *m, const char *service, const char *node,
                      mote_iq_fn *answered)
{
    struct writer *w = begin(iq, m, "set", service, NS_PUBSUB_OWNER, "delete", node);
    writer_put(w, "/>");
    return end(iq, w, answered);
}

/* A page is asked for twice over: with <set/> of XEP-0059, and with max_items (XEP-0060 section 6.5.7) for services
 * that do not know the former and would send the whole node. */
int32_t pubsub_read(struct mote_iq *iq, struct mote_module *m, const char *service, const char *node,
                    const struct pubsub_range *range, mote_iq_fn *answered)
{
    struct writer *w = begin(iq, m, "get", service, NS_PUBSUB, "items", node);
    if (range->where == PUBSUB_ONE) {
        writer_put(w, "><item id='%s'/></items>", range->mark);
        return end(iq, w, answered);
    }
    writer_put(w, " max_items='%u'/><set xmlns='" NS_RSM "'><max>%u</max>", range->max, range->max);
    if (range->where == PUBSUB_NEWEST) {
        writer_put(w, "<before/></set>");
    } else {
        const char *side = range->where == PUBSUB_AFTER ? "after" : "before";
        writer_put(w, "<%s>%s</%s></set>", side, range->mark, side);
    }
    return end(iq, w, answered);
}

/// Answers ///

const struct mote_xml *pubsub_items(const struct mote_xml *reply)
{
    return xml_child(xml_child(reply, NS_PUBSUB, "pubsub"), NS_PUBSUB, "items");
}

bool pubsub_read_page(const struct mote_xml *reply, unsigned items, const struct pubsub_range *range,
                      struct mote_page *page)
{
    const struct mote_xml *set = xml_child(xml_child(reply, NS_PUBSUB, "pubsub"), NS_RSM, "set");
    const struct mote_xml *first = xml_child(set, NS_RSM, "first");
    uint64_t count, index;
    page->node = xml_attr(pubsub_items(reply), "node");
    page->first = xml_child_text(set, NS_RSM, "first");
    page->last = xml_child_text(set, NS_RSM, "last");
    page->count = text_uint(xml_child_text(set, NS_RSM, "count"), INT64_MAX, &count) ? (int64_t)count : -1;
    page->complete = range->where == PUBSUB_ONE || items < range->max;
    if (range->where != PUBSUB_ONE && xml_attr_uint(first, "index", INT64_MAX, &index)) {
        if (range->where != PUBSUB_AFTER) {
            page->complete = index == 0;
        } else if (page->count >= 0) {
            page->complete = index + items >= (uint64_t)page->count;
        }
    }
    bool marked = range->where == PUBSUB_BEFORE || range->where == PUBSUB_AFTER;
    return !marked || set != NULL || items == 0;
}

/// Refusals ///

/* Pubsub errors that speak of the item or the request and not of its options. */
static bool names_the_item(const char *name)
{
    static const char *const names[] = {
        "invalid-payload", "payload-too-big", "payload-required", "item-required",      "item-forbidden",
        "nodeid-required", "closed-node",     "invalid-jid",      "max-nodes-exceeded", NULL};
    for (const char *const *n = names; *n != NULL; n++) {
        if (strcmp(*n, name) == 0) {
            return true;
        }
    }
    return false;
}

enum pubsub_refusal pubsub_refusal(const struct mote_xml *reply)
{
    static const char *const about_options[] = {"bad-request",     "not-acceptable",          "resource-constraint",
                                                "not-allowed",     "feature-not-implemented", "undefined-condition",
                                                "policy-violation"};
    struct mote_event e = {0};
    const struct mote_xml *special = xml_child(xml_child(reply, NS_CLIENT, "error"), NS_PUBSUB_ERRORS, NULL);
    iq_explain(&e, reply, MOTE_ERR_REFUSED);
    if (special != NULL && strcmp(special->name, "precondition-not-met") == 0) {
        return PUBSUB_DIFFERS;
    }
    if (special != NULL && names_the_item(special->name)) {
        return PUBSUB_DENIED;
    }
    if (text_equal(e.condition, "conflict")) {
        return PUBSUB_DIFFERS;
    }
    if (text_equal(e.condition, "item-not-found")) {
        return PUBSUB_MISSING;
    }
    for (size_t i = 0; i < sizeof about_options / sizeof about_options[0]; i++) {
        if (text_equal(e.condition, about_options[i])) {
            return PUBSUB_OPTION;
        }
    }
    return PUBSUB_DENIED;
}

unsigned pubsub_reduce(unsigned fields, unsigned keep, const struct mote_xml *reply)
{
    static const struct {
        unsigned fields;
        const char *name;
    } named[] = {
        {PUBSUB_ACCESS, "access_model"},
        {PUBSUB_PERSIST, "persist_items"},
        {PUBSUB_MAX | PUBSUB_MAX_WORD, "max_items"},
        {PUBSUB_NOTIFY_RETRACT, "notify_retract"},
        {PUBSUB_SEND_LAST_NEVER, "send_last_published_item"},
        {PUBSUB_OPEN_PUBLISH, "publish_model"},
    };
    const struct mote_xml *error = xml_child(reply, NS_CLIENT, "error");
    const char *text = xml_child_text(error, NS_STANZA_ERROR, "text");
    unsigned refused = 0;
    for (size_t i = 0; text != NULL && i < sizeof named / sizeof named[0]; i++) {
        refused |= strstr(text, named[i].name) != NULL ? named[i].fields : 0;
    }
    refused &= fields & ~keep;
    if (text_equal(xml_attr(xml_child(error, NS_PUBSUB_ERRORS, "unsupported"), "feature"), "publish-options")) {
        return fields & keep;
    }
    if (refused == 0) {
        refused = fields & ~keep & (PUBSUB_MAX | PUBSUB_MAX_WORD);
    }
    if (refused == 0) {
        return fields & keep;
    }
    if ((refused & PUBSUB_MAX) != 0) {
        fields |= PUBSUB_MAX_WORD; /* fewer than we want, but as many as there can be */
        refused &= ~(unsigned)PUBSUB_MAX_WORD;
    }
    return fields & ~refused;
}

/// Events ///

bool pubsub_read_event(struct mote *x, const struct mote_xml *message, struct pubsub_event *event)
{
    static const char *const names[] = {"items", "purge", "delete"};
    const char *from = xml_attr(message, "from");
    const struct mote_xml *e = xml_child(message, NS_PUBSUB_EVENT, "event");
    if (e == NULL || strcmp(message->name, "message") != 0 || text_equal(xml_attr(message, "type"), "error")) {
        return false;
    }
    if (from != NULL && (jid_resource(from) != NULL || !jid_valid(from))) {
        module_log(x, MOTE_LOG_WARN, "ignored a pubsub event from %.80s, which is no service", from);
        return false;
    }
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct mote_xml *what = xml_child(e, NS_PUBSUB_EVENT, names[i]);
        const char *node = xml_attr(what, "node");
        if (node != NULL) {
            *event =
                (struct pubsub_event){.kind = (enum pubsub_event_kind)i, .service = from, .node = node, .what = what};
            return true;
        }
    }
    return false;
}
