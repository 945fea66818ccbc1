/* SPDX-License-Identifier: MIT
 * The engine's calls: bytes and time in, bytes and wants out. The login is in login/; what stanzas mean is in the
 * modules.
 */
#include "core/engine/engine.h"

#include <string.h>

#include "core/module.h"
#include "core/engine/login/sasl.h"
#include "core/xml/ns.h"
#include "core/base/text.h"

/// Failure ///

void mote__engine_fail(struct mote *x, int error, const char *condition, const char *why)
{
    mote__engine_fail_with(x, error, condition, "", why);
}

void mote__engine_fail_with(struct mote *x, int error, const char *condition, const char *extra, const char *why)
{
    if (x->error != 0 || x->n.state == NEG_OFFLINE || x->n.state == NEG_ENDED) {
        return; /* the first reason counts */
    }
    x->error = error;
    x->why = why != NULL ? why : mote_error_text(error);
    /* Otherwise an element is half sent, or our stream header: the error would stand inside of it. */
    bool between = x->setup_sent == x->setup_len;
    x->setup_len = x->setup_sent = 0;
    if (condition != NULL && between && x->n.header_sent && x->n.state != NEG_TLS && x->n.state != NEG_CLOSING) {
        if (x->sm.owe_ack) {
            mote__sm_write_due(x, true);
        }
        struct mote_writer *w = mote__setup_begin(x);
        mote_writer_put(w, "<stream:error>");
        mote_writer_empty(w, condition, NS_STREAM_ERROR);
        mote_writer_raw(w, extra, strlen(extra));
        mote_writer_put(w, "</stream:error></stream:stream>");
        mote__setup_end(x);
    }
    mote_module_log(x, MOTE_LOG_INFO, "stream failed: %s", x->why);
    mote__neg_step(x, NEG_EV_ENDED);
}

void mote_fail(struct mote *x, int error, const char *why)
{
    mote__engine_fail(x, error, "undefined-condition", why);
}

void mote_unreadable(struct mote *x, const char *why)
{
    mote__sm_stanza_broke_stream(x);
    mote__engine_fail(x, MOTE_ERR_POLICY, "policy-violation", mote__engine_text(x, "%s", why));
}

/// The setup buffer ///

struct mote_writer *mote__setup_begin(struct mote *x)
{
    if (x->setup_sent == x->setup_len) {
        x->setup_sent = x->setup_len = 0;
    }
    mote_writer_start(&x->tx.writer, x->setup + x->setup_len, sizeof x->setup - x->setup_len);
    return &x->tx.writer;
}

void mote__setup_end(struct mote *x)
{
    if (mote_writer_result(&x->tx.writer) != 0) {
        mote_fail(x, MOTE_ERR_SIZE, "the login does not fit in MOTE_SETUP_SIZE");
        return;
    }
    x->setup_len += (uint32_t)x->tx.writer.need;
}

/// Received ///

static void on_header(void *ctx, const struct mote_xml *stream)
{
    struct mote *x = ctx;
    mote__neg_header(x, stream);
}

/* What kind of stanza it is (enum mote_takes); 0 when it is none. */
static uint8_t stanza_kind(const struct mote_xml *e)
{
    static const char names[][9] = {"message", "presence", "iq"};
    for (unsigned i = 0; i < 3; i++) {
        if (mote_xml_is(e, NS_CLIENT, names[i])) {
            return (uint8_t)(1u << i);
        }
    }
    return 0;
}

/* Give an answer to whoever waits for it, and anything else to the modules. */
static void dispatch(struct mote *x, const struct mote_xml *stanza, uint8_t kind)
{
    if (kind == MOTE_TAKES_IQ && mote__iq_dispatch(x, stanza)) {
        return;
    }
    for (struct mote_module *m = x->modules; m != NULL; m = m->next) {
        const struct mote_module_class *c = m->type;
        if (c->stanza != NULL && (c->takes == 0 || (c->takes & kind) != 0) && c->stanza(m, stanza)) {
            return;
        }
    }
    if (kind == MOTE_TAKES_IQ) {
        mote_module_answer_error(x, stanza, "cancel", "service-unavailable");
    }
}

/* What comes next may need an answer, and there is no room for one: read no further until something was sent. When
 * nothing waits to be sent, the room is taken by what waits for an acknowledgement. That has to be read, so reading
 * goes on: see make_room. */
static bool congested(const struct mote *x)
{
    return !mote__txring_idle(&x->tx) && mote__txring_free(&x->tx) < x->tx.size / 8;
}

