/* SPDX-License-Identifier: MIT
 * Finds the server's upload service, and asks it for slots.
 */
#include "core/modules/upload/upload.h"

#include <string.h>

#include "core/base/text.h"
#include "core/modules/upload/slot.h"
#include "core/xml/ns.h"

/// The service ///

static bool has_feature(const struct mote_xml *query)
{
    for (const struct mote_xml *f = mote_xml_inner(query, "feature"); f != NULL; f = mote_xml_again(f)) {
        if (mote_xml_attr_is(f, "var", NS_HTTP_UPLOAD)) {
            return true;
        }
    }
    return false;
}

/* The value of a field in a form of this namespace's type, or NULL. */
static const char *form_value(const struct mote_xml *form, const char *var)
{
    for (const struct mote_xml *f = mote_xml_inner(form, "field"); f != NULL; f = mote_xml_again(f)) {
        if (mote_xml_attr_is(f, "var", var)) {
            return mote_xml_inner_text(f, "value");
        }
    }
    return NULL;
}

static uint64_t size_limit(const struct mote_xml *query)
{
    uint64_t size = MOTE_UPLOAD_ANY_SIZE;
    for (const struct mote_xml *x = mote_xml_child(query, NS_DATA, "x"); x != NULL; x = mote_xml_again(x)) {
        const char *text = form_value(x, "max-file-size");
        if (text != NULL && mote_text_equal(form_value(x, "FORM_TYPE"), NS_HTTP_UPLOAD)) {
            mote_text_uint(text, UINT64_MAX - 1, &size); /* what is no number is no limit */
        }
    }
    return size;
}

static bool is_searching(const struct mote_upload *u)
{
    bool pending = u->items.pending;
    for (unsigned i = 0; i < 1 + MOTE_UPLOAD_SERVICES; i++) {
        pending = pending || u->info[i].pending;
    }
    return pending;
}

/* All were asked, and none is one. */
static void none_found(struct mote_upload *u, int error)
{
    struct mote_event event = {.kind = MOTE_EV_REFUSED,
                               .ticket = u->ticket,
                               .error = error == 0 || error == MOTE_ERR_REFUSED ? MOTE_ERR_REFUSED : error,
                               .why = "the server has no upload service"};
    mote_module_emit(u->mod.x, &event);
}

static void on_info(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    struct mote_upload *u = (struct mote_upload *)iq->module;
    const struct mote_xml *query = error == 0 ? mote_xml_child(reply, NS_DISCO_INFO, "query") : NULL;
    const char *from = mote_xml_attr(reply, "from");
    if (query == NULL || !has_feature(query) ||
        !mote_text_copy(u->service, sizeof u->service, from != NULL ? from : mote_domain(u->mod.x))) {
        if (!is_searching(u)) {
            none_found(u, error);
        }
        return;
    }
    u->max_size = size_limit(query);
    mote_iq_cancel(&u->items);
    for (unsigned i = 0; i < 1 + MOTE_UPLOAD_SERVICES; i++) {
        mote_iq_cancel(&u->info[i]);
    }
    mote_module_tell(u->mod.x, MOTE_EV_UPLOAD_SERVICE, u->ticket, u->service, NULL);
}

static int32_t ask_info(struct mote_upload *u, unsigned i, const char *jid)
{
    mote_writer_empty(mote_iq_begin(&u->info[i], &u->mod, "get", jid), "query", NS_DISCO_INFO);
    return mote_iq_send(&u->info[i], on_info);
}

static void on_items(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    struct mote_upload *u = (struct mote_upload *)iq->module;
    const struct mote_xml *query = error == 0 ? mote_xml_child(reply, NS_DISCO_ITEMS, "query") : NULL;
    unsigned asked = 0;
    for (const struct mote_xml *i = mote_xml_inner(query, "item"); i != NULL && asked < MOTE_UPLOAD_SERVICES;
         i = mote_xml_again(i)) {
        const char *jid = mote_xml_attr(i, "jid");
        if (jid != NULL && mote_xml_attr(i, "node") == NULL && mote_jid_valid(jid)) {
            asked += ask_info(u, 1 + asked, jid) > 0;
        }
    }
    if (!is_searching(u)) {
        none_found(u, error);
    }
}

int32_t mote_upload_find(struct mote_upload *u)
{
    const char *domain = mote_domain(u->mod.x);
    if (is_searching(u)) {
        return MOTE_ERR_BUSY;
    }
    u->service[0] = '\0';
    mote_writer_empty(mote_iq_begin(&u->items, &u->mod, "get", domain), "query", NS_DISCO_ITEMS);
    int32_t ticket = mote_iq_send(&u->items, on_items);
    if (ticket > 0) {
        u->ticket = ticket;
        ask_info(u, 0, domain); /* some servers take files themselves */
    }
    return ticket;
}

/// A slot ///

static void on_slot(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    struct mote_upload *u = (struct mote_upload *)iq->module;
    struct mote_upload_slot slot;
    struct mote_event event = {.kind = MOTE_EV_REFUSED, .ticket = iq->ticket, .from = u->service};
    if (error != 0) {
        mote_iq_explain(&event, reply, error);
    } else {
        event.why =
            mote__upload_slot_read(mote_xml_child(reply, NS_HTTP_UPLOAD, "slot"), &slot, u->text, sizeof u->text);
        event.error = MOTE_ERR_POLICY;
        if (event.why == NULL) {
            mote_module_tell(u->mod.x, MOTE_EV_UPLOAD_SLOT, iq->ticket, u->service, &slot);
            return;
        }
    }
    mote_module_emit(u->mod.x, &event);
}

int32_t mote_upload_request(struct mote_upload *u, const struct mote_upload_file *file)
{
    if (file->name == NULL || file->name[0] == '\0' || strchr(file->name, '/') != NULL) {
        return MOTE_ERR_ARG;
    }
    if (u->service[0] == '\0') {
        return MOTE_ERR_STATE;
    }
    if (file->size > u->max_size) {
        return MOTE_ERR_SIZE;
    }
    struct mote_writer *w = mote_iq_begin(&u->slot, &u->mod, "get", u->service);
    mote_writer_put(w, "<request xmlns='" NS_HTTP_UPLOAD "' filename='%s' size='", file->name);
    mote_writer_uint(w, file->size);
    mote_writer_put(w, "'");
    mote_writer_attr(w, "content-type", file->type);
    mote_writer_put(w, "/>");
    return mote_iq_send(&u->slot, on_slot);
}

/// The module ///

static void upload_phase(struct mote_module *m, enum mote_phase phase)
{
    struct mote_upload *u = (struct mote_upload *)m;
    if (phase == MOTE_PHASE_ONLINE) {
        u->service[0] = '\0'; /* it may be another server by now */
    }
}

static const struct mote_module_class upload_class = {.name = "upload", .phase = upload_phase};

void mote_upload_attach(struct mote_upload *u, struct mote *x)
{
    memset(u, 0, sizeof *u);
    mote_module_attach(&u->mod, x, &upload_class);
}
