/* SPDX-License-Identifier: MIT
 * Changing the password of the own account, and removing the account (XEP-0077 sections 3.2 and 3.3).
 */
#include "core/modules/account.h"

#include "core/base/text.h"
#include "core/xml/ns.h"

static void answered(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    struct mote_account *a = (struct mote_account *)iq->module;
    struct mote *x = iq->module->x;
    if (error == 0) {
        mote_module_tell(x, a->done, iq->ticket, NULL, NULL);
        return;
    }
    struct mote_event event = {.kind = MOTE_EV_REFUSED, .ticket = iq->ticket};
    mote_iq_explain(&event, reply, error);
    mote_module_emit(x, &event);
}

static const struct mote_module_class account_class = {.name = "account"};

void mote_account_attach(struct mote_account *a, struct mote *x)
{
    *a = (struct mote_account){0};
    mote_module_attach(&a->mod, x, &account_class);
}

static int32_t ask(struct mote_account *a, int done, const char *password)
{
    struct mote *x = a->mod.x;
    if (a->iq.pending) {
        return MOTE_ERR_BUSY;
    }
    struct mote_writer *w = mote_iq_begin(&a->iq, &a->mod, "set", mote_domain(x));
    mote_writer_put(w, "<query xmlns='%s'>", NS_REGISTER);
    if (password != NULL) {
        mote_writer_put(w, "<username>%.*s</username>", (int)mote_jid_local_len(mote_jid(x)), mote_jid(x));
        mote_writer_element(w, "password", password);
    } else {
        mote_writer_put(w, "<remove/>");
    }
    mote_writer_put(w, "</query>");
    a->done = done;
    return mote_iq_send(&a->iq, answered);
}

int32_t mote_account_set_password(struct mote_account *a, const char *password)
{
    return ask(a, MOTE_EV_PASSWORD_CHANGED, password);
}

int32_t mote_account_remove(struct mote_account *a)
{
    return ask(a, MOTE_EV_ACCOUNT_REMOVED, NULL);
}
