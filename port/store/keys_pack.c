/* SPDX-License-Identifier: MIT
 * Derived keys as bytes that do not depend on the machine.
 */
#include "port/store/keys_pack.h"

#include <string.h>

enum { SALT = 8, CLIENT = SALT + 64, SERVER = CLIENT + MOTE_HASH_MAX };

void mote_keys_pack(const struct mote_keys *k, uint8_t out[MOTE_KEYS_PACKED])
{
    const uint8_t head[SALT] = {k->version,
                                k->hash,
                                k->salt_len,
                                k->bound,
                                (uint8_t)(k->iterations >> 24),
                                (uint8_t)(k->iterations >> 16),
                                (uint8_t)(k->iterations >> 8),
                                (uint8_t)k->iterations};
    memcpy(out, head, sizeof head);
    memcpy(out + SALT, k->salt, sizeof k->salt);
    memcpy(out + CLIENT, k->client_key, MOTE_HASH_MAX);
    memcpy(out + SERVER, k->server_key, MOTE_HASH_MAX);
}

bool mote_keys_unpack(const uint8_t in[MOTE_KEYS_PACKED], struct mote_keys *k)
{
    *k = (struct mote_keys){.version = in[0], .hash = in[1], .salt_len = in[2], .bound = in[3]};
    k->iterations = (uint32_t)in[4] << 24 | (uint32_t)in[5] << 16 | (uint32_t)in[6] << 8 | in[7];
    memcpy(k->salt, in + SALT, sizeof k->salt);
    memcpy(k->client_key, in + CLIENT, MOTE_HASH_MAX);
    memcpy(k->server_key, in + SERVER, MOTE_HASH_MAX);
    return k->version == 1 && k->hash <= MOTE_SHA256 && k->salt_len <= sizeof k->salt;
}
