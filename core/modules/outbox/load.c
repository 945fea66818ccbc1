/* SPDX-License-Identifier: MIT
 * From the store on to their way: messages in batches, since what is known of them has to be kept before the first of a
 * batch leaves; posts and files one by one, through their modules.
 */
#include "core/engine/engine.h"
#include "core/modules/outbox/item.h"

enum { BUSY_MS = 250 }; /* until a module is asked again that had no room */

static unsigned lane_of(uint8_t kind)
{
    return kind == MOTE_OUTBOX_FILE ? MOTE__OUTBOX_FILES : MOTE__OUTBOX_STANZAS;
}

/// When ///

/* What was on its way when a session ended is cleared up before anything else leaves. */
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
    bool waiting = false, file = false;
    for (unsigned i = 0; i < o->count; i++) {
        bool mine = lane_of(o->flights[i].kind) == lane;
        waiting |= mine && o->flights[i].state == MOTE__FLIGHT_WAITING;
        file |= mine && lane == MOTE__OUTBOX_FILES;
    }
    return waiting || (o->lanes[lane].more && o->count < MOTE_OUTBOX_WINDOW && !file);
}

uint64_t mote__outbox_load_time(const struct mote_outbox *o)
{
    const struct mote *x = o->mod.x;
    uint64_t first = UINT64_MAX;
    if (!mote_online(x) || mote_store_why(o->config.store)[0] != '\0') {
        return first; /* a store that failed does so until it is mounted again */
    }
    if (x->sm.state == SM_ASKED && x->now_ms < o->patience_ms) {
        return o->patience_ms; /* what leaves before the session can be kept might have to leave again */
    }
    for (unsigned i = 0; i < o->count; i++) {
        if (o->flights[i].state == MOTE__FLIGHT_UNSURE) {
            return 0;
        }
    }
    for (unsigned lane = 0; lane < MOTE__OUTBOX_LANES; lane++) {
        if (has_work(o, lane) && mote__txring_free(&x->tx) >= o->need && (lane == MOTE__OUTBOX_FILES || !unclear(o))) {
            uint64_t at = o->lanes[lane].not_before_ms;
            first = at < first ? at : first;
        }
    }
    return o->later_ms != 0 && o->later_ms < first ? o->later_ms : first;
}

/// What was on its way ///

