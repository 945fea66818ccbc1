/* SPDX-License-Identifier: MIT
 * Stream management (XEP-0198): counting, asking, and the life of a session that can be resumed.
 */
#include "core/engine/stream_management.h"

#include <string.h>

#include "core/engine/engine.h"
#include "core/module.h"
#include "core/engine/durable.h"
#include "core/xml/ns.h"
#include "core/base/text.h"

bool mote__sm_resumable(const struct mote *x)
{
    return x->sm.id[0] != '\0';
}

bool mote__sm_goes_on(const struct mote *x)
{
    return mote__sm_resumable(x) || x->sm.rebind;
}

/// Acknowledgements ///

/* They have handled `h` of our stanzas. When that is more than were sent, or fewer than they said before (modulo 2^32
 * this is the same), the stream fails, and it returns false. */
static bool acknowledged(struct mote *x, uint32_t h)
{
    unsigned stored;
    uint32_t unsent = mote__txring_ack(&x->tx, h - x->sm.out, &stored);
    if (unsent > 0) {
        char counts[100] = "";
        struct mote_writer w;
        mote_writer_start(&w, counts, sizeof counts - 1);
        mote_writer_put(&w, "<handled-count-too-high xmlns='" NS_SM "' h='%lu' send-count='%lu'/>", (unsigned long)h,
                   (unsigned long)(uint32_t)(h - unsent));
        x->sm.id[0] = '\0'; /* a session cannot be resumed with a server that counts otherwise */
        mote__engine_fail_with(
            x, MOTE_ERR_PROTOCOL, "undefined-condition", counts,
            mote__engine_text(x, "the server acknowledged stanza %lu, which it never got", (unsigned long)h));
        return false;
    }
    x->sm.out = h;
    x->sm.ack_ms = 0; /* what it waits for may have been that */
    x->sm.ask_ms = mote__txring_unacked(&x->tx) ? x->now_ms + SM_ASK_MS : UINT64_MAX;
    if (stored > 0) {
        x->durable->type->acked(x->durable, stored);
    }
    mote__sm_request_if_much_waits(x);
    mote__engine_room(x);
    return true;
}

static bool attr_h(const struct mote_xml *e, uint32_t *h)
{
    uint64_t value;
    if (!mote_xml_attr_uint(e, "h", UINT32_MAX, &value)) {
        return false;
    }
    *h = (uint32_t)value;
    return true;
}

void mote__sm_request_if_much_waits(struct mote *x)
{
    if (x->sm.state != SM_OFF && !x->sm.asked && x->tx.queued - x->tx.acked >= x->tx.size / 4) {
        x->sm.owe_ask = true;
    }
}

void mote__sm_stanza_queued(struct mote *x)
{
    if (x->sm.state != SM_OFF && x->sm.ask_ms == UINT64_MAX) {
        x->sm.ask_ms = x->now_ms + SM_ASK_MS;
    }
    mote__sm_request_if_much_waits(x);
}

void mote__sm_tick(struct mote *x)
{
    struct mote__sm *s = &x->sm;
    if (s->state != SM_OFF && mote_online(x) && x->now_ms >= s->ask_ms) {
        s->owe_ask = !s->asked;
        s->ask_ms = UINT64_MAX; /* the answer sets it anew */
    }
    if (mote_online(x) && x->now_ms >= s->answer_ms) {
        s->id[0] = '\0';
        s->rebind = true;
        mote_fail(x, MOTE_ERR_TIMEOUT, "the server resumed the session, and does not hear what is said in it");
    }
}

/* The server asks once and waits for the answer, however much it sends meanwhile. So whether the answer is still to
 * wait is asked anew as their number grows. */
void mote__sm_handled(struct mote *x)
{
    if (x->sm.state == SM_ON) {
        x->sm.in++;
        x->sm.ack_ms = x->sm.in % SM_MANY == 0 ? 0 : x->sm.ack_ms;
    }
}

void mote__sm_received(struct mote *x, size_t bytes)
{
    if (x->sm.answer_ms != UINT64_MAX) {
        x->sm.answer_ms += bytes;
    }
}

