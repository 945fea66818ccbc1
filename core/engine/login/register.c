/* SPDX-License-Identifier: MIT
 * Making an account before the login (XEP-0077, XEP-0445): invitation, form, account, each a request of its own. The
 * mechanism of the login is chosen first, so that no account is made in which nobody could log in.
 */
#include "core/register.h"

#include <string.h>

#include "core/base/text.h"
#include "core/engine/engine.h"
#include "core/engine/login/sasl.h"
#include "core/module.h"
#include "core/xml/ns.h"

enum register_step { STEP_NONE, STEP_TOKEN, STEP_FORM, STEP_ACCOUNT };

/// The end of it ///

static void go_on(struct mote *x)
{
    bool server_binds = x->registrar->server_binds;
    x->registrar = NULL; /* from now on it is an account like any other */
    mote__sasl_begin(x, server_binds);
}

/* There will be no account. `why` is our reason; or the server's is in it, from condition_at on. */
static void refuse(struct mote *x, const char *why, size_t condition_at)
{
    struct mote_register *r = x->registrar;
    if (r->was_asked) {
        r->refused = true;
        mote_module_log(x, MOTE_LOG_INFO, "%s; it may be ours already, so we log in", why);
        go_on(x);
        return;
    }
    mote__engine_fail(x, MOTE_ERR_REFUSED, NULL, why);
    x->condition_at = (uint8_t)condition_at;
}

static void refused(struct mote *x, const char *what, const struct mote_xml *iq)
{
    const struct mote_xml *e = mote_xml_inner(iq, "error");
    if (mote_xml_condition(e, NS_STANZA_ERROR) != NULL) {
        refuse(x, mote__engine_explain(x, what, e, NS_STANZA_ERROR), strlen(what) + 1);
    } else {
        refuse(x, mote__engine_text(x, "%s it gives no reason", what), 0);
    }
}

/// Asking ///

static struct mote_writer *begin(struct mote *x, enum register_step step, const char *type)
{
    unsigned long id; /* %lu writes this type; 32 bits of it on a small machine are enough here */
    if (!mote__engine_random(x, &id, sizeof id)) {
        mote_fail(x, MOTE_ERR_ENTROPY, NULL);
        return NULL;
    }
    mote__neg_step(x, NEG_EV_OFFER_REGISTER);
    x->registrar->id = id;
    x->registrar->step = (uint8_t)step;
    struct mote_writer *w = mote__setup_begin(x);
    mote_writer_put(w, "<iq type='%s' to='%s' id='%lu'>", type, x->domain, id);
    return w;
}

static void end(struct mote *x, struct mote_writer *w)
{
    mote_writer_put(w, "</iq>");
    mote__setup_end(x);
}

static void ask_form(struct mote *x)
{
    struct mote_writer *w = begin(x, STEP_FORM, "get");
    if (w != NULL) {
        mote_writer_empty(w, "query", NS_REGISTER);
        end(x, w);
    }
}

static void show_token(struct mote *x)
{
    struct mote_writer *w = begin(x, STEP_TOKEN, "set");
    if (w != NULL) {
        mote_writer_put(w, "<preauth xmlns='%s' token='%s'/>", NS_PREAUTH, x->registrar->config.token);
        end(x, w);
    }
}

/// The form ///

static bool is_name(const char *var)
{
    return mote_text_equal(var, "username");
}

static bool is_password(const char *var)
{
    return mote_text_equal(var, "password");
}

static const struct mote_xml *find_field(const struct mote_xml *form, const char *var)
{
    const struct mote_xml *f = mote_xml_inner(form, "field");
    while (f != NULL && !mote_xml_attr_is(f, "var", var)) {
        f = mote_xml_again(f);
    }
    return f;
}

