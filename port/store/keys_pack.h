/* SPDX-License-Identifier: MIT
 * struct mote_keys as bytes that any kind of machine can read: version, hash, length of the salt, bound; iterations,
 * highest byte first; salt, ClientKey, ServerKey.
 */
#ifndef MOTE_PORT_STORE_KEYS_PACK_H
#define MOTE_PORT_STORE_KEYS_PACK_H

#include "core/mote.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MOTE_KEYS_PACKED = 8 + 64 + 2 * MOTE_HASH_MAX }; /* bytes */

void mote_keys_pack(const struct mote_keys *keys, uint8_t out[MOTE_KEYS_PACKED]);

/* Returns false when the bytes are of another version, or no keys. */
bool mote_keys_unpack(const uint8_t in[MOTE_KEYS_PACKED], struct mote_keys *keys);

#ifdef __cplusplus
}
#endif

#endif
