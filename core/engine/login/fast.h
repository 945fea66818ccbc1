/* SPDX-License-Identifier: MIT
 * Tokens in place of the password (FAST, XEP-0484): a part of SASL2.
 */
#ifndef MOTE_FAST_H
#define MOTE_FAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/services.h"

struct mote;
struct mote_xml;
struct mote__sasl_mechanism;

/* The number from 1 of the best mechanism for tokens that the server lists and this connection can do, or 0. */
uint8_t mote__fast_best(const struct mote *x, const struct mote_xml *fast);

/* The kept token's mechanism, if it can be used here and now. `fast` NULL: as far as that is known. */
const struct mote__sasl_mechanism *mote__fast_usable(const struct mote *x, const struct mote_xml *fast);

/* The mechanism that a token is asked for, or NULL. */
const struct mote__sasl_mechanism *mote__fast_to_request(const struct mote *x);

/* HMAC(token, role || binding): what each side shows the other (draft-schmaus-kitten-sasl-ht). */
void mote__fast_prove(const struct mote *x, const char *role, uint8_t out[MOTE_HASH_MAX]);

/* Does the server know the token? If not, it is forgotten. */
bool mote__fast_verify(struct mote *x, const char *text, size_t len);

/* The token is of no use any more. */
void mote__fast_refuse(struct mote *x);

/* Give the application the token that came with the success. It is the application's before anything else is: a session
 * without it could be the last one. */
void mote__fast_take(struct mote *x, const struct mote_xml *success);

#endif