bool mote__sm_due(const struct mote *x)
{
    /* The answer to <r/> covers what was sent before it, so it waits until all is sent. */
    return (x->sm.owe_ack && x->now_ms >= x->sm.ack_ms) || (x->sm.owe_ask && mote__txring_idle(&x->tx));
}

/* The server forgets what we acknowledge. So the outbox has to keep the session, with its count, before we do. Returns
 * whether it may be told now. */
static bool keep_session(struct mote *x, enum mote__durable_when when)
{
    uint32_t wait_ms = x->durable != NULL ? x->durable->type->session(x->durable, when) : 0;
    x->sm.ack_ms = x->now_ms + wait_ms;
    return wait_ms == 0;
}

void mote__sm_keep_session(struct mote *x)
{
    keep_session(x, MOTE__SESSION_MUST);
}

void mote__sm_write_due(struct mote *x, bool at_once)
{
    struct mote__sm *s = &x->sm;
    bool ack = s->owe_ack && (at_once || x->now_ms >= s->ack_ms) &&
               keep_session(x, at_once ? MOTE__SESSION_MUST : MOTE__SESSION_TELLS);
    struct mote_writer *w = mote__setup_begin(x);
    if (ack) {
        mote_writer_put(w, "<a xmlns='" NS_SM "' h='%lu'/>", (unsigned long)s->in);
    }
    if (s->owe_ask && mote__txring_idle(&x->tx)) {
        mote_writer_empty(w, "r", NS_SM);
        if (s->doubted) {
            s->answer_ms = x->now_ms + SM_ANSWER_MS + (x->tx.queued - x->tx.acked) / SM_BYTES_MS;
        }
        s->doubted = false;
        s->asked = true;
        s->owe_ask = false;
    }
    s->owe_ack &= !ack;
    mote__setup_end(x);
}

/* The stanza counts as handled, or the server would send it again. mote__engine_fail sends the acknowledgement ahead of
 * the stream error, so that the next stream begins with the stanzas behind it. It may come before the answer to
 * <resume/> was looked at: servers send that in the same TLS record as the stanzas that they repeat. */
void mote__sm_stanza_broke_stream(struct mote *x)
{
    if (x->sm.state == SM_ON && (x->n.state == NEG_ONLINE || x->n.state == NEG_RESUME)) {
        x->sm.in++;
        x->sm.owe_ack = true;
    }
}

/// Life of a session ///

/* The ring knows nothing of a session from before a restart, so its count begins with what the server says. */
static void tell_handled(struct mote *x, uint32_t h)
{
    if (x->sm.restored) {
        x->durable->type->handled(x->durable, h);
    }
}

void mote__sm_begin(struct mote *x)
{
    x->sm = (struct mote__sm){.state = SM_ASKED,
                              .answer_ms = UINT64_MAX,
                              .ask_ms = mote__txring_idle(&x->tx) ? UINT64_MAX : x->now_ms + SM_ASK_MS};
    mote__txring_hold(&x->tx, true);
}

void mote__sm_enable(struct mote *x)
{
    mote__sm_begin(x);
    /* It goes out before what is in the ring, so all that waits there counts. */
    mote_writer_put(mote__setup_begin(x), "<enable xmlns='" NS_SM "' resume='true'/>");
    mote__setup_end(x);
}

void mote__sm_put_resume(const struct mote *x, struct mote_writer *w)
{
    mote_writer_put(w, "<resume xmlns='" NS_SM "' h='%lu' previd='%s'/>", (unsigned long)x->sm.in, x->sm.id);
}

void mote__sm_resume(struct mote *x)
{
    mote__sm_keep_session(x);
    mote__sm_put_resume(x, mote__setup_begin(x));
    mote__setup_end(x);
}

void mote__sm_forget(struct mote *x)
{
    unsigned keep = TX_FLAG_KEEP | (x->sm.rebind ? TX_FLAG_BY_JID | TX_FLAG_ANSWER : 0u);
    x->sm = (struct mote__sm){.ask_ms = UINT64_MAX, .answer_ms = UINT64_MAX, .rebind = x->sm.rebind};
    mote__iq_lost(x);
    if (x->durable != NULL) {
        x->durable->type->lost(x->durable, mote__txring_count(&x->tx, TX_FLAG_STORED, true));
    }
    mote__txring_rewind(&x->tx, keep); /* must come before holding ends, which takes for handled what was sent */
    mote__txring_hold(&x->tx, false);
    mote__engine_phase(x, MOTE_PHASE_LOST);
}

