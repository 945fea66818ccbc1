/* SPDX-License-Identifier: MIT
 * The randomness of struct mote_services from libsodium, which takes it from the kernel.
 */
#ifndef MOTE_PORT_CRYPTO_RANDOM_SODIUM_H
#define MOTE_PORT_CRYPTO_RANDOM_SODIUM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

int mote_entropy_sodium(void *ctx, uint8_t *bytes, size_t len); /* `ctx` is ignored */

#ifdef __cplusplus
}
#endif

#endif
