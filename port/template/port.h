/* SPDX-License-Identifier: MIT
 * What a port gives to a program. A port that has state has a struct for it, and a function that returns the const
 * struct mote_port, as port/os/posix.h; this one has no state.
 */
#ifndef MOTE_PORT_TEMPLATE_PORT_H
#define MOTE_PORT_TEMPLATE_PORT_H

#include "port/port.h"

extern const struct mote_services template_services;
extern const struct mote_port template_port;

#endif
