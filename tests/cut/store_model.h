/* SPDX-License-Identifier: MIT
 * What a store should hold, in the plainest way, and random steps to be done on both. Bytes are not kept: they are made
 * again from a number.
 */
#ifndef CUT_STORE_MODEL_H
#define CUT_STORE_MODEL_H

#include "core/store/store.h"

enum { MODEL_KEYS = 10, MODEL_ITEMS = 100, MODEL_BYTES = 8192, MODEL_DROPS = 64 };

struct model_value {
    uint32_t len; /* 0: none */
    uint32_t seed;
};

struct model_item {
    struct mote_store_item item;
    uint32_t seed;
};

struct model {
    struct model_value values[MODEL_KEYS];
    struct model_item items[MODEL_ITEMS];
    unsigned count;
    uint32_t next_seq;
};

enum step_kind { STEP_PUT, STEP_DELETE, STEP_PUSH, STEP_DONE };

struct step {
    enum step_kind kind;
    unsigned key;
    uint32_t len, seed;
    struct mote_store_item item;
    uint32_t seqs[16]; /* one step of the store takes no more */
    unsigned count;
};

/* How steps are made. */
struct model_taste {
    uint32_t value_max, stanza_max; /* bytes; most are far shorter */
    unsigned fill;                  /* of 16: how often a step adds to the queue */
    unsigned most;                  /* items; then only taking away */
};

/* What the store told while a step was done. Give model_dropped as `dropped` and one of these as its ctx. */
struct model_drops {
    struct mote_store *store;
    const struct model *model;
    uint32_t seqs[MODEL_DROPS];
    unsigned count;
    bool wrong; /* an item that was not there, or with other bytes */
};
void model_dropped(void *ctx, const struct mote_store_item *item);

void model_init(struct model *m);
struct step model_step(const struct model *m, const struct model_taste *taste, uint32_t *random);

/* Do the step on the store. */
int model_do(struct mote_store *s, const struct step *step);

/* The model after the first `drops` drops of the step, and after the whole step that had `result`. */
void model_apply_drops(struct model *m, const struct model_drops *d, unsigned drops);
void model_apply(struct model *m, const struct step *step, int result);

/* NULL when the store holds just that, else what is wrong. */
const char *model_compare(struct mote_store *s, const struct model *m);

/* An item or value of `before`, which `after` still has, is missing in the store. */
bool model_lost(struct mote_store *s, const struct model *before, const struct model *after);

#endif
