/* SPDX-License-Identifier: MIT
 * SHA-1 (FIPS 180-4) as a loop: a fifth of the code of mbedTLS's own, which writes each of the 80 rounds out, for a
 * part where bytes are dearer than the time of a login by SCRAM-SHA-1. MBEDTLS_SHA1_PROCESS_ALT puts it in mbedTLS's
 * place.
 */
#ifndef PORT_CRYPTO_SHA1_SMALL_H
#define PORT_CRYPTO_SHA1_SMALL_H

#include <stdint.h>

/* Hash one block into the state. */
void mote__sha1_small(uint32_t state[5], const unsigned char block[64]);

#endif
