/* SPDX-License-Identifier: MIT
 * SASL (RFC 6120 section 6): the choice of a mechanism, and its messages.
 */
#ifndef MOTE_SASL_H
#define MOTE_SASL_H

#include <stdbool.h>

#include "core/services.h"

struct mote;
struct mote_xml;

enum sasl_family { SASL_SCRAM, SASL_EXTERNAL, SASL_PLAIN };

struct mote__sasl_mechanism {
    char name[19];
    uint8_t family; /* enum sasl_family */
    uint8_t hash;   /* enum mote_hash_kind, of SCRAM */
    bool plus;      /* bound to the channel */
};

/* Choose a mechanism from the stream features and send <auth/>, or fail the stream when none is acceptable. */
void mote__sasl_start(struct mote *x, const struct mote_xml *features);

/* An element of the SASL namespace: challenge, success or failure. */
void mote__sasl_element(struct mote *x, const struct mote_xml *e);

/* Do a slice of PBKDF2, and send the response when it is finished. */
void mote__sasl_work(struct mote *x);

#endif
