/* SPDX-License-Identifier: MIT */
#include "core/engine/stream_management.h"

#include <string.h>

#include "core/engine/engine.h"
#include "core/module.h"
#include "core/engine/durable.h"
#include "core/xml/ns.h"
#include "core/base/text.h"

bool sm_resumable(const struct mote *x)
{
    return x->sm.id[0] != '\0';
}

/// Acknowledgements ///

/* They have handled `h` of our stanzas. False, and the stream has failed, when that is more than were sent or fewer than
 * they said before; modulo 2^32 both are the same. */
static bool acknowledged(struct mote *x, uint32_t h)
{
    unsigned stored;
    uint32_t unsent = txring_ack(&x->tx, h - x->sm.out, &stored);
    if (unsent > 0) {
        char counts[100] = "";
        struct writer w;
        writer_start(&w, counts, sizeof counts - 1);
        writer_put(&w, "<handled-count-too-high xmlns='" NS_SM "' h='%lu' send-count='%lu'/>", (unsigned long)h,
                   (unsigned long)(uint32_t)(h - unsent));
        x->sm.id[0] = '\0'; /* there is no going on with a server that cannot count */
        engine_fail_with(x, MOTE_ERR_PROTOCOL, "undefined-condition", counts,
                         engine_text(x, "the server acknowledged stanza %lu, which it never got", (unsigned long)h));
        return false;
    }
    x->sm.out = h;
    x->sm.ask_ms = txring_unacked(&x->tx) ? x->now_ms + SM_ASK_MS : UINT64_MAX;
    if (stored > 0) {
        x->keeper->class->acked(x->keeper, stored);
    }
    sm_press(x);
    engine_room(x);
    return true;
}

static bool attr_h(const struct mote_xml *e, uint32_t *h)
{
    uint64_t value;
    if (!xml_attr_uint(e, "h", UINT32_MAX, &value)) {
        return false;
    }
    *h = (uint32_t)value;
    return true;
}

void sm_press(struct mote *x)
{
    if (x->sm.state != SM_OFF && !x->sm.asked && x->tx.queued - x->tx.acked >= x->tx.size / 4) {
        x->sm.owe_ask = true;
    }
}

void sm_queued(struct mote *x)
{
    if (x->sm.state != SM_OFF && x->sm.ask_ms == UINT64_MAX) {
        x->sm.ask_ms = x->now_ms + SM_ASK_MS;
    }
    sm_press(x);
}

void sm_tick(struct mote *x)
{
    struct sm *s = &x->sm;
    if (s->state != SM_OFF && mote_online(x) && x->now_ms >= s->ask_ms) {
        s->owe_ask = !s->asked;
        s->ask_ms = UINT64_MAX; /* once; the answer sets it anew */
    }
}

bool sm_owes(const struct mote *x)
{
    return x->sm.owe_ack || (x->sm.owe_ask && txring_idle(&x->tx)); /* asking counts what was sent before */
}

/* What the server forgets because of what we are about to say must not be lost here. */
static void keep_session(struct mote *x)
{
    if (x->keeper != NULL) {
        x->keeper->class->session(x->keeper);
    }
}

void sm_pay(struct mote *x)
{
    struct sm *s = &x->sm;
    if (s->owe_ack) {
        keep_session(x);
    }
    struct writer *w = setup_begin(x);
    if (s->owe_ack) {
        writer_put(w, "<a xmlns='" NS_SM "' h='%lu'/>", (unsigned long)s->in);
    }
    if (s->owe_ask && txring_idle(&x->tx)) {
        writer_empty(w, "r", NS_SM);
        s->asked = true;
        s->owe_ask = false;
    }
    s->owe_ack = false;
    setup_end(x);
}

/* The stanza counts as handled, or the server would serve it again. engine_fail sends that ahead of the stream error, so
 * that the next stream has those behind it, and not it. */
void sm_broke(struct mote *x)
{
    if (x->sm.state == SM_ON && x->n.state == NEG_ONLINE) {
        x->sm.in++;
        x->sm.owe_ack = true;
    }
}

