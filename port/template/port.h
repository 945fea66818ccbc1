/* SPDX-License-Identifier: MIT
 * What a port hands out. One that has state makes a struct of it and a function that returns the const struct
 * mote_port, as port/os/posix.h does; this one has none.
 */
#ifndef MOTE_PORT_TEMPLATE_PORT_H
#define MOTE_PORT_TEMPLATE_PORT_H

#include "port/port.h"

extern const struct mote_services template_services;
extern const struct mote_port template_port;

#endif
