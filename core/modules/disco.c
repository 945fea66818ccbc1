/* SPDX-License-Identifier: MIT
 * The disco module: collects the features of all modules, answers questions about them, and puts their hash into
 * presence.
 */
#include "core/modules/disco.h"

#include <string.h>

#include "core/xml/ns.h"
#include "core/base/text.h"

#define CAPS_NODE "urn:x-mote" /* any URI that names the software (XEP-0115 section 4) */

/* The next feature of all attached modules in the order of bytes: the smallest behind `after`, or with NULL the first
 * of all; NULL at the end. There are a few dozen, and walking them anew costs less than keeping them sorted. */
static const char *next_feature(const struct mote *x, const char *after)
{
    const char *best = NULL;
    for (const struct mote_module *m = x->modules; m != NULL; m = m->next) {
        for (const char *const *f = m->type->features; f != NULL && *f != NULL; f++) {
            if ((after == NULL || strcmp(*f, after) > 0) && (best == NULL || strcmp(*f, best) < 0)) {
                best = *f;
            }
        }
    }
    return best;
}

/* Make the verification string of XEP-0115 section 5.1: SHA-1 over the identity and the sorted features, each followed
 * by '<'. */
static void make_ver(struct mote_disco *disco)
{
    const struct mote_services *s = disco->mod.x->config.services;
    const struct mote_identity *i = &disco->identity;
    const char *parts[] = {i->category, "/", i->type, "//", i->name, "<"};
    struct mote_hash h;
    uint8_t sum[MOTE_HASH_MAX];
    s->hash_start(&h, MOTE_SHA1);
    for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++) {
        s->hash_feed(&h, MOTE_SHA1, parts[k], strlen(parts[k]));
    }
    for (const char *f = next_feature(disco->mod.x, NULL); f != NULL; f = next_feature(disco->mod.x, f)) {
        s->hash_feed(&h, MOTE_SHA1, f, strlen(f));
        s->hash_feed(&h, MOTE_SHA1, "<", 1);
    }
    s->hash_end(&h, MOTE_SHA1, sum);
    mote_base64_encode(sum, 20, disco->ver);
}

static void disco_presence(struct mote_module *m, struct mote_writer *w)
{
    struct mote_disco *disco = (struct mote_disco *)m;
    make_ver(disco);
    mote_writer_put(w, "<c xmlns='%s' hash='sha-1' node='" CAPS_NODE "' ver='%s'/>", NS_CAPS, disco->ver);
}

static void answer_info(struct mote_disco *disco, const struct mote_xml *iq, const char *node)
{
    struct mote *x = disco->mod.x;
    struct mote_writer *w = mote_module_begin_result(x, iq);
    mote_writer_put(w, "<query xmlns='%s'", NS_DISCO_INFO);
    mote_writer_attr(w, "node", node);
    mote_writer_put(w, "><identity category='%s' type='%s' name='%s'/>", disco->identity.category, disco->identity.type,
               disco->identity.name);
    for (const char *f = next_feature(x, NULL); f != NULL; f = next_feature(x, f)) {
        mote_writer_put(w, "<feature var='%s'/>", f);
    }
    mote_writer_put(w, "</query></iq>");
    mote_module_answer(x);
}

static bool known_node(const struct mote_disco *disco, const char *node)
{
    static const char prefix[] = CAPS_NODE "#";
    return node == NULL ||
           (strncmp(node, prefix, sizeof prefix - 1) == 0 && strcmp(node + sizeof prefix - 1, disco->ver) == 0);
}

static bool disco_stanza(struct mote_module *m, const struct mote_xml *stanza)
{
    struct mote_disco *disco = (struct mote_disco *)m;
    if (!mote_xml_attr_is(stanza, "type", "get")) {
        return false;
    }
    const struct mote_xml *info = mote_xml_child(stanza, NS_DISCO_INFO, "query");
    const struct mote_xml *items = mote_xml_child(stanza, NS_DISCO_ITEMS, "query");
    const char *node = mote_xml_attr(info != NULL ? info : items, "node");
    if ((info != NULL || items != NULL) && !known_node(disco, node)) {
        mote_module_answer_error(m->x, stanza, "cancel", "item-not-found");
    } else if (info != NULL) {
        answer_info(disco, stanza, node);
    } else if (items != NULL) {
        struct mote_writer *w = mote_module_begin_result(m->x, stanza);
        mote_writer_empty(w, "query", NS_DISCO_ITEMS);
        mote_writer_put(w, "</iq>");
        mote_module_answer(m->x);
    } else if (mote_xml_child(stanza, NS_VERSION, "query") != NULL) {
        struct mote_writer *w = mote_module_begin_result(m->x, stanza);
        mote_writer_put(w, "<query xmlns='" NS_VERSION "'><name>%s</name><version>%s</version>", disco->identity.name,
                   disco->identity.version);
        mote_writer_element(w, "os", disco->identity.os);
        mote_writer_put(w, "</query></iq>");
        mote_module_answer(m->x);
    } else {
        return false;
    }
    return true;
}

static const char *const features[] = {NS_DISCO_INFO, NS_DISCO_ITEMS, NS_CAPS, NS_VERSION, NULL};
static const struct mote_module_class disco_class = {
    .name = "disco", .features = features, .takes = MOTE_TAKES_IQ, .stanza = disco_stanza, .presence = disco_presence};

static void set_default(const char **field, const char *value)
{
    if (*field == NULL) {
        *field = value;
    }
}

void mote_disco_attach(struct mote_disco *disco, struct mote *x, const struct mote_identity *identity)
{
    *disco = (struct mote_disco){0};
    struct mote_identity *i = &disco->identity;
    if (identity != NULL) {
        *i = *identity;
    }
    set_default(&i->category, "client");
    set_default(&i->type, "bot");
    set_default(&i->name, "Mote");
    set_default(&i->version, MOTE_VERSION);
    mote_module_attach(&disco->mod, x, &disco_class);
}
