/* SPDX-License-Identifier: MIT
 * struct mote_port_clock over clock_gettime. It needs no ctx.
 */
#ifndef MOTE_PORT_CLOCK_POSIX_H
#define MOTE_PORT_CLOCK_POSIX_H

#include "port/port.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct mote_port_clock mote_clock_posix;

#ifdef __cplusplus
}
#endif

#endif
