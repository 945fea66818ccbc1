/* SPDX-License-Identifier: MIT
 * The module from outside the tree: what a control room sends, what is asked of it, and alarms that outlive a restart.
 */
#include "alarm.h"

#include "core/base/text.h"

#define NS_ALARM "urn:example:alarm"

enum { PAUSE_MS = 30000 };

static struct alarm *alarm_of(struct mote_module *m)
{
    return (struct alarm *)m; /* its first member */
}

/// What comes in ///

static bool alarm_stanza(struct mote_module *m, const struct mote_xml *stanza)
{
    struct alarm *alarm = alarm_of(m);
    const struct mote_xml *silence = mote_xml_child(stanza, NS_ALARM, "silence");
    const struct mote_xml *level = mote_xml_child(stanza, NS_ALARM, "level");
    const char *from = mote_xml_attr(stanza, "from");
    if (!mote_text_equal(from, alarm->room)) {
        return false; /* anybody may send anything: to an IQ the engine answers by itself that it is not known */
    }
    if (mote_text_equal(stanza->name, "message") && silence != NULL) {
        struct alarm_silence what = {.id = mote_xml_attr(silence, "id")};
        uint64_t minutes = 0;
        if (what.id != NULL && mote_xml_attr_uint(silence, "minutes", 1440, &minutes)) {
            what.minutes = (uint32_t)minutes;
            mote_module_tell(m->x, ALARM_EV_SILENCED, 0, from, &what);
        }
        return true;
    }
    if (mote_xml_attr_is(stanza, "type", "get") && level != NULL) {
        struct mote_writer *w = mote_module_begin_result(m->x, stanza);
        mote_writer_put(w, "<level xmlns='" NS_ALARM "'>%u</level></iq>", alarm->level);
        mote_module_answer(m->x);
        return true;
    }
    return false;
}

/// A request ///

static void duty_answered(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    struct mote_event event = {.kind = MOTE_EV_REFUSED, .ticket = iq->ticket};
    if (error != 0) {
        mote_iq_explain(&event, reply, error);
        mote_module_emit(iq->module->x, &event);
        return;
    }
    struct alarm_duty duty = {.name = mote_xml_text(mote_xml_child(reply, NS_ALARM, "on-duty"), NULL)};
    mote_module_tell(iq->module->x, ALARM_EV_ON_DUTY, iq->ticket, alarm_of(iq->module)->room, &duty);
}

int32_t alarm_ask_duty(struct alarm *alarm)
{
    mote_writer_empty(mote_iq_begin(&alarm->duty, &alarm->mod, "get", alarm->room), "on-duty", NS_ALARM);
    return mote_iq_send(&alarm->duty, duty_answered);
}

/// What is queued ///

int32_t alarm_raise(struct alarm *alarm, const char *text)
{
    char id[12];
    int error = mote_module_random_id(alarm->mod.x, id);
    if (error != 0) {
        return error;
    }
    mote_writer_put(mote_module_begin(alarm->mod.x), "<alarm xmlns='" NS_ALARM "' id='%s'>%s</alarm>", id, text);
    return mote_outbox_push_composed(&alarm->carrier,
                                     &(struct mote_outbox_new){.to = alarm->room, .id = id, .node = ""});
}

static void raise_answered(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    struct alarm *alarm = alarm_of(iq->module);
    struct mote_outbox *outbox = alarm->carrier.outbox;
    const struct mote_xml *why = mote_xml_child(reply, "jabber:client", "error");
    if (error == MOTE_ERR_LOST) {
        mote_outbox_again(outbox, alarm->raised, 0); /* the room knows the id, so twice does no harm */
    } else if (error == MOTE_ERR_TIMEOUT || (error == MOTE_ERR_REFUSED && mote_xml_attr_is(why, "type", "wait"))) {
        mote_outbox_again(outbox, alarm->raised, PAUSE_MS);
    } else {
        mote_outbox_done(outbox, alarm->raised, reply, error, NULL);
    }
}

static int alarm_send(struct mote_module *m, const struct mote_outbox_stored *item)
{
    struct alarm *alarm = alarm_of(m);
    char to[MOTE_JID_MAX + 1];
    if (alarm->raising.pending) {
        return MOTE_ERR_BUSY;
    }
    if (!mote_outbox_to(item, to, sizeof to)) {
        return MOTE_ERR_IO;
    }
    if (!mote_outbox_copy(item, mote_iq_begin(&alarm->raising, m, "set", to))) {
        return MOTE_ERR_IO; /* what was begun and not sent is forgotten */
    }
    int32_t result = mote_iq_send(&alarm->raising, raise_answered);
    alarm->raised = item->ticket;
    return result < 0 ? (int)result : 0;
}

static const struct mote_outbox_kind alarm_kind = {ALARM_KIND, MOTE_OUTBOX_REQUEST, "alarm", alarm_send};

void alarm_durable(struct alarm *alarm, struct mote_outbox *outbox)
{
    mote_outbox_carry(outbox, &alarm->carrier, &alarm_kind, &alarm->mod);
}

/// The row ///

static const char *const features[] = {NS_ALARM, NULL};
static const struct mote_module_class alarm_class = {
    .name = "alarm",
    .features = features,
    .takes = MOTE_TAKES_MESSAGE | MOTE_TAKES_IQ,
    .stanza = alarm_stanza,
};

void alarm_attach(struct alarm *alarm, struct mote *x, const char *room)
{
    *alarm = (struct alarm){.room = room};
    mote_module_attach(&alarm->mod, x, &alarm_class);
}
