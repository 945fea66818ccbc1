/* SPDX-License-Identifier: MIT
 * What the outbox asks of the ring and the session, so that it can keep stanzas over a restart.
 */
#include "core/engine/durable.h"

#include "core/engine/engine.h"
#include "core/base/text.h"

unsigned mote__durable_composed(const struct mote__txring *t, struct mote_store_part pieces[2])
{
    const struct mote_writer *w = &t->writer;
    size_t at = (size_t)((t->queued + TXRING_HEADER) % t->size), head = t->size - at;
    if (mote_writer_result(w) != 0) {
        return 0;
    }
    pieces[0] = (struct mote_store_part){t->base + at, w->need < head ? w->need : head};
    pieces[1] = (struct mote_store_part){t->base, w->need - pieces[0].len};
    return pieces[1].len > 0 ? 2 : 1;
}

uint64_t mote__durable_pin(struct mote__txring *t)
{
    uint64_t at = t->queued;
    mote__txring_commit(t, TX_FLAG_HANDLED, 0); /* sending passes over a record with this flag */
    return at;
}

void mote__durable_unpin(struct mote__txring *t, uint64_t at, const struct mote_store_part pieces[2])
{
    if (t->queued == at + TXRING_HEADER + pieces[0].len + pieces[1].len) {
        t->queued = at;
    }
}

uint32_t mote__durable_next_number(const struct mote *x)
{
    return x->sm.out + mote__txring_count(&x->tx, TX_FLAG_COUNTS, false) + 1;
}

uint32_t mote__durable_number_of(const struct mote *x, unsigned n)
{
    const struct mote__txring *t = &x->tx;
    uint32_t number = x->sm.out;
    for (uint64_t at = t->acked; at < t->queued;) {
        unsigned flags;
        at += TXRING_HEADER + mote__txring_header(t, at, &flags);
        if ((flags & TX_FLAG_HANDLED) != 0) {
            continue;
        }
        number += (flags & TX_FLAG_COUNTS) != 0;
        if ((flags & TX_FLAG_STORED) != 0 && n-- == 0) {
            break;
        }
    }
    return number;
}

void mote__durable_request_ack(struct mote *x)
{
    x->sm.owe_ask |= x->sm.state != SM_OFF && !x->sm.asked && mote__txring_unacked(&x->tx);
}

void mote__durable_leave(struct mote *x)
{
    if (x->durable != NULL && mote__sm_resumable(x)) {
        x->durable->type->session(x->durable, MOTE__SESSION_LEAVES);
    }
}

void mote__durable_restore(struct mote *x, const char *id, const char *jid, uint32_t in)
{
    if (!mote_jid_bare_equal(jid, x->config.jid) || !mote_text_copy(x->sm.id, sizeof x->sm.id, id)) {
        return;
    }
    if (id[0] == '\0') {
        x->sm.rebind = mote_jid_resource(x->config.jid) == NULL && mote_text_copy(x->jid, sizeof x->jid, jid);
    } else {
        mote_text_copy(x->jid, sizeof x->jid, jid);
        x->sm.in = in;
        x->sm.state = SM_ON;
        x->sm.restored = true;
        mote__txring_hold(&x->tx, true);
    }
}

void mote__durable_restored(struct mote *x, uint32_t h)
{
    x->sm.restored = false;
    x->sm.out = h;
}