/* When the ring is full of what waits for an acknowledgement, that may come behind many more questions, and each of
 * them is to have its answer. So the answers that were sent already are given up. */
static void make_room(struct mote *x)
{
    if (mote__txring_idle(&x->tx) && mote__txring_free(&x->tx) < x->tx.size / 8) {
        mote__txring_squeeze(&x->tx);
    }
}

/* Take nothing behind this stanza if its answer may have no room, or if it ended the stream. */
static void stop_if_full(struct mote *x)
{
    if (congested(x) || x->n.state == NEG_ENDED) {
        mote__reader_stop(&x->reader);
    }
}

static void on_stanza(void *ctx, const struct mote_xml *stanza)
{
    struct mote *x = ctx;
    if (x->n.state == NEG_ENDED) {
        return;
    }
    uint8_t kind = x->n.state >= NEG_ONLINE ? stanza_kind(stanza) : 0;
    if (kind != 0) {
        mote__sm_handled(x);
        dispatch(x, stanza, kind);
    } else {
        mote__neg_element(x, stanza);
    }
    stop_if_full(x);
}

static void on_oversize(void *ctx, const struct mote_xml *top, size_t size)
{
    struct mote *x = ctx;
    if (x->n.state == NEG_ENDED) {
        return;
    }
    if (x->n.state < NEG_ONLINE) {
        mote__engine_fail(x, MOTE_ERR_POLICY, "policy-violation",
                          "the server's features are more than a stanza may hold");
        return;
    }
    uint8_t kind = stanza_kind(top);
    if (kind != 0) {
        mote__sm_handled(x); /* or the server would count another number than we do */
    }
    if (kind == MOTE_TAKES_IQ && !mote__iq_dispatch(x, top)) { /* an asker sees an answer without content */
        mote_module_answer_error(x, top, "modify", "policy-violation");
    }
    mote_module_emit(
        x, &(struct mote_event){
               .kind = MOTE_EV_OVERSIZE, .error = MOTE_ERR_SIZE, .from = mote_xml_attr(top, "from"), .size = size});
    stop_if_full(x);
}

static void on_end(void *ctx)
{
    struct mote *x = ctx;
    if (x->n.state != NEG_CLOSING && x->n.state != NEG_ENDED) {
        mote__engine_fail(x, MOTE_ERR_STREAM, NULL, NULL);
        return;
    }
    mote__neg_step(x, NEG_EV_CLOSE);
}

const struct mote__reader_sink mote__engine_sink = {on_header, on_stanza, on_oversize, on_end};

bool mote__engine_random(const struct mote *x, void *bytes, size_t len)
{
    const struct mote_services *s = x->config.services;
    return s->random(s->ctx, bytes, len) == 0;
}

void mote__engine_phase(struct mote *x, int phase)
{
    for (struct mote_module *m = x->modules; m != NULL; m = m->next) {
        bool spared = phase == MOTE_PHASE_LOST && x->sm.rebind && m->type->by_jid;
        if (m->type->phase != NULL && !spared) {
            m->type->phase(m, (enum mote_phase)phase);
        }
    }
}

ptrdiff_t mote_in(struct mote *x, unsigned link, const void *bytes, size_t len, uint64_t now_ms)
{
    const uint8_t *b = bytes;
    size_t taken = 0;
    x->now_ms = now_ms;
    if (link != 0 || x->n.state == NEG_OFFLINE || x->reader.parser == NULL) {
        return link != 0 ? MOTE_ERR_ARG : MOTE_ERR_STATE;
    }
    if (len > 0) {
        x->received_ms = now_ms;
        mote__sm_received(x, len);
    }
    while (taken < len && x->n.state != NEG_ENDED) {
        if (x->n.state == NEG_TLS) { /* CVE-2011-0411: what an attacker put behind <proceed/> */
            mote__engine_fail(x, MOTE_ERR_TLS, NULL, "the server sent bytes between <proceed/> and the TLS handshake");
            break;
        }
        if (x->n.state >= NEG_ONLINE) {
            if (congested(x)) {
                return (ptrdiff_t)taken;
            }
            make_room(x);
        }
        if (x->restart) {
            x->restart = false;
            mote__reader_restart(&x->reader);
        }
        ptrdiff_t n = mote__reader_feed(&x->reader, b + taken, len - taken);
        if (n < 0) {
            if (mote__reader_in_stanza(&x->reader)) {
                mote__sm_stanza_broke_stream(x);
            }
            /* Before its header a web server, say, has not even begun to speak XMPP. */
            bool foreign = x->n.state == NEG_HEADER && n == MOTE_ERR_PROTOCOL;
            const char *who = foreign ? "this is not an XMPP server: it" : "the server";
            mote__engine_fail(x, (int)n, x->reader.condition, mote__engine_text(x, "%s sent %s", who, x->reader.why));
            break;
        }
        taken += (size_t)n;
    }
    return x->error != 0 ? x->error : (ptrdiff_t)len;
}

