/* SPDX-License-Identifier: MIT
 * SASL2 (XEP-0388) with Bind 2 (XEP-0386), XEP-0198 inline and tokens (XEP-0484): the login in as few round trips as it
 * takes.
 */
#include "core/sasl2.h"

#include <string.h>

#include "core/base/text.h"
#include "core/engine/engine.h"
#include "core/engine/login/fast.h"
#include "core/engine/login/sasl.h"
#include "core/module.h"
#include "core/xml/ns.h"

/* What the server can do within the login. */
enum sasl2_offer {
    OFFER_RESUME = 1, /* XEP-0198 */
    OFFER_BIND = 2,
    OFFER_ENABLE = 4, /* XEP-0198, in Bind 2 */
    OFFER_TOKENS = 8,
    OFFER_CARBONS = 16,
    OFFER_PLUS = 32,   /* some mechanism is bound to the channel */
    OFFER_OPAQUE = 64, /* the version of its configuration came with this word */
    OFFER_ALL = OFFER_RESUME | OFFER_BIND | OFFER_ENABLE | OFFER_TOKENS
};

enum { SASL1 = 1, SASL2 }; /* profiles */
enum { BIND_EXPORTER = 1, BIND_END_POINT };

/// Asking ///

static void put_bind(struct mote *x, struct mote_writer *w)
{
    struct mote_sasl2 *s = x->sasl2;
    mote_writer_put(w, "<bind xmlns='%s'><tag>%s</tag>", NS_BIND2, s->config.tag != NULL ? s->config.tag : "mote");
    if ((s->seen.offers & OFFER_ENABLE) != 0 && !x->no_sm) {
        mote_writer_put(w, "<enable xmlns='%s' resume='true'/>", NS_SM);
    }
    if ((s->seen.offers & OFFER_CARBONS) != 0 && s->config.carbons) {
        mote_writer_put(w, "<enable xmlns='%s'/>", NS_CARBONS);
    }
    mote_writer_put(w, "</bind>");
}

static void put_user_agent(const struct mote_sasl2_config *c, struct mote_writer *w)
{
    mote_writer_put(w, "<user-agent id='%s'>", c->user_agent);
    if (c->software != NULL) {
        mote_writer_put(w, "<software>%s</software>", c->software);
    }
    if (c->device != NULL) {
        mote_writer_put(w, "<device>%s</device>", c->device);
    }
    mote_writer_put(w, "</user-agent>");
}

static void authenticate(struct mote *x, const void *text, size_t len)
{
    struct mote_sasl2 *s = x->sasl2;
    const struct mote__sasl_mechanism *m = x->n.mechanism;
    bool by_token = m->family == SASL_HT;
    const struct mote__sasl_mechanism *ask = by_token ? NULL : mote__fast_to_request(x);
    s->resuming = (s->seen.offers & OFFER_RESUME) != 0 && mote__sm_resumable(x);
    /* A resource of the account's own choice can only be asked for in the way of RFC 6120. */
    s->binding = (s->seen.offers & OFFER_BIND) != 0 && s->config.bind && mote_jid_resource(x->config.jid) == NULL;
    if (s->resuming) {
        mote__sm_keep_session(x);
    }
    struct mote_writer *w = mote__setup_begin(x);
    mote_writer_put(w, "<authenticate xmlns='%s' mechanism='%s'><initial-response>", NS_SASL2, m->name);
    mote_writer_base64(w, text, len);
    mote_writer_put(w, "</initial-response>");
    if (s->config.user_agent != NULL) {
        put_user_agent(&s->config, w);
    }
    if (s->resuming) {
        mote__sm_put_resume(x, w);
    }
    if (s->binding) {
        put_bind(x, w);
    }
    if (by_token) {
        mote_writer_put(w, "<fast xmlns='%s'/>", NS_FAST);
    } else if (s->config.tokens && s->config.user_agent != NULL && ask != NULL) {
        mote_writer_put(w, "<request-token xmlns='%s' mechanism='%s'/>", NS_FAST, ask->name);
    }
    if (s->sent_early && s->seen.config_version[0] != '\0') {
        mote_writer_put(w, "<config-version xmlns='%s' value='%s'", NS_CONFIG_VERSION, s->seen.config_version);
        mote_writer_put(w, (s->seen.offers & OFFER_OPAQUE) != 0 ? " scheme='opaque'/>" : "/>");
    }
    mote_writer_put(w, "</authenticate>");
    if (s->sent_early && mote_writer_result(w) != 0) { /* it does not fit behind the header: the features come first */
        s->sent_early = false;
        return;
    }
    mote__setup_end(x);
    x->n.sasl_step++;
}

