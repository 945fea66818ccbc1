/* SPDX-License-Identifier: MIT
 * What the sources of port/run/ share: targets.c knows whom to connect to, reach.c connects, run.c makes a stream of
 * the connection, and stream.c moves bytes over it.
 */
#ifndef MOTE_PORT_RUN_STREAM_H
#define MOTE_PORT_RUN_STREAM_H

#include "port/run/run.h"

/* One turn of a connection that the engine has. */
void mote__run_stream_step(struct mote_run *run);

/* What to wait for, as enum mote_port_wait bits. *until_ms is made smaller when there is something to do earlier. */
unsigned mote__run_stream_waits(const struct mote_run *run, uint64_t *until_ms);

/* What the application lends, or NULL. */
static inline struct mote_run_ladder *run_ladder(const struct mote_run *run)
{
    return MOTE_RUN_EXTRAS ? run->config.ladder : NULL;
}

static inline struct mote_run_proxy *run_proxy(const struct mote_run *run)
{
    return MOTE_RUN_EXTRAS ? run->config.proxy : NULL;
}

static inline struct mote_run_way *run_way(const struct mote_run *run)
{
    return MOTE_RUN_EXTRAS ? run->config.way : NULL;
}

/* The time of the port's clock. */
uint64_t mote__run_now(const struct mote_run *run);

void mote__run_enter(struct mote_run *run, enum mote_run_state state, uint64_t after_ms);

/* reach_timeout_s begins to run. */
void mote__run_clock(struct mote_run *run);

/* Tell the ladder, if there is one. `step` 0 begins a step, for `rung` or with NULL for the look-up of SRV records, and
 * its number is returned; 0 when there is no room. RUN_TELL_ANEW begins a try. MOTE_ERR_CANCELLED is no failure. */
enum { RUN_TELL_ANEW = UINT8_MAX };
uint8_t mote__run_tell(struct mote_run *run, uint8_t step, const struct mote__run_rung *rung,
                       const struct mote_port_address *address, enum mote_run_stage stage, int error, const char *why);

/* The same for the connection that stands. */
void mote__run_told(struct mote_run *run, enum mote_run_stage stage, int error, const char *why);

/* Keep the reason why a way failed, unless there is one that weighs more (enum run_weight). */
void mote__run_note(struct mote_run *run, uint8_t weight, int error, const char *why);

/* reach.c tells: a connection stands; no way is left. */
void mote__run_connected(struct mote_run *run);
void mote__run_exhausted(struct mote_run *run);

/* The connection is gone or has failed: tell the engine if it had it, and go on with what comes next. */
void mote__run_broken(struct mote_run *run, int error, const char *why);

/* targets.c: begin a try; look at the SRV records; connect to the first `count` of run->targets. */
void mote__run_begin(struct mote_run *run);
void mote__run_step_srv(struct mote_run *run);
void mote__run_targets(struct mote_run *run, int count, enum mote_run_source source);

/* Nothing is left to try. */
void mote__run_finish(struct mote_run *run);

uint32_t mote__run_random(void *run);

/* The login has succeeded. */
void mote__run_online(struct mote_run *run);

/* The engine wants TLS on this connection. */
void mote__run_starttls(struct mote_run *run);

#endif
