/* SPDX-License-Identifier: MIT
 * What a device keeps of one login for the next: a token (XEP-0484) and a TLS session. Both stay in memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/sasl2.h"
#include "examples/fleet/fleet.h"
#include "port/tls/resume.h"

struct device_keep {
    struct mote_sasl2 sasl2;
    struct mote_token token;
    struct mote_tls_resume resume;
    uint8_t *session; /* of TLS; NULL: none. As long as it is, and not as the longest one, so it has no place here */
    size_t session_len;
    char user_agent[37];
};

size_t keep_size(const struct options *o)
{
    return o->tokens || o->tls_sessions ? sizeof(struct device_keep) : 0;
}

/// Tokens ///

/* A UUID of version 4. */
static bool make_user_agent(const struct mote_services *s, char out[37])
{
    uint8_t b[16];
    if (s->random(s->ctx, b, sizeof b) != 0) {
        return false;
    }
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    for (int i = 0; i < 16; i++) {
        bool dash = i == 4 || i == 6 || i == 8 || i == 10;
        out += snprintf(out, 4, dash ? "-%02x" : "%02x", b[i]);
    }
    return true;
}

void keep_event(struct fleet *f, struct device *d, const struct mote_event *e)
{
    struct device_keep *k = fleet_keep(f, d);
    if (k == NULL) {
        return;
    }
    switch (e->kind) {
    case MOTE_EV_TOKEN: k->token = *mote_token_of(e); break;
    case MOTE_EV_TOKEN_REFUSED: mote_secret_wipe(&k->token, sizeof k->token); break;
    case MOTE_EV_SERVER: f->known = *mote_known_of(e); break; /* there is one server for all */
    case MOTE_EV_EARLY_REFUSED: f->waits = true; break;
    default: break;
    }
}

void keep_begin(const struct fleet *f, struct device *d)
{
    struct device_keep *k = fleet_keep(f, d);
    if (k == NULL || !f->options.tokens) {
        return;
    }
    /* After a failure the features are waited for, and a token that the server could not look at rests once. */
    const struct mote_token *token = k->sasl2.token_refused ? NULL : &k->token;
    mote_sasl2_use(&k->sasl2, token, d->attempt == 0 && !f->waits && f->known.profile != 0);
}

/// TLS sessions ///

static ptrdiff_t load_session(void *ctx, void *bytes, size_t size)
{
    const struct device_keep *k = ctx;
    if (k->session == NULL || k->session_len > size) {
        return 0;
    }
    memcpy(bytes, k->session, k->session_len);
    return (ptrdiff_t)k->session_len;
}

static void save_session(void *ctx, const void *bytes, size_t len)
{
    struct device_keep *k = ctx;
    if (k->session != NULL) {
        mote_secret_wipe(k->session, k->session_len);
    }
    free(k->session);
    k->session = len > 0 ? malloc(len) : NULL;
    k->session_len = k->session != NULL ? len : 0;
    if (k->session != NULL) {
        memcpy(k->session, bytes, len);
    }
}

bool keep_attach(struct fleet *f, struct device *d)
{
    struct device_keep *k = fleet_keep(f, d);
    if (k == NULL) {
        return true;
    }
    if (!make_user_agent(&f->services, k->user_agent)) {
        return false;
    }
    if (f->options.tokens) {
        mote_sasl2_attach(&k->sasl2, &d->x, &(struct mote_sasl2_config){.user_agent = k->user_agent,
                                                                        .bind = true,
                                                                        .tokens = true,
                                                                        .known = &f->known});
    }
    if (f->options.tls_sessions) {
        k->resume = (struct mote_tls_resume){.load = load_session, .save = save_session, .ctx = k};
        mote_tls_resume_attach(&k->resume, &d->tls->tls);
    }
    return true;
}
