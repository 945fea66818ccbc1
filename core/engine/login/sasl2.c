/* SPDX-License-Identifier: MIT
 * SASL2 (XEP-0388) with Bind 2 (XEP-0386), XEP-0198 inline and tokens (XEP-0484): the login in as few round trips as it
 * takes.
 */
#include "core/sasl2.h"

#include <string.h>

#include "core/base/text.h"
#include "core/engine/engine.h"
#include "core/engine/login/sasl.h"
#include "core/module.h"
#include "core/stream/sasl/hmac.h"
#include "core/xml/ns.h"

/* What the server can do within the login. */
enum sasl2_offer {
    OFFER_RESUME = 1,  /* XEP-0198 */
    OFFER_BIND = 2,
    OFFER_ENABLE = 4,  /* XEP-0198, in Bind 2 */
    OFFER_TOKENS = 8
};

/* The best binding first. HT-SHA-256-UNIQ would need tls-unique, which mbedTLS does not give. */
static const struct mote__sasl_mechanism token_mechanisms[] = {
    {"HT-SHA-256-EXPR", SASL_HT, MOTE_SHA256, true},
    {"HT-SHA-256-ENDP", SASL_HT, MOTE_SHA256, true},
    {"HT-SHA-256-NONE", SASL_HT, MOTE_SHA256, false},
};

/// Tokens ///

/* The binding that a mechanism wants and this connection has: its bytes, "" for none; NULL when the mechanism cannot be
 * used. */
static const uint8_t *token_binding(const struct mote *x, const char *mechanism, size_t *len)
{
    const char *kind = mechanism + sizeof "HT-SHA-256-" - 1;
    if (strcmp(kind, "EXPR") == 0) {
        *len = x->tls.exporter_len;
        return *len > 0 ? x->tls.exporter : NULL;
    }
    if (strcmp(kind, "ENDP") == 0) {
        *len = x->tls.end_point_len;
        return *len > 0 ? x->tls.end_point : NULL;
    }
    *len = 0;
    return x->sasl2->config.unbound_tokens && x->tls.verified ? (const uint8_t *)"" : NULL;
}

/* The first mechanism for tokens that the server lists and this connection can do, or NULL. */
static const struct mote__sasl_mechanism *best_for_tokens(const struct mote *x, const struct mote_xml *fast)
{
    for (size_t i = 0; i < sizeof token_mechanisms / sizeof token_mechanisms[0]; i++) {
        size_t len;
        const char *name = token_mechanisms[i].name;
        if ((fast == NULL || mote__sasl_offered(fast, name)) && token_binding(x, name, &len) != NULL) {
            return &token_mechanisms[i];
        }
    }
    return NULL;
}

/* The kept token, if it can be used here and now. `fast` NULL: as far as that is known. */
static const struct mote__sasl_mechanism *usable_token(const struct mote *x, const struct mote_xml *fast)
{
    const struct mote_sasl2 *s = x->sasl2;
    const struct mote_token *t = s->config.token;
    int64_t now = mote_unix_time(x);
    size_t len;
    if (t == NULL || t->token[0] == '\0' || s->token_refused || s->config.user_agent == NULL ||
        (t->expiry != 0 && now != 0 && t->expiry <= now)) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof token_mechanisms / sizeof token_mechanisms[0]; i++) {
        const char *name = token_mechanisms[i].name;
        if (strcmp(name, t->mechanism) == 0) {
            bool good = (fast == NULL || mote__sasl_offered(fast, name)) && token_binding(x, name, &len) != NULL;
            return good ? &token_mechanisms[i] : NULL;
        }
    }
    return NULL;
}

/* HMAC(token, role || binding): what each side shows the other (draft-schmaus-kitten-sasl-ht). */
static void prove(const struct mote *x, const char *role, uint8_t out[MOTE_HASH_MAX])
{
    const struct mote_services *v = x->config.services;
    const struct mote_token *t = x->sasl2->config.token;
    struct mote__hmac h;
    size_t len;
    const uint8_t *binding = token_binding(x, t->mechanism, &len);
    mote__hmac_key(v, MOTE_SHA256, &h, t->token, strlen(t->token));
    mote__hmac_feed(v, MOTE_SHA256, &h, role, strlen(role));
    mote__hmac_feed(v, MOTE_SHA256, &h, binding, len);
    mote__hmac_end(v, MOTE_SHA256, &h, out);
    mote_secret_wipe(&h, sizeof h);
}

