/* SPDX-License-Identifier: MIT
 * Entity time (XEP-0202): the module tells the time to those who ask, and asks the server after each login, and when a
 * session goes on after a restart. So a device without a clock of its own learns the time.
 */
#ifndef MOTE_CLOCK_H
#define MOTE_CLOCK_H

#include "core/module.h"

#ifdef __cplusplus
extern "C" {
#endif

enum mote_clock_event {
    MOTE_EV_TIME = 64 /* unix_time of the event is what the server's clock says */
};

struct mote_clock {
    struct mote_module mod;
    struct mote_iq iq;
};

/* The server's time is given in MOTE_EV_TIME. It becomes the engine's (mote_unix_time) only when no clock is known
 * yet. */
void mote_clock_attach(struct mote_clock *clock, struct mote *x);

#ifdef __cplusplus
}
#endif

#endif