/// Sent ///

/* May the ring be sent? At the end of the stream only a stanza that has begun is. */
static bool ring_flows(const struct mote *x)
{
    return x->n.state == NEG_ONLINE || x->n.state == NEG_CLOSING || (x->n.state == NEG_ENDED && x->tx.left > 0);
}

/* First a stanza that has begun is finished; then comes what the login has to say; then the ring, once on line. */
size_t mote_out(struct mote *x, unsigned link, const uint8_t **bytes)
{
    if (link != 0 || x->n.state == NEG_OFFLINE) {
        return 0;
    }
    if (x->tx.left == 0 && x->setup_sent < x->setup_len) {
        *bytes = x->setup + x->setup_sent;
        return x->setup_len - x->setup_sent;
    }
    if (x->tx.left == 0 && x->n.state == NEG_ONLINE && mote__sm_due(x)) {
        mote__sm_write_due(x, false);
        return mote_out(x, link, bytes);
    }
    return ring_flows(x) ? mote__txring_lend(&x->tx, bytes) : 0;
}

size_t mote_out_copy(struct mote *x, unsigned link, void *buffer, size_t size)
{
    const uint8_t *bytes;
    size_t n = mote_out(x, link, &bytes);
    if (n > 0 && x->tx.left > 0 && x->n.state != NEG_ENDED) {
        return mote__txring_copy(&x->tx, buffer, size);
    }
    n = n < size ? n : size;
    if (n > 0) {
        memcpy(buffer, bytes, n);
    }
    return n;
}

void mote_out_done(struct mote *x, unsigned link, size_t n, uint64_t now_ms)
{
    x->now_ms = now_ms;
    if (link != 0 || n == 0) {
        return;
    }
    if (x->tx.left == 0 && x->setup_sent < x->setup_len) {
        x->setup_sent += (uint32_t)n;
        if (x->setup_sent == x->setup_len) {
            mote_secret_wipe(x->setup, x->setup_len); /* PLAIN is the password itself */
        }
        return;
    }
    mote__txring_done(&x->tx, n);
    mote__engine_room(x);
}

void mote__engine_room(struct mote *x)
{
    if (x->want_room && mote__txring_free(&x->tx) >= x->tx.size / 2) {
        x->want_room = false;
        mote_module_tell(x, MOTE_EV_ROOM, 0, NULL, NULL);
    }
}

unsigned mote_wants(const struct mote *x, unsigned link)
{
    enum mote__neg_state s = x->n.state;
    unsigned wants = 0;
    if (link != 0 || s == NEG_OFFLINE) {
        return 0;
    }
    if (x->setup_sent < x->setup_len || (ring_flows(x) && !mote__txring_idle(&x->tx)) ||
        (s == NEG_ONLINE && mote__sm_due(x))) {
        wants |= MOTE_WANT_WRITE;
    }
    if (s == NEG_ENDED) {
        return wants == 0 || x->now_ms >= x->n.deadline_ms ? MOTE_WANT_CLOSE : wants | MOTE_WANT_CLOSE;
    }
    if (s == NEG_TLS && wants == 0) {
        wants |= MOTE_WANT_STARTTLS;
    }
    if (!congested(x) || s < NEG_ONLINE) {
        wants |= MOTE_WANT_READ;
    }
    return wants;
}

/// Life ///

int mote_connected(struct mote *x, const struct mote_tls_info *tls, uint64_t now_ms)
{
    x->now_ms = x->received_ms = now_ms;
    if (x->n.state != NEG_OFFLINE || x->reader.parser == NULL) {
        return MOTE_ERR_STATE;
    }
    x->n = (struct mote__negotiation){.deadline_ms = UINT64_MAX};
    memset(&x->tls, 0, sizeof x->tls);
    if (tls != NULL) {
        x->tls = *tls;
    }
    x->secured = x->tls.version != NULL;
    x->error = 0;
    x->why = "";
    x->condition_at = 0;
    x->setup_len = x->setup_sent = 0;
    x->restart = false;
    x->server_sm = false;
    if (!mote__sm_goes_on(x)) {
        mote_text_copy(x->jid, sizeof x->jid, x->config.jid);
    }
    mote__reader_restart(&x->reader);
    mote__neg_step(x, NEG_EV_CONNECTED);
    return 0;
}

