/* SPDX-License-Identifier: MIT
 * HMAC, for SCRAM and for the tokens of HT.
 */
#include "core/stream/sasl/hmac.h"

#include <string.h>

#include "core/base/text.h"

size_t mote__hash_len(enum mote_hash_kind kind)
{
    return kind == MOTE_SHA1 ? 20 : 32;
}

void mote__hmac_key(const struct mote_services *v, enum mote_hash_kind kind, struct mote__hmac *h, const void *key,
                    size_t len)
{
    uint8_t pad[64] = {0}; /* the block size of both hashes */
    if (len > sizeof pad) {
        v->hash_start(&h->inner, kind);
        v->hash_feed(&h->inner, kind, key, len);
        v->hash_end(&h->inner, kind, pad);
    } else {
        memcpy(pad, key, len);
    }
    for (size_t i = 0; i < sizeof pad; i++) {
        pad[i] ^= 0x36;
    }
    v->hash_start(&h->inner, kind);
    v->hash_feed(&h->inner, kind, pad, sizeof pad);
    for (size_t i = 0; i < sizeof pad; i++) {
        pad[i] ^= 0x36 ^ 0x5c;
    }
    v->hash_start(&h->outer, kind);
    v->hash_feed(&h->outer, kind, pad, sizeof pad);
    mote_secret_wipe(pad, sizeof pad);
}

void mote__hmac_feed(const struct mote_services *v, enum mote_hash_kind kind, struct mote__hmac *h, const void *bytes,
                     size_t len)
{
    v->hash_feed(&h->inner, kind, bytes, len);
}

void mote__hmac_end(const struct mote_services *v, enum mote_hash_kind kind, struct mote__hmac *h, uint8_t *out)
{
    v->hash_end(&h->inner, kind, out);
    v->hash_feed(&h->outer, kind, out, mote__hash_len(kind));
    v->hash_end(&h->outer, kind, out);
}
