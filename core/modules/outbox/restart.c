/* SPDX-License-Identifier: MIT
 * Keeps what has to be known after a restart: the XEP-0198 session, and which messages were on their way in it under
 * which number. It is one value of the store, so that its parts always belong together.
 */
#include <string.h>

#include "core/base/text.h"
#include "core/engine/engine.h"
#include "core/modules/outbox/item.h"

static const char key[] = "outbox";

/* KEEP_MS: between two records because of what others send; servers wait for <a/> for half a minute. Prosody does not
 * resume a session with more than 500 stanzas that it has no <a/> for, so of MANY (or MOST) it is not kept waiting. */
enum { KEEP_MS = 5000, MANY = 64, MOST = 256 };

enum { VERSION = 1, FLIGHT = 9 }; /* bytes of a flight: ticket 4, number 4, flags 1 */

/* Flags of a flight: it may arrive twice; its number is one of this session; it is known not to have arrived. */
enum { TWICE = 1, NUMBERED = 2, TO_BE_SENT = 4 };

/* The value: version 1, length of the id 1, length of the JID 2, stanzas received 4; id; JID; flights. */
enum { HEAD = 8, VALUE_MAX = HEAD + MOTE_SM_ID_MAX + MOTE_JID_MAX + MOTE_OUTBOX_WINDOW * FLIGHT };

/* It is on its way in this session. */
static bool numbered(const struct mote__outbox_flight *f)
{
    return f->state == MOTE__FLIGHT_LOADING || f->state == MOTE__FLIGHT_IN_RING || f->state == MOTE__FLIGHT_RESTORED;
}

static uint8_t flags_of(const struct mote__outbox_flight *f)
{
    return (uint8_t)((f->maybe_twice ? TWICE : 0) | (numbered(f) ? NUMBERED : 0) |
                     (f->state == MOTE__FLIGHT_WAITING ? TO_BE_SENT : 0));
}

/* Without the id nobody can resume it. */
static bool save(struct mote_outbox *o, bool with_id)
{
    const struct mote *x = o->mod.x;
    uint8_t value[VALUE_MAX], *at = value + HEAD;
    size_t id_len = with_id ? strlen(x->sm.id) : 0, jid_len = strlen(x->jid);
    if (o->config.forget_session) {
        return true;
    }
    value[0] = VERSION;
    value[1] = (uint8_t)id_len;
    value[2] = (uint8_t)jid_len;
    value[3] = (uint8_t)(jid_len >> 8);
    mote__outbox_put32(value + 4, x->sm.in);
    memcpy(at, x->sm.id, id_len);
    memcpy(at + id_len, x->jid, jid_len);
    at += id_len + jid_len;
    for (unsigned i = 0; i < o->count; i++) {
        const struct mote__outbox_flight *f = &o->flights[i];
        if (f->handling == MOTE_OUTBOX_STANZA && f->seq != 0) {
            mote__outbox_put32(at, f->seq);
            mote__outbox_put32(at + 4, f->number);
            at[8] = flags_of(f);
            at += FLIGHT;
        }
    }
    o->kept_id = id_len > 0;
    o->kept_in = x->sm.in;
    o->keep_ms = x->now_ms + (with_id ? KEEP_MS : 2 * KEEP_MS);
    int e = mote_store_put(o->config.store, key, value, (size_t)(at - value));
    return !mote__outbox_failed(o, e == 0 ? mote_store_sync(o->config.store) : e);
}

bool mote__outbox_session_save(struct mote_outbox *o)
{
    return save(o, true);
}

/* A message of ours is on its way in this session. */
static bool on_its_way(const struct mote_outbox *o)
{
    bool any = false;
    for (unsigned i = 0; i < o->count; i++) {
        any |= o->flights[i].handling == MOTE_OUTBOX_STANZA && numbered(&o->flights[i]);
    }
    return any;
}

/* A session is worth writing while messages of ours are on their way, for a restart learns from it which have arrived;
 * or always, if the application says so. While it is not, a record says that the session cannot be resumed, and no more
 * records are needed: else strangers had the storage written by sending what has to be acknowledged. While it is, the
 * acknowledgement of what comes waits for the next record; but of an idle session in which much comes it is said for a
 * while that it cannot be resumed, which makes two records of a flood in ten seconds. */
