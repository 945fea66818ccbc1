/* SPDX-License-Identifier: MIT
 * outbox_cut [all]: eight messages and four posts go through the outbox, some queued before the first login, some on
 * line, and the link is cut after every byte that the client sends, after every byte that it receives, or the power at
 * every operation of the store, torn in every way. Against a server that resumes the session, one that refuses and
 * tells how far it had come, one that refuses and does not, and one without stream management; with and without an
 * archive to ask.
 *
 * A ledger proves: nothing is lost; a post is there once, in order; a message arrives twice only where nobody could
 * tell, and is then reported; and of each ticket there is one outcome (after a power cut at most one: it may have been
 * given in that very moment). Without `all`, bytes are cut by steps of 11.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/modules/ping.h"
#include "core/modules/presence.h"
#include "core/modules/outbox_blog.h"
#include "core/modules/outbox_chat.h"
#include "core/mote.h"
#include "port/crypto/hash_mbedtls.h"
#include "tests/cut/model_server.h"
#include "tests/fake/flash_ram.h"

enum { ITEMS = 12, FIRST = 5 /* queued before the login */, TURNS = 4000, TICKETS = ITEMS + 1 };

enum cut { CUT_NOTHING, CUT_UP, CUT_DOWN, CUT_POWER, CUTS };

struct way {
    const char *name;
    bool sm, keeps, tells, archive;
};

static const struct way ways[] = {
    {"resumed", true, true, false, false},      {"refused, told", true, false, true, false},
    {"refused", true, false, false, false},     {"refused, archive", true, false, false, true},
    {"no sm", false, false, false, false},      {"no sm, archive", false, false, false, true},
};

/* One run. */
static struct {
    struct mote x;
    struct mote_presence presence;
    struct mote_chat chat;
    struct mote_blog blog;
    struct mote_outbox outbox;
    struct mote_store store;
    struct mote_store_config store_config;
    struct flash_ram device;
    struct model_server server;
    const struct way *way;
    uint8_t arena[4096], xml[16384], tx[4096], buffer[512];
    uint64_t now_ms;
    uint32_t random;
    size_t up, down;                       /* bytes that went through since the start */
    size_t up_limit, down_limit;           /* the link is cut there, once */
    unsigned queued;                       /* items for which queueing returned a ticket */
    int32_t tickets[ITEMS];
    unsigned outcomes[TICKETS + ITEMS];    /* by ticket */
    bool twice[TICKETS + ITEMS];
    bool power_gone, power_cut, link_cut;
} w;

static struct flash_ram card; /* formatted */
static unsigned long tried, lost, doubled, wrong, reported;

static bool is_post(unsigned i)
{
    return i % 3 == 2;
}

static void name(unsigned i, char id[8])
{
    snprintf(id, 8, "i%02u", i);
}

/// The engine's world ///

static int count_random(void *ctx, uint8_t *bytes, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        w.random = w.random * 1103515245 + 12345;
        bytes[i] = (uint8_t)(w.random >> 16);
    }
    return 0;
}

static void on_event(void *app, struct mote *x, const struct mote_event *e)
{
    (void)app, (void)x;
    if (e->kind >= MOTE_EV_DELIVERED && e->kind <= MOTE_EV_EXPIRED && e->ticket > 0 && e->ticket < TICKETS + ITEMS) {
        w.outcomes[e->ticket] += e->kind == MOTE_EV_DELIVERED ? 1 : 1000;
        w.twice[e->ticket] |= mote_outbox_item_of(e)->maybe_twice;
    }
}

/* The archive knows what has arrived. */
static int witness(void *ctx, const char *to, const char *id, int64_t since, uint32_t ticket)
{
    (void)ctx, (void)to, (void)since;
    mote_outbox_witnessed(&w.outbox, ticket,
                          model_find(&w.server, id) != NULL ? MOTE_OUTBOX_FOUND : MOTE_OUTBOX_NOT_FOUND);
    return 0;
}

/* Power on. */
static void boot(void)
{
    static const struct mote_services services = {.random = count_random,
                                                  .hash_start = mote_crypto_hash_start,
                                                  .hash_feed = mote_crypto_hash_feed,
                                                  .hash_end = mote_crypto_hash_end};
    struct mote_config config = {.jid = "a@localhost", .password = "p", .services = &services, .arena = w.arena,
                                 .arena_size = sizeof w.arena, .xml = w.xml, .xml_size = sizeof w.xml, .tx = w.tx,
                                 .tx_size = sizeof w.tx, .on_event = on_event,
                                 .flags = MOTE_INSECURE_LOOPBACK | MOTE_ALLOW_PLAIN};
    w.store_config =
        (struct mote_store_config){.flash = &w.device.flash, .buffer = w.buffer, .buffer_size = sizeof w.buffer};
    if (mote_init(&w.x, &config) != 0 || mote_store_mount(&w.store, &w.store_config) != 0) {
        fprintf(stderr, "outbox_cut: cannot start\n");
        abort();
    }
    mote_outbox_attach(&w.outbox, &w.x, &(struct mote_outbox_config){.store = &w.store,
                                                                      .witness = w.way->archive ? witness : NULL});
    mote_chat_attach(&w.chat, &w.x, 0);
    mote_blog_attach(&w.blog, &w.x, NULL);
    mote_presence_attach(&w.presence, &w.x, NULL);
    mote_chat_durable(&w.chat, &w.outbox);
    mote_blog_durable(&w.blog, &w.outbox);
}

