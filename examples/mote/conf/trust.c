/* SPDX-License-Identifier: MIT
 * Whom to trust to vouch for servers: a pin, a CA file, or the authorities of the system.
 */
#include "examples/mote/conf/trust.h"

#include <stdlib.h>
#include <string.h>

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
    const char *hint = "--ca FILE names who may vouch for the server, in PEM or DER";
    int r = mote_tls_ca_file_add(tls, path, why, sizeof why);
    if (r != 0 && strstr(why, "cannot be used here") != NULL) {
        hint = "an authority needs a key of ECDSA (P-256, P-384, P-521) or RSA, and no critical constraints; --pin "
               "sha256:... trusts the server's own key instead";
    }
    detail("authorities: %s", path != NULL ? path : "those of the system");
    return r == 0 ? 0
                  : fail(EXIT_LOCAL, why, hint, "cannot tell whom to trust");
}