enum { BEHIND = 170 }; /* bytes of a request for a resource, or for a session to go on, without its name */

/* After the login the server binds a resource, or takes a session up again: say so in the same write. */
static void ask_ahead(struct mote *x)
{
    const char *name = mote__sm_resumable(x) ? x->sm.id : mote_jid_resource(x->sm.rebind ? x->jid : x->config.jid);
    if (!x->sasl2->config.early || BEHIND + (name != NULL ? 6 * strlen(name) : 0) > sizeof x->setup - x->setup_len) {
        return;
    }
    if (mote__sm_resumable(x)) {
        mote__sm_resume(x);
        x->n.ahead = NEG_EV_SENT_RESUME;
    } else {
        mote__neg_send_bind(x);
        x->n.ahead = NEG_EV_SENT_BIND;
    }
    x->sasl2->sent_ahead = true;
}

static void answered(struct mote *x)
{
    if (x->n.sasl2 && !x->sasl2->binding && !x->sasl2->resuming) {
        ask_ahead(x);
    }
}

/* user NUL proof; what the server will have to say is known now, too. */
static void begin_by_token(struct mote *x, const struct mote__sasl_mechanism *m)
{
    const char *jid = x->config.jid;
    size_t user = mote_jid_local_len(jid);
    uint8_t text[MOTE_JID_MAX + 1 + MOTE_HASH_MAX];
    x->n.mechanism = m;
    x->n.sasl2 = true;
    x->n.sasl_step = 0;
    x->n.server_verified = false;
    x->n.binding = strcmp(m->name, "HT-SHA-256-EXPR") == 0   ? "tls-exporter"
                   : strcmp(m->name, "HT-SHA-256-ENDP") == 0 ? "tls-server-end-point"
                                                             : NULL;
    memcpy(text, jid, user);
    text[user] = '\0';
    mote__fast_prove(x, "Initiator", text + user + 1);
    mote__fast_prove(x, "Responder", x->sasl2->proof);
    authenticate(x, text, user + 1 + 32);
    mote_secret_wipe(text, sizeof text);
    if (x->n.state == NEG_HEADER && x->sasl2->sent_early) {
        answered(x);
    }
}

/// Ahead of the features ///

static const char *known_binding(const struct mote *x, uint8_t binding)
{
    if (binding == BIND_EXPORTER) {
        return x->tls.exporter_len > 0 ? "tls-exporter" : NULL;
    }
    bool enough = x->tls.end_point_len > 0 && mote__sasl_bound_before(x) != MOTE_BOUND_EXPORTER;
    return binding == BIND_END_POINT && enough ? "tls-server-end-point" : NULL;
}

/* A mechanism that may be used here, or NULL. */
static const struct mote__sasl_mechanism *named(const struct mote *x, const char *name)
{
    for (size_t i = 0; i < SASL_MECHANISMS; i++) {
        if (strcmp(mote__sasl_mechanisms[i].name, name) == 0 && mote__sasl_allowed(x, &mote__sasl_mechanisms[i])) {
            return &mote__sasl_mechanisms[i];
        }
    }
    return NULL;
}

