/* SPDX-License-Identifier: MIT
 * For devices that sleep most of the time. A cycle connects, sends what waits, catches up with what was missed, and
 * leaves; it tells what that cost.
 *
 *     mote_duty_init(&duty, &config);
 *     for (;;) {
 *         mote_chat_send(&chat, ...);             whatever there is to say; an outbox keeps it over a power cut
 *         mote_duty_cycle(&duty, &cost);
 *         deep_sleep(seconds);                    the application has it
 *     }
 *
 * Leaving. When the server keeps a session (XEP-0198) for longer than the sleep, the connection is closed and the
 * stream is not ended. Then the next cycle needs one round trip less and no catching up, because the server holds what
 * came meanwhile; contacts see us on line all the while. Otherwise the stream is ended in good order.
 */
#ifndef MOTE_PORT_RUN_DUTY_H
#define MOTE_PORT_RUN_DUTY_H

#include "core/module.h"
#include "core/modules/archive/archive.h"
#include "port/run/meter.h"
#include "port/run/run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A zeroed field means the default. What pointers point to stays valid. */
struct mote_duty_config {
    struct mote_run_config link;   /* as for mote_run; its port is counted, its `reconnect` is ignored */
    struct mote_archive *archive;  /* attached; NULL when what the server stored (XEP-0160) is enough */
    bool (*busy)(void *ctx);       /* does the application wait for something, such as an answer? NULL: it never does */
    void *busy_ctx;
    uint32_t awake_s; /* how long a cycle may be, default 60; then it ends as it is */
    uint32_t sleep_s; /* how long the sleep will be */
    uint32_t kept_s;  /* how long the server keeps a session, 0 when that is not known. Prosody: 600 */
};

/* What a cycle has cost. */
struct mote_duty_cost {
    uint64_t sent, received; /* bytes, as in port/run/meter.h */
    uint32_t round_trips;
    uint32_t awake_ms;
    bool resumed; /* the session of the cycle before went on */
    bool kept;    /* the session is kept for the next */
};

struct mote_duty {
    struct mote_module mod;
    struct mote_duty_config config;
    struct mote_run run;
    struct mote_meter meter;
    struct mote_iq barrier; /* a ping; when it is answered, all that the server had for us has come */
    uint64_t until_ms;
    bool passed, resumed;
};

/* After mote_init, in any order with the modules. */
void mote_duty_init(struct mote_duty *duty, const struct mote_duty_config *config);

/* One cycle, from the first look-up to the closed connection. `cost` may be NULL. Returns 0, or why it failed: what
 * mote_run returns, with duty->run.why in words, or MOTE_ERR_TIMEOUT when it was not done in time. What was not sent
 * waits for the next cycle. */
int mote_duty_cycle(struct mote_duty *duty, struct mote_duty_cost *cost);

#ifdef __cplusplus
}
#endif

#endif
