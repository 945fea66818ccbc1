/* SPDX-License-Identifier: MIT
 * SCRAM (RFC 5802, RFC 7677), the client's side, over the hashes of the services. PBKDF2 runs in slices, so that no
 * call takes long.
 */
#ifndef MOTE_SCRAM_H
#define MOTE_SCRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/mote.h"
#include "core/services.h"

struct mote_config;

enum { SCRAM_ITERATIONS_MIN = 4096 };

/* Write the client-first message to out; returns its length, or negative (MOTE_ERR_ENTROPY, MOTE_ERR_SIZE). */
ptrdiff_t mote__scram_first(struct mote__scram *s, char *out, size_t size);

/* Take the NUL-terminated server-first message. Returns NULL, or what is wrong. Work remains (mote__scram_work) unless
 * kept keys fit. */
const char *mote__scram_challenge(struct mote__scram *s, const char *text);

/* Do at most `slice` iterations of PBKDF2. Returns true when the keys are there. */
bool mote__scram_work(struct mote__scram *s, uint32_t slice);

/* Write the client-final message; returns its length, or MOTE_ERR_SIZE. */
ptrdiff_t mote__scram_final(struct mote__scram *s, char *out, size_t size);

/* Does the NUL-terminated server-final message ("v=...") prove that the server knows our keys? */
bool mote__scram_verify(const struct mote__scram *s, const char *text);

#endif
