/* SPDX-License-Identifier: MIT
 * Choosing a SASL mechanism and its channel binding, and exchanging its messages.
 *
 * The binding's type is the best one that the server lists (XEP-0440) and the connection has. Without a list it is
 * tls-exporter, which RFC 9266 makes the default of TLS 1.3. When the server has no -PLUS mechanism though we could
 * bind, the gs2 flag says 'y': a server that does have one then knows that somebody cut its list, and refuses (RFC 5802
 * section 6).
 */
#include "core/engine/login/sasl.h"

#include <string.h>

#include "core/engine/engine.h"
#include "core/module.h"
#include "core/sasl2.h"
#include "core/xml/ns.h"
#include "core/base/text.h"

/* The strongest mechanism stands first. SCRAM without -PLUS stands two places behind the same with it: retry_unbound
 * relies on that. */
const struct mote__sasl_mechanism mote__sasl_mechanisms[SASL_MECHANISMS] = {
    {"EXTERNAL", SASL_EXTERNAL, MOTE_SHA256, false},
    {"SCRAM-SHA-256-PLUS", SASL_SCRAM, MOTE_SHA256, true},
    {"SCRAM-SHA-1-PLUS", SASL_SCRAM, MOTE_SHA1, true},
    {"SCRAM-SHA-256", SASL_SCRAM, MOTE_SHA256, false},
    {"SCRAM-SHA-1", SASL_SCRAM, MOTE_SHA1, false},
    {"PLAIN", SASL_PLAIN, MOTE_SHA256, false},
};

/// Choosing ///

bool mote__sasl_offered(const struct mote_xml *list, const char *name)
{
    const struct mote_xml *m = mote_xml_inner(list, "mechanism");
    while (m != NULL && strcmp(mote_xml_text(m, NULL), name) != 0) {
        m = mote_xml_again(m);
    }
    return m != NULL;
}

static bool listed(const struct mote_xml *bindings, const char *type)
{
    const struct mote_xml *b = mote_xml_inner(bindings, "channel-binding");
    while (b != NULL && !mote_xml_attr_is(b, "type", type)) {
        b = mote_xml_again(b);
    }
    return b != NULL;
}

uint8_t mote__sasl_bound_before(const struct mote *x)
{
    const struct mote_keys *kept = x->config.keys;
    return kept != NULL && kept->version == 1 ? kept->bound : MOTE_UNBOUND;
}

/* `list` is that of XEP-0440, or NULL. */
static const char *choose_binding(struct mote *x, const struct mote_xml *list)
{
    uint8_t before = mote__sasl_bound_before(x);
    if (list == NULL && before == MOTE_BINDING_REFUSED && (x->config.flags & MOTE_REQUIRE_BINDING) == 0) {
        x->n.binding_refused = true;
    }
    if (x->n.binding_refused) {
        return NULL;
    }
    if (list == NULL) {
        return x->tls.version[6] == '3' && x->tls.exporter_len > 0 ? "tls-exporter" : NULL; /* of "TLSv1.3" */
    }
    if (x->tls.exporter_len > 0 && listed(list, "tls-exporter")) {
        return "tls-exporter";
    }
    bool enough = x->tls.end_point_len > 0 && before != MOTE_BOUND_EXPORTER;
    return enough && listed(list, "tls-server-end-point") ? "tls-server-end-point" : NULL;
}

bool mote__sasl_allowed(const struct mote *x, const struct mote__sasl_mechanism *m)
{
    const struct mote_config *c = &x->config;
    const struct mote_keys *kept = c->keys != NULL && c->keys->version == 1 ? c->keys : NULL;
    uint8_t before = mote__sasl_bound_before(x);
    bool require_binding =
        (c->flags & MOTE_REQUIRE_BINDING) != 0 || (before & MOTE_BOUND) != 0;
    switch (m->family) {
    case SASL_EXTERNAL:
        return (c->flags & MOTE_ALLOW_EXTERNAL) != 0 && x->secured;
    case SASL_PLAIN:
        return (c->flags & MOTE_ALLOW_PLAIN) != 0 && c->password != NULL && kept == NULL && !require_binding &&
               ((x->secured && x->tls.verified) || ((c->flags & MOTE_INSECURE_LOOPBACK) != 0 && x->tls.loopback));
    default:
        if (kept != NULL && kept->hash == MOTE_SHA256 && m->hash == MOTE_SHA1) {
            return false; /* a weaker hash than before may be the work of an attacker */
        }
        return (c->password != NULL || (kept != NULL && kept->hash == m->hash)) && (m->plus || !require_binding);
    }
}

