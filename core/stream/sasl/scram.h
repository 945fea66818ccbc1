/* SPDX-License-Identifier: MIT
 * SCRAM (RFC 5802, RFC 7677), the client's side, over the hashes of the services. PBKDF2 runs in slices.
 * Part of core/mote.h, which defines struct mote_keys: include that.
 */
#ifndef MOTE_SCRAM_H
#define MOTE_SCRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/services.h"

struct mote_config;

enum { SCRAM_NONCE = 24, SCRAM_ITERATIONS_MIN = 4096 };

/* HMAC with a key, its two pads already hashed. */
struct hmac {
    struct mote_hash inner, outer;
};

struct scram {
    const struct mote_config *config; /* user (the local part of the JID), password, kept keys, limit of iterations */
    const char *binding;              /* "tls-exporter" ...; NULL: gs2_flag says why not */
    const uint8_t *binding_data;
    uint8_t binding_len;
    char gs2_flag;                    /* 'y': we could bind but the server offers none; 'n': we cannot */
    uint8_t kind;                     /* enum mote_hash_kind */
    uint32_t server_nonce, server_nonce_len; /* where the whole nonce lies in server_first */
    uint32_t iteration;               /* done so far */
    struct mote_keys keys;            /* those of this login */
    struct {
        struct hmac password;
        uint8_t u[MOTE_HASH_MAX], salted[MOTE_HASH_MAX];
    } work;                           /* of PBKDF2 */
    uint8_t server_signature[MOTE_HASH_MAX];
    char nonce[SCRAM_NONCE + 1];      /* ours */
    char server_first[MOTE_SCRAM_MAX + 1];
};

/* Write the client-first message to out; returns its length, or negative (MOTE_ERR_ENTROPY, MOTE_ERR_SIZE). */
ptrdiff_t scram_first(struct scram *s, char *out, size_t size);

/* Take the NUL-terminated server-first message. Returns NULL, or what is wrong. Work remains (scram_work) unless kept keys
 * fit. */
const char *scram_challenge(struct scram *s, const char *text);

/* At most `slice` iterations of PBKDF2. True when the keys are there. */
bool scram_work(struct scram *s, uint32_t slice);

/* Write the client-final message; returns its length, or MOTE_ERR_SIZE. */
ptrdiff_t scram_final(struct scram *s, char *out, size_t size);

/* Does the NUL-terminated server-final message ("v=...") prove that the server knows our keys? */
bool scram_verify(const struct scram *s, const char *text);

#endif