static void refuse_token(struct mote *x)
{
    x->sasl2->token_refused = true;
    mote_module_tell(x, MOTE_EV_TOKEN_REFUSED, 0, NULL, x->sasl2->config.token);
}

static bool verify_token(struct mote *x, const char *text, size_t len)
{
    bool good = len == 32 && mote_secret_equal(text, x->sasl2->proof, 32);
    if (!good) {
        refuse_token(x);
    }
    return good;
}

/* A token that came with the login is the application's before anything else is: a session without it could be the last
 * one. */
static void take_token(struct mote *x, const struct mote_xml *success)
{
    struct mote_sasl2 *s = x->sasl2;
    const struct mote_xml *e = mote_xml_child(success, NS_FAST, "token");
    const char *expiry = mote_xml_attr(e, "expiry");
    const struct mote__sasl_mechanism *m =
        x->n.mechanism->family == SASL_HT ? x->n.mechanism : best_for_tokens(x, NULL);
    if (e == NULL || m == NULL) {
        return;
    }
    s->token = (struct mote_token){0};
    if (!mote_text_copy(s->token.token, sizeof s->token.token, mote_xml_attr(e, "token")) ||
        s->token.token[0] == '\0') {
        mote_module_log(x, MOTE_LOG_WARN, "the server's token is empty or longer than MOTE_TOKEN_MAX: not kept");
        return;
    }
    mote_text_copy(s->token.mechanism, sizeof s->token.mechanism, m->name);
    if (expiry == NULL || !mote_date_read(expiry, &s->token.expiry)) {
        s->token.expiry = 0;
    }
    mote_module_tell(x, MOTE_EV_TOKEN, 0, NULL, &s->token);
    mote_secret_wipe(&s->token, sizeof s->token);
}

/// Asking ///

static void put_bind(struct mote *x, struct mote_writer *w)
{
    struct mote_sasl2 *s = x->sasl2;
    mote_writer_put(w, "<bind xmlns='%s'><tag>%s</tag>", NS_BIND2, s->config.tag != NULL ? s->config.tag : "mote");
    if ((s->offers & OFFER_ENABLE) != 0 && !x->no_sm) {
        mote_writer_put(w, "<enable xmlns='%s' resume='true'/>", NS_SM);
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
    const struct mote__sasl_mechanism *ask = by_token ? NULL : best_for_tokens(x, NULL);
    s->resuming = (s->offers & OFFER_RESUME) != 0 && mote__sm_resumable(x);
    /* A resource of the account's own choice can only be asked for in the way of RFC 6120. */
    s->binding = (s->offers & OFFER_BIND) != 0 && s->config.bind && mote_jid_resource(x->config.jid) == NULL;
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
    } else if (s->config.tokens && s->config.user_agent != NULL && (s->offers & OFFER_TOKENS) != 0 && ask != NULL) {
        mote_writer_put(w, "<request-token xmlns='%s' mechanism='%s'/>", NS_FAST, ask->name);
    }
    mote_writer_put(w, "</authenticate>");
    mote__setup_end(x);
    x->n.sasl_step++;
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
    prove(x, "Initiator", text + user + 1);
    prove(x, "Responder", x->sasl2->proof);
    authenticate(x, text, user + 1 + 32);
    mote_secret_wipe(text, sizeof text);
}

/* Header and login have to fit into the setup buffer together: 565 bytes of markup, and the names. */
static bool fits_early(const struct mote *x)
{
    const struct mote_sasl2_config *c = &x->sasl2->config;
    size_t local = mote_jid_local_len(x->config.jid);
    size_t names = strlen(x->domain) + mote_jid_bare_len(x->config.jid) + MOTE_BASE64_LEN(local + 33) + strlen(x->sm.id) +
                   (c->software != NULL ? strlen(c->software) : 0) + (c->device != NULL ? strlen(c->device) + 17 : 0) +
                   (c->tag != NULL ? strlen(c->tag) : 4);
    return 565 + names <= sizeof x->setup;
}

static void early(struct mote *x)
{
    struct mote_sasl2 *s = x->sasl2;
    const struct mote__sasl_mechanism *m = s->config.early && x->secured && fits_early(x) ? usable_token(x, NULL) : NULL;
    s->sent_early = m != NULL;
    if (s->sent_early) {
        s->offers = OFFER_RESUME | OFFER_BIND | OFFER_ENABLE | OFFER_TOKENS;
        begin_by_token(x, m);
    }
}

/// What the server offers ///

