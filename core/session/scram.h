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

enum { SCRAM_NONCE = 24, SCRAM_ITERATIONS_MIN = 4096 };

struct scram {
    const struct mote_services *services;
    const char *user;                 /* local part, not NUL-terminated */
    size_t user_len;
    const char *password;             /* NULL: only the kept keys will do */
    const struct mote_keys *kept;     /* NULL: none */
    enum mote_hash_kind kind;
    uint32_t iterations_max;
    const char *binding;              /* "tls-exporter" ...; NULL: gs2_flag says why not */
    char gs2_flag;                    /* 'y': we could bind but the server offers none; 'n': we cannot */
    const uint8_t *binding_data;
    size_t binding_len;

    size_t server_nonce, server_nonce_len; /* where the whole nonce lies in server_first */
    uint32_t iteration;               /* done so far */
    struct mote_keys keys;            /* those of this login */
    char nonce[SCRAM_NONCE + 1];      /* ours */
    char server_first[MOTE_SCRAM_MAX + 1];
    struct mote_hash inner, outer;    /* HMAC over the password, its two pads already hashed */
    uint8_t u[MOTE_HASH_MAX], salted[MOTE_HASH_MAX];
    uint8_t server_signature[MOTE_HASH_MAX];
};

/* Write the client-first message to out; returns its length, or negative (MOTE_ERR_ENTROPY, MOTE_ERR_SIZE). */
ptrdiff_t scram_first(struct scram *s, char *out, size_t size);

/* Take the server-first message. 0, or MOTE_ERR_AUTH with *why. Work remains (scram_work) unless kept keys fit. */
int scram_challenge(struct scram *s, const char *text, size_t len, const char **why);

/* At most `slice` iterations of PBKDF2. True when the keys are there. */
bool scram_work(struct scram *s, uint32_t slice);

/* Write the client-final message; returns its length, or MOTE_ERR_SIZE. */
ptrdiff_t scram_final(struct scram *s, char *out, size_t size);

/* Does the NUL-terminated server-final message ("v=...") prove that the server knows our keys? */
bool scram_verify(const struct scram *s, const char *text);

#endif
