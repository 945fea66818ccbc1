/* SPDX-License-Identifier: MIT
 * mote_init: checks the configuration, fills in the defaults, and lays out the memory.
 */
#include <string.h>

#include "core/engine/engine.h"
#include "core/base/text.h"

#if UINTPTR_MAX > UINT32_MAX
#define XML_LEAST 10240
#else
#define XML_LEAST 6144
#endif
#define STRING_OF(number) #number
#define TEXT_OF(macro) STRING_OF(macro)

static int refuse_config(const struct mote_services *s, const char *what)
{
    if (s->log != NULL) {
        s->log(s->ctx, MOTE_LOG_ERROR, what);
    }
    return MOTE_ERR_CONFIG;
}

/* There are no tables here to prepare other letters with (RFC 7622, RFC 4013). */
static bool is_prepared(const struct mote_config *c, const char *text)
{
    while (text != NULL && *text != '\0' && (unsigned char)*text < 0x80) {
        text++;
    }
    return text == NULL || *text == '\0' || (c->flags & MOTE_PREPARED) != 0;
}

/* What is wrong with it, or NULL. */
static const char *check_config(const struct mote_config *c)
{
    if (c->jid == NULL || !mote_jid_valid(c->jid)) {
        return "config.jid is not a JID of at most MOTE_JID_MAX bytes";
    }
    if (c->jid[mote_jid_bare_len(c->jid) - 1] == '.') {
        return "config.jid has a dot behind its domain";
    }
    if (!is_prepared(c, c->jid) || !is_prepared(c, c->password)) {
        return "config.jid or password has letters beyond ASCII, which nobody has prepared: see MOTE_PREPARED";
    }
    if (c->on_event == NULL) {
        return "config.on_event is missing";
    }
    if (c->password != NULL && strlen(c->password) > MOTE_PASSWORD_MAX) {
        return "config.password is longer than MOTE_PASSWORD_MAX";
    }
    if (c->arena == NULL || c->arena_size < 2048) {
        return "config.arena needs at least 2048 bytes";
    }
    if (c->tx == NULL || c->tx_size < 1024) {
        return "config.tx needs at least 1024 bytes";
    }
    if (c->xml == NULL || c->xml_size < XML_LEAST) {
        return "config.xml needs at least " TEXT_OF(XML_LEAST) " bytes";
    }
    return NULL;
}

static void set_default(uint32_t *field, uint32_t value)
{
    if (*field == 0) {
        *field = value;
    }
}

int mote_init(struct mote *x, const struct mote_config *config)
{
    const struct mote_services *s = config->services;
    if (s == NULL || s->random == NULL || s->hash_start == NULL) {
        return MOTE_ERR_CONFIG;
    }
    const char *wrong = check_config(config);
    if (wrong != NULL) {
        return refuse_config(s, wrong);
    }
    memset(x, 0, sizeof *x);
    x->config = *config;
    struct mote_config *c = &x->config;
    set_default(&c->phase_timeout_s, 30);
    set_default(&c->iq_timeout_s, 60);
    set_default(&c->scram_iterations_max, 1000000);
    set_default(&c->scram_slice, 512);
    size_t len;
    const char *domain = mote_jid_domain(c->jid, &len);
    if (MOTE_JID_MAX >= sizeof x->domain && len >= sizeof x->domain) {
        return refuse_config(s, "the domain of config.jid is longer than 255 bytes");
    }
    mote_text_fold(x->domain, domain, len); /* servers may know a virtual host only by small letters */
    mote_text_copy(x->jid, sizeof x->jid, c->jid);
    x->why = "";
    if (!mote__engine_random(x, x->key, sizeof x->key)) {
        refuse_config(s, "the random source failed");
        return MOTE_ERR_ENTROPY;
    }
    mote__txring_init(&x->tx, c->tx, c->tx_size);
    x->sm.ask_ms = x->sm.answer_ms = UINT64_MAX;
    x->n.deadline_ms = UINT64_MAX;
    return mote__reader_init(&x->reader, c->arena, c->arena_size, c->xml, c->xml_size, &mote__engine_sink, x)
               ? 0
               : refuse_config(s, "config.xml is too small for expat");
}
