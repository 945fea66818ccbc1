/* SPDX-License-Identifier: MIT
 * The state machine of the login: its table, what each state sends, and what the server's elements lead to.
 */
#include "core/engine/login/negotiate.h"

#include <string.h>

#include "core/engine/engine.h"
#include "core/module.h"
#include "core/register.h"
#include "core/sasl2.h"
#include "core/engine/login/sasl.h"
#include "core/xml/ns.h"
#include "core/base/text.h"

int mote__neg_next(enum mote__neg_state state, enum mote__neg_event event)
{
    enum { ANY = NEG_ENDED + 1, NOWHERE = 0xff };
    static const struct {
        uint8_t event, from, to;
    } moves[] = { /* the first row that fits counts */
        {NEG_EV_CONNECTED, NEG_OFFLINE, NEG_HEADER},   {NEG_EV_HEADER, NEG_HEADER, NEG_FEATURES},
        {NEG_EV_OFFER_TLS, NEG_FEATURES, NEG_STARTTLS}, {NEG_EV_OFFER_SASL, NEG_FEATURES, NEG_SASL},
        {NEG_EV_OFFER_SASL, NEG_SASL, NEG_SASL},       {NEG_EV_OFFER_RESUME, NEG_FEATURES, NEG_RESUME},
        {NEG_EV_OFFER_BIND, NEG_FEATURES, NEG_BIND},   {NEG_EV_OFFER_BIND, NEG_RESUME, NEG_BIND},
        {NEG_EV_PROCEED, NEG_STARTTLS, NEG_TLS},       {NEG_EV_SECURED, NEG_TLS, NEG_HEADER},
        {NEG_EV_CHALLENGE, NEG_SASL, NEG_WORKING},     {NEG_EV_WORKED, NEG_WORKING, NEG_SASL},
        {NEG_EV_SUCCESS, NEG_SASL, NEG_HEADER},        {NEG_EV_BOUND, NEG_BIND, NEG_ONLINE},
        {NEG_EV_RESUMED, NEG_RESUME, NEG_ONLINE},      {NEG_EV_CLOSE, NEG_ONLINE, NEG_CLOSING},
        {NEG_EV_CLOSE, NEG_OFFLINE, NOWHERE},          {NEG_EV_CLOSE, ANY, NEG_ENDED},
        {NEG_EV_ENDED, NEG_OFFLINE, NOWHERE},          {NEG_EV_ENDED, ANY, NEG_ENDED},
        {NEG_EV_SENT_SASL, NEG_FEATURES, NEG_SASL},     {NEG_EV_SENT_RESUME, NEG_SASL, NEG_RESUME},
        {NEG_EV_AUTHENTICATED, NEG_SASL, NEG_FEATURES}, {NEG_EV_BOUND_WITHIN, NEG_SASL, NEG_ONLINE},
        {NEG_EV_OFFER_REGISTER, NEG_FEATURES, NEG_REGISTER}, {NEG_EV_OFFER_REGISTER, NEG_REGISTER, NEG_REGISTER},
        {NEG_EV_OFFER_SASL, NEG_REGISTER, NEG_SASL},
        {NEG_EV_SENT_RESUME, NEG_FEATURES, NEG_RESUME}, {NEG_EV_SENT_BIND, NEG_FEATURES, NEG_BIND},
        {NEG_EV_LOST, ANY, NEG_OFFLINE},
    };
    for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++) {
        if (moves[i].event == event && (moves[i].from == state || moves[i].from == ANY)) {
            return moves[i].to != NOWHERE ? moves[i].to : -1;
        }
    }
    return -1;
}

const char *mote__neg_name(enum mote__neg_state state)
{
    const char *names =
        "OFFLINE\0HEADER\0FEATURES\0STARTTLS\0TLS\0REGISTER\0SASL\0WORKING\0RESUME\0BIND\0ONLINE\0CLOSING\0ENDED";
    return mote_text_nth(names, state);
}