static const struct mote__sasl_mechanism *choose(const struct mote *x, const struct mote_xml *list, const char *binding)
{
    bool scram = false;
    for (size_t i = 0; i < SASL_MECHANISMS; i++) {
        const struct mote__sasl_mechanism *m = &mote__sasl_mechanisms[i];
        if (!mote__sasl_offered(list, m->name)) {
            continue;
        }
        scram |= m->family == SASL_SCRAM;
        if ((m->plus && binding == NULL) || (m->family == SASL_PLAIN && scram) || !mote__sasl_allowed(x, m)) {
            continue;
        }
        return m;
    }
    return NULL;
}

/// What was offered, as a hash (XEP-0474) ///

/* The words of the list in the order of their bytes, 1E between them. A list holds no word twice. */
static void hash_sorted(const struct mote *x, struct mote_hash *h, enum mote_hash_kind kind,
                        const struct mote_xml *list, bool types)
{
    const char *last = NULL, *least;
    do {
        least = NULL;
        for (const struct mote_xml *e = mote_xml_inner(list, types ? "channel-binding" : "mechanism"); e != NULL;
             e = mote_xml_again(e)) {
            const char *word = types ? mote_xml_attr(e, "type") : mote_xml_text(e, NULL);
            if (word != NULL && (last == NULL || strcmp(word, last) > 0) &&
                (least == NULL || strcmp(word, least) < 0)) {
                least = word;
            }
        }
        if (least != NULL) {
            x->config.services->hash_feed(h, kind, "\x1e", last != NULL);
            x->config.services->hash_feed(h, kind, least, strlen(least));
        }
        last = least;
    } while (last != NULL);
}

static void hash_offers(struct mote *x, const struct mote_xml *mechanisms_list, const struct mote_xml *bindings)
{
    const struct mote_services *s = x->config.services;
    enum mote_hash_kind kind = (enum mote_hash_kind)x->n.mechanism->hash;
    struct mote_hash h;
    s->hash_start(&h, kind);
    hash_sorted(x, &h, kind, mechanisms_list, false);
    if (bindings != NULL) {
        s->hash_feed(&h, kind, "\x1f", 1);
        hash_sorted(x, &h, kind, bindings, true);
    }
    s->hash_end(&h, kind, x->scram.offers);
}

/// Sending ///

static void send_text(struct mote *x, const char *element, const char *mechanism, const void *text, size_t len)
{
    struct mote_writer *w = mote__setup_begin(x);
    mote_writer_put(w, "<%s xmlns='%s'", element, x->n.sasl2 ? NS_SASL2 : NS_SASL);
    mote_writer_attr(w, "mechanism", mechanism);
    /* "=": an empty initial response (RFC 6120 section 6.4.2) */
    mote_writer_put(w, len == 0 && mechanism != NULL ? ">=" : ">");
    mote_writer_base64(w, text, len);
    mote_writer_put(w, "</%s>", element);
    mote__setup_end(x);
    x->n.sasl_step++;
}

static ptrdiff_t first_scram(struct mote *x, bool server_binds, char *out, size_t size)
{
    bool can_bind = x->tls.exporter_len > 0 || x->tls.end_point_len > 0;
    bool exporter = x->n.binding != NULL && x->n.binding[4] == 'e'; /* "tls-exporter" */
    uint8_t offers[sizeof x->scram.offers];
    memcpy(offers, x->scram.offers, sizeof offers); /* the same, when a refused binding begins it anew */
    x->scram = (struct mote__scram){
        .config = &x->config,
        .kind = x->n.mechanism->hash,
        .binding = x->n.binding,
        .exporter = exporter,
        .tls = x->secured ? (char)(x->tls.version[6] + 1) : 0, /* "TLSv1.3" is 0304 */
        .gs2_flag = can_bind && !server_binds && !x->n.binding_refused ? 'y' : 'n',
        .binding_data = exporter ? x->tls.exporter : x->tls.end_point,
        .binding_len = exporter ? x->tls.exporter_len : x->tls.end_point_len,
    };
    memcpy(x->scram.offers, offers, sizeof offers);
    return mote__scram_first(&x->scram, out, size);
}

/* authzid NUL authcid NUL password (RFC 4616). */
static ptrdiff_t first_plain(const struct mote *x, char *out, size_t size)
{
    struct mote_writer w;
    mote_writer_start(&w, out, size);
    w.plain = true;
    mote_writer_raw(&w, "", 1);
    mote_writer_raw(&w, x->config.jid, mote_jid_local_len(x->config.jid));
    mote_writer_raw(&w, "", 1);
    mote_writer_put(&w, "%s", x->config.password);
    return mote_writer_result(&w) != 0 ? MOTE_ERR_SIZE : (ptrdiff_t)w.need;
}

