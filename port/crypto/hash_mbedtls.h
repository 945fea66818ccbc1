/* SPDX-License-Identifier: MIT
 * The hashes of struct mote_services over mbedTLS. All of the state is in struct mote_hash, so a copy of that is a
 * clone.
 */
#ifndef MOTE_PORT_CRYPTO_HASH_MBEDTLS_H
#define MOTE_PORT_CRYPTO_HASH_MBEDTLS_H

#include "core/services.h"

#ifdef __cplusplus
extern "C" {
#endif

void mote_crypto_hash_start(struct mote_hash *h, enum mote_hash_kind kind);
void mote_crypto_hash_feed(struct mote_hash *h, enum mote_hash_kind kind, const void *bytes, size_t len);
void mote_crypto_hash_end(struct mote_hash *h, enum mote_hash_kind kind, uint8_t *out);

#ifdef __cplusplus
}
#endif

#endif
