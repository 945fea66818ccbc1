/* SPDX-License-Identifier: MIT */
#include "examples/mote/conf/trust.h"

#include <stdlib.h>

#include "examples/mote/out/fail.h"
#include "examples/mote/out/out.h"
#include "port/tls/ca_file.h"

int trust_load(struct mote_tls_mbedtls_config *tls, const struct settings *s)
{
    char why[300];
    const char *env = getenv("SSL_CERT_FILE"), *path = s->ca[0] != '\0'              ? s->ca
                                                       : env != NULL && *env != '\0' ? env
                                                                                     : NULL;
    if (s->has_pin) {
        mote_tls_mbedtls_set_pin(tls, s->pin);
        return 0;
    }
    int r = mote_tls_ca_file_add(tls, path, why, sizeof why);
    detail("authorities: %s", path != NULL ? path : "those of the system");
    return r == 0 ? 0
                  : fail(EXIT_LOCAL, why, "--ca FILE names who may vouch for the server, in PEM or DER",
                         "cannot tell whom to trust");
}
