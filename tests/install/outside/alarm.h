/* SPDX-License-Identifier: MIT
 * A module from outside the tree: a thing raises alarms, which a control room acknowledges, silences and asks about.
 * The protocol is made up. It does what a module can do: takes stanzas, sends requests, queues durably, has events.
 *
 * It includes the installed headers of Mote alone; tests/install/outside/main.c drives it.
 */
#ifndef OUTSIDE_ALARM_H
#define OUTSIDE_ALARM_H

#include "core/modules/outbox/outbox.h"

/* Beyond the numbers of Mote's own modules, which grow. */
enum alarm_event {
    ALARM_EV_SILENCED = MOTE_EV_OUTSIDE, /* alarm_silence_of; from: who did it */
    ALARM_EV_ON_DUTY                     /* alarm_duty_of; the ticket of alarm_ask_duty */
};

enum { ALARM_KIND = 100 }; /* of an alarm in the outbox: 32 to 255 are for modules of others */

struct alarm_silence {
    const char *id;   /* which alarm */
    uint32_t minutes; /* for how long */
};

struct alarm_duty {
    const char *name; /* who is on duty, "" for nobody */
};

/* Of ALARM_EV_SILENCED, and of ALARM_EV_ON_DUTY. */
static inline const struct alarm_silence *alarm_silence_of(const struct mote_event *event)
{
    return (const struct alarm_silence *)event->data;
}

static inline const struct alarm_duty *alarm_duty_of(const struct mote_event *event)
{
    return (const struct alarm_duty *)event->data;
}

struct alarm {
    struct mote_module mod;
    struct mote_outbox_carrier carrier;
    struct mote_iq duty;    /* the question who is on duty */
    struct mote_iq raising; /* the alarm that is on its way */
    const char *room;       /* JID of the control room; the only one who may silence */
    int32_t raised;         /* ticket of the alarm that is on its way */
    unsigned level;         /* what the control room gets when it asks */
};

/* Attach it, after mote_init; `room` stays where it is. */
void alarm_attach(struct alarm *alarm, struct mote *x, const char *room);

/* Let the outbox carry alarms. */
void alarm_durable(struct alarm *alarm, struct mote_outbox *outbox);

/* Raise an alarm, on line or off: it gets to the control room after a restart, too. Returns the ticket of
 * MOTE_EV_DELIVERED or MOTE_EV_UNDELIVERABLE, or what mote_outbox_push_composed returns. */
int32_t alarm_raise(struct alarm *alarm, const char *text);

/* Ask who is on duty. Returns the ticket of ALARM_EV_ON_DUTY or MOTE_EV_REFUSED, or an error. */
int32_t alarm_ask_duty(struct alarm *alarm);

#endif