/* Queue the next one. An item whose ticket was never returned may be there or not; it is queued again under its id, as
 * an application does that did not hear of it. */
static void queue_next(void)
{
    char id[8];
    unsigned i = w.queued;
    name(i, id);
    int32_t ticket =
        is_post(i)
            ? mote_blog_queue(&w.blog, &(struct mote_post){.id = id, .title = id, .updated = 1795219200}, NULL)
            : mote_chat_queue(&w.chat, &(struct mote_chat_message){.to = "b@localhost", .id = id, .body = id}, NULL);
    if (ticket > 0) {
        w.tickets[i] = ticket;
        w.queued++;
    }
}

/// The wire ///

static bool cut_now(void)
{
    if (w.up < w.up_limit && w.down < w.down_limit) {
        return false;
    }
    w.up_limit = w.down_limit = SIZE_MAX;
    w.link_cut = true;
    return true;
}

static void link_lost(void)
{
    mote_lost(&w.x, MOTE_ERR_LOST, NULL, w.now_ms);
}

static bool send_up(void)
{
    const uint8_t *bytes;
    size_t n = mote_out(&w.x, 0, &bytes);
    if (w.device.off || n == 0) {
        return false; /* what was lent after the power went was never sent */
    }
    n = n < w.up_limit - w.up ? n : w.up_limit - w.up;
    model_feed(&w.server, bytes, n);
    w.up += n;
    mote_out_done(&w.x, 0, n, w.now_ms);
    return true;
}

static bool send_down(void)
{
    size_t n = w.server.out_len - w.server.out_sent;
    n = n < w.down_limit - w.down ? n : w.down_limit - w.down;
    if (n == 0) {
        return false;
    }
    ptrdiff_t taken = mote_in(&w.x, 0, w.server.out + w.server.out_sent, n, w.now_ms);
    if (taken < 0) {
        wrong++;
        return false;
    }
    w.server.out_sent += (size_t)taken;
    w.down += (size_t)taken;
    return taken > 0;
}

static void connect_anew(void)
{
    struct mote_tls_info info = {.loopback = true};
    model_connect(&w.server);
    mote_connected(&w.x, &info, w.now_ms);
}

/* A turn of the world. False once everything is over. */
static bool turn(void)
{
    if (w.device.off) {
        w.power_gone = true;
        flash_ram_power(&w.device);
        boot();
        connect_anew();
        return true;
    }
    if (mote_wants(&w.x, 0) == 0) {
        connect_anew();
    }
    bool moved = send_up();
    moved = (!w.device.off && send_down()) || moved;
    if (w.device.off) {
        return true;
    }
    if (cut_now()) {
        link_lost();
        return true;
    }
    if (mote_deadline(&w.x) <= w.now_ms) {
        mote_tick(&w.x, w.now_ms);
        return true;
    }
    if (!moved && mote_online(&w.x)) {
        if (w.queued < ITEMS) {
            queue_next();
        } else if (mote_outbox_count(&w.outbox) == 0) {
            return false;
        } else {
            w.now_ms = mote_deadline(&w.x) != UINT64_MAX ? mote_deadline(&w.x) : w.now_ms + 1000;
        }
    }
    return true;
}

/// The ledger ///

static void complain(enum cut cut, unsigned long at, const char *what, unsigned item)
{
    if (lost + doubled + wrong < 20) {
        static const char *const names[] = {
            [CUT_NOTHING] = "nothing", [CUT_UP] = "up", [CUT_DOWN] = "down", [CUT_POWER] = "power"};
        printf("%s, %s at %lu: item %u: %s\n", w.way->name, names[cut], at, item, what);
    }
}

