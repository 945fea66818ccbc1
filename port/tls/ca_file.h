/* SPDX-License-Identifier: MIT
 * The authorities to trust, from a file of a machine that has files.
 */
#ifndef MOTE_PORT_TLS_CA_FILE_H
#define MOTE_PORT_TLS_CA_FILE_H

#include "port/tls/mbedtls.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Trust all authorities in `path` (PEM, any number; or one in DER). NULL: the system's own list, where Debian, Fedora,
 * Alpine and the BSDs keep it. 0, MOTE_ERR_IO, MOTE_ERR_CERT (none in it), MOTE_ERR_FULL (no memory); `why` is a
 * sentence fragment then. */
int mote_tls_ca_file_add(struct mote_tls_mbedtls_config *c, const char *path, char *why, size_t why_size);

#ifdef __cplusplus
}
#endif

#endif
