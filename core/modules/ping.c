/* SPDX-License-Identifier: MIT
 * The ping module: answers pings, and finds dead links by sending some.
 */
#include "core/modules/ping.h"

#include <string.h>

#include "core/xml/ns.h"
#include "core/base/text.h"

static bool ping_stanza(struct mote_module *m, const struct mote_xml *stanza)
{
    if (!mote_xml_attr_is(stanza, "type", "get") || mote_xml_child(stanza, NS_PING, "ping") == NULL) {
        return false;
    }
    mote_module_answer_empty(m->x, stanza);
    return true;
}

static void pong(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    (void)reply; /* an error stanza is a sign of life as well */
    if (error == MOTE_ERR_TIMEOUT) {
        mote_fail(iq->module->x, MOTE_ERR_TIMEOUT, "the server does not answer pings");
    }
}

static uint64_t ping_deadline(const struct mote_module *m)
{
    const struct mote_ping *ping = (const struct mote_ping *)m;
    if (!mote_online(m->x) || ping->iq.pending || ping->interval_s == UINT32_MAX) {
        return UINT64_MAX;
    }
    return mote_module_received(m->x) + ping->interval_s * 1000ull;
}

static void ping_tick(struct mote_module *m, uint64_t now_ms)
{
    struct mote_ping *ping = (struct mote_ping *)m;
    mote_writer_empty(mote_iq_begin(&ping->iq, m, "get", mote_domain(m->x)), "ping", NS_PING);
    if (mote_iq_send(&ping->iq, pong) > 0) {
        ping->iq.deadline_ms = now_ms + ping->timeout_s * 1000ull;
    } else {
        /* The ring has no room for a ping, and what fills it has not moved for as long: the link is dead. */
        mote_fail(m->x, MOTE_ERR_TIMEOUT, "the link has stopped moving");
    }
}

static const char *const features[] = {NS_PING, NULL};
static const struct mote_module_class ping_class = {
    .name = "ping",
    .features = features,
    .takes = MOTE_TAKES_IQ,
    .stanza = ping_stanza,
    .deadline = ping_deadline,
    .tick = ping_tick,
};

void mote_ping_attach(struct mote_ping *ping, struct mote *x, uint32_t interval_s, uint32_t timeout_s)
{
    *ping = (struct mote_ping){0};
    ping->interval_s = interval_s != 0 ? interval_s : 120;
    ping->timeout_s = timeout_s != 0 ? timeout_s : ping->interval_s < 30 ? ping->interval_s : 30;
    mote_module_attach(&ping->mod, x, &ping_class);
}
