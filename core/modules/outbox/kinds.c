/* SPDX-License-Identifier: MIT
 * Who carries which kind of item. Modules bring their kinds, so that the outbox need not name any, and only those that
 * are used are linked.
 */
#include "core/modules/outbox/item.h"

const struct mote_outbox_carrier *mote__outbox_carrier(const struct mote_outbox *o, uint8_t kind)
{
    const struct mote_outbox_carrier *c = o->carriers;
    while (c != NULL && c->kind->number != kind) {
        c = c->next;
    }
    return c;
}

void mote_outbox_carry(struct mote_outbox *o, struct mote_outbox_carrier *carrier, const struct mote_outbox_kind *kind,
                       struct mote_module *m)
{
    *carrier = (struct mote_outbox_carrier){.next = o->carriers, .outbox = o, .kind = kind, .module = m};
    o->carriers = carrier;
    for (unsigned i = 0; i < MOTE__OUTBOX_LANES; i++) { /* what is on its way is passed over */
        o->lanes[i].cursor = 0;
        o->lanes[i].more = true;
    }
    if (o->unknown) {
        mote__outbox_restore_unknown(o);
    }
}

const char *mote_outbox_kind_name(const struct mote_outbox *o, uint8_t kind)
{
    const struct mote_outbox_carrier *c = mote__outbox_carrier(o, kind);
    return c != NULL ? c->kind->name : "unknown";
}