const char *mote__neg_waiting_for(enum mote__neg_state state)
{
    const char *what = /* as enum mote__neg_state */
        "nothing\0its stream header\0its stream features\0its answer to STARTTLS\0the TLS handshake\0"
        "its answer to the registration\0its answer to the login\0nothing\0its answer to the resumption\0the resource\0"
        "nothing\0the end of its stream\0nothing";
    return mote_text_nth(what, state);
}

/// What a state does when it is entered ///

static void send_header(struct mote *x)
{
    struct mote_writer *w = mote__setup_begin(x);
    mote_writer_put(w, "<?xml version='1.0'?><stream:stream xmlns='" NS_CLIENT "' xmlns:stream='%s' to='%s'", NS_STREAM,
               x->domain);
    if (x->secured) { /* on a clear connection anybody could read who we are (RFC 6120 section 4.7.1) */
        mote_writer_put(w, " from='%.*s'", (int)mote_jid_bare_len(x->config.jid), x->config.jid);
    }
    mote_writer_put(w, " version='1.0' xml:lang='en'>");
    x->n.header_sent = true;
    mote__setup_end(x);
}

void mote__neg_send_bind(struct mote *x)
{
    unsigned long id; /* %lu writes this type; it has 32 bits on a small machine, which is enough here */
    if (!mote__engine_random(x, &id, sizeof id)) {
        mote_fail(x, MOTE_ERR_ENTROPY, NULL);
        return;
    }
    x->n.bind_id = id;
    const char *resource = mote_jid_resource(x->sm.rebind ? x->jid : x->config.jid);
    struct mote_writer *w = mote__setup_begin(x);
    mote_writer_put(w, "<iq type='set' id='%lu'><bind xmlns='%s'", id, NS_BIND);
    mote_writer_put(w, resource != NULL ? "><resource>%s</resource></bind></iq>" : "/></iq>", resource);
    mote__setup_end(x);
}

static void enter(struct mote *x, enum mote__neg_state from, enum mote__neg_event event)
{
    struct mote__negotiation *n = &x->n;
    const unsigned asks = 1u << NEG_HEADER | 1u << NEG_STARTTLS | 1u << NEG_REGISTER | 1u << NEG_SASL |
                          1u << NEG_BIND | 1u << NEG_RESUME;
    n->deadline_ms = x->now_ms + x->config.phase_timeout_s * 1000ull;
    bool sent = event >= NEG_EV_SENT_SASL && event <= NEG_EV_SENT_BIND; /* along with something else */
    if (!sent) {
        n->round_trips = (uint8_t)(n->round_trips + (asks >> n->state & 1));
    }
    switch (n->state) {
    case NEG_HEADER:
        if (from != NEG_OFFLINE) {
            x->restart = true;
        }
        send_header(x);
        if (x->sasl2 != NULL && x->registrar == NULL) {
            x->sasl2->type->early(x);
        }
        break;
    case NEG_STARTTLS:
        mote_writer_empty(mote__setup_begin(x), "starttls", NS_TLS);
        mote__setup_end(x);
        break;
    case NEG_WORKING:
        n->deadline_ms = UINT64_MAX; /* the time is ours, not the server's, and scram_iterations_max bounds it */
        break;
    case NEG_BIND:
        if (!sent) {
            mote__neg_send_bind(x);
        }
        break;
    case NEG_RESUME:
        if (!sent) {
            mote__sm_resume(x);
        }
        break;
    case NEG_ONLINE:
        n->deadline_ms = UINT64_MAX;
        n->resumed = event == NEG_EV_RESUMED;
        if (event == NEG_EV_RESUMED) {
            mote_module_tell(x, MOTE_EV_RESUMED, 0, NULL, NULL);
            mote__engine_phase(x, MOTE_PHASE_RESUMED);
            break;
        }
        if (x->server_sm && !x->no_sm && x->sm.state == SM_OFF) {
            mote__sm_enable(x);
        }
        mote_module_tell(x, MOTE_EV_ONLINE, 0, NULL, NULL);
        mote__engine_phase(x, MOTE_PHASE_ONLINE);
        mote__engine_phase(x, MOTE_PHASE_READY);
        break;
    case NEG_CLOSING:
        n->deadline_ms = x->now_ms + 5000;
        break;
    case NEG_ENDED: /* what is left to write has until then */
        n->deadline_ms = event == NEG_EV_CLOSE ? x->now_ms : x->now_ms + 2000;
        break;
    default:
        break;
    }
}

