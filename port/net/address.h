/* SPDX-License-Identifier: MIT
 * Hosts as they are written: addresses as text, and names in the form that DNS has for them. These are pure functions.
 */
#ifndef MOTE_PORT_NET_ADDRESS_H
#define MOTE_PORT_NET_ADDRESS_H

#include "port/port.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MOTE_ADDRESS_TEXT = 64 }; /* bytes that hold any address as text, with the NUL */

/* "127.0.0.1 port 5222", "2001:db8::1 port 5222" (RFC 5952). */
void mote_address_text(const struct mote_port_address *a, char out[MOTE_ADDRESS_TEXT]);

/* Is it of this machine: 127.0.0.0/8, also mapped into IPv6, or ::1? */
bool mote_address_loopback(const struct mote_port_address *a);

/* Is it an address of the public network: of no private, local, shared, documentation, multicast or reserved range
 * (RFC 6890)? An IPv6 address that an IPv4 address is hidden in is judged by that one. */
bool mote_address_public(const struct mote_port_address *a);

/* "bücher.example" to "xn--bcher-kva.example" (RFC 5890, RFC 3492), which is what goes into DNS, SNI and certificates.
 * The letters have to be in the form that RFC 7622 wants in a JID (lower case, NFC), because there are no tables here.
 * A name in ASCII is copied as it is. Returns false when it does not fit, or is not UTF-8. */
bool mote_host_to_ascii(const char *host, char *out, size_t size);

#ifdef __cplusplus
}
#endif

#endif
