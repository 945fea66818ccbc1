/* SPDX-License-Identifier: MIT
 * The authorities to trust, from a file.
 */
#ifndef MOTE_PORT_TLS_CA_FILE_H
#define MOTE_PORT_TLS_CA_FILE_H

#include "port/tls/mbedtls.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Trust all authorities in the file `path`, which has any number in PEM, or one in DER. NULL is the system's own list,
 * where Debian, Fedora, Alpine and the BSDs keep it. Returns 0, MOTE_ERR_IO, MOTE_ERR_CERT (none could be used) or
 * MOTE_ERR_FULL (no memory); `why` then gets a sentence fragment. */
int mote_tls_ca_file_add(struct mote_tls_mbedtls_config *c, const char *path, char *why, size_t why_size);

#ifdef __cplusplus
}
#endif

#endif