/// Life of a session ///

/* A session from before a restart: the ring knows nothing of it, and its count begins with what the server says. */
static void tell_handled(struct mote *x, uint32_t h)
{
    if (x->sm.restored) {
        x->keeper->class->handled(x->keeper, h);
    }
}

void sm_enable(struct mote *x)
{
    x->sm = (struct sm){.state = SM_ASKED, .ask_ms = txring_idle(&x->tx) ? UINT64_MAX : x->now_ms + SM_ASK_MS};
    txring_hold(&x->tx, true);
    /* Goes before the ring: whatever waits there counts. */
    writer_put(setup_begin(x), "<enable xmlns='" NS_SM "' resume='true'/>");
    setup_end(x);
}

void sm_resume(struct mote *x)
{
    keep_session(x);
    writer_put(setup_begin(x), "<resume xmlns='" NS_SM "' h='%lu' previd='%s'/>", (unsigned long)x->sm.in, x->sm.id);
    setup_end(x);
}

void sm_forget(struct mote *x)
{
    x->sm = (struct sm){.ask_ms = UINT64_MAX};
    iq_lost(x);
    if (x->keeper != NULL) {
        x->keeper->class->lost(x->keeper, txring_count(&x->tx, TX_FLAG_STORED, true));
    }
    txring_rewind(&x->tx); /* before the hold ends, which takes for handled what was sent */
    txring_hold(&x->tx, false);
    engine_phase(x, MOTE_PHASE_LOST);
}

/* The session may be resumed if the server says so and gives an id that we can keep. */
static void on_enabled(struct mote *x, const struct mote_xml *e)
{
    const char *resume = xml_attr(e, "resume");
    if (x->sm.state != SM_ASKED) {
        return;
    }
    x->sm.state = SM_ON;
    x->sm.in = 0;
    if ((text_equal(resume, "true") || text_equal(resume, "1")) &&
        !text_copy(x->sm.id, sizeof x->sm.id, xml_attr(e, "id"))) {
        module_log(x, MOTE_LOG_INFO, "the session cannot be resumed: its id is longer than MOTE_SM_ID_MAX");
    }
    keep_session(x);
}

static void on_resumed(struct mote *x, const struct mote_xml *e)
{
    uint32_t h;
    if (x->n.state != NEG_RESUME || !text_equal(xml_attr(e, "previd"), x->sm.id) || !attr_h(e, &h)) {
        x->sm.id[0] = '\0';
        mote_fail(x, MOTE_ERR_PROTOCOL, "the server resumed another session than ours");
        return;
    }
    tell_handled(x, h);
    if (acknowledged(x, h)) {
        txring_resume(&x->tx);
        x->sm.asked = x->sm.owe_ack = false;
        x->sm.owe_ask = txring_unacked(&x->tx);
        neg_step(x, NEG_EV_RESUMED);
    }
}

/* Refused: of <enable/>, it works without; of <resume/>, the session is gone, and a new one begins on this stream. */
static void on_failed(struct mote *x, const struct mote_xml *e)
{
    uint32_t h;
    if (x->n.state == NEG_RESUME) {
        if (attr_h(e, &h)) {
            tell_handled(x, h);
            if (!acknowledged(x, h)) {
                return;
            }
            txring_unsend(&x->tx); /* so much is certain: nothing else was handled */
        }
        module_log(x, MOTE_LOG_INFO, "the session could not be resumed");
        sm_forget(x);
        neg_step(x, NEG_EV_OFFER_BIND);
    } else if (x->sm.state == SM_ASKED) {
        x->sm = (struct sm){.ask_ms = UINT64_MAX};
        txring_hold(&x->tx, false);
    }
}

void sm_element(struct mote *x, const struct mote_xml *e)
{
    uint32_t h;
    if (strcmp(e->name, "r") == 0) {
        x->sm.owe_ack |= x->sm.state == SM_ON;
    } else if (strcmp(e->name, "a") == 0) {
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
