/* SPDX-License-Identifier: MIT
 * One cycle of a device that sleeps most of the time.
 */
#include "port/run/duty.h"

#include <string.h>

#include "core/engine/durable.h"
#include "core/xml/ns.h"

enum { AWAKE_S = 60, TURN_MS = 1000 };

static uint64_t now_ms(const struct mote_duty *d)
{
    const struct mote_port *port = d->config.link.port;
    return port->clock->ms(port->clock_ctx);
}

/// The barrier ///

static void passed(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    struct mote_duty *d = (void *)iq->module;
    (void)reply; /* a server that refuses pings has answered as well */
    d->passed = error == 0 || error == MOTE_ERR_REFUSED;
}

static void send_barrier(struct mote_duty *d)
{
    if (!d->passed && !d->barrier.pending && mote_online(d->mod.x)) {
        mote_writer_put(mote_iq_begin(&d->barrier, &d->mod, "get", mote_domain(d->mod.x)),
                        "<ping xmlns='" NS_PING "'/>");
        mote_iq_send(&d->barrier, passed); /* when there is no room, it is tried again at the next turn */
    }
}

static void duty_phase(struct mote_module *m, enum mote_phase phase)
{
    struct mote_duty *d = (void *)m;
    d->resumed |= phase == MOTE_PHASE_RESUMED;
}

static const struct mote_module_class duty_class = {.name = "duty", .phase = duty_phase};

void mote_duty_init(struct mote_duty *d, const struct mote_duty_config *config)
{
    memset(d, 0, sizeof *d);
    mote_module_attach(&d->mod, config->link.x, &duty_class);
    d->config = *config;
    d->config.link.port = mote_meter_init(&d->meter, config->link.port);
    d->config.link.reconnect = false;
    d->config.awake_s = config->awake_s != 0 ? config->awake_s : AWAKE_S;
}

/// A cycle ///

/* Is nothing left to do? All was sent and, if the server tells that, handled; all was caught up with; the application
 * waits for nothing. */
static bool done(struct mote_duty *d)
{
    struct mote *x = d->config.link.x;
    struct mote_status s;
    send_barrier(d);
    mote__durable_request_ack(x); /* by itself the engine would ask a few seconds later */
    mote_status(x, &s);
    return mote_online(x) && d->passed && s.tx_used == 0 && (mote_wants(x, 0) & MOTE_WANT_WRITE) == 0 &&
           (d->config.archive == NULL || mote_archive_caught_up(d->config.archive)) &&
           (d->config.busy == NULL || !d->config.busy(d->config.busy_ctx));
}

/* Run until all is done, or the run or the time has ended. Returns 0, or why it is not done. */
static int work_cycle(struct mote_duty *d)
{
    while (mote_run_step(&d->run)) {
        uint64_t now = now_ms(d);
        if (done(d)) {
            return 0;
        }
        if (now >= d->until_ms) {
            return MOTE_ERR_TIMEOUT;
        }
        uint64_t left = d->until_ms - now;
        mote_run_wait(&d->run, left < TURN_MS ? (uint32_t)left : TURN_MS);
    }
    return d->run.error != 0 ? d->run.error : MOTE_ERR_LOST;
}

static bool worth_keeping(const struct mote_duty *d)
{
    struct mote_status s;
    mote_status(d->config.link.x, &s);
    return s.resumable && d->config.sleep_s < d->config.kept_s;
}

/* Leave the server. Returns true when the session is kept. */
static bool leave(struct mote_duty *d)
{
    bool keep = worth_keeping(d);
    if (keep) {
        mote_run_suspend(&d->run);
        return true;
    }
    mote_run_stop(&d->run);
    while (mote_run_step(&d->run)) {
        mote_run_wait(&d->run, UINT32_MAX);
    }
    return false;
}

int mote_duty_cycle(struct mote_duty *d, struct mote_duty_cost *cost)
{
    uint64_t began_ms = now_ms(d);
    mote_meter_reset(&d->meter);
    mote_iq_cancel(&d->barrier);
    d->passed = d->resumed = false;
    d->until_ms = began_ms + d->config.awake_s * 1000ull;
    mote_run_init(&d->run, &d->config.link);
    int result = work_cycle(d);
    bool kept = leave(d);
    if (cost != NULL) {
        *cost = (struct mote_duty_cost){.sent = d->meter.sent,
                                        .received = d->meter.received,
                                        .round_trips = d->meter.round_trips,
                                        .awake_ms = (uint32_t)(now_ms(d) - began_ms),
                                        .resumed = d->resumed,
                                        .kept = kept};
    }
    return result;
}
