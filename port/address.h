/* SPDX-License-Identifier: MIT
 * Addresses as text and their kinds: pure helpers for every port.
 */
#ifndef PORT_ADDRESS_H
#define PORT_ADDRESS_H

#include "port/port.h"

enum { ADDRESS_TEXT = 64 }; /* bytes that hold any of them with the NUL */

/* "127.0.0.1 port 5222", "2001:db8::1 port 5222" (RFC 5952). */
void address_text(const struct port_address *a, char out[ADDRESS_TEXT]);

bool address_loopback(const struct port_address *a); /* 127.0.0.0/8, ::1, and the former mapped into IPv6 */

#endif
