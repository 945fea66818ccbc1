/* SPDX-License-Identifier: MIT
 * Tokens in place of the password (FAST, XEP-0484).
 */
#include "core/engine/login/fast.h"

#include <string.h>

#include "core/base/text.h"
#include "core/engine/engine.h"
#include "core/engine/login/sasl.h"
#include "core/module.h"
#include "core/sasl2.h"
#include "core/stream/sasl/hmac.h"
#include "core/xml/ns.h"

/* The best binding first. HT-SHA-256-UNIQ would need tls-unique, which mbedTLS does not give. */
static const struct mote__sasl_mechanism token_mechanisms[] = {
    {"HT-SHA-256-EXPR", SASL_HT, MOTE_SHA256, true},
    {"HT-SHA-256-ENDP", SASL_HT, MOTE_SHA256, true},
    {"HT-SHA-256-NONE", SASL_HT, MOTE_SHA256, false},
};

/* The binding that a mechanism wants and this connection has: its bytes, "" for none; NULL when the mechanism cannot be
 * used. */
static const uint8_t *token_binding(const struct mote *x, const char *mechanism, size_t *len)
{
    const char *kind = mechanism + sizeof "HT-SHA-256-" - 1;
    uint8_t before = mote__sasl_bound_before(x);
    if (strcmp(kind, "EXPR") == 0) {
        *len = x->tls.exporter_len;
        return *len > 0 ? x->tls.exporter : NULL;
    }
    if (strcmp(kind, "ENDP") == 0) {
        *len = x->tls.end_point_len;
        return *len > 0 && before != MOTE_BOUND_EXPORTER ? x->tls.end_point : NULL;
    }
    *len = 0;
    bool bound = (before & MOTE_BOUND) != 0 || (x->config.flags & MOTE_REQUIRE_BINDING) != 0;
    return x->sasl2->config.unbound_tokens && x->tls.verified && !bound ? (const uint8_t *)"" : NULL;
}

enum { MECHANISMS = sizeof token_mechanisms / sizeof token_mechanisms[0] };

uint8_t mote__fast_best(const struct mote *x, const struct mote_xml *fast)
{
    for (unsigned i = 0; i < MECHANISMS; i++) {
        size_t len;
        const char *name = token_mechanisms[i].name;
        if (mote__sasl_offered(fast, name) && token_binding(x, name, &len) != NULL) {
            return (uint8_t)(i + 1);
        }
    }
    return 0;
}

const struct mote__sasl_mechanism *mote__fast_usable(const struct mote *x, const struct mote_xml *fast)
{
    const struct mote_sasl2 *s = x->sasl2;
    const struct mote_token *t = s->config.token;
    int64_t now = mote_unix_time(x);
    size_t len;
    if (t == NULL || t->token[0] == '\0' || s->token_refused || s->config.user_agent == NULL ||
        (t->expiry != 0 && now != 0 && t->expiry <= now)) {
        return NULL;
    }
    for (size_t i = 0; i < MECHANISMS; i++) {
        const char *name = token_mechanisms[i].name;
        if (strcmp(name, t->mechanism) == 0) {
            bool good = (fast == NULL || mote__sasl_offered(fast, name)) && token_binding(x, name, &len) != NULL;
            return good ? &token_mechanisms[i] : NULL;
        }
    }
    return NULL;
}

void mote__fast_prove(const struct mote *x, const char *role, uint8_t out[MOTE_HASH_MAX])
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

const struct mote__sasl_mechanism *mote__fast_to_request(const struct mote *x)
{
    unsigned i = x->sasl2->seen.token;
    size_t len;
    return i > 0 && i <= MECHANISMS && token_binding(x, token_mechanisms[i - 1].name, &len) != NULL
               ? &token_mechanisms[i - 1]
               : NULL;
}

void mote__fast_refuse(struct mote *x)
{
    x->sasl2->token_refused = true;
    mote_module_tell(x, MOTE_EV_TOKEN_REFUSED, 0, NULL, x->sasl2->config.token);
}

bool mote__fast_verify(struct mote *x, const char *text, size_t len)
{
    bool good = len == 32 && mote_secret_equal(text, x->sasl2->proof, 32);
    if (!good) {
        mote__fast_refuse(x);
    }
    return good;
}

void mote__fast_take(struct mote *x, const struct mote_xml *success)
{
    struct mote_sasl2 *s = x->sasl2;
    const struct mote_xml *e = mote_xml_child(success, NS_FAST, "token");
    const char *expiry = mote_xml_attr(e, "expiry");
    const struct mote__sasl_mechanism *m =
        x->n.mechanism->family == SASL_HT ? x->n.mechanism : mote__fast_to_request(x);
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