void mote__neg_step(struct mote *x, enum mote__neg_event event)
{
    enum mote__neg_state from = x->n.state;
    int next = mote__neg_next(from, event);
    if (next < 0) {
        mote__engine_fail(
            x, MOTE_ERR_PROTOCOL, "unsupported-stanza-type",
            mote__engine_text(x, "the server spoke out of turn while we waited for %s", mote__neg_waiting_for(from)));
        return;
    }
    x->n.state = (uint8_t)next;
    if (next != (int)from) {
        mote_module_log(x, MOTE_LOG_TRACE, "%s -> %s", mote__neg_name(from), mote__neg_name(x->n.state));
    }
    enter(x, from, event);
}

/// What arrives ///

void mote__neg_header(struct mote *x, const struct mote_xml *stream)
{
    if (!mote_xml_is(stream, NS_STREAM, "stream")) {
        mote__engine_fail(x, MOTE_ERR_PROTOCOL, "invalid-namespace", "this is not an XMPP server");
        return;
    }
    const char *version = mote_xml_attr(stream, "version");
    if (version == NULL || strncmp(version, "1.", 2) != 0) {
        mote__engine_fail(x, MOTE_ERR_PROTOCOL, "unsupported-version", "the server does not speak XMPP 1.0");
        return;
    }
    mote__neg_step(x, NEG_EV_HEADER);
}

static bool offers(const struct mote_xml *features, const char *ns, const char *name)
{
    return mote_xml_child(features, ns, name) != NULL;
}

static void on_features(struct mote *x, const struct mote_xml *features)
{
    struct mote__negotiation *n = &x->n;
    if (n->state != NEG_FEATURES) {
        if (n->state < NEG_ONLINE) { /* some servers repeat them when on line, which does no harm */
            mote__neg_step(x, NEG_EV_HEADER);
        } else if (n->state == NEG_ONLINE && n->sasl2 && !x->no_sm && x->sm.state == SM_OFF &&
                   offers(features, NS_SM, "sm")) {
            mote__sm_enable(x); /* it was not to be had within the login */
        }
        return;
    }
    bool clear = (x->config.flags & MOTE_INSECURE_LOOPBACK) != 0 && x->tls.loopback;
    if (!x->secured && !clear) {
        if (!offers(features, NS_TLS, "starttls")) {
            mote__engine_fail(x, MOTE_ERR_TLS, "policy-violation", "the server offers no TLS here");
            return;
        }
        mote__neg_step(x, NEG_EV_OFFER_TLS);
    } else if (!n->authenticated) {
        if (x->registrar != NULL) {
            x->registrar->type->features(x, features);
        } else {
            mote__sasl_start(x, features);
        }
    } else if (!offers(features, NS_BIND, "bind")) {
        mote_fail(x, MOTE_ERR_PROTOCOL, "the server offers no resource binding");
    } else {
        x->server_sm = offers(features, NS_SM, "sm");
        x->server_csi = offers(features, NS_CSI, "csi");
        if (mote__sm_resumable(x) && !x->server_sm && n->ahead == 0) {
            mote__sm_forget(x);
        }
        mote__neg_step(x, n->ahead != 0            ? (enum mote__neg_event)n->ahead
                          : mote__sm_resumable(x) ? NEG_EV_OFFER_RESUME
                                                  : NEG_EV_OFFER_BIND);
    }
}

