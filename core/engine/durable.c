/* SPDX-License-Identifier: MIT */
#include "core/engine/durable.h"

#include "core/engine/engine.h"
#include "core/base/text.h"

unsigned keeper_composed(const struct txring *t, struct keeper_piece pieces[2])
{
    const struct writer *w = &t->writer;
    size_t at = (size_t)((t->queued + TXRING_HEADER) % t->size), head = t->size - at;
    if (writer_result(w) != 0) {
        return 0;
    }
    pieces[0] = (struct keeper_piece){t->base + at, w->need < head ? w->need : head};
    pieces[1] = (struct keeper_piece){t->base, w->need - pieces[0].len};
    return pieces[1].len > 0 ? 2 : 1;
}

uint64_t keeper_hold(struct txring *t)
{
    uint64_t at = t->queued;
    txring_commit(t, TX_FLAG_HANDLED, 0); /* a record that the wire passes over */
    return at;
}

void keeper_let_go(struct txring *t, uint64_t at, const struct keeper_piece pieces[2])
{
    if (t->queued == at + TXRING_HEADER + pieces[0].len + pieces[1].len) {
        t->queued = at;
    }
}

uint32_t keeper_number(const struct mote *x)
{
    return x->sm.out + txring_count(&x->tx, TX_FLAG_COUNTS, false) + 1;
}

uint32_t keeper_number_of(const struct mote *x, unsigned n)
{
    const struct txring *t = &x->tx;
    uint32_t number = x->sm.out;
    for (uint64_t at = t->acked; at < t->queued;) {
        unsigned flags;
        at += TXRING_HEADER + txring_header(t, at, &flags);
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

void keeper_ask(struct mote *x)
{
    x->sm.owe_ask |= x->sm.state != SM_OFF && !x->sm.asked && txring_unacked(&x->tx);
}

void keeper_restore(struct mote *x, const char *id, const char *jid, uint32_t in)
{
    if (jid_bare_equal(jid, x->config.jid) && text_copy(x->sm.id, sizeof x->sm.id, id)) {
        text_copy(x->jid, sizeof x->jid, jid);
        x->sm.in = in;
        x->sm.state = SM_ON;
        x->sm.restored = true;
        txring_hold(&x->tx, true);
    }
}

void keeper_restored(struct mote *x, uint32_t h)
{
    x->sm.restored = false;
    x->sm.out = h;
}