/* By SCRAM, as the server let us the last time. */
static void early_by_password(struct mote *x)
{
    struct mote_sasl2 *s = x->sasl2;
    const struct mote__sasl_mechanism *m = named(x, s->seen.mechanism);
    const char *binding = known_binding(x, s->seen.binding);
    size_t need =
        MOTE_BASE64_LEN(64 + 3 * mote_jid_local_len(x->config.jid)) + 100; /* in RFC 6120; SASL2 sees itself */
    s->sent_early =
        m != NULL && m->family == SASL_SCRAM && m->plus == (binding != NULL) && need <= sizeof x->setup - x->setup_len;
    if (s->sent_early) {
        x->n.mechanism = m;
        x->n.binding = binding;
        x->n.sasl2 = s->seen.profile == SASL2;
        mote__sasl_begin(x, (s->seen.offers & OFFER_PLUS) != 0);
    }
}

static void learnt(struct mote *x)
{
    struct mote_sasl2 *s = x->sasl2;
    if (s->seen.profile != 0 && (s->config.known == NULL || memcmp(&s->seen, s->config.known, sizeof s->seen) != 0)) {
        mote_module_tell(x, MOTE_EV_SERVER, 0, NULL, &s->seen);
    }
}

static void early(struct mote *x)
{
    struct mote_sasl2 *s = x->sasl2;
    const struct mote_known_server *known = s->config.known;
    if (x->n.authenticated) {
        bool as_known = known != NULL && known->profile == SASL1;
        learnt(x);
        if (as_known) {
            ask_ahead(x);
        }
        return;
    }
    bool knows = known != NULL && known->profile != 0;
    s->sent_early = s->sent_ahead = s->token_offered = s->carbons = s->resuming = s->binding = false;
    s->instead = NULL;
    s->seen = knows ? *known : (struct mote_known_server){.offers = OFFER_ALL};
    if (!s->config.early || !x->secured) {
        return;
    }
    const struct mote__sasl_mechanism *token = knows && known->profile != SASL2 ? NULL : mote__fast_usable(x, NULL);
    if (token != NULL) {
        s->sent_early = true;
        begin_by_token(x, token);
    } else if (knows) {
        early_by_password(x);
    }
    if (!s->sent_early) {
        x->n.mechanism = NULL;
        x->n.binding = NULL;
        x->n.sasl2 = false;
    }
}

/// What the server offers ///

static void read_version(struct mote_known_server *seen, const struct mote_xml *e)
{
    const char *scheme = mote_xml_attr(e, "scheme");
    if (e == NULL || (scheme != NULL && strcmp(scheme, "opaque") != 0) ||
        !mote_text_copy(seen->config_version, sizeof seen->config_version, mote_xml_attr(e, "value"))) {
        seen->config_version[0] = '\0'; /* longer than is kept: the login does without */
    } else {
        seen->offers |= scheme != NULL ? OFFER_OPAQUE : 0;
    }
}

static void read_offers(struct mote *x, const struct mote_xml *all, const struct mote_xml *inline_list)
{
    struct mote_known_server *seen = &x->sasl2->seen;
    const struct mote_xml *bind = mote_xml_child(inline_list, NS_BIND2, "bind");
    const struct mote_xml *fast = mote_xml_child(inline_list, NS_FAST, "fast");
    *seen = (struct mote_known_server){
        .profile = mote_xml_child(all, NS_SASL2, "authentication") != NULL && x->secured ? SASL2 : SASL1,
        .offers = (uint8_t)((mote_xml_child(inline_list, NS_SM, "sm") != NULL ? OFFER_RESUME : 0) |
                            (bind != NULL ? OFFER_BIND : 0) | (fast != NULL ? OFFER_TOKENS : 0)),
        .token = mote__fast_best(x, fast)};
    const struct mote_xml *f = mote_xml_inner(mote_xml_inner(bind, "inline"), "feature");
    for (; f != NULL; f = mote_xml_again(f)) {
        seen->offers |= mote_xml_attr_is(f, "var", NS_SM) ? OFFER_ENABLE : 0;
        seen->offers |= mote_xml_attr_is(f, "var", NS_CARBONS) ? OFFER_CARBONS : 0;
        x->server_csi |= mote_xml_attr_is(f, "var", NS_CSI);
    }
    read_version(seen, mote_xml_child(all, NS_CONFIG_VERSION, "config-version"));
}