static void read_offers(struct mote *x, const struct mote_xml *inline_list)
{
    struct mote_sasl2 *s = x->sasl2;
    const struct mote_xml *bind = mote_xml_child(inline_list, NS_BIND2, "bind");
    s->offers = (uint8_t)((mote_xml_child(inline_list, NS_SM, "sm") != NULL ? OFFER_RESUME : 0) |
                          (bind != NULL ? OFFER_BIND : 0) |
                          (mote_xml_child(inline_list, NS_FAST, "fast") != NULL ? OFFER_TOKENS : 0));
    const struct mote_xml *f = mote_xml_inner(mote_xml_inner(bind, "inline"), "feature");
    for (; f != NULL; f = mote_xml_again(f)) {
        s->offers |= mote_xml_attr_is(f, "var", NS_SM) ? OFFER_ENABLE : 0;
        x->server_csi |= mote_xml_attr_is(f, "var", NS_CSI);
    }
}

static bool features(struct mote *x, const struct mote_xml *all)
{
    struct mote_sasl2 *s = x->sasl2;
    const struct mote_xml *a = mote_xml_child(all, NS_SASL2, "authentication");
    const struct mote_xml *inline_list = mote_xml_inner(a, "inline");
    const struct mote__sasl_mechanism *by_token = x->n.mechanism; /* sent already, if something was */
    const char *binding = x->n.binding;
    if (a == NULL || !x->secured) {
        if (s->sent_early) { /* it does not know what we have said, and its answer to that is none of a login */
            mote_module_tell(x, MOTE_EV_EARLY_REFUSED, 0, NULL, NULL);
            mote_fail(x, MOTE_ERR_STREAM, "the server has no SASL2 any more: the next login begins with its features");
        }
        return s->sent_early;
    }
    read_offers(x, inline_list);
    if (!mote__sasl_choose(x, a, mote_xml_child(all, NS_CHANNEL_BINDING, "sasl-channel-binding"), &s->server_binds)) {
        return true;
    }
    s->instead = x->n.mechanism;
    s->instead_binding = x->n.binding;
    x->n.sasl2 = true;
    if (s->sent_early) {
        x->n.mechanism = by_token;
        x->n.binding = binding;
        mote__neg_step(x, NEG_EV_SENT_SASL);
        return true;
    }
    by_token = usable_token(x, mote_xml_child(inline_list, NS_FAST, "fast"));
    if (by_token != NULL) {
        mote__neg_step(x, NEG_EV_OFFER_SASL);
        begin_by_token(x, by_token);
    } else {
        mote__sasl_begin(x, s->server_binds);
    }
    return true;
}

/// The end of it ///

/* A token is tried once. What the server says of it decides whether it is of use another time. */
static bool failure(struct mote *x, const struct mote_xml *e)
{
    struct mote_sasl2 *s = x->sasl2;
    if (x->n.mechanism->family != SASL_HT || s->instead == NULL) {
        return false;
    }
    const char *condition = mote_xml_condition(e, NS_SASL);
    if (mote_text_equal(condition, "temporary-auth-failure") || mote_text_equal(condition, "aborted")) {
        s->token_refused = true; /* not on this connection, nor on the next one; it stays good */
    } else {
        refuse_token(x);
    }
    mote_module_log(x, MOTE_LOG_INFO, "the server refused the token (%s): logging in by %s",
                    condition != NULL ? condition : "it does not say why", s->instead->name);
    s->sent_early = false;
    x->n.mechanism = s->instead;
    x->n.binding = s->instead_binding;
    mote__sasl_begin(x, s->server_binds);
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
    mote__neg_step(x, NEG_EV_BOUND_WITHIN);
}

static void success(struct mote *x, const struct mote_xml *e)
{
    struct mote_sasl2 *s = x->sasl2;
    const struct mote_xml *resumed = mote_xml_child(e, NS_SM, "resumed");
    const struct mote_xml *failed = mote_xml_child(e, NS_SM, "failed");
    const struct mote_xml *bound = mote_xml_child(e, NS_BIND2, "bound");
    take_token(x, e);
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
    static const struct mote__sasl2_class type = {early, features, authenticate, success, verify_token, failure};
    *s = (struct mote_sasl2){.type = &type, .config = *config};
    x->sasl2 = s;
}

void mote_sasl2_use(struct mote_sasl2 *s, const struct mote_token *token, bool is_early)
{
    s->config.token = token;
    s->config.early = is_early;
    s->token_refused = false;
}
