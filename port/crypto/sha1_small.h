/* SPDX-License-Identifier: MIT
 * SHA-1 (FIPS 180-4) as a loop. It takes a fifth of the flash of mbedTLS's own, which has code for each of the 80
 * rounds; it is for small parts, where flash is dearer than the time of a login by SCRAM-SHA-1.
 * MBEDTLS_SHA1_PROCESS_ALT puts it in the place of mbedTLS's own.
 */
#ifndef MOTE_PORT_CRYPTO_SHA1_SMALL_H
#define MOTE_PORT_CRYPTO_SHA1_SMALL_H

#include <stdint.h>

/* Hash one block into the state. */
void mote__sha1_small(uint32_t state[5], const unsigned char block[64]);

#endif