static void keep_choice(struct mote *x, bool server_binds)
{
    struct mote_sasl2 *s = x->sasl2;
    s->instead = x->n.mechanism;
    s->instead_binding = x->n.binding;
    mote_text_copy(s->seen.mechanism, sizeof s->seen.mechanism, x->n.mechanism->name);
    s->seen.offers |= server_binds ? OFFER_PLUS : 0;
    s->seen.binding = !x->n.mechanism->plus                       ? 0
                      : strcmp(x->n.binding, "tls-exporter") == 0 ? BIND_EXPORTER
                                                                  : BIND_END_POINT;
}

/* What was said before the features is no login in their terms. */
static void refuse_early(struct mote *x)
{
    mote_module_tell(x, MOTE_EV_EARLY_REFUSED, 0, NULL, NULL);
    mote_fail(x, MOTE_ERR_STREAM, "the server offers another login than before: the next one begins with its features");
}

static bool features(struct mote *x, const struct mote_xml *all)
{
    struct mote_sasl2 *s = x->sasl2;
    const struct mote_xml *a = x->secured ? mote_xml_child(all, NS_SASL2, "authentication") : NULL;
    const struct mote_xml *inline_list = mote_xml_inner(a, "inline");
    const struct mote__sasl_mechanism *sent = x->n.mechanism;
    const char *binding = x->n.binding;
    bool server_binds;
    if (!s->sent_early) {
        x->n.sasl2 = a != NULL;
    } else if (x->n.sasl2 && a == NULL) {
        refuse_early(x);
        return true;
    }
    read_offers(x, all, inline_list);
    if (!mote__sasl_choose(x, x->n.sasl2 ? a : mote_xml_child(all, NS_SASL, "mechanisms"),
                           mote_xml_child(all, NS_CHANNEL_BINDING, "sasl-channel-binding"), &server_binds)) {
        return true;
    }
    keep_choice(x, server_binds);
    const struct mote_xml *fast = mote_xml_child(inline_list, NS_FAST, "fast");
    const struct mote__sasl_mechanism *by_token = fast != NULL ? mote__fast_usable(x, fast) : NULL;
    s->token_offered = by_token != NULL;
    if (!s->sent_early) {
        if (by_token != NULL && x->n.sasl2) {
            mote__neg_step(x, NEG_EV_OFFER_SASL);
            begin_by_token(x, by_token);
        } else {
            mote__sasl_begin(x, server_binds);
        }
    } else if (sent->family == SASL_SCRAM && sent->hash != s->instead->hash) {
        refuse_early(x); /* the offers were hashed with the other one (XEP-0474) */
    } else {
        x->n.mechanism = sent;
        x->n.binding = binding;
        mote__neg_step(x, NEG_EV_SENT_SASL);
    }
    return true;
}

/// The end of it ///

/* A token is tried once. What the server says of it decides whether it is of use another time. What went out before the
 * features is tried in another way, if they offer one. */