static void on_bound(struct mote *x, const struct mote_xml *iq)
{
    uint64_t id;
    if (!mote_text_uint(mote_xml_attr(iq, "id"), UINT64_MAX, &id) || id != x->n.bind_id) {
        return;
    }
    const char *jid = mote_xml_inner_text(mote_xml_child(iq, NS_BIND, "bind"), "jid");
    if (mote_xml_attr_is(iq, "type", "error")) {
        mote__engine_fail(
            x, MOTE_ERR_AUTH, NULL,
            mote__engine_explain(x, "the server refused the resource:", mote_xml_inner(iq, "error"), NS_STANZA_ERROR));
    } else if (jid == NULL || !mote_jid_valid(jid) || !mote_jid_bare_equal(jid, x->config.jid) ||
               mote_jid_resource(jid) == NULL) {
        mote_fail(x, MOTE_ERR_PROTOCOL, "the server bound another JID than ours");
    } else {
        mote__sm_bound(x, jid);
        mote_text_copy(x->jid, sizeof x->jid, jid);
        mote__neg_step(x, NEG_EV_BOUND);
    }
}

#define ENDED_WHY "the server ended the stream:"

/* <stream:error> (RFC 6120 section 4.9). */
static void on_stream_error(struct mote *x, const struct mote_xml *e)
{
    const char *condition = mote_xml_condition(e, NS_STREAM_ERROR);
    const char *host = mote_xml_child_text(e, NS_STREAM_ERROR, "see-other-host");
    if (host != NULL && host[0] != '\0') {
        mote__engine_fail(x, MOTE_ERR_REDIRECT, NULL, mote__engine_text(x, REDIRECT_WHY "%s", host));
        return;
    }
    int error = mote_text_equal(condition, "conflict")         ? MOTE_ERR_CONFLICT
                : mote_text_equal(condition, "not-authorized") ? MOTE_ERR_AUTH
                                                          : MOTE_ERR_STREAM;
    mote__engine_fail(x, error, NULL, mote__engine_explain(x, ENDED_WHY, e, NS_STREAM_ERROR));
    x->condition_at = sizeof ENDED_WHY;
}

void mote__neg_element(struct mote *x, const struct mote_xml *e)
{
    if (mote_xml_is(e, NS_STREAM, "error")) {
        on_stream_error(x, e);
    } else if (mote_xml_is(e, NS_STREAM, "features")) {
        on_features(x, e);
    } else if (mote_xml_is(e, NS_TLS, "proceed")) {
        mote__neg_step(x, NEG_EV_PROCEED);
        mote__reader_stop(&x->reader);
    } else if (mote_xml_is(e, NS_TLS, "failure")) {
        mote__engine_fail(x, MOTE_ERR_TLS, NULL, "the server refused STARTTLS");
    } else if (mote_xml_is(e, NS_SASL, NULL) || mote_xml_is(e, NS_SASL2, NULL)) {
        mote__sasl_element(x, e);
    } else if (mote_xml_is(e, NS_SM, NULL) && x->n.state >= NEG_RESUME) {
        mote__sm_element(x, e);
    } else if (x->n.state == NEG_BIND && mote_xml_is(e, NS_CLIENT, "iq")) {
        on_bound(x, e);
    } else if (x->n.state == NEG_REGISTER && mote_xml_is(e, NS_CLIENT, "iq")) {
        x->registrar->type->answer(x, e);
    } else if (x->n.state < NEG_RESUME) {
        mote__neg_step(x, NEG_EV_HEADER); /* no state waits for this: the stream fails */
    } else {
        mote_module_log(x, MOTE_LOG_TRACE, "ignored <%s/>", e->name);
    }
}

void mote__neg_tick(struct mote *x)
{
    struct mote__negotiation *n = &x->n;
    if (n->state == NEG_WORKING) {
        mote__sasl_work(x);
    } else if (x->now_ms < n->deadline_ms || n->state == NEG_OFFLINE || n->state == NEG_ENDED) {
        return;
    } else if (n->state == NEG_CLOSING) {
        mote__neg_step(x, NEG_EV_CLOSE);
    } else {
        mote__engine_fail(x, MOTE_ERR_TIMEOUT, "connection-timeout",
                    mote__engine_text(x, "the server did not send %s in time", mote__neg_waiting_for(n->state)));
    }
}