/* XEP-0158: by its form, by its fields, or by a picture in a field. */
static bool wants_person(const struct mote_xml *form)
{
    static const char fields[] = "ocr\0audio_recog\0picture_q\0picture_recog\0qa\0speech_q\0speech_recog\0"
                                 "video_q\0video_recog\0";
    if (mote_text_equal(mote_xml_inner_text(find_field(form, "FORM_TYPE"), "value"), NS_CAPTCHA)) {
        return true;
    }
    for (const struct mote_xml *f = mote_xml_inner(form, "field"); f != NULL; f = mote_xml_again(f)) {
        const char *var = mote_xml_attr(f, "var");
        if (mote_xml_child(f, NS_MEDIA, "media") != NULL || (var != NULL && mote_text_index(fields, var) >= 0)) {
            return true;
        }
    }
    return false;
}

/* What a form asks for that we do not know: a field is skipped if it need not be filled, or is already. */
static const char *unknown_field(const struct mote_xml *form)
{
    for (const struct mote_xml *f = mote_xml_inner(form, "field"); f != NULL; f = mote_xml_again(f)) {
        const char *var = mote_xml_attr(f, "var");
        if (mote_xml_inner(f, "required") != NULL && mote_xml_inner(f, "value") == NULL && !is_name(var) &&
            !is_password(var)) {
            return var != NULL ? var : "a field without a name";
        }
    }
    return NULL;
}

/* The same without a form, where whatever stands there has to be filled. */
static const char *unknown_element(const struct mote_xml *query)
{
    for (const struct mote_xml *e = query->first; e != NULL; e = e->next) {
        if (mote_xml_is(e, NS_REGISTER, NULL) && !is_name(e->name) && !is_password(e->name) &&
            strcmp(e->name, "instructions") != 0 && strcmp(e->name, "key") != 0) {
            return e->name;
        }
    }
    return NULL;
}

/* Why this form cannot be filled by a machine, or NULL. */
static const char *hindrance(struct mote *x, const struct mote_xml *query, const struct mote_xml *form)
{
    const char *url = mote_xml_inner_text(mote_xml_child(query, NS_OOB, "x"), "url");
    bool named = form != NULL ? find_field(form, "username") != NULL : mote_xml_inner(query, "username") != NULL;
    bool secret = form != NULL ? find_field(form, "password") != NULL : mote_xml_inner(query, "password") != NULL;
    const char *unknown = form != NULL ? unknown_field(form) : unknown_element(query);
    if (mote_xml_inner(query, "registered") != NULL) {
        return "the server says that we have an account already";
    }
    if (wants_person(form)) {
        return "the server wants a CAPTCHA solved, which takes a person";
    }
    if (!named || !secret) {
        return url != NULL ? mote__engine_text(x, "the server makes accounts on a web page only: %s", url)
                           : mote__engine_text(x, "the server's form has no field for the %s",
                                               named ? "password" : "user name");
    }
    return unknown != NULL ? mote__engine_text(x, "the server's form asks for more than we have: %s", unknown) : NULL;
}

static void put_field(const struct mote *x, struct mote_writer *w, const struct mote_xml *f)
{
    const char *var = mote_xml_attr(f, "var");
    mote_writer_put(w, "<field");
    mote_writer_attr(w, "var", var);
    mote_writer_put(w, ">");
    if (is_name(var)) {
        mote_writer_put(w, "<value>%.*s</value>", (int)mote_jid_local_len(x->config.jid), x->config.jid);
    } else if (is_password(var)) {
        mote_writer_element(w, "value", x->config.password);
    } else {
        for (const struct mote_xml *v = mote_xml_inner(f, "value"); v != NULL; v = mote_xml_again(v)) {
            mote_writer_element(w, "value", mote_xml_text(v, NULL));
        }
    }
    mote_writer_put(w, "</field>");
}