static void audit(enum cut cut, unsigned long at, bool finished)
{
    unsigned last_post = 0;
    for (unsigned i = 0; i < ITEMS; i++) {
        char id[8];
        name(i, id);
        const struct model_arrival *a = model_find(&w.server, id);
        unsigned place = a != NULL ? (unsigned)(a - w.server.ledger) : 0;
        unsigned outcome = w.outcomes[w.tickets[i]];
        bool queued_twice = cut == CUT_POWER && w.tickets[i] > (int32_t)i + 1; /* see queue_next */
        if (a == NULL || !finished) {
            lost++;
            complain(cut, at, finished ? "lost" : "never ends", i);
            continue;
        }
        if (is_post(i)) {
            if (place < last_post) {
                wrong++;
                complain(cut, at, "out of order", i);
            }
            last_post = place;
        } else if (a->times > 1 && !w.twice[w.tickets[i]] && !queued_twice) {
            doubled++;
            complain(cut, at, "arrived twice, and nobody was told", i);
        }
        reported += w.twice[w.tickets[i]];
        if (outcome != 1 && !(cut == CUT_POWER && outcome == 0)) {
            wrong++;
            complain(cut, at, outcome == 0 ? "no outcome" : "more than one outcome", i);
        }
        if (w.twice[w.tickets[i]] && (w.way->keeps || w.way->tells || w.way->archive)) {
            wrong++;
            complain(cut, at, "somebody could have told whether it had arrived", i);
        }
    }
}

/* Returns what there was to cut: bytes up, bytes down, operations of the store. */
static void run(const struct way *way, enum cut cut, unsigned long at, enum flash_ram_torn torn,
                unsigned long all[CUTS])
{
    memset(&w.server, 0, sizeof w.server);
    memset(w.outcomes, 0, sizeof w.outcomes);
    memset(w.twice, 0, sizeof w.twice);
    memset(w.tickets, 0, sizeof w.tickets);
    w.way = way;
    w.server.offers_sm = way->sm;
    w.server.keeps_session = way->keeps;
    w.server.tells_h = way->tells;
    w.now_ms = 1000;
    w.random = 1;
    w.up = w.down = 0;
    w.queued = 0;
    w.link_cut = w.power_gone = false;
    w.up_limit = cut == CUT_UP ? at : SIZE_MAX;
    w.down_limit = cut == CUT_DOWN ? at : SIZE_MAX;
    flash_ram_copy(&w.device, &card);
    w.device.cut_at = cut == CUT_POWER ? (unsigned)at : 0;
    w.device.torn = torn;
    unsigned long before = w.device.progs + w.device.erases + w.device.syncs;
    boot();
    while (w.queued < FIRST && !w.device.off) {
        queue_next();
    }
    int turns = 0;
    while (turn() && turns < TURNS) {
        turns++;
    }
    tried++;
    audit(cut, at, turns < TURNS);
    if (all != NULL) {
        all[CUT_UP] = w.up;
        all[CUT_DOWN] = w.down;
        all[CUT_POWER] = w.device.progs + w.device.erases + w.device.syncs - before;
    }
}

int main(int argc, char **argv)
{
    static const struct mote_flash geometry = {
        .read_size = 512, .prog_size = 512, .block_size = 512, .block_count = 96, .overwrite = true};
    unsigned step = argc > 1 && strcmp(argv[1], "all") == 0 ? 1 : 11;
    flash_ram_init(&card, &geometry, ERASE_KEEPS, 3);
    w.store_config =
        (struct mote_store_config){.flash = &card.flash, .buffer = w.buffer, .buffer_size = sizeof w.buffer};
    if (mote_store_format(&w.store, &w.store_config, 5) != 0) {
        return 1;
    }
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        unsigned long all[CUTS], from = tried;
        run(&ways[i], CUT_NOTHING, 0, TORN_NOTHING, all);
        for (unsigned long at = 0; at < all[CUT_UP]; at += step) {
            run(&ways[i], CUT_UP, at, TORN_NOTHING, NULL);
        }
        for (unsigned long at = 0; at < all[CUT_DOWN]; at += step) {
            run(&ways[i], CUT_DOWN, at, TORN_NOTHING, NULL);
        }
        for (unsigned long at = 1; at <= all[CUT_POWER]; at++) {
            for (unsigned torn = 0; torn < TORN_KINDS; torn++) {
                run(&ways[i], CUT_POWER, at, (enum flash_ram_torn)torn, NULL);
            }
        }
        printf("%s: %lu bytes up, %lu down, %lu operations of the store; %lu cuts\n", ways[i].name, all[CUT_UP],
               all[CUT_DOWN], all[CUT_POWER], tried - from);
    }
    printf("outbox cuts: %lu tried, %lu lost, %lu doubled, %lu wrong; %lu reported as maybe twice\n", tried, lost,
           doubled, wrong, reported);
    printf("%s - outbox cuts\n", lost + doubled + wrong == 0 ? "ok" : "not ok");
    return lost + doubled + wrong > 0;
}
