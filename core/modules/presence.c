/* SPDX-License-Identifier: MIT
 * The presence module: announces this client, answers requests for subscription, and tells who comes and goes.
 */
#include "core/modules/presence.h"

#include <string.h>

#include "core/xml/ns.h"
#include "core/base/text.h"

bool mote_presence_allows(const struct mote_presence *presence, const char *jid)
{
    size_t len;
    const char *domain = mote_jid_domain(jid, &len);
    for (const char *const *a = presence->config.allow; a != NULL && *a != NULL; a++) {
        bool whole_domain = (*a)[0] == '@';
        if (whole_domain ? strlen(*a + 1) == len && mote_text_equal_folded(domain, *a + 1, len)
                         : mote_jid_bare_equal(jid, *a)) {
            return true;
        }
    }
    return false;
}

int mote_presence_send(struct mote_presence *presence, const char *to, const char *type)
{
    if (to == NULL || !mote_jid_valid(to)) {
        return MOTE_ERR_ARG;
    }
    mote_writer_put(mote_module_begin(presence->mod.x), "<presence to='%.*s' type='%s'/>", (int)mote_jid_bare_len(to),
                    to, type);
    return mote_module_answer(presence->mod.x);
}

static int announce(struct mote_presence *presence)
{
    struct mote *x = presence->mod.x;
    struct mote_writer *w = mote_module_begin(x);
    mote_writer_put(w, "<presence>");
    mote_writer_element(w, "status", presence->config.status);
    if (presence->config.priority != 0) {
        mote_writer_put(w, "<priority>%d</priority>", presence->config.priority);
    }
    for (struct mote_module *m = x->modules; m != NULL; m = m->next) {
        if (m->type->presence != NULL) {
            m->type->presence(m, w);
        }
    }
    mote_writer_put(w, "</presence>");
    return mote_module_answer(x);
}

int mote_presence_status(struct mote_presence *presence, const char *status)
{
    const char *before = presence->config.status;
    presence->config.status = status;
    int result = announce(presence);
    if (result != 0) {
        presence->config.status = before;
    }
    return result;
}

static bool presence_stanza(struct mote_module *m, const struct mote_xml *stanza)
{
    struct mote_presence *presence = (struct mote_presence *)m;
    const char *type = mote_xml_attr(stanza, "type");
    struct mote_presence_info info = {
        .from = mote_xml_attr(stanza, "from"),
        .type = type != NULL ? type : "available",
        .show = mote_xml_inner_text(stanza, "show"),
        .status = mote_xml_inner_text(stanza, "status"),
    };
    if (info.from == NULL || !mote_jid_valid(info.from) || mote_text_equal(type, "error") ||
        mote_text_equal(type, "probe")) {
        return true;
    }
    bool subscription = strstr(info.type, "subscribe") != NULL;
    if (strcmp(info.type, "subscribe") == 0) {
        info.allowed = mote_presence_allows(presence, info.from);
        if (info.allowed) {
            mote_presence_send(presence, info.from, "subscribed");
            if (presence->config.subscribe_back) {
                mote_presence_send(presence, info.from, "subscribe");
            }
        }
    }
    mote_module_tell(m->x, subscription ? MOTE_EV_SUBSCRIPTION : MOTE_EV_PRESENCE, 0, info.from, &info);
    return true;
}

static void presence_phase(struct mote_module *m, enum mote_phase phase)
{
    if (phase == MOTE_PHASE_ONLINE) {
        announce((struct mote_presence *)m);
    }
}

static const struct mote_module_class presence_class = {
    .name = "presence", .takes = MOTE_TAKES_PRESENCE, .stanza = presence_stanza, .phase = presence_phase};

void mote_presence_attach(struct mote_presence *presence, struct mote *x, const struct mote_presence_config *config)
{
    *presence = (struct mote_presence){0};
    if (config != NULL) {
        presence->config = *config;
    }
    mote_module_attach(&presence->mod, x, &presence_class);
}
