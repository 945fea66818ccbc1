/* SPDX-License-Identifier: MIT
 * The seed of the random generator: jitter between the ring oscillator and the processor's clock (RP2040 datasheet
 * 2.17.5). The chip's vendor does not vouch for it, so little is believed of a bit, and two tests watch for a source
 * that is stuck or leans to one side (NIST SP 800-90B 4.4). Their bounds are those of half a bit of entropy for each
 * bit, and of a false alarm in 2^30 seeds.
 */
#include <stdbool.h>

#include "boards/bare/machine.h"
#include "core/base/text.h"
#include "port/crypto/hash_mbedtls.h"
#include "rp2040.h"

#define RANDOM_BIT REG(0x4006001cu)

enum { SAMPLES = 8192, RUN_MAX = 61, WINDOW = 1024, SAME_MAX = 812, APART_US = 2 };

/* The tests' state, over all samples of a seed. */
struct health {
    unsigned run, last;         /* so many samples in a row were `last` */
    unsigned first, same, seen; /* of this window: its first sample, how many were the same, how many there were */
};

static bool healthy(struct health *h, unsigned bit)
{
    h->run = bit == h->last ? h->run + 1 : 1;
    h->last = bit;
    if (h->seen == 0) {
        h->first = bit;
        h->same = 0;
    }
    h->same += bit == h->first;
    h->seen = (h->seen + 1) % WINDOW;
    return h->run < RUN_MAX && h->same < SAME_MAX;
}

static int sample(struct mote_hash *hash)
{
    struct health h = {.last = 2};
    uint8_t byte = 0;
    for (unsigned i = 0; i < SAMPLES; i++) {
        unsigned bit = RANDOM_BIT & 1;
        if (!healthy(&h, bit)) {
            return -1;
        }
        byte = (uint8_t)(byte << 1 | bit);
        if (i % 8 == 7) {
            mote_crypto_hash_feed(hash, MOTE_SHA256, &byte, 1);
        }
        wait_us(APART_US);
    }
    return 0;
}

/* Each 32 bytes of the seed are the hash of samples of their own. */
int mote__hw_seed(uint8_t *bytes, size_t len)
{
    uint8_t out[MOTE_HASH_MAX];
    struct mote_hash hash;
    int r = 0;
    for (size_t done = 0; done < len && r == 0; done += 32) {
        mote_crypto_hash_start(&hash, MOTE_SHA256);
        r = sample(&hash);
        mote_crypto_hash_end(&hash, MOTE_SHA256, out);
        for (size_t i = 0; i < 32 && done + i < len; i++) {
            bytes[done + i] = out[i];
        }
    }
    mote_secret_wipe(out, sizeof out);
    mote_secret_wipe((uint8_t *)&hash, sizeof hash);
    return r;
}
