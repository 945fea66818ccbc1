/* SPDX-License-Identifier: MIT
 * Whom to trust to vouch for servers.
 */
#ifndef COMMAND_CONF_TRUST_H
#define COMMAND_CONF_TRUST_H

#include "port/tls/mbedtls.h"
#include "examples/mote/conf/settings.h"

/* Take the pin of the settings, else their CA file, else the authorities of the system ($SSL_CERT_FILE, or where the
 * distributions keep them). Returns 0, or an exit code after having said why. */
int trust_load(struct mote_tls_mbedtls_config *tls, const struct settings *s);

#endif
