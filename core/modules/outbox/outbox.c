/* SPDX-License-Identifier: MIT
 * The outbox: what is on its way, and how it ends. The store has the items, and `flights` has what is known of those
 * that are on their way. All else follows from these two, so that after a lost session or a restart there is nothing to
 * repair.
 */
#include "core/modules/outbox/outbox.h"

#include <string.h>

#include "core/base/text.h"
#include "core/engine/engine.h"
#include "core/modules/outbox/item.h"
#include "core/xml/ns.h"

enum { PATIENCE_MS = 5000, OTHER_TICKETS = 1 << 30 };

static struct mote_outbox *outbox_of(struct mote_module *m)
{
    return (void *)m;
}

static struct mote_outbox *kept_by(struct mote__durable *k)
{
    return (void *)((char *)k - offsetof(struct mote_outbox, durable));
}

/* Something was answered, which may have made room: lanes that wait for that go on. */
void mote__outbox_wake(struct mote_outbox *o)
{
    for (unsigned i = 0; i < MOTE__OUTBOX_LANES; i++) {
        o->lanes[i].not_before_ms = o->lanes[i].busy ? 0 : o->lanes[i].not_before_ms;
        o->lanes[i].busy = false;
    }
}

/// Flights ///

struct mote__outbox_flight *mote__outbox_find(struct mote_outbox *o, uint32_t seq)
{
    for (unsigned i = 0; i < o->count; i++) {
        if (o->flights[i].seq == seq) {
            return &o->flights[i];
        }
    }
    return NULL;
}

struct mote__outbox_flight *mote__outbox_take_off(struct mote_outbox *o, int32_t ticket, unsigned handling,
                                                  enum mote__outbox_flight_state state)
{
    struct mote__outbox_flight *f = &o->flights[o->count++];
    *f = (struct mote__outbox_flight){.seq = (uint32_t)ticket, .handling = (uint8_t)handling, .state = (uint8_t)state};
    return f;
}

void mote__outbox_land(struct mote_outbox *o, struct mote__outbox_flight *f)
{
    if (f->state == MOTE__FLIGHT_IN_RING) {
        f->seq = 0; /* its record will be acknowledged in its turn */
        return;
    }
    o->count--;
    memmove(f, f + 1, (o->count - (size_t)(f - o->flights)) * sizeof *f);
}

/* How many are in the ring, sent or not. */
static unsigned in_ring(const struct mote_outbox *o)
{
    unsigned n = 0;
    for (unsigned i = 0; i < o->count; i++) {
        n += o->flights[i].state == MOTE__FLIGHT_IN_RING;
    }
    return n;
}

bool mote__outbox_wants_word(const struct mote_outbox *o)
{
    return in_ring(o) > 0 && (o->count == MOTE_OUTBOX_WINDOW || mote__outbox_load_time(o) > mote_module_now(o->mod.x));
}

bool mote__outbox_failed(struct mote_outbox *o, int result)
{
    if (result == MOTE_ERR_IO) {
        mote_module_log(o->mod.x, MOTE_LOG_ERROR, "the store failed: %s", mote_store_why(o->config.store));
    }
    return result < 0;
}

/// Endings ///

static void tell_outcome(struct mote_outbox *o, int kind, uint32_t seq, const struct mote_outbox_item *item,
                         const struct mote_event *how)
{
    struct mote_event e = how != NULL ? *how : (struct mote_event){0};
    e.kind = kind;
    e.ticket = (int32_t)seq;
    e.data = item;
    mote_module_emit(o->mod.x, &e);
}

/* What an event tells of an item. It has to be read while the item is in the store. */
struct told {
    struct mote_outbox_item item;
    char to[MOTE_JID_MAX + 1], id[MOTE_ID_MAX + 1];
};

/* Read it. Returns false when the item is not in the store any more. */
static bool look_up(struct mote_outbox *o, uint32_t seq, struct told *t)
{
    struct mote_store *s = o->config.store;
    const struct mote__outbox_flight *f = mote__outbox_find(o, seq);
    struct mote_outbox_stored item;
    bool found = mote_outbox_item_at(s, (int32_t)seq, &item) > 0;
    if (found) {
        mote_outbox_to(&item, t->to, sizeof t->to);
        mote_outbox_id(&item, t->id, sizeof t->id);
        t->item = (struct mote_outbox_item){
            .kind = item.kind, .maybe_twice = f != NULL && f->maybe_twice, .to = t->to, .id = t->id};
    }
    return found;
}