uint32_t mote__outbox_session_settle(struct mote_outbox *o, enum mote__durable_when when)
{
    const struct mote *x = o->mod.x;
    bool sends = on_its_way(o), same = o->kept_in == x->sm.in;
    bool wanted = (when == MOTE__SESSION_LEAVES || o->config.keep_idle_session || sends) && mote__sm_resumable(x) &&
                  when != MOTE__SESSION_GONE;
    uint32_t unsaid = x->sm.in - o->kept_in;
    if (when == MOTE__SESSION_GONE) {
        same = false;
    } else if (when != MOTE__SESSION_LEAVES && wanted && o->kept_id && same) {
        return 0;
    } else if (when == MOTE__SESSION_TELLS && wanted && x->now_ms < o->keep_ms) {
        if (o->kept_id && unsaid < (sends ? MOST : MANY)) {
            return (uint32_t)(o->keep_ms - x->now_ms);
        }
        wanted = sends;
    }
    if (wanted || (o->kept_id && !same)) {
        save(o, wanted);
    }
    return 0;
}

/* After a flood an idle session is to be resumable again. */
uint64_t mote__outbox_session_time(const struct mote_outbox *o)
{
    const struct mote *x = o->mod.x;
    bool waits = o->config.keep_idle_session && !o->kept_id && mote_online(x) && mote__sm_resumable(x);
    return waits ? o->keep_ms : UINT64_MAX;
}

void mote__outbox_session_correct(struct mote_outbox *o)
{
    if (!mote__outbox_session_save(o)) {
        o->mod.x->sm.id[0] = '\0';
        mote_fail(o->mod.x, MOTE_ERR_IO, mote_store_why(o->config.store));
    }
}

/* The value has only stanzas, whoever carries them. */
static void restore_flight(struct mote_outbox *o, const uint8_t *b)
{
    struct mote_outbox_stored item;
    if (mote_outbox_item_at(o->config.store, (int32_t)mote__outbox_get32(b), &item) > 0) {
        bool known = (b[8] & NUMBERED) != 0 && o->mod.x->sm.restored;
        enum mote__outbox_flight_state state = known ? MOTE__FLIGHT_RESTORED : MOTE__FLIGHT_UNSURE;
        state = (b[8] & TO_BE_SENT) != 0 ? MOTE__FLIGHT_WAITING : state;
        struct mote__outbox_flight *f = mote__outbox_take_off(o, item.ticket, MOTE_OUTBOX_STANZA, state);
        f->number = mote__outbox_get32(b + 4);
        f->maybe_twice = (b[8] & TWICE) != 0;
    }
}

void mote__outbox_restore_unknown(struct mote_outbox *o)
{
    struct mote_outbox_stored item = {0};
    o->count = 0; /* one more kind is carried now: begin anew, so that all stanzas are in their order */
    while (o->count < MOTE_OUTBOX_WINDOW && mote__outbox_item_next(o->config.store, (uint32_t)item.ticket, &item) > 0) {
        const struct mote_outbox_carrier *carrier = mote__outbox_carrier(o, item.kind);
        if (carrier != NULL && carrier->kind->handling == MOTE_OUTBOX_STANZA) {
            mote__outbox_take_off(o, item.ticket, MOTE_OUTBOX_STANZA, MOTE__FLIGHT_UNSURE);
        }
    }
}

void mote__outbox_session_restore(struct mote_outbox *o)
{
    struct mote *x = o->mod.x;
    uint8_t value[VALUE_MAX] = {0};
    ptrdiff_t len = mote_store_get(o->config.store, key, value, sizeof value);
    size_t id_len = value[1], jid_len = value[2] | (size_t)value[3] << 8, at = HEAD + id_len + jid_len;
    char id[MOTE_SM_ID_MAX + 1], jid[MOTE_JID_MAX + 1];
    bool good =
        len >= HEAD && value[0] == VERSION && at <= (size_t)len && id_len <= MOTE_SM_ID_MAX && jid_len <= MOTE_JID_MAX;
    if (o->config.forget_session || !good) {
        o->unknown = len != 0 || o->config.forget_session; /* until it is known which of them are stanzas */
        return;
    }
    memcpy(id, value + HEAD, id_len);
    memcpy(jid, value + HEAD + id_len, jid_len);
    id[id_len] = jid[jid_len] = '\0';
    o->kept_id = id_len > 0;
    o->kept_in = mote__outbox_get32(value + 4);
    if (jid_len > 0) {
        mote__durable_restore(x, id, jid, o->kept_in);
    }
    for (; at + FLIGHT <= (size_t)len && o->count < MOTE_OUTBOX_WINDOW; at += FLIGHT) {
        restore_flight(o, value + at);
    }
}
