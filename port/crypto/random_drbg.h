/* SPDX-License-Identifier: MIT
 * Randomness of struct mote_services from a generator (AES-256 CTR_DRBG, SP 800-90A) that the board seeds once at its
 * start from a true source: a noise source of the chip, or a secret on its storage that is replaced at every start.
 *
 * Before it is seeded it gives nothing but MOTE_ERR_ENTROPY, and neither TLS nor the engine starts.
 */
#ifndef MOTE_PORT_CRYPTO_RANDOM_DRBG_H
#define MOTE_PORT_CRYPTO_RANDOM_DRBG_H

#include <stddef.h>
#include <stdint.h>

enum { MOTE_ENTROPY_SEED = 48 }; /* bytes */

/* Returns 0, or MOTE_ERR_ENTROPY when all bytes are the same, which no true source gives. */
int mote_entropy_drbg_seed(const uint8_t seed[MOTE_ENTROPY_SEED]);

int mote_entropy_drbg(void *ctx, uint8_t *bytes, size_t len); /* `ctx` is ignored */

#endif
