/* SPDX-License-Identifier: MIT
 * Takes items from the store and puts them on their way. Stanzas leave in batches, because their numbers have to be
 * kept before the first of them leaves, which is one write for a batch. All others leave one by one, through their
 * modules.
 */
#include "core/engine/engine.h"
#include "core/modules/outbox/item.h"

enum { BUSY_MS = 250 }; /* until a module is asked again that had no room */

/* An item whose turn it is, and who carries it. `flight` is NULL unless it was on its way before. */
struct turn {
    struct mote_outbox_stored item;
    const struct mote_outbox_carrier *carrier;
    struct mote__outbox_flight *flight;
};

/// When ///

/* Is there anything that was on its way when a session ended? It is cleared up before anything else leaves. */
static bool unclear(const struct mote_outbox *o)
{
    for (unsigned i = 0; i < o->count; i++) {
        if (o->flights[i].state == MOTE__FLIGHT_UNSURE || o->flights[i].state == MOTE__FLIGHT_ASKED_FOR) {
            return true;
        }
    }
    return false;
}

static bool has_work(const struct mote_outbox *o, unsigned lane)
{
    bool waiting = false, meeting = false;
    for (unsigned i = 0; i < o->count; i++) {
        bool mine = mote__outbox_lane(o->flights[i].handling) == lane;
        waiting |= mine && o->flights[i].state == MOTE__FLIGHT_WAITING;
        meeting |= mine && lane == MOTE__OUTBOX_MEETINGS;
    }
    return waiting || (o->lanes[lane].more && o->count < MOTE_OUTBOX_WINDOW && !meeting);
}

uint64_t mote__outbox_load_time(const struct mote_outbox *o)
{
    const struct mote *x = o->mod.x;
    uint64_t first = UINT64_MAX;
    if (!mote_online(x) || mote_store_why(o->config.store)[0] != '\0') {
        return first; /* a store that failed does so until it is mounted again */
    }
    if (x->sm.state == SM_ASKED && x->now_ms < o->patience_ms) {
        return o->patience_ms; /* without a session that can be resumed, what leaves might have to leave again */
    }
    for (unsigned i = 0; i < o->count; i++) {
        if (o->flights[i].state == MOTE__FLIGHT_UNSURE) {
            return 0;
        }
    }
    for (unsigned lane = 0; lane < MOTE__OUTBOX_LANES; lane++) {
        if (has_work(o, lane) && mote__txring_free(&x->tx) >= o->need &&
            (lane == MOTE__OUTBOX_MEETINGS || !unclear(o))) {
            uint64_t at = o->lanes[lane].not_before_ms;
            first = at < first ? at : first;
        }
    }
    return o->later_ms != 0 && o->later_ms < first ? o->later_ms : first;
}

/// What was on its way ///

static void ask_witness(struct mote_outbox *o, struct mote__outbox_flight *f)
{
    struct mote_outbox_stored item;
    char to[MOTE_JID_MAX + 1], id[MOTE_ID_MAX + 1];
    uint32_t seq = f->seq;
    bool known = o->config.witness != NULL && mote_outbox_item_at(o->config.store, (int32_t)seq, &item) > 0 &&
                 item.id_len < sizeof id && mote_outbox_to(&item, to, sizeof to) &&
                 mote_outbox_id(&item, id, sizeof id);
    f->state = MOTE__FLIGHT_ASKED_FOR;
    if (!known || o->config.witness(o->config.witness_ctx, to, id, item.queued, seq) < 0) {
        mote_outbox_witnessed(o, seq, MOTE_OUTBOX_CANNOT_TELL);
    }
}

void mote_outbox_witnessed(struct mote_outbox *o, uint32_t ticket, enum mote_outbox_testimony testimony)
{
    struct mote__outbox_flight *f = mote__outbox_find(o, ticket);
    if (f == NULL || f->state != MOTE__FLIGHT_ASKED_FOR) {
        return;
    }
    if (testimony == MOTE_OUTBOX_FOUND) {
        mote__outbox_finish(o, MOTE_EV_DELIVERED, ticket, NULL);
        return;
    }
    f->maybe_twice |= testimony == MOTE_OUTBOX_CANNOT_TELL;
    f->state = MOTE__FLIGHT_WAITING;
}

/// The next one ///

/* Nobody carries this item, so those behind it go first. The log says so once. */
static void tell_left(const struct mote_outbox *o, unsigned lane, const struct mote_outbox_stored *item)
{
    if (lane == MOTE__OUTBOX_IN_TURN) {
        mote_module_log(o->mod.x, MOTE_LOG_WARN, "nobody carries kind %u: item %d stays", item->kind,
                        (int)item->ticket);
    }
}

