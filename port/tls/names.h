/* SPDX-License-Identifier: MIT
 * Is a certificate valid for a domain of XMPP? This is RFC 6120 section 13.7.1.2, with the stricter rules of RFC 9525.
 */
#ifndef MOTE_PORT_TLS_NAMES_H
#define MOTE_PORT_TLS_NAMES_H

#include <stdbool.h>

#include <mbedtls/x509_crt.h>

/* True when a name in subjectAltName is `domain`:
 *   dNSName     the name, or *.rest for exactly one label more; the star has to be the whole left-most label
 *   SRVName     _xmpp-client.domain (RFC 4985)
 *   xmppAddr    domain (RFC 6120 section 13.7.1.4), also in letters beyond ASCII
 *   iPAddress   the address, where the domain is one: then this alone counts (RFC 9525 section 6.4)
 * The common name of the subject never counts, nor does a name that holds a NUL. */
bool mote__tls_names_match(const mbedtls_x509_crt *crt, const char *domain);

/* Is the domain an IP address, as "192.0.2.1" or "[2001:db8::1]"? */
bool mote__tls_names_literal(const char *domain);

/* List the names for people: "a.example, b.example and 3 more". Returns false when the certificate has none. */
bool mote__tls_names_list(const mbedtls_x509_crt *crt, char *out, size_t size);

#endif
