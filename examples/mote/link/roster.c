/* SPDX-License-Identifier: MIT
 * Who of the contacts may see our presence: the roster is asked for once, then changes are followed.
 */
#include "examples/mote/link/roster.h"

#include <string.h>

#include "core/base/text.h"

#define NS_ROSTER "jabber:iq:roster"

static uint64_t hash_of(const struct roster *r, const char *jid)
{
    return mote_module_jid_hash(r->mod.x, jid, mote_jid_bare_len(jid));
}

static unsigned place_of(const struct roster *r, uint64_t who)
{
    unsigned i = 0;
    while (i < r->count && r->who[i] != who) {
        i++;
    }
    return i;
}

bool roster_has(const struct roster *r, const char *jid)
{
    return r->count > 0 && place_of(r, hash_of(r, jid)) < r->count;
}

/* Contacts with the subscription "from" or "both" see our presence; all others, and those who were removed, do not. */
static void take(struct roster *r, const struct mote_xml *item)
{
    const char *jid = mote_xml_attr(item, "jid"), *subscription = mote_xml_attr(item, "subscription");
    if (jid == NULL || !mote_jid_valid(jid)) {
        return;
    }
    uint64_t who = hash_of(r, jid);
    unsigned i = place_of(r, who);
    if (mote_text_equal(subscription, "from") || mote_text_equal(subscription, "both")) {
        if (i < ROSTER_MAX) {
            r->who[i] = who;
            r->count += i == r->count;
        }
    } else if (i < r->count) {
        r->who[i] = r->who[--r->count];
    }
}

static void take_all(struct roster *r, const struct mote_xml *iq)
{
    const struct mote_xml *item = mote_xml_inner(mote_xml_child(iq, NS_ROSTER, "query"), "item");
    for (; item != NULL; item = mote_xml_again(item)) {
        take(r, item);
    }
}

static void answered(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    struct roster *r = (struct roster *)iq->module;
    bool whole = error == 0 && mote_xml_child(reply, NS_ROSTER, "query") != NULL;
    if (error != MOTE_ERR_LOST && !whole) {
        mote_module_log(iq->module->x, MOTE_LOG_WARN, "the list of contacts %s: receipts go to those in 'allow' only",
                        error == 0 ? "is too large" : "cannot be read");
    }
    r->loaded = whole;
    if (whole) {
        r->count = 0;
        take_all(r, reply);
    }
}

/* A roster push. Only the own account may send one, or anybody could make himself a contact (CVE-2015-8688). */
static bool roster_stanza(struct mote_module *m, const struct mote_xml *stanza)
{
    const struct mote_xml *query = mote_xml_child(stanza, NS_ROSTER, "query");
    if (query == NULL || !mote_xml_attr_is(stanza, "type", "set") ||
        !mote_module_is_own_bare(m->x, mote_xml_attr(stanza, "from"))) {
        return false;
    }
    mote_module_answer_empty(m->x, stanza);
    take_all((struct roster *)m, stanza);
    return true;
}

/* Ask for the roster in a new session, and in one that was resumed from an earlier process, whose memory is gone. */
static void roster_phase(struct mote_module *m, enum mote_phase phase)
{
    struct roster *r = (struct roster *)m;
    if (phase == MOTE_PHASE_ONLINE || (phase == MOTE_PHASE_RESUMED && !r->loaded)) {
        mote_writer_empty(mote_iq_begin(&r->iq, m, "get", NULL), "query", NS_ROSTER);
        mote_iq_send(&r->iq, answered);
    }
}

static const struct mote_module_class roster_class = {
    .name = "roster", .takes = MOTE_TAKES_IQ, .stanza = roster_stanza, .phase = roster_phase};

void roster_attach(struct roster *r, struct mote *x)
{
    memset(r, 0, sizeof *r);
    mote_module_attach(&r->mod, x, &roster_class);
    struct mote_module *m = x->modules; /* to the front */
    while (m->next != &r->mod) {
        m = m->next;
    }
    m->next = NULL;
    r->mod.next = x->modules;
    x->modules = &r->mod;
}
