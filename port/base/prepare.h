/* SPDX-License-Identifier: MIT
 * Addresses and passwords as people type them, in the form in which servers compare them: lower case, one way to write
 * each letter. Servers of today do it by stringprep (RFC 6122; SASLprep, RFC 4013, for SCRAM), and so does this, with
 * GNU libidn. A build without it (no MOTE_IDN) prepares what is ASCII and refuses all else.
 */
#ifndef MOTE_PORT_BASE_PREPARE_H
#define MOTE_PORT_BASE_PREPARE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Write the prepared form of a JID with its NUL: name and domain in small letters, the domain without a dot behind it.
 * It may begin with "@" and be a domain alone. Returns NULL, or what is wrong, as "is ..." or "has ...". */
const char *mote_prepare_jid(const char *jid, char *out, size_t size);

/* The same for a resource, and for a password. */
const char *mote_prepare_resource(const char *resource, char *out, size_t size);
const char *mote_prepare_password(const char *password, char *out, size_t size);

#ifdef __cplusplus
}
#endif

#endif