static bool failure(struct mote *x, const struct mote_xml *e)
{
    struct mote_sasl2 *s = x->sasl2;
    bool by_token = x->n.mechanism->family == SASL_HT, was_early = s->sent_early;
    bool outdated = was_early && mote_xml_child(e, NS_CONFIG_VERSION, "config-version-mismatch") != NULL;
    const char *condition = mote_xml_condition(e, NS_SASL);
    if (!by_token && (!was_early || (s->instead == x->n.mechanism && !outdated))) {
        return false;
    }
    if (outdated) {
        mote_module_log(x, MOTE_LOG_INFO, "the server has changed since the last login");
    } else if (mote_text_equal(condition, "temporary-auth-failure") || mote_text_equal(condition, "aborted")) {
        s->token_refused = by_token; /* not on this connection, nor on the next one; it stays good */
    } else if (by_token) {
        mote__fast_refuse(x);
    }
    if (s->instead == NULL || (outdated && x->n.ahead != 0)) {
        refuse_early(x);
        return true;
    }
    if (x->n.ahead != 0) { /* what went out behind the login has no place in front of another one */
        mote_fail(x, MOTE_ERR_STREAM, "the server does not take what it took the last time: trying again without that");
        return true;
    }
    mote_module_log(x, MOTE_LOG_INFO, "the server refused the login (%s): it goes on by %s",
                    condition != NULL ? condition : "it does not say why", s->instead->name);
    s->sent_early = false;
    if (by_token && outdated && s->token_offered) {
        mote__neg_step(x, NEG_EV_OFFER_SASL);
        begin_by_token(x, x->n.mechanism);
        return true;
    }
    x->n.mechanism = s->instead;
    x->n.binding = s->instead_binding;
    mote__sasl_begin(x, (s->seen.offers & OFFER_PLUS) != 0);
    return true;
}

/* <bound/>: the resource is in the authorization identifier (XEP-0386). */
static void take_resource(struct mote *x, const struct mote_xml *success, const struct mote_xml *bound)
{
    const char *jid = mote_xml_inner_text(success, "authorization-identifier");
    const struct mote_xml *sm = mote_xml_child(bound, NS_SM, NULL);
    if (jid == NULL || !mote_jid_valid(jid) || !mote_jid_bare_equal(jid, x->config.jid) ||
        mote_jid_resource(jid) == NULL) {
        mote_fail(x, MOTE_ERR_PROTOCOL, "the server bound another JID than ours");
        return;
    }
    mote__sm_bound(x, jid);
    mote_text_copy(x->jid, sizeof x->jid, jid);
    if (sm != NULL) {
        mote__sm_begin(x);
        mote__sm_element(x, sm);
    }
    x->sasl2->carbons = mote_xml_child(bound, NS_CARBONS, "enabled") != NULL;
    mote__neg_step(x, NEG_EV_BOUND_WITHIN);
}

static void success(struct mote *x, const struct mote_xml *e)
{
    struct mote_sasl2 *s = x->sasl2;
    const struct mote_xml *resumed = mote_xml_child(e, NS_SM, "resumed");
    const struct mote_xml *failed = mote_xml_child(e, NS_SM, "failed");
    const struct mote_xml *bound = mote_xml_child(e, NS_BIND2, "bound");
    mote__fast_take(x, e);
    learnt(x);
    if ((resumed != NULL && !s->resuming) || (bound != NULL && !s->binding)) {
        mote_fail(x, MOTE_ERR_PROTOCOL, "the server answered what was not asked in the login");
    } else if (resumed != NULL) {
        mote__neg_step(x, NEG_EV_SENT_RESUME);
        mote__sm_element(x, resumed);
    } else if (failed != NULL && s->resuming && !mote__sm_refused(x, failed)) {
        return;
    } else if (bound != NULL) {
        if (mote__sm_resumable(x)) {
            mote__sm_forget(x); /* no word of the session that was to be resumed: it is gone */
        }
        take_resource(x, e, bound);
    } else {
        mote__neg_step(x, NEG_EV_AUTHENTICATED);
    }
}

void mote_sasl2_attach(struct mote_sasl2 *s, struct mote *x, const struct mote_sasl2_config *config)
{
    static const struct mote__sasl2_class type = {early,   answered,          features, authenticate,
                                                  success, mote__fast_verify, failure};
    *s = (struct mote_sasl2){.type = &type, .config = *config};
    x->sasl2 = s;
}

void mote_sasl2_use(struct mote_sasl2 *s, const struct mote_token *token, bool is_early)
{
    s->config.token = token;
    s->config.early = is_early;
    s->token_refused = false;
}