static void ask_witness(struct mote_outbox *o, struct mote__outbox_flight *f)
{
    struct mote__outbox_item item;
    char to[MOTE_JID_MAX + 1], id[MOTE_ID_MAX + 1];
    uint32_t seq = f->seq;
    bool known = o->config.witness != NULL && mote__outbox_item_at(o->config.store, seq, &item) > 0 &&
                 item.id_len < sizeof id && mote__outbox_to(o->config.store, &item, to, sizeof to) &&
                 mote__outbox_id(o->config.store, &item, id, sizeof id);
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

/* The next to be sent in a lane; *f when it was on its way before. 1, 0 when there is none, or negative. */
static int next_item(struct mote_outbox *o, unsigned lane, struct mote__outbox_item *item,
                     struct mote__outbox_flight **flight)
{
    struct mote_store *s = o->config.store;
    int n = 0;
    for (unsigned i = 0; i < o->count; i++) {
        struct mote__outbox_flight *f = &o->flights[i];
        if (f->state == MOTE__FLIGHT_WAITING && lane_of(f->kind) == lane) {
            n = mote__outbox_item_at(s, f->seq, item);
            if (n != 0) {
                item->tries = f->tries;
                *flight = f;
                return n;
            }
            mote__outbox_land(o, f); /* damaged on the device, or done by another program */
            i--;
        }
    }
    *flight = NULL;
    if (!has_work(o, lane)) {
        return 0;
    }
    while ((n = mote__outbox_item_next(s, o->lanes[lane].cursor, item)) > 0) {
        bool mine = lane_of(item->kind) == lane && item->kind < MOTE_OUTBOX_KINDS;
        if (mine && o->carriers[item->kind].send != NULL && mote__outbox_find(o, item->seq) == NULL) {
            return 1;
        }
        o->lanes[lane].cursor = item->seq;
    }
    o->lanes[lane].more = n != 0;
    return n;
}

/* Whether its time is over cannot be told yet: the server is being asked for the time (clock module), for a while. */
static bool too_early(struct mote_outbox *o, const struct mote__outbox_item *item)
{
    const struct mote *x = o->mod.x;
    struct mote__outbox_lane *lane = &o->lanes[lane_of(item->kind)];
    if (item->expiry == 0 || mote_module_unix_time(x) != 0 || x->now_ms >= o->patience_ms) {
        return false;
    }
    lane->busy = true;
    lane->not_before_ms = x->now_ms + BUSY_MS;
    return true;
}

/* True: it was over, and has been told. */
static bool is_over(struct mote_outbox *o, const struct mote__outbox_item *item)
{
    const struct mote *x = o->mod.x;
    int64_t now = mote_module_unix_time(x);
    if (item->expiry != 0 && now >= item->expiry) {
        mote__outbox_finish(o, MOTE_EV_EXPIRED, item->seq,
                            &(struct mote_event){.why = "its time was over before it could be sent"});
        return true;
    }
    if (item->kind == MOTE_OUTBOX_MESSAGE && item->content_len + TXRING_HEADER + x->tx.size / 8 > x->tx.size) {
        mote__outbox_finish(o, MOTE_EV_UNDELIVERABLE, item->seq,
                      &(struct mote_event){.error = MOTE_ERR_SIZE, .why = "it is larger than the sending buffer"});
        return true;
    }
    return false;
}

static struct mote__outbox_flight *take_off(struct mote_outbox *o, const struct mote__outbox_item *item,
                                            struct mote__outbox_flight *f, enum mote__outbox_flight_state state)
{
    if (f == NULL) {
        f = mote__outbox_take_off(o, item, state);
        o->lanes[lane_of(item->kind)].cursor = item->seq;
    }
    f->state = (uint8_t)state;
    f->tries = (uint8_t)(f->tries + (f->tries < UINT8_MAX));
    return f;
}

/// Messages ///

/* Mark as many as there is room for. */
static unsigned mark_batch(struct mote_outbox *o)
{
    const struct mote *x = o->mod.x;
    struct mote__outbox_item item;
    struct mote__outbox_flight *f;
    size_t room = mote__txring_free(&x->tx);
    unsigned marked = 0;
    while (next_item(o, MOTE__OUTBOX_STANZAS, &item, &f) > 0 && item.kind == MOTE_OUTBOX_MESSAGE &&
           !too_early(o, &item)) {
        size_t need = item.content_len + TXRING_HEADER;
        if (is_over(o, &item)) {
            continue;
        }
        if (need + x->tx.size / 8 > room) {
            o->need = need + x->tx.size / 8;
            break;
        }
        room -= need;
        take_off(o, &item, f, MOTE__FLIGHT_LOADING);
        marked++;
    }
    return marked;
}

static bool send_message(struct mote_outbox *o, struct mote__outbox_flight *f)
{
    struct mote__outbox_item item;
    bool found = mote__outbox_item_at(o->config.store, f->seq, &item) > 0;
    return found &&
           o->carriers[MOTE_OUTBOX_MESSAGE].send(o->carriers[MOTE_OUTBOX_MESSAGE].module, &item) == MOTE__FLIGHT_SENT;
}

/* The number of each is certain: no event comes any more, and nothing else gets between. */
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
            good = good && send_message(o, f);
            f->state = good ? MOTE__FLIGHT_IN_RING : MOTE__FLIGHT_WAITING;
        }
    }
    if (!good) { /* the device failed in between, or an event closed the stream: the numbers of the rest are wrong */
        o->lanes[MOTE__OUTBOX_STANZAS].not_before_ms = o->mod.x->now_ms + BUSY_MS;
        mote__outbox_session_correct(o);
    }
    return good;
}

/// Posts and files ///

/* False: no more of this lane for now. */
static bool send_one(struct mote_outbox *o, const struct mote__outbox_item *item, struct mote__outbox_flight *f)
{
    struct mote__outbox_lane *lane = &o->lanes[lane_of(item->kind)];
    uint32_t seq = item->seq;
    take_off(o, item, f, MOTE__FLIGHT_AT_MODULE);
    int result = o->carriers[item->kind].send(o->carriers[item->kind].module, item);
    f = mote__outbox_find(o, seq);
    if (result == MOTE__FLIGHT_ASKED || f == NULL) {
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
        mote__outbox_done(o, seq, NULL, result, mote_error_text(result));
        return true;
    }
    return false;
}

static void load_lane(struct mote_outbox *o, unsigned lane)
{
    struct mote__outbox_item item;
    struct mote__outbox_flight *f;
    while (next_item(o, lane, &item, &f) > 0) {
        if (item.kind == MOTE_OUTBOX_MESSAGE) {
            if (mark_batch(o) == 0 || !send_batch(o)) {
                return;
            }
        } else if (too_early(o, &item) || (!is_over(o, &item) && !send_one(o, &item, f))) {
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
        if (o->lanes[lane].not_before_ms <= x->now_ms && (lane == MOTE__OUTBOX_FILES || !unclear(o))) {
            o->lanes[lane].not_before_ms = 0;
            load_lane(o, lane);
        }
    }
    if (mote__outbox_wants_word(o)) {
        mote__durable_request_ack(x);
    }
}