/* With n.binding if it is bound. */
void mote__sasl_begin(struct mote *x, bool server_binds)
{
    const struct mote__sasl_mechanism *m = x->n.mechanism;
    char text[MOTE_SETUP_SIZE / 4 * 3];
    ptrdiff_t len = 0;
    x->n.binding = m->plus ? x->n.binding : NULL;
    x->n.sasl_step = 0;
    x->n.server_verified = m->family != SASL_SCRAM;
    if (m->family == SASL_SCRAM) {
        len = first_scram(x, server_binds, text, sizeof text);
    } else if (m->family == SASL_PLAIN) {
        len = first_plain(x, text, sizeof text);
    }
    if (len < 0) {
        mote_fail(x, (int)len,
                  len == MOTE_ERR_ENTROPY ? "the random source failed" : "the user name or password is too long");
        return;
    }
    if (x->n.state != NEG_HEADER) { /* else it goes with the stream header */
        mote__neg_step(x, NEG_EV_OFFER_SASL);
    }
    if (x->n.sasl2) {
        x->sasl2->type->authenticate(x, text, (size_t)len);
    } else {
        send_text(x, "auth", m->name, text, (size_t)len);
    }
    mote_secret_wipe(text, sizeof text);
}

/* Why nothing was chosen. */
static const char *say_offers(struct mote *x, const struct mote_xml *list)
{
    char names[80];
    size_t used = 0;
    for (const struct mote_xml *m = mote_xml_inner(list, "mechanism"); m != NULL; m = mote_xml_again(m)) {
        size_t len;
        const char *name = mote_xml_text(m, &len);
        if (len + 3 > sizeof names - used) {
            break;
        }
        memcpy(names + used, ", ", 2);
        memcpy(names + used + 2, name, len);
        used += len + 2;
    }
    names[used] = '\0';
    return used == 0
               ? "the server offers no login on this connection"
               : mote__engine_text(x, "the server offers no login mechanism that is allowed here, only%s", names + 1);
}

bool mote__sasl_choose(struct mote *x, const struct mote_xml *list, const struct mote_xml *bindings, bool *server_binds)
{
    x->n.binding = x->secured ? choose_binding(x, bindings) : NULL;
    x->n.mechanism = choose(x, list, x->n.binding);
    if (x->n.mechanism == NULL) {
        mote__engine_fail(x, MOTE_ERR_MECHANISM, "policy-violation", say_offers(x, list));
        return false;
    }
    hash_offers(x, list, bindings);
    *server_binds =
        mote__sasl_offered(list, "SCRAM-SHA-256-PLUS") || mote__sasl_offered(list, "SCRAM-SHA-1-PLUS");
    return true;
}

void mote__sasl_start(struct mote *x, const struct mote_xml *features)
{
    bool server_binds;
    if (x->sasl2 != NULL && x->sasl2->type->features(x, features)) {
        return;
    }
    if (mote__sasl_choose(x, mote_xml_child(features, NS_SASL, "mechanisms"),
                          mote_xml_child(features, NS_CHANNEL_BINDING, "sasl-channel-binding"), &server_binds)) {
        mote__sasl_begin(x, server_binds);
    }
}

/// Receiving ///

static void fail_login(struct mote *x, const char *why)
{
    mote__engine_fail(x, MOTE_ERR_AUTH, "not-authorized", why);
}

/* Decode the base64 content of `e` into text[0..size), NUL-terminated. Returns its length, or -1 after failing. */
static ptrdiff_t content(struct mote *x, const struct mote_xml *e, char *text, size_t size)
{
    size_t len;
    const char *base64 = mote_xml_text(e, &len);
    if (len == 1 && base64[0] == '=') {
        len = 0;
    }
    ptrdiff_t n = mote_base64_decode(base64, len, text, size - 1);
    if (n < 0) {
        fail_login(x, "the server's SASL message is not base64, or longer than MOTE_SCRAM_MAX");
        return -1;
    }
    text[n] = '\0';
    return n;
}

static void on_challenge(struct mote *x, const struct mote_xml *e)
{
    struct mote__negotiation *n = &x->n;
    char text[MOTE_SCRAM_MAX + 1];
    ptrdiff_t len = content(x, e, text, sizeof text);
    const char *why;
    if (len < 0) {
        return;
    }
    if (n->mechanism->family != SASL_SCRAM || n->sasl_step > 2) {
        fail_login(x, "the server sent a challenge too many");
    } else if (n->sasl_step == 2) { /* the server's signature as a challenge (RFC 6120 section 6.3.10) */
        n->server_verified = mote__scram_verify(&x->scram, text);
        if (!n->server_verified) {
            fail_login(x, "the server could not prove that it knows the password");
            return;
        }
        send_text(x, "response", NULL, "", 0);
    } else if ((why = mote__scram_challenge(&x->scram, text)) != NULL) {
        fail_login(x, why);
    } else {
        mote__neg_step(x, NEG_EV_CHALLENGE);
    }
}

