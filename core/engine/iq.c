/* SPDX-License-Identifier: MIT
 * Requests that wait for an answer. An answer belongs to a request when both its id and its sender fit. Ids are 64
 * random bits. Of the JID that may answer only a keyed hash is kept, which costs 8 bytes instead of up to 3071.
 */
#include <string.h>

#include "core/engine/engine.h"
#include "core/module.h"
#include "core/xml/ns.h"
#include "core/base/text.h"

uint64_t mote_module_jid_hash(const struct mote *x, const char *jid, size_t len)
{
    char folded[MOTE_JID_MAX + 1];
    const char *slash = memchr(jid, '/', len);
    size_t bare = slash != NULL ? (size_t)(slash - jid) : len;
    if (len > MOTE_JID_MAX) {
        return 0; /* mote_jid_valid would have refused it */
    }
    mote_text_fold(folded, jid, bare);
    memcpy(folded + bare, jid + bare, len - bare);
    return mote_siphash(x->key, folded, len);
}

/* The hash of the JID that may answer. NULL is the own account (RFC 6120 section 8.1.2.1). */
static uint64_t peer_hash(const struct mote *x, const char *jid)
{
    return jid != NULL ? mote_module_jid_hash(x, jid, strlen(jid))
                       : mote_module_jid_hash(x, x->config.jid, mote_jid_bare_len(x->config.jid));
}

/// Ids: 11 characters of base64url ///

static const char id_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void id_write(uint64_t id, char out[12])
{
    for (int i = 0; i < 11; i++, id >>= 6) {
        out[i] = id_alphabet[id & 63];
    }
    out[11] = '\0';
}

int mote_module_random_id(struct mote *x, char id[12])
{
    uint64_t raw;
    if (!mote__engine_random(x, &raw, sizeof raw)) {
        return MOTE_ERR_ENTROPY;
    }
    id_write(raw, id);
    return 0;
}

/// Asking ///

struct mote_writer *mote_iq_begin(struct mote_iq *iq, struct mote_module *m, const char *type, const char *to)
{
    struct mote *x = m->x;
    char id[12];
    struct mote_writer *w = mote_module_begin(x);
    if (iq->pending) {
        w->error = MOTE_ERR_BUSY;
        return w;
    }
    iq->module = m;
    iq->peer = peer_hash(x, to);
    if (!mote__engine_random(x, &iq->id, sizeof iq->id)) {
        w->error = MOTE_ERR_ENTROPY;
    }
    id_write(iq->id, id);
    mote_writer_put(w, "<iq type='%s' id='%s'", type, id);
    mote_writer_attr(w, "to", to);
    mote_writer_put(w, ">");
    return w;
}

int32_t mote_iq_send(struct mote_iq *iq, mote_iq_fn *answered)
{
    struct mote *x = iq->module->x;
    mote_writer_put(&x->tx.writer, "</iq>");
    int result = mote_module_send(x, iq->module->type->by_jid ? MOTE_TX_BY_JID : MOTE_TX_DROP);
    if (result != 0) {
        return result;
    }
    iq->answered = answered;
    iq->deadline_ms = 0; /* it runs from the next tick on, because the time that we know may be long past */
    iq->ticket = mote_module_ticket(x);
    iq->pending = true;
    iq->next = x->iqs;
    x->iqs = iq;
    return iq->ticket;
}

void mote_iq_cancel(struct mote_iq *iq)
{
    if (!iq->pending) {
        return;
    }
    struct mote_iq **link = &iq->module->x->iqs;
    while (*link != iq) {
        link = &(*link)->next;
    }
    *link = iq->next;
    iq->pending = false;
}

/// Answers ///

bool mote__iq_dispatch(struct mote *x, const struct mote_xml *stanza)
{
    struct mote_stanza_head head;
    mote_stanza_head(stanza, &head);
    bool error = mote_text_equal(head.type, "error");
    if (!error && !mote_text_equal(head.type, "result")) {
        return false;
    }
    for (struct mote_iq *iq = x->iqs; iq != NULL; iq = iq->next) {
        char own[12];
        id_write(iq->id, own);
        if (!mote_text_equal(head.id, own)) {
            continue;
        }
        if (iq->peer != peer_hash(x, head.from)) { /* the request still waits */
            mote_module_log(x, MOTE_LOG_WARN, "ignored an answer from %.80s, who was not asked",
                       head.from != NULL ? head.from : "nobody");
        } else {
            mote_iq_cancel(iq);
            iq->answered(iq, stanza, error ? MOTE_ERR_REFUSED : 0);
        }
        break;
    }
    return true;
}

/* End every request whose time is over, or with MOTE_ERR_LOST every one whose session is. A callback may send or cancel
 * other requests, so the list is walked anew after each. */
static void end_requests(struct mote *x, int error)
{
    struct mote_iq *iq = x->iqs;
    while (iq != NULL) {
        bool waits = error == MOTE_ERR_LOST ? x->sm.rebind && iq->module->type->by_jid
                                            : iq->deadline_ms == 0 || iq->deadline_ms > x->now_ms;
        if (waits) {
            iq = iq->next;
            continue;
        }
        mote_iq_cancel(iq);
        iq->answered(iq, NULL, error);
        iq = x->iqs;
    }
}

void mote__iq_tick(struct mote *x)
{
    for (struct mote_iq *iq = x->iqs; iq != NULL; iq = iq->next) {
        if (iq->deadline_ms == 0) {
            iq->deadline_ms = x->now_ms + x->config.iq_timeout_s * 1000ull;
        }
    }
    end_requests(x, MOTE_ERR_TIMEOUT);
}

void mote__iq_lost(struct mote *x)
{
    end_requests(x, MOTE_ERR_LOST);
}

uint64_t mote__iq_deadline(const struct mote *x)
{
    uint64_t first = UINT64_MAX;
    for (const struct mote_iq *iq = x->iqs; iq != NULL; iq = iq->next) {
        first = iq->deadline_ms < first ? iq->deadline_ms : first;
    }
    return first;
}

void mote_iq_explain(struct mote_event *event, const struct mote_xml *reply, int error)
{
    event->error = error;
    event->why = mote_error_text(error);
    if (reply == NULL) {
        return;
    }
    event->from = mote_xml_attr(reply, "from");
    const struct mote_xml *e = mote_xml_inner(reply, "error");
    const char *text = mote_xml_child_text(e, NS_STANZA_ERROR, "text");
    event->condition = mote_xml_condition(e, NS_STANZA_ERROR);
    if (error == MOTE_ERR_REFUSED) {
        event->condition = event->condition != NULL ? event->condition : "undefined-condition";
        event->why = text != NULL && text[0] != '\0' ? text : event->condition;
    }
}
