/* SPDX-License-Identifier: MIT
 * Random bytes from libsodium.
 */
#include "port/crypto/random_sodium.h"

#include <sodium.h>

#include "core/mote.h"

int mote_entropy_sodium(void *ctx, uint8_t *bytes, size_t len)
{
    static int ready = -1; /* sodium_init may be called again, and then returns 1 */
    (void)ctx;
    if (ready < 0) {
        ready = sodium_init();
    }
    if (ready < 0) {
        return MOTE_ERR_ENTROPY;
    }
    randombytes_buf(bytes, len);
    return 0;
}