void mote__outbox_finish(struct mote_outbox *o, int kind, uint32_t seq, const struct mote_event *how)
{
    struct mote__outbox_flight *f = mote__outbox_find(o, seq);
    struct told t;
    bool found = look_up(o, seq, &t);
    int e = mote_store_done(o->config.store, &seq, 1);
    if (mote__outbox_failed(o, e == 0 ? mote_store_sync(o->config.store) : e)) {
        return; /* it is still there, and will be told another time */
    }
    if (f != NULL) {
        mote__outbox_land(o, f);
    }
    mote__outbox_wake(o);
    if (found) { /* otherwise it was taken out of the queue before, and the event was given */
        tell_outcome(o, kind, seq, &t.item, how);
    }
}

void mote_outbox_done(struct mote_outbox *o, int32_t ticket, const struct mote_xml *reply, int error, const char *why)
{
    struct mote_event how = {0};
    if (mote__outbox_find(o, (uint32_t)ticket) == NULL) {
        return; /* it was taken out of the queue meanwhile */
    }
    if (error != 0) {
        mote_iq_explain(&how, reply, error);
        how.why = why != NULL ? why : how.why;
    }
    mote__outbox_finish(o, error != 0 ? MOTE_EV_UNDELIVERABLE : MOTE_EV_DELIVERED, (uint32_t)ticket, &how);
}

void mote_outbox_again(struct mote_outbox *o, int32_t ticket, uint32_t delay_ms)
{
    struct mote__outbox_flight *f = mote__outbox_find(o, (uint32_t)ticket);
    if (f != NULL) {
        struct mote__outbox_lane *lane = &o->lanes[mote__outbox_lane(f->handling)];
        f->state = MOTE__FLIGHT_WAITING;
        lane->not_before_ms = delay_ms > 0 ? mote_module_now(o->mod.x) + delay_ms : 0;
        mote__outbox_wake(o);
    }
}

void mote_outbox_doubt(struct mote_outbox *o, int32_t ticket)
{
    struct mote__outbox_flight *f = mote__outbox_find(o, (uint32_t)ticket);
    if (f != NULL) {
        f->maybe_twice = true;
    }
}

void mote_outbox_later(struct mote_outbox *o, int32_t ticket, uint32_t delay_ms)
{
    struct mote__outbox_flight *f = mote__outbox_find(o, (uint32_t)ticket);
    if (f != NULL) {
        uint64_t at_ms = mote_module_now(o->mod.x) + delay_ms;
        o->later_ms = o->later_ms == 0 || at_ms < o->later_ms ? at_ms : o->later_ms;
        mote__outbox_land(o, f);
        mote__outbox_wake(o);
    }
}

void mote__outbox_begin_anew(struct mote_outbox *o)
{
    o->later_ms = 0;
    o->lanes[MOTE__OUTBOX_MEETINGS].cursor = 0; /* what is on its way is passed over */
    o->lanes[MOTE__OUTBOX_MEETINGS].more = true;
}

/// What the engine tells ///

/* The first `records` of those in the ring have arrived. After each the walk begins anew, because the event may queue
 * or drop items, or close the stream. */
static void stanzas_arrived(struct mote_outbox *o, unsigned records)
{
    for (unsigned i = 0; records > 0 && i < o->count;) {
        struct mote__outbox_flight *f = &o->flights[i++];
        if (f->state != MOTE__FLIGHT_IN_RING) {
            continue;
        }
        records--;
        f->state = MOTE__FLIGHT_AT_MODULE; /* if the store fails, it stays so, and is not sent again */
        if (f->seq == 0) {
            mote__outbox_land(o, f);
        } else {
            mote__outbox_finish(o, MOTE_EV_DELIVERED, f->seq, NULL);
        }
        i = 0;
    }
}

static void on_acked(struct mote__durable *k, unsigned records)
{
    struct mote_outbox *o = kept_by(k);
    stanzas_arrived(o, records);
    if (mote__outbox_wants_word(o)) {
        mote__durable_request_ack(o->mod.x);
    }
}

static void on_handled(struct mote__durable *k, uint32_t h)
{
    struct mote_outbox *o = kept_by(k);
    unsigned records = 0;
    bool again = false;
    for (unsigned i = 0; i < o->count; i++) {
        struct mote__outbox_flight *f = &o->flights[i];
        if (f->state == MOTE__FLIGHT_RESTORED) {
            bool yes = (int32_t)(h - f->number) >= 0;
            f->state = yes ? MOTE__FLIGHT_IN_RING : MOTE__FLIGHT_WAITING;
            records += yes;
            again |= !yes;
        }
    }
    mote__durable_restored(o->mod.x, h);
    if (again) { /* the numbers that are kept for these go to other stanzas from now on */
        mote__outbox_session_correct(o);
    }
    stanzas_arrived(o, records);
}

