/* SPDX-License-Identifier: MIT
 * Domains with letters that DNS does not have, in the form that it has for them.
 */
#ifndef PORT_IDNA_H
#define PORT_IDNA_H

#include <stdbool.h>
#include <stddef.h>

/* "b\u00fccher.example" to "xn--bcher-kva.example" (RFC 5890, RFC 3492), which is what goes into DNS, SNI and certificates.
 * The letters have to be in the form that RFC 7622 wants in a JID (lower case, NFC): there are no tables here. A domain
 * in ASCII is copied as it is. False when it does not fit, or is not UTF-8. */
bool idna_to_ascii(const char *domain, char *out, size_t size);

#endif
