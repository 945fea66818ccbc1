/* SPDX-License-Identifier: MIT
 * store_cut [pairs [DEVICE]]: the power is cut at every writing operation of a history of the store, torn in every way
 * that flash_ram knows, and the store mounted again. It must then hold what it held before the step or after it, and go
 * on working. `pairs` also cuts the first step after each mount, at each operation: minutes for each DEVICE, of which
 * `store_cut devices` tells the number.
 *
 * Prints what was tried, and ends with 1 when anything was lost or mixed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mote.h"
#include "tests/cut/store_model.h"
#include "tests/fake/flash_ram.h"

struct kind {
    const char *name;
    struct mote_flash geometry;
    uint32_t blocks;
    enum flash_ram_erase erase;
    bool cached;
    size_t buffer;
    struct model_taste taste;
    unsigned steps;
};

#define GEOMETRY(read, prog, block, count, over)                                                                       \
    {                                                                                                                  \
        .read_size = (read), .prog_size = (prog), .block_size = (block), .block_count = (count), .overwrite = (over)   \
    }

static const struct kind kinds[] = {
    {"SD card 512/512", GEOMETRY(512, 512, 512, 32, true), 4, ERASE_KEEPS, false, 512, {900, 600, 7, 10}, 400},
    {"flash 4096/256", GEOMETRY(16, 256, 4096, 5, false), 1, ERASE_ONES, false, 256, {3000, 2000, 8, 40}, 400},
    {"flash 2048/4", GEOMETRY(1, 4, 2048, 6, false), 1, ERASE_ONES, false, 100, {1900, 1400, 10, 90}, 400},
    {"flash 1024/1", GEOMETRY(1, 1, 1024, 7, false), 1, ERASE_RANDOM, false, 64, {900, 700, 9, 60}, 400},
    {"flash 1024/8, 3 segments", GEOMETRY(1, 8, 1024, 3, false), 1, ERASE_ONES, false, 512, {200, 100, 8, 10}, 400},
    {"file with a cache", GEOMETRY(512, 512, 4096, 6, true), 1, ERASE_KEEPS, true, 4096, {2500, 1200, 9, 30}, 400},
};

/* A device, the store on it, and what it should hold. */
struct world {
    struct flash_ram device;
    struct mote_store store;
    struct model model;
    uint8_t buffer[4096];
};

