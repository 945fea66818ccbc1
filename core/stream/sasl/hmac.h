/* SPDX-License-Identifier: MIT
 * HMAC (RFC 2104) over the hashes of the services, with both pads hashed ahead so that each use costs two compressions
 * less.
 */
#ifndef MOTE_HMAC_H
#define MOTE_HMAC_H

#include "core/mote.h"

/* Bytes of a hash. */
size_t mote__hash_len(enum mote_hash_kind kind);

/* Begin anew with this key. A copy of the struct may be used as often as the key is needed. */
void mote__hmac_key(const struct mote_services *v, enum mote_hash_kind kind, struct mote__hmac *h, const void *key,
                    size_t len);

void mote__hmac_feed(const struct mote_services *v, enum mote_hash_kind kind, struct mote__hmac *h, const void *bytes,
                     size_t len);

/* `out` has room for MOTE_HASH_MAX. */
void mote__hmac_end(const struct mote_services *v, enum mote_hash_kind kind, struct mote__hmac *h, uint8_t *out);

#endif