static void on_lost(struct mote__durable *k, unsigned unsent)
{
    struct mote_outbox *o = kept_by(k);
    for (unsigned i = o->count; i-- > 0;) {
        struct mote__outbox_flight *f = &o->flights[i];
        if (f->handling == MOTE_OUTBOX_MEETING && o->mod.x->sm.rebind) {
            continue; /* its transfer may go on */
        }
        bool left =
            f->state == MOTE__FLIGHT_RESTORED || f->state == MOTE__FLIGHT_ASKED_FOR || f->state == MOTE__FLIGHT_UNSURE;
        if (f->state == MOTE__FLIGHT_IN_RING) {
            left = unsent == 0;
            unsent -= unsent > 0;
        }
        f->state = left ? MOTE__FLIGHT_UNSURE : MOTE__FLIGHT_WAITING;
        f->tries = 0;
        if (f->seq == 0) {
            mote__outbox_land(o, f);
        }
    }
    o->vouched = 0;
    o->need = 0;
    mote__outbox_wake(o);
}

static uint32_t on_session(struct mote__durable *k, enum mote__durable_when when)
{
    return mote__outbox_session_settle(kept_by(k), when);
}

static bool on_bounced(struct mote__durable *k, int32_t ticket, const struct mote_xml *error)
{
    struct mote_outbox *o = kept_by(k);
    const struct mote__outbox_flight *f = mote__outbox_find(o, (uint32_t)ticket);
    if (f == NULL || f->handling != MOTE_OUTBOX_STANZA || f->state == MOTE__FLIGHT_WAITING) {
        return false; /* it counts as delivered already, or waits for another try */
    }
    mote_outbox_done(o, ticket, error, MOTE_ERR_REFUSED, NULL);
    return true;
}

static const struct mote__durable_class durable_class = {on_acked, on_handled, on_lost, on_session, on_bounced};

/// Without stream management: a ping behind what was sent ///

static void ping_answered(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    struct mote_outbox *o = outbox_of(iq->module);
    unsigned vouched = o->vouched;
    (void)reply;
    o->vouched = 0;
    if (error == 0 || error == MOTE_ERR_REFUSED) { /* a server that refuses pings has still answered */
        stanzas_arrived(o, vouched);
    }
}

static bool ping_due(const struct mote_outbox *o)
{
    const struct mote *x = o->mod.x;
    return x->sm.state == SM_OFF && mote_online(x) && !o->ping.pending && mote__outbox_wants_word(o) &&
           mote__txring_free(&x->tx) > x->tx.size / 4;
}

static void ping(struct mote_outbox *o)
{
    o->vouched = (uint8_t)in_ring(o);
    mote_writer_put(mote_iq_begin(&o->ping, &o->mod, "get", mote_domain(o->mod.x)), "<ping xmlns='" NS_PING "'/>");
    if (mote_iq_send(&o->ping, ping_answered) < 0) {
        o->vouched = 0;
    }
}

/// The row ///

/* Answers that were given up in the ring (mote__txring_squeeze) do not go out again, so the stanzas behind them have
 * lower numbers after a resumption. */
static void renumber(struct mote_outbox *o)
{
    unsigned n = 0;
    bool changed = false;
    for (unsigned i = 0; i < o->count; i++) {
        struct mote__outbox_flight *f = &o->flights[i];
        if (f->state == MOTE__FLIGHT_IN_RING) {
            uint32_t number = mote__durable_number_of(o->mod.x, n++);
            changed |= number != f->number;
            f->number = number;
        }
    }
    if (changed) {
        mote__outbox_session_correct(o);
    }
}

static void outbox_phase(struct mote_module *m, enum mote_phase phase)
{
    struct mote_outbox *o = outbox_of(m);
    o->unknown = false;
    if (phase == MOTE_PHASE_RESUMED) {
        renumber(o);
    }
    if (phase == MOTE_PHASE_READY || phase == MOTE_PHASE_RESUMED) {
        o->patience_ms = mote_module_now(m->x) + PATIENCE_MS;
        mote_outbox_retry(o);
    }
}

static uint64_t outbox_deadline(const struct mote_module *m)
{
    const struct mote_outbox *o = (const struct mote_outbox *)m;
    uint64_t load_ms = mote__outbox_load_time(o), session_ms = mote__outbox_session_time(o);
    return ping_due(o) ? 0 : load_ms < session_ms ? load_ms : session_ms;
}

static void outbox_tick(struct mote_module *m, uint64_t now_ms)
{
    struct mote_outbox *o = outbox_of(m);
    mote__outbox_load(o);
    if (mote__outbox_session_time(o) <= now_ms) {
        mote__outbox_session_settle(o, MOTE__SESSION_MUST);
    }
    if (ping_due(o)) {
        ping(o);
    }
}

static const struct mote_module_class outbox_class = {
    .name = "outbox", .phase = outbox_phase, .deadline = outbox_deadline, .tick = outbox_tick};

