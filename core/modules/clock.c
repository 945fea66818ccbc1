/* SPDX-License-Identifier: MIT
 * The clock module: answers those who ask for the time, and asks the server for it after a login.
 */
#include "core/modules/clock.h"

#include <string.h>

#include "core/xml/ns.h"
#include "core/base/text.h"

static bool clock_stanza(struct mote_module *m, const struct mote_xml *stanza)
{
    if (!mote_xml_attr_is(stanza, "type", "get") || mote_xml_child(stanza, NS_TIME, "time") == NULL) {
        return false;
    }
    int64_t now = mote_module_unix_time(m->x);
    if (now == 0) {
        mote_module_answer_error(m->x, stanza, "wait", "service-unavailable");
        return true;
    }
    char date[MOTE_DATE_LEN + 1];
    mote_date_write(now, date);
    mote_writer_put(mote_module_begin_result(m->x, stanza),
                    "<time xmlns='" NS_TIME "'><tzo>+00:00</tzo><utc>%s</utc></time></iq>", date);
    mote_module_answer(m->x);
    return true;
}

static void told(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    struct mote *x = iq->module->x;
    int64_t now;
    const char *utc = error == 0 ? mote_xml_inner_text(mote_xml_child(reply, NS_TIME, "time"), "utc") : NULL;
    if (utc == NULL || !mote_date_read(utc, &now)) {
        return;
    }
    if (mote_module_unix_time(x) == 0) {
        mote_module_set_unix_time(x, now);
    }
    mote_module_emit(x, &(struct mote_event){.kind = MOTE_EV_TIME, .unix_time = now});
}

static void clock_phase(struct mote_module *m, enum mote_phase phase)
{
    struct mote_clock *clock = (struct mote_clock *)m;
    bool unknown = mote_module_unix_time(m->x) == 0 && !clock->iq.pending;
    if (phase == MOTE_PHASE_ONLINE || (phase == MOTE_PHASE_RESUMED && unknown)) {
        mote_writer_empty(mote_iq_begin(&clock->iq, m, "get", mote_domain(m->x)), "time", NS_TIME);
        mote_iq_send(&clock->iq, told);
    }
}

static const char *const features[] = {NS_TIME, NULL};
static const struct mote_module_class clock_class = {
    .name = "clock", .features = features, .takes = MOTE_TAKES_IQ, .stanza = clock_stanza, .phase = clock_phase};

void mote_clock_attach(struct mote_clock *clock, struct mote *x)
{
    *clock = (struct mote_clock){0};
    mote_module_attach(&clock->mod, x, &clock_class);
}