/* Name, password, and what the form has in it of its own that has to come back: hidden and required fields. */
static void put_form(const struct mote *x, struct mote_writer *w, const struct mote_xml *form)
{
    mote_writer_put(w, "<x xmlns='%s' type='submit'>", NS_DATA);
    for (const struct mote_xml *f = mote_xml_inner(form, "field"); f != NULL; f = mote_xml_again(f)) {
        const char *var = mote_xml_attr(f, "var");
        if (var != NULL && (is_name(var) || is_password(var) || mote_xml_attr_is(f, "type", "hidden") ||
                            mote_xml_inner(f, "required") != NULL)) {
            put_field(x, w, f);
        }
    }
    mote_writer_put(w, "</x>");
}

static void put_legacy(const struct mote *x, struct mote_writer *w, const struct mote_xml *query)
{
    mote_writer_put(w, "<username>%.*s</username>", (int)mote_jid_local_len(x->config.jid), x->config.jid);
    mote_writer_element(w, "password", x->config.password);
    mote_writer_element(w, "key", mote_xml_inner_text(query, "key"));
}

static void fill_form(struct mote *x, const struct mote_xml *reply)
{
    const struct mote_xml *query = mote_xml_child(reply, NS_REGISTER, "query");
    const struct mote_xml *form = mote_xml_child(query, NS_DATA, "x");
    const char *why = query != NULL ? hindrance(x, query, form) : "the server's answer has no form";
    if (why != NULL) {
        refuse(x, why, 0);
        return;
    }
    struct mote_writer *w = begin(x, STEP_ACCOUNT, "set");
    if (w == NULL) {
        return;
    }
    mote_writer_put(w, "<query xmlns='%s'>", NS_REGISTER);
    if (form != NULL) {
        put_form(x, w, form);
    } else {
        put_legacy(x, w, query);
    }
    mote_writer_put(w, "</query>");
    x->registrar->config.may_exist = true; /* from here on, until the answer is there */
    end(x, w);
}

/// What the server says ///

static void features(struct mote *x, const struct mote_xml *all)
{
    struct mote_register *r = x->registrar;
    bool offered = mote_xml_child(all, NS_REGISTER_FEATURE, "register") != NULL;
    bool invites = mote_xml_child(all, NS_INVITE_FEATURE, "register") != NULL;
    r->was_asked = r->config.may_exist;
    if (!x->secured || x->config.password == NULL) {
        mote_fail(x, MOTE_ERR_TLS, "an account is made under TLS only, and with a password");
        return;
    }
    if (!mote__sasl_choose(x, mote_xml_child(all, NS_SASL, "mechanisms"),
                           mote_xml_child(all, NS_CHANNEL_BINDING, "sasl-channel-binding"), &r->server_binds)) {
        return;
    }
    if (r->config.token != NULL && invites) {
        show_token(x);
    } else if (r->config.token != NULL || !offered) {
        refuse(x, offered ? "the server takes no invitations" : "the server makes no accounts in this way", 0);
    } else {
        ask_form(x);
    }
}

static void answer(struct mote *x, const struct mote_xml *iq)
{
    struct mote_register *r = x->registrar;
    uint64_t id;
    bool failed = mote_xml_attr_is(iq, "type", "error");
    if (!mote_text_uint(mote_xml_attr(iq, "id"), UINT64_MAX, &id) || id != r->id ||
        (!failed && !mote_xml_attr_is(iq, "type", "result"))) {
        return;
    }
    if (failed) {
        r->config.may_exist = r->was_asked;
        bool token = r->step == STEP_TOKEN;
        refused(x, token ? "the server refuses the invitation:" : "the server refuses the account:", iq);
    } else if (r->step == STEP_TOKEN) {
        ask_form(x);
    } else if (r->step == STEP_FORM) {
        fill_form(x, iq);
    } else {
        mote_module_tell(x, MOTE_EV_REGISTERED, 0, NULL, NULL);
        go_on(x);
    }
}

void mote_register_attach(struct mote_register *r, struct mote *x, const struct mote_register_config *config)
{
    static const struct mote__register_class type = {features, answer};
    *r = (struct mote_register){.type = &type, .config = *config};
    x->registrar = r;
}