int mote_outbox_attach(struct mote_outbox *o, struct mote *x, const struct mote_outbox_config *config)
{
    if (config == NULL || config->store == NULL) {
        return MOTE_ERR_CONFIG;
    }
    memset(o, 0, sizeof *o);
    o->config = *config;
    o->durable.type = &durable_class;
    mote_module_attach(&o->mod, x, &outbox_class);
    mote__outbox_session_restore(o);
    x->durable = &o->durable;
    x->last_ticket |= OTHER_TICKETS;
    return 0;
}

/// For the application ///

int32_t mote_outbox_push(const struct mote_outbox_carrier *carrier, const struct mote_outbox_new *n)
{
    struct mote_outbox *o = carrier->outbox;
    struct mote_store_item item = {0};
    uint64_t fixed[2] = {0, 0}; /* the hash has to be the same after a restart, so it has no random key */
    if (o == NULL) {
        return MOTE_ERR_STATE;
    }
    if (o->dropping) {
        return MOTE_ERR_BUSY;
    }
    item.kind = carrier->kind->number;
    item.node =
        mote_siphash(fixed, n->to, strlen(n->to)) ^ (mote_siphash(fixed, n->node, strlen(n->node)) + item.kind) * 3;
    o->dropping = true;
    int e = mote__outbox_item_push(o->config.store, n, mote_module_unix_time(o->mod.x), &item);
    o->dropping = false;
    e = e == 0 ? mote_store_sync(o->config.store) : e;
    if (mote__outbox_failed(o, e)) {
        return e;
    }
    o->lanes[mote__outbox_lane(carrier->kind->handling)].more = true;
    if (item.replaced != 0) {
        struct mote__outbox_flight *f = mote__outbox_find(o, item.replaced);
        struct mote_outbox_item told = {.kind = item.kind, .maybe_twice = f != NULL && f->maybe_twice, .to = n->to};
        if (f != NULL) {
            mote__outbox_land(o, f);
        }
        tell_outcome(o, MOTE_EV_EXPIRED, item.replaced, &told,
                     &(struct mote_event){.why = "a later one took its place"});
    }
    return (int32_t)item.seq;
}

int32_t mote_outbox_push_composed(const struct mote_outbox_carrier *carrier, struct mote_outbox_new *n)
{
    struct mote__txring *t = &carrier->module->x->tx;
    if (t->writer.error != 0) {
        return t->writer.error;
    }
    n->pieces = mote__durable_composed(t, n->content);
    bool never = t->writer.need + n->around + TXRING_HEADER + t->size / 8 > t->size;
    if (n->pieces == 0 || never) {
        return never ? MOTE_ERR_SIZE : MOTE_ERR_FULL;
    }
    uint64_t at = mote__durable_pin(t); /* the event of an item that is dropped may make the application compose, too */
    int32_t result = mote_outbox_push(carrier, n);
    mote__durable_unpin(t, at, n->content);
    return result;
}

void mote_outbox_dropped(void *outbox, const struct mote_store_item *item)
{
    mote__outbox_finish(outbox, MOTE_EV_EXPIRED, item->seq,
                        &(struct mote_event){.why = "the store was full, and it was the oldest"});
}

void mote_outbox_retry(struct mote_outbox *o)
{
    mote__outbox_wake(o);
    o->need = 0;
    for (unsigned i = 0; i < MOTE__OUTBOX_LANES; i++) {
        o->lanes[i].not_before_ms = 0;
    }
    mote__outbox_begin_anew(o);
}

uint32_t mote_outbox_count(const struct mote_outbox *o)
{
    struct mote_store_info info;
    mote_store_info(o->config.store, &info);
    return info.count;
}

enum mote_outbox_state mote_outbox_state(const struct mote_outbox *o, int32_t ticket)
{
    static const uint8_t states[] = {
        [MOTE__FLIGHT_WAITING] = MOTE_OUTBOX_WAITING,  [MOTE__FLIGHT_LOADING] = MOTE_OUTBOX_SENDING,
        [MOTE__FLIGHT_IN_RING] = MOTE_OUTBOX_SENDING,  [MOTE__FLIGHT_AT_MODULE] = MOTE_OUTBOX_SENDING,
        [MOTE__FLIGHT_RESTORED] = MOTE_OUTBOX_UNSURE,  [MOTE__FLIGHT_UNSURE] = MOTE_OUTBOX_UNSURE,
        [MOTE__FLIGHT_ASKED_FOR] = MOTE_OUTBOX_UNSURE,
    };
    for (unsigned i = 0; i < o->count; i++) {
        if (o->flights[i].seq == (uint32_t)ticket) {
            return (enum mote_outbox_state)states[o->flights[i].state];
        }
    }
    return MOTE_OUTBOX_WAITING;
}