static bool goes_by(const struct turn *t, unsigned lane)
{
    return t->carrier != NULL && mote__outbox_lane(t->carrier->kind->handling) == lane;
}

/* The next item to be sent in a lane: 1, 0 when there is none, or negative. */
static int next_turn(struct mote_outbox *o, unsigned lane, struct turn *t)
{
    struct mote_store *s = o->config.store;
    int n = 0;
    for (unsigned i = 0; i < o->count; i++) {
        struct mote__outbox_flight *f = t->flight = &o->flights[i];
        if (f->state == MOTE__FLIGHT_WAITING && mote__outbox_lane(f->handling) == lane) {
            n = mote_outbox_item_at(s, (int32_t)f->seq, &t->item);
            t->carrier = n > 0 ? mote__outbox_carrier(o, t->item.kind) : NULL;
            if (n < 0 || goes_by(t, lane)) {
                t->item.tries = f->tries;
                return n;
            }
            mote__outbox_land(o,
                              f); /* damaged on the device, done by another program, or of a kind that nobody carries */
            i--;
        }
    }
    t->flight = NULL;
    if (!has_work(o, lane)) {
        return 0;
    }
    while ((n = mote__outbox_item_next(s, o->lanes[lane].cursor, &t->item)) > 0) {
        t->carrier = mote__outbox_carrier(o, t->item.kind);
        if (goes_by(t, lane) && mote__outbox_find(o, (uint32_t)t->item.ticket) == NULL) {
            return 1;
        }
        if (t->carrier == NULL) {
            tell_left(o, lane, &t->item);
        }
        o->lanes[lane].cursor = (uint32_t)t->item.ticket;
    }
    o->lanes[lane].more = n != 0;
    return n;
}

/* The item has an expiry, and the time of day is not known yet: wait a while for the clock module, which asks the
 * server. */
static bool too_early(struct mote_outbox *o, const struct turn *t)
{
    const struct mote *x = o->mod.x;
    struct mote__outbox_lane *lane = &o->lanes[mote__outbox_lane(t->carrier->kind->handling)];
    if (t->item.expiry == 0 || mote_module_unix_time(x) != 0 || x->now_ms >= o->patience_ms) {
        return false;
    }
    lane->busy = true;
    lane->not_before_ms = x->now_ms + BUSY_MS;
    return true;
}

static bool is_stanza(const struct turn *t)
{
    return t->carrier->kind->handling == MOTE_OUTBOX_STANZA;
}

/* End the item if its time is over, or it can never be sent. Returns true when it has been ended. */
static bool is_over(struct mote_outbox *o, const struct turn *t)
{
    const struct mote *x = o->mod.x;
    int64_t now = mote_module_unix_time(x);
    if (t->item.expiry != 0 && now >= t->item.expiry) {
        mote__outbox_finish(o, MOTE_EV_EXPIRED, (uint32_t)t->item.ticket,
                            &(struct mote_event){.why = "its time was over before it could be sent"});
        return true;
    }
    if (is_stanza(t) && t->item.content_len + TXRING_HEADER + x->tx.size / 8 > x->tx.size) {
        mote__outbox_finish(
            o, MOTE_EV_UNDELIVERABLE, (uint32_t)t->item.ticket,
            &(struct mote_event){.error = MOTE_ERR_SIZE, .why = "it is larger than the sending buffer"});
        return true;
    }
    return false;
}

static void take_off(struct mote_outbox *o, const struct turn *t, enum mote__outbox_flight_state state)
{
    struct mote__outbox_flight *f = t->flight;
    unsigned handling = t->carrier->kind->handling;
    if (f == NULL) {
        f = mote__outbox_take_off(o, t->item.ticket, handling, state);
        o->lanes[mote__outbox_lane(handling)].cursor = (uint32_t)t->item.ticket;
    }
    f->handling = (uint8_t)handling;
    f->state = (uint8_t)state;
    f->tries = (uint8_t)(f->tries + (f->tries < UINT8_MAX));
}

/// Stanzas ///

/* Mark as many stanzas as there is room for in the ring. */
static unsigned mark_batch(struct mote_outbox *o)
{
    const struct mote *x = o->mod.x;
    struct turn t;
    size_t room = mote__txring_free(&x->tx);
    unsigned marked = 0;
    while (next_turn(o, MOTE__OUTBOX_IN_TURN, &t) > 0 && is_stanza(&t) && !too_early(o, &t)) {
        size_t need = t.item.content_len + TXRING_HEADER;
        if (is_over(o, &t)) {
            continue;
        }
        if (need + x->tx.size / 8 > room) {
            o->need = need + x->tx.size / 8;
            break;
        }
        room -= need;
        take_off(o, &t, MOTE__FLIGHT_LOADING);
        marked++;
    }
    return marked;
}