/* States that a cut may leave: all since the last sync. */
struct allowed {
    struct model states[48];
    unsigned count;
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

static struct mote_store_config config;
static struct model_drops drops;
static struct world now, tried, first; /* the history; one try of it; the same after its first cut */
static struct allowed allowed, again;
static unsigned long cuts, pairs, stormed, lost, mixed, fulls, dropped;

static void use(struct world *w, const struct kind *k)
{
    config.flash = &w->device.flash;
    config.buffer = w->buffer;
    config.buffer_size = k->buffer;
    config.blocks = k->blocks;
    config.dropped = model_dropped;
    config.ctx = &drops;
    drops = (struct model_drops){.store = &w->store, .model = &w->model};
}

static void copy(struct world *to, const struct world *from)
{
    flash_ram_copy(&to->device, &from->device);
    to->store = from->store;
    to->model = from->model;
    memcpy(to->buffer, from->buffer, sizeof to->buffer);
}

static int act(struct world *w, const struct kind *k, const struct step *step, bool sync)
{
    use(w, k);
    int r = model_do(&w->store, step);
    int e = sync ? mote_store_sync(&w->store) : 0;
    return e != 0 ? e : r;
}

static unsigned long operations(const struct world *w)
{
    return w->device.progs + w->device.erases + w->device.syncs;
}

static void allow(struct allowed *a, const struct model *m)
{
    if (a->count < sizeof a->states / sizeof a->states[0]) {
        a->states[a->count++] = *m;
    }
}

/* Do the step whole. `a` gets the states on the way; the model of `w` follows. */
static void act_whole(struct world *w, const struct kind *k, const struct step *step, bool sync, struct allowed *a)
{
    int r = act(w, k, step, sync);
    struct model before = w->model;
    for (unsigned i = 0; i < drops.count; i++) {
        struct model m = before;
        model_apply_drops(&m, &drops, i + 1);
        allow(a, &m);
    }
    dropped += drops.count;
    fulls += r == MOTE_ERR_FULL;
    model_apply_drops(&w->model, &drops, drops.count);
    model_apply(&w->model, step, r);
    allow(a, &w->model);
    const char *wrong = drops.wrong ? "a drop of what was not there" : r != 0 && r != MOTE_ERR_FULL ? "an error" : NULL;
    wrong = wrong == NULL ? model_compare(&w->store, &w->model) : wrong;
    if (wrong != NULL) {
        if (++mixed + lost < 20) {
            printf("%s: try %lu: without any cut: %s (%d %s)\n", k->name, cuts + pairs, wrong, r,
                   mote_store_why(&w->store));
        }
    }
}

static void complain(const struct kind *k, const char *what, const struct world *w, const struct allowed *a)
{
    bool gone = a != NULL && model_lost((struct mote_store *)&w->store, &a->states[0], &a->states[a->count - 1]);
    lost += gone;
    mixed += !gone;
    if (lost + mixed < 20) {
        printf("%s: try %lu: %s\n", k->name, cuts + pairs, what);
    }
}

/* Mount after a cut, and find which state it is. False: none that may be. */
static bool mount(struct world *w, const struct kind *k, const struct allowed *a)
{
    const char *wrong = NULL;
    flash_ram_power(&w->device);
    use(w, k);
    int r = mote_store_mount(&w->store, &config);
    if (r != 0) {
        complain(k, r == MOTE_STORE_NONE ? "nothing left to mount" : mote_store_why(&w->store), w, NULL);
        return false;
    }
    for (unsigned i = a->count; i-- > 0;) {
        wrong = model_compare(&w->store, &a->states[i]);
        if (wrong == NULL) {
            w->model = a->states[i];
            return true;
        }
    }
    complain(k, wrong, w, a);
    return false;
}

/* The same step again from the same start, with a cut at its n-th operation. */
static bool act_cut(struct world *w, const struct kind *k, const struct step *step, unsigned n, unsigned torn,
                    const struct allowed *a)
{
    w->device.cut_at = n;
    w->device.torn = (enum flash_ram_torn)torn;
    int r = act(w, k, step, true);
    if (!w->device.off || r != MOTE_ERR_IO) {
        complain(k, "a cut that nobody saw", w, NULL);
        return false;
    }
    return mount(w, k, a);
}

/* After a cut: the next step works, and is there after another mount. */
static void go_on(struct world *w, const struct kind *k, uint32_t *random, bool in_pairs)
{
    struct step step = model_step(&w->model, &k->taste, random);
    again.count = 0;
    allow(&again, &w->model);
    if (in_pairs) {
        copy(&first, w);
    }
    unsigned long from = operations(w);
    act_whole(w, k, &step, true, &again);
    unsigned all = (unsigned)(operations(w) - from);
    struct allowed last = {.count = 0};
    allow(&last, &w->model);
    mount(w, k, &last);
    for (unsigned n = 1; in_pairs && n <= all; n++) {
        for (unsigned torn = 0; torn < TORN_KINDS; torn++) {
            copy(w, &first);
            pairs++;
            act_cut(w, k, &step, n, torn, &again);
        }
    }
}

/* One step of the history, cut everywhere, and then done whole. */
static void cut_step(const struct kind *k, uint32_t *random, bool in_pairs)
{
    struct step step = model_step(&now.model, &k->taste, random);
    bool sync = !k->cached || *random % 4 == 0;
    struct allowed here = allowed;
    copy(&tried, &now);
    unsigned long from = operations(&tried);
    act_whole(&tried, k, &step, true, &here);
    unsigned all = (unsigned)(operations(&tried) - from);
    for (unsigned n = 1; n <= all; n++) {
        for (unsigned torn = 0; torn < TORN_KINDS; torn++) {
            copy(&tried, &now);
            cuts++;
            if (act_cut(&tried, k, &step, n, torn, &here)) {
                go_on(&tried, k, random, in_pairs);
            }
        }
    }
    act_whole(&now, k, &step, sync, &allowed);
    if (sync) {
        allowed.count = 0;
        allow(&allowed, &now.model);
    }
}

static bool begin(const struct kind *k)
{
    flash_ram_init(&now.device, &k->geometry, k->erase, 7);
    now.device.cached = k->cached;
    use(&now, k);
    model_init(&now.model);
    allowed.count = 0;
    allow(&allowed, &now.model);
    if (mote_store_mount(&now.store, &config) != MOTE_STORE_NONE ||
        mote_store_format(&now.store, &config, 0x5eed5eed12345678) != 0) {
        complain(k, mote_store_why(&now.store), &now, NULL);
        return false;
    }
    return true;
}

/* One cut after the other on the same device, as a box with a bad plug has them. */
static unsigned long storm(const struct kind *k, unsigned count)
{
    uint32_t random = 99;
    use(&now, k);
    mote_store_sync(&now.store);
    for (unsigned i = 0; i < count; i++) {
        struct step step = model_step(&now.model, &k->taste, &random);
        struct allowed here = {.count = 0};
        allow(&here, &now.model);
        copy(&tried, &now);
        unsigned long from = operations(&tried);
        act_whole(&tried, k, &step, true, &here);
        unsigned all = (unsigned)(operations(&tried) - from);
        if (all > 0 && !act_cut(&now, k, &step, 1 + random % all, random / 64 % TORN_KINDS, &here)) {
            return i;
        }
        if (random / 1024 % 4 == 0) {
            here.count = 0;
            act_whole(&now, k, &step, true, &here);
        }
    }
    return count;
}

/* Format over what is there, cut everywhere: the old store, or an empty one. Where there was none, `old` is false. */
static void cut_format(const struct kind *k, bool old)
{
    allowed.count = 0;
    if (old) {
        allow(&allowed, &now.model);
    }
    model_init(&now.model);
    allow(&allowed, &now.model);
    copy(&tried, &now);
    use(&tried, k);
    unsigned long from = operations(&tried);
    int r = mote_store_format(&tried.store, &config, 42);
    unsigned all = (unsigned)(operations(&tried) - from);
    if (r != 0 || model_compare(&tried.store, &now.model) != NULL) {
        complain(k, "no empty store after format", &tried, NULL);
    }
    for (unsigned n = 1; n <= all; n++) {
        for (unsigned torn = 0; torn < TORN_KINDS; torn++) {
            copy(&tried, &now);
            use(&tried, k);
            cuts++;
            tried.device.cut_at = n;
            tried.device.torn = (enum flash_ram_torn)torn;
            r = mote_store_format(&tried.store, &config, 42);
            if (r != MOTE_ERR_IO) {
                complain(k, "a cut that nobody saw", &tried, NULL);
            }
            flash_ram_power(&tried.device);
            use(&tried, k);
            if (old || mote_store_mount(&tried.store, &config) != MOTE_STORE_NONE) {
                mount(&tried, k, &allowed);
            }
        }
    }
    copy(&now, &tried);
}

static void cut_device(const struct kind *k, bool in_pairs)
{
    struct mote_store_info info;
    uint32_t random = 2463534242u;
    unsigned long cuts_before = cuts, pairs_before = pairs, fulls_before = fulls, dropped_before = dropped;
    flash_ram_init(&now.device, &k->geometry, k->erase, 11);
    cut_format(k, false);
    if (!begin(k)) {
        return;
    }
    for (unsigned step = 0; step < k->steps; step++) {
        cut_step(k, &random, in_pairs);
    }
    mote_store_info(&now.store, &info);
    unsigned long n = storm(k, 3000);
    stormed += n;
    cut_format(k, true);
    printf("%s: %lu cuts, %lu pairs, then %lu in a row; %lu times around, %lu full, %lu dropped\n", k->name,
           cuts - cuts_before, pairs - pairs_before, n, (unsigned long)(info.turns / info.segments),
           fulls - fulls_before, dropped - dropped_before);
}

int main(int argc, char **argv)
{
    bool in_pairs = argc > 1 && strcmp(argv[1], "pairs") == 0;
    unsigned long only = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    if (argc > 1 && strcmp(argv[1], "devices") == 0) {
        printf("%d\n", KINDS);
        return 0;
    }
    if ((argc > 1 && !in_pairs) || (argc > 2 && (only < 1 || only > KINDS))) {
        fprintf(stderr, "usage: store_cut [pairs [1..%d]], or store_cut devices\n", KINDS);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (unsigned long i = 0; i < KINDS; i++) {
        if (only == 0 || i == only - 1) {
            cut_device(&kinds[i], in_pairs);
        }
    }
    printf("store cuts: %lu tried, %lu lost, %lu mixed\n", cuts + pairs + stormed, lost, mixed);
    printf("%s - store cuts\n", lost + mixed == 0 ? "ok" : "not ok");
    return lost + mixed > 0;
}