void mote__sasl_work(struct mote *x)
{
    char text[MOTE_SETUP_SIZE / 4 * 3];
    if (!mote__scram_work(&x->scram, x->config.scram_slice)) {
        return;
    }
    ptrdiff_t len = mote__scram_final(&x->scram, text, sizeof text);
    if (len < 0) {
        fail_login(x, "the server's nonce is too long");
        return;
    }
    mote__neg_step(x, NEG_EV_WORKED);
    send_text(x, "response", NULL, text, (size_t)len);
    if (x->sasl2 != NULL) {
        x->sasl2->type->answered(x);
    }
}

static void on_success(struct mote *x, const struct mote_xml *e)
{
    struct mote__negotiation *n = &x->n;
    char text[MOTE_SCRAM_MAX + 1];
    ptrdiff_t len = content(x, n->sasl2 ? mote_xml_inner(e, "additional-data") : e, text, sizeof text);
    if (len < 0) {
        return;
    }
    if (n->mechanism->family == SASL_SCRAM && n->sasl_step == 2 && !n->server_verified) {
        n->server_verified = mote__scram_verify(&x->scram, text);
    } else if (n->mechanism->family == SASL_HT) {
        n->server_verified = x->sasl2->type->verify(x, text, (size_t)len);
    }
    if (!n->server_verified) {
        fail_login(x, "the server could not prove that it knows the password");
        return;
    }
    n->authenticated = true;
    if (n->mechanism->family == SASL_SCRAM) {
        if (n->binding_refused) {
            x->scram.keys.bound = MOTE_BINDING_REFUSED;
        }
        mote_module_tell(x, MOTE_EV_KEYS, 0, NULL, &x->scram.keys);
    }
    mote_secret_wipe(&x->scram, sizeof x->scram);
    if (n->sasl2) {
        x->sasl2->type->success(x, e);
    } else {
        mote__reader_stop(&x->reader);
        mote__neg_step(x, NEG_EV_SUCCESS);
    }
}

/* Some servers offer -PLUS on TLS 1.3, list no types of binding, and refuse tls-exporter at once. Then the login goes
 * on without a binding, unless an earlier login was bound. It cannot be the password that was refused, which is not
 * checked before our second message. */
static bool retry_unbound(struct mote *x)
{
    struct mote__negotiation *n = &x->n;
    return n->mechanism->plus && n->sasl_step == 1 && !n->binding_refused &&
           mote__sasl_allowed(x, n->mechanism + 2); /* the same without -PLUS */
}

#define REFUSED_WHY "the server refused the login:"

void mote__sasl_refused(struct mote *x, const struct mote_xml *e)
{
    if (mote_text_equal(mote_xml_condition(e, NS_SASL), "not-authorized") && mote_xml_inner(e, "text") == NULL) {
        fail_login(x, "the server refused the user name or password");
    } else {
        fail_login(x, mote__engine_explain(x, REFUSED_WHY, e, NS_SASL));
        x->condition_at = sizeof REFUSED_WHY;
    }
}

static void on_failure(struct mote *x, const struct mote_xml *e)
{
    if (x->sasl2 != NULL && x->sasl2->type->failure(x, e)) {
        return;
    }
    if (retry_unbound(x)) {
        mote_module_log(x, MOTE_LOG_WARN, "the server refused %s: trying unbound", x->n.binding);
        x->n.binding_refused = true;
        x->n.mechanism += 2; /* the same without -PLUS */
        mote__sasl_begin(x, true);
    } else {
        mote__sasl_refused(x, e);
    }
}

void mote__sasl_element(struct mote *x, const struct mote_xml *e)
{
    if (x->n.state == NEG_FEATURES && x->sasl2 != NULL && x->sasl2->sent_early) {
        mote__neg_step(
            x, NEG_EV_SENT_SASL); /* an answer to what went with the stream header, without features before it */
    }
    if (x->n.state != NEG_SASL) {
        mote__neg_step(x, NEG_EV_SUCCESS); /* it has no place in this state: the stream fails */
    } else if (x->n.sasl2 != mote_xml_is(e, NS_SASL2, NULL)) {
        fail_login(x, "the server answers by another version of SASL than it was asked by");
    } else if (strcmp(e->name, "challenge") == 0) {
        on_challenge(x, e);
    } else if (strcmp(e->name, "success") == 0) {
        on_success(x, e);
    } else if (strcmp(e->name, "failure") == 0) {
        on_failure(x, e);
    } else {
        fail_login(x, "the server wants more than a login");
    }
}
