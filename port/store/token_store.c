/* SPDX-License-Identifier: MIT
 * Two values of a store: the token that a login has shown, and the one that came after it.
 */
#include "port/store/token_store.h"

#include <string.h>

#include "core/base/text.h"

enum { FORM = 1, TEXTS = 10, UUID = 36, VALUE = TEXTS + UUID + 1 + 17 + MOTE_TOKEN_MAX + 1 + MOTE_JID_MAX + 1 };

static const char shown_key[] = "token", fresh_key[] = "token.new";

/// Values ///

static void put_text(uint8_t *value, size_t *len, const char *text, size_t text_len)
{
    memcpy(value + *len, text, text_len);
    value[*len + text_len] = '\0';
    *len += text_len + 1;
}

/* The next text of the value, or NULL when its NUL is not there. */
static const char *next_text(const uint8_t *value, size_t len, size_t *at)
{
    const char *text = (const char *)value + *at;
    const void *end = *at < len ? memchr(text, '\0', len - *at) : NULL;
    *at = end != NULL ? (size_t)((const uint8_t *)end - value) + 1 : len;
    return end != NULL ? text : NULL;
}

static bool put(struct mote_token_store *t, const char *key)
{
    bool kept = false;
    uint8_t value[VALUE] = {FORM, t->early};
    const char *jid = t->x->config.jid;
    size_t len = TEXTS;
    for (int i = 0; i < 8; i++) {
        value[2 + i] = (uint8_t)((uint64_t)t->token.expiry >> (56 - 8 * i));
    }
    put_text(value, &len, t->user_agent, strlen(t->user_agent));
    put_text(value, &len, t->token.mechanism, strlen(t->token.mechanism));
    put_text(value, &len, t->token.token, strlen(t->token.token));
    put_text(value, &len, jid, mote_jid_bare_len(jid));
    if (t->store != NULL && mote_store_put(t->store, key, value, len) == 0) {
        kept = mote_store_sync(t->store) == 0; /* when the store fails, the next login goes by the keys */
    }
    mote_secret_wipe(value, sizeof value);
    return kept;
}

static void forget(struct mote_token_store *t, const char *key)
{
    if (t->store != NULL && mote_store_delete(t->store, key) == 0) {
        (void)mote_store_sync(t->store);
    }
}

static bool read_value(struct mote_token_store *t, const uint8_t *value, size_t len)
{
    size_t at = TEXTS;
    const char *agent = next_text(value, len, &at), *mechanism = next_text(value, len, &at);
    const char *token = next_text(value, len, &at), *jid = next_text(value, len, &at);
    if (value[0] != FORM || jid == NULL || strlen(agent) != UUID || !mote_jid_bare_equal(jid, t->x->config.jid) ||
        !mote_text_copy(t->token.mechanism, sizeof t->token.mechanism, mechanism) ||
        !mote_text_copy(t->token.token, sizeof t->token.token, token)) {
        return false;
    }
    uint64_t expiry = 0;
    for (int i = 0; i < 8; i++) {
        expiry = expiry << 8 | value[2 + i];
    }
    t->token.expiry = (int64_t)expiry;
    t->early = value[1] != 0;
    memcpy(t->user_agent, agent, UUID + 1);
    return true;
}

static bool get(struct mote_token_store *t, const char *key)
{
    uint8_t value[VALUE];
    ptrdiff_t len = t->store != NULL ? mote_store_get(t->store, key, value, sizeof value) : 0;
    bool good = len > TEXTS && read_value(t, value, (size_t)len);
    if (!good) {
        t->token = (struct mote_token){.expiry = 0};
    }
    mote_secret_wipe(value, sizeof value);
    return good;
}

/* version 4 (RFC 9562 section 5.4) */
static bool make_user_agent(struct mote_token_store *t)
{
    static const char digits[] = "0123456789abcdef";
    const struct mote_services *s = t->x->config.services;
    uint8_t b[UUID / 2];
    char *out = t->user_agent;
    if (s->random(s->ctx, b, sizeof b) != 0) {
        return false;
    }
    for (int i = 0; i < UUID; i++) {
        uint8_t digit = (uint8_t)(i % 2 != 0 ? b[i / 2] >> 4 : b[i / 2] & 15);
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        out[i] = dash ? '-' : i == 14 ? '4' : digits[i == 19 ? 8 | (digit & 3) : digit];
    }
    out[UUID] = '\0';
    return true;
}

/// Events ///

static void use(struct mote_token_store *t, bool early)
{
    t->early = early;
    mote_sasl2_use(&t->sasl2, &t->token, early);
}

/* When a login has shown the new token, the one before is of no use any more. */
static bool was_shown(struct mote_token_store *t)
{
    struct mote_status status;
    mote_status(t->x, &status);
    return t->fresh && status.by_token && put(t, shown_key);
}

static void refused(struct mote_token_store *t)
{
    forget(t, t->fresh ? fresh_key : shown_key);
    if (t->fresh) {
        (void)get(t, shown_key); /* for the next login; this one goes on by the keys */
    } else {
        mote_secret_wipe(&t->token, sizeof t->token);
    }
    t->fresh = false;
}

/* It does not wait for the features the next time, or waits again. */
static void learn_early(struct mote_token_store *t, bool early)
{
    use(t, early);
    (void)put(t, t->fresh ? fresh_key : shown_key);
}

void mote_token_store_event(struct mote_token_store *t, const struct mote_event *event)
{
    switch (event->kind) {
    case MOTE_EV_TOKEN:
        (void)was_shown(t); /* the one under fresh_key is replaced now */
        t->token = *mote_token_of(event);
        t->fresh = t->given = true;
        learn_early(t, true);
        break;
    case MOTE_EV_TOKEN_REFUSED: refused(t); break;
    case MOTE_EV_ONLINE:
    case MOTE_EV_RESUMED:
        t->came_on = true;
        if (!t->given && was_shown(t)) {
            forget(t, fresh_key);
            t->fresh = false;
        }
        break;
    case MOTE_EV_OFFLINE: /* a server that was not ready for an early login may close without a reason */
        if (t->sasl2.sent_early && !t->came_on && t->early) {
            learn_early(t, false);
        }
        t->came_on = t->given = false;
        break;
    default: break;
    }
}

void mote_token_store_attach(struct mote_token_store *t, struct mote *x, struct mote_store *store,
                             const struct mote_sasl2_config *config)
{
    struct mote_sasl2_config c = *config;
    *t = (struct mote_token_store){.x = x, .store = store};
    t->fresh = get(t, fresh_key);
    bool good = t->fresh || get(t, shown_key) || make_user_agent(t);
    c.user_agent = good ? t->user_agent : NULL;
    c.tokens = good;
    c.token = &t->token;
    c.early = t->early;
    mote_sasl2_attach(&t->sasl2, x, &c);
}