void mote__sm_bound(struct mote *x, const char *jid)
{
    if (x->sm.rebind) {
        x->sm.rebind = false;
        if (strcmp(jid, x->jid) != 0) {
            mote__sm_forget(x); /* the conversations under the old JID, which have waited for this, are over */
        }
    }
}

/* The session may be resumed if the server says so and gives an id that we can keep. */
static void on_enabled(struct mote *x, const struct mote_xml *e)
{
    const char *resume = mote_xml_attr(e, "resume");
    if (x->sm.state != SM_ASKED) {
        return;
    }
    x->sm.state = SM_ON;
    x->sm.in = 0;
    if ((mote_text_equal(resume, "true") || mote_text_equal(resume, "1")) &&
        !mote_text_copy(x->sm.id, sizeof x->sm.id, mote_xml_attr(e, "id"))) {
        mote_module_log(x, MOTE_LOG_INFO, "the session cannot be resumed: its id is longer than MOTE_SM_ID_MAX");
    }
    mote__sm_keep_session(x);
}

static void on_resumed(struct mote *x, const struct mote_xml *e)
{
    uint32_t h;
    if (x->n.state != NEG_RESUME || !mote_text_equal(mote_xml_attr(e, "previd"), x->sm.id) || !attr_h(e, &h)) {
        x->sm.id[0] = '\0';
        mote_fail(x, MOTE_ERR_PROTOCOL, "the server resumed another session than ours");
        return;
    }
    tell_handled(x, h);
    if (acknowledged(x, h)) {
        mote__txring_resume(&x->tx);
        x->sm.asked = x->sm.owe_ack = false;
        x->sm.owe_ask = x->sm.doubted = true;
        x->sm.answer_ms = UINT64_MAX;
        mote__neg_step(x, NEG_EV_RESUMED);
    }
}

bool mote__sm_refused(struct mote *x, const struct mote_xml *failed)
{
    uint32_t h;
    if (attr_h(failed, &h)) {
        tell_handled(x, h);
        if (!acknowledged(x, h)) {
            return false;
        }
        mote__txring_unsend(&x->tx); /* `h` says what was handled, so nothing else was */
    }
    mote_module_log(x, MOTE_LOG_INFO, "the session could not be resumed");
    mote__sm_forget(x);
    keep_session(x, MOTE__SESSION_GONE); /* Prosody may end the stream now, and a restart would try the same again */
    return true;
}

/* When <enable/> was refused, the session goes on without stream management. When <resume/> was, the old session is
 * gone, and a new one begins on this stream. */
static void on_failed(struct mote *x, const struct mote_xml *e)
{
    if (x->n.state == NEG_RESUME) {
        if (mote__sm_refused(x, e)) {
            mote__neg_step(x, NEG_EV_OFFER_BIND);
        }
    } else if (x->sm.state == SM_ASKED) {
        x->sm = (struct mote__sm){.ask_ms = UINT64_MAX, .answer_ms = UINT64_MAX};
        mote__txring_hold(&x->tx, false);
    }
}

void mote__sm_element(struct mote *x, const struct mote_xml *e)
{
    uint32_t h;
    if (strcmp(e->name, "r") == 0) {
        x->sm.owe_ack |= x->sm.state == SM_ON;
    } else if (strcmp(e->name, "a") == 0) {
        x->sm.answer_ms = x->sm.asked ? UINT64_MAX : x->sm.answer_ms;
        x->sm.asked = false;
        if (x->sm.state != SM_OFF && attr_h(e, &h)) {
            acknowledged(x, h);
        }
    } else if (strcmp(e->name, "enabled") == 0) {
        on_enabled(x, e);
    } else if (strcmp(e->name, "resumed") == 0) {
        on_resumed(x, e);
    } else if (strcmp(e->name, "failed") == 0) {
        on_failed(x, e);
    }
}
