/* SPDX-License-Identifier: MIT
 * Takes items out of the queue because the application wants it. It stands alone, so that a program which drops nothing
 * has none of it.
 */
#include <string.h>

#include "core/modules/outbox/item.h"

static const char why[] = "it was taken out of the queue";

int mote_outbox_drop(struct mote_outbox *o, int32_t ticket)
{
    struct mote_outbox_stored item;
    if (mote_outbox_item_at(o->config.store, ticket, &item) <= 0) {
        return MOTE_ERR_ARG;
    }
    mote__outbox_finish(o, MOTE_EV_EXPIRED, (uint32_t)ticket, &(struct mote_event){.why = why});
    return 0;
}

/* As long as in all other events, and cut between two characters. */
static void cut_id(char id[MOTE_ID_MAX + 1], const char *whole)
{
    size_t n = strlen(whole);
    if (n > MOTE_ID_MAX) {
        for (n = MOTE_ID_MAX; n > 0 && ((uint8_t)whole[n] & 0xc0) == 0x80;) {
            n--;
        }
    }
    memcpy(id, whole, n);
    id[n] = '\0';
}

int mote_outbox_drop_some(struct mote_outbox *o, const struct mote_outbox_entry *entries, unsigned count)
{
    uint32_t seqs[MOTE_OUTBOX_DROP_MAX];
    for (unsigned i = 0; i < count; i++) {
        seqs[i] = (uint32_t)entries[i].ticket;
    }
    int e = mote_store_done(o->config.store, seqs, count);
    e = e == 0 ? mote_store_sync(o->config.store) : e;
    if (mote__outbox_failed(o, e)) {
        return e;
    }
    for (unsigned i = 0; i < count; i++) {
        struct mote__outbox_flight *f = mote__outbox_find(o, seqs[i]);
        char id[MOTE_ID_MAX + 1];
        cut_id(id, entries[i].id);
        struct mote_outbox_item item = {
            .kind = entries[i].kind, .maybe_twice = f != NULL && f->maybe_twice, .to = entries[i].to, .id = id};
        if (f != NULL) {
            mote__outbox_land(o, f);
        }
        mote_module_emit(o->mod.x, &(struct mote_event){
                                       .kind = MOTE_EV_EXPIRED, .ticket = (int32_t)seqs[i], .data = &item, .why = why});
    }
    mote__outbox_wake(o);
    return 0;
}