int mote_secured(struct mote *x, const struct mote_tls_info *tls, uint64_t now_ms)
{
    x->now_ms = now_ms;
    if (x->n.state != NEG_TLS || tls == NULL) {
        return MOTE_ERR_STATE;
    }
    x->tls = *tls;
    x->secured = true;
    mote__neg_step(x, NEG_EV_SECURED);
    return 0;
}

void mote_lost(struct mote *x, int error, const char *why, uint64_t now_ms)
{
    x->now_ms = now_ms;
    bool fresh = x->n.state == NEG_OFFLINE; /* there was no connection this time: an older reason does not count */
    if (fresh || (x->error == 0 && x->n.state != NEG_ENDED && x->n.state != NEG_CLOSING)) {
        x->error = error;
        x->why = why != NULL ? why : mote_error_text(error);
        x->condition_at = 0;
    }
    if (x->error == 0) {
        x->why = "logged out";
    }
    mote__neg_step(x, NEG_EV_LOST);
    x->n.deadline_ms = UINT64_MAX;
    mote_secret_wipe(&x->scram, sizeof x->scram);
    mote_secret_wipe(x->setup, sizeof x->setup);
    if (x->error == 0 || x->error == MOTE_ERR_CONFLICT || x->error == MOTE_ERR_AUTH) {
        x->sm.id[0] = '\0'; /* somebody ended the session on purpose */
        x->sm.rebind = false;
    }
    /* A stanza that broke the stream would come again if the session were resumed. So it was acknowledged
     * (mote__sm_stanza_broke_stream), and the next session is a new one. If that breaks as well, the acknowledgement
     * may not have arrived. Then the next session goes without stream management: the server takes what it sends in
     * there for delivered, and does not keep it. */
    bool broke = x->error == MOTE_ERR_POLICY || x->error == MOTE_ERR_PROTOCOL;
    x->no_sm = broke && x->broke && !x->no_sm;
    x->broke = broke;
    if (broke) {
        x->sm.id[0] = '\0';
    }
    mote__txring_cut(&x->tx);
    if (!mote__sm_resumable(x)) {
        mote__sm_forget(x);
    }
    mote_module_emit(
        x, &(struct mote_event){.kind = MOTE_EV_OFFLINE, .error = x->error, .why = x->why, .ladder = x->ladder});
}

void mote_set_ladder(struct mote *x, const struct mote_run_ladder *ladder)
{
    x->ladder = ladder;
}

void mote_close(struct mote *x, uint64_t now_ms)
{
    x->now_ms = now_ms;
    if (x->n.state == NEG_ONLINE) {
        mote_writer_put(mote__txring_begin(&x->tx), "</stream:stream>");
        if (mote__txring_commit(&x->tx, 0, 0) == 0) {
            mote__neg_step(x, NEG_EV_CLOSE);
            return;
        }
    }
    if (x->n.state != NEG_OFFLINE && x->n.state != NEG_CLOSING && x->n.state != NEG_ENDED) {
        mote__neg_step(x, NEG_EV_ENDED);
    }
}

uint64_t mote_deadline(const struct mote *x)
{
    if (x->n.state == NEG_WORKING) {
        return 0;
    }
    uint64_t first = mote__iq_deadline(x);
    if (x->n.state == NEG_ONLINE) {
        first = x->sm.ask_ms < first ? x->sm.ask_ms : first;
        first = x->sm.answer_ms < first ? x->sm.answer_ms : first;
        first = x->sm.owe_ack && x->sm.ack_ms > x->now_ms && x->sm.ack_ms < first ? x->sm.ack_ms : first;
    }
    first = x->n.deadline_ms < first ? x->n.deadline_ms : first;
    for (const struct mote_module *m = x->modules; m != NULL; m = m->next) {
        uint64_t d = m->type->deadline != NULL ? m->type->deadline(m) : UINT64_MAX;
        first = d < first ? d : first;
    }
    return first;
}

void mote_tick(struct mote *x, uint64_t now_ms)
{
    x->now_ms = now_ms;
    mote__neg_tick(x);
    mote__sm_tick(x);
    mote__iq_tick(x);
    for (struct mote_module *m = x->modules; m != NULL; m = m->next) {
        if (m->type->tick != NULL && m->type->deadline != NULL && m->type->deadline(m) <= now_ms) {
            m->type->tick(m, now_ms);
        }
    }
}

void mote_set_unix_time(struct mote *x, int64_t unix_time, uint64_t now_ms)
{
    x->now_ms = now_ms;
    x->unix_time = unix_time;
    x->unix_time_ms = now_ms;
}