static bool send_stanza(struct mote_outbox *o, const struct mote__outbox_flight *f)
{
    struct mote_outbox_stored item;
    struct mote *x = o->mod.x;
    if (mote_outbox_item_at(o->config.store, (int32_t)f->seq, &item) <= 0 ||
        !mote_outbox_copy(&item, mote_module_begin(x)) || mote_module_send(x, MOTE_TX_STORED) != 0) {
        return false;
    }
    const struct mote_outbox_carrier *carrier = mote__outbox_carrier(o, item.kind);
    if (carrier->kind->send != NULL) {
        carrier->kind->send(carrier->module, &item);
    }
    return true;
}

/* Number the marked stanzas, keep that, and send them. The numbers are certain, because no event comes between, so that
 * nothing else goes into the ring. */
static bool send_batch(struct mote_outbox *o)
{
    bool good = true;
    uint32_t number = mote__durable_next_number(o->mod.x);
    for (unsigned i = 0; i < o->count; i++) {
        o->flights[i].number = o->flights[i].state == MOTE__FLIGHT_LOADING ? number++ : o->flights[i].number;
    }
    mote__outbox_session_save(o);
    for (unsigned i = 0; i < o->count; i++) {
        struct mote__outbox_flight *f = &o->flights[i];
        if (f->state == MOTE__FLIGHT_LOADING) {
            good = good && send_stanza(o, f);
            f->state = good ? MOTE__FLIGHT_IN_RING : MOTE__FLIGHT_WAITING;
        }
    }
    if (!good) { /* the device failed in between, or an event closed the stream: the numbers of the rest are wrong */
        o->lanes[MOTE__OUTBOX_IN_TURN].not_before_ms = o->mod.x->now_ms + BUSY_MS;
        mote__outbox_session_correct(o);
    }
    return good;
}

/// All others ///

/* Send one item through its module. Returns false when the lane has to wait. */
static bool send_one(struct mote_outbox *o, const struct turn *t)
{
    struct mote__outbox_lane *lane = &o->lanes[mote__outbox_lane(t->carrier->kind->handling)];
    take_off(o, t, MOTE__FLIGHT_AT_MODULE);
    int result = t->carrier->kind->send(t->carrier->module, &t->item);
    struct mote__outbox_flight *f = mote__outbox_find(o, (uint32_t)t->item.ticket);
    if (result == 0 || f == NULL) {
        return true;
    }
    f->state = MOTE__FLIGHT_WAITING;
    f->tries--;
    if (result == MOTE_ERR_BUSY) {
        lane->busy = true;
        lane->not_before_ms = o->mod.x->now_ms + BUSY_MS;
    } else if (result == MOTE_ERR_FULL) {
        o->need = mote__txring_free(&o->mod.x->tx) + 1;
    } else if (result != MOTE_ERR_STATE) {
        mote_outbox_done(o, t->item.ticket, NULL, result, mote_error_text(result));
        return true;
    }
    return false;
}

static void load_lane(struct mote_outbox *o, unsigned lane)
{
    struct turn t;
    while (next_turn(o, lane, &t) > 0) {
        if (is_stanza(&t)) {
            if (mark_batch(o) == 0 || !send_batch(o)) {
                return;
            }
        } else if (too_early(o, &t) || (!is_over(o, &t) && !send_one(o, &t))) {
            return;
        }
    }
}

void mote__outbox_load(struct mote_outbox *o)
{
    struct mote *x = o->mod.x;
    if (mote__outbox_load_time(o) > x->now_ms) {
        return;
    }
    for (unsigned i = 0; i < o->count;) {
        struct mote__outbox_flight *f = &o->flights[i];
        i = f->state == MOTE__FLIGHT_UNSURE ? 0 : i + 1;
        if (f->state == MOTE__FLIGHT_UNSURE) {
            ask_witness(o, f);
        }
    }
    o->need = 0;
    if (o->later_ms != 0 && o->later_ms <= x->now_ms) {
        mote__outbox_begin_anew(o);
    }
    for (unsigned lane = 0; lane < MOTE__OUTBOX_LANES; lane++) {
        if (o->lanes[lane].not_before_ms <= x->now_ms && (lane == MOTE__OUTBOX_MEETINGS || !unclear(o))) {
            o->lanes[lane].not_before_ms = 0;
            load_lane(o, lane);
        }
    }
    if (mote__outbox_wants_word(o)) {
        mote__durable_request_ack(x);
    }
}
