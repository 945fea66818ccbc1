/* SPDX-License-Identifier: MIT
 * The device, its flash and its clock for the fuzz targets of the outbox.
 */
#include "tests/fuzz/outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

enum { ARENA = 4096, XML = 16384, TICKS = 10000, TURNS = 4000, STALL = 16384 };

struct world world;
struct flash_ram world_device;

static uint8_t arena[ARENA], xml[XML], tx[WORLD_TX], buffer[512];

/* Small, so that they are full at times, and turn over. */
static const struct {
    struct mote_flash flash;
    enum flash_ram_erase erase;
    uint32_t blocks;
} geometries[] = {
    {{.read_size = 512, .prog_size = 512, .block_size = 512, .block_count = 48, .overwrite = true}, ERASE_KEEPS, 8},
    {{.read_size = 16, .prog_size = 16, .block_size = 1024, .block_count = 12}, ERASE_ONES, 2},
    {{.read_size = 1, .prog_size = 8, .block_size = 2048, .block_count = 4}, ERASE_ZEROS, 1},
    {{.read_size = 4, .prog_size = 4, .block_size = 1024, .block_count = 8}, ERASE_RANDOM, 1},
};
enum { GEOMETRIES = sizeof geometries / sizeof geometries[0] };
static struct flash_ram formatted[GEOMETRIES];
static uint32_t blocks;

static void trace(const char *what, const void *bytes, size_t len)
{
    if (device_trace) {
        fprintf(stderr, "    %s: %.*s\n", what, (int)len, (const char *)bytes);
    }
}

int64_t world_unix_time(void)
{
    return WORLD_TIME + (int64_t)(world.now_ms / 1000);
}

bool world_alive(void)
{
    return !world_device.off && world.store.error == 0;
}

/// Power on ///

static int witness(void *ctx, const char *to, const char *id, int64_t since, uint32_t ticket)
{
    (void)ctx, (void)to, (void)since;
    if (world.witness == WITNESS_ARCHIVE) {
        bool there = model_find(&world.server, id) != NULL;
        mote_outbox_witnessed(&world.outbox, ticket, there ? MOTE_OUTBOX_FOUND : MOTE_OUTBOX_NOT_FOUND);
    }
    return world.witness == WITNESS_FAILS ? MOTE_ERR_STATE : 0;
}

bool world_testify(unsigned which)
{
    struct mote_outbox_stored item;
    char id[24];
    int32_t ticket = ledger_waiting(which);
    bool asked = mote_outbox_state(&world.outbox, ticket) == MOTE_OUTBOX_UNSURE &&
                 mote_outbox_item_at(&world.store, ticket, &item) > 0 &&
                 mote_outbox_id(&item, id, sizeof id);
    if (asked) {
        bool there = model_find(&world.server, id) != NULL;
        mote_outbox_witnessed(&world.outbox, (uint32_t)ticket,
                              world.witness == WITNESS_FAILS ? MOTE_OUTBOX_CANNOT_TELL
                              : there                        ? MOTE_OUTBOX_FOUND
                                                             : MOTE_OUTBOX_NOT_FOUND);
    }
    return asked;
}

static void on_event(void *app, struct mote *x, const struct mote_event *e)
{
    (void)app, (void)x;
    if (device_trace && !world_device.off) {
        fprintf(stderr, "    event %d ticket %d error %d: %s\n", (int)e->kind, (int)e->ticket, e->error,
                e->why != NULL ? e->why : "");
    }
    if (!world_device.off) { /* without power nobody hears it */
        ledger_event(e);
    }
}

static void boot(void)
{
    struct mote_config config = {.jid = "a@localhost", .password = "p", .services = &device_services, .arena = arena,
                                 .arena_size = sizeof arena, .xml = xml, .xml_size = sizeof xml,
                                 .tx = tx + sizeof tx - world.tx_size, .tx_size = world.tx_size, .on_event = on_event,
                                 .flags = MOTE_INSECURE_LOOPBACK | MOTE_ALLOW_PLAIN};
    struct mote_outbox_config outbox = {.store = &world.store, .forget_session = world.forget_session,
                                        .witness = world.witness != WITNESS_NONE ? witness : NULL};
    world.store_config = (struct mote_store_config){.flash = &world_device.flash,
                                                    .buffer = buffer,
                                                    .buffer_size = sizeof buffer,
                                                    .blocks = blocks,
                                                    .dropped = mote_outbox_dropped,
                                                    .ctx = &world.outbox};
    must(mote_init(&world.x, &config) == 0, "the configuration is taken");
    must(mote_store_mount(&world.store, &world.store_config) == 0, "the store is there, whatever happened");
    mote_clock_attach(&world.clock, &world.x);
    must(mote_outbox_attach(&world.outbox, &world.x, &outbox) == 0, "the outbox is attached");
    mote_chat_attach(&world.chat, &world.x, 0);
    mote_blog_attach(&world.blog, &world.x, NULL);
    mote_files_attach(&world.files, &world.x,
                      &(struct mote_files_config){.transfers = world.transfers, .count = 2, .max_size = 100000});
    mote_presence_attach(&world.presence, &world.x, NULL);
    mote_chat_durable(&world.chat, &world.outbox);
    mote_blog_durable(&world.blog, &world.outbox);
    mote_files_durable(&world.files, &world.queued, &world.outbox);
}

void world_prepare(void)
{
    device_trace = getenv("FUZZ_TRACE") != NULL;
    for (unsigned i = 0; i < GEOMETRIES; i++) {
        flash_ram_init(&formatted[i], &geometries[i].flash, geometries[i].erase, 3);
        world.store_config = (struct mote_store_config){.flash = &formatted[i].flash, .buffer = buffer,
                                                   .buffer_size = sizeof buffer, .blocks = geometries[i].blocks};
        must(mote_store_format(&world.store, &world.store_config, 5) == 0, "a device that works can be formatted");
    }
}

void world_begin(unsigned geometry, bool cached, size_t tx_size)
{
    geometry %= GEOMETRIES;
    flash_ram_copy(&world_device, &formatted[geometry]);
    if (cached && world_device.flash.overwrite) {
        world_device.cached = true;
        memcpy(world_device.synced, world_device.bytes,
               (size_t)world_device.flash.block_size * world_device.flash.block_count);
    }
    blocks = geometries[geometry].blocks;
    device.random = 1;
    world.now_ms = 1000;
    world.tx_size = tx_size;
    world.server.heard = ledger_heard;
    ledger_begin();
    boot();
}

void world_reboot(size_t tx_size)
{
    bool torn = !world_alive();
    if (device_trace) {
        fprintf(stderr, "    reboot%s\n", torn ? ", torn" : "");
    }
    flash_ram_power(&world_device);
    world.tx_size = tx_size;
    world.connected = false;
    world.reboots++;
    boot();
    ledger_mounted(torn);
}

/// The wire ///

void world_connect(void)
{
    if (mote_connected(&world.x, &device_loopback, world.now_ms) == 0) {
        model_connect(&world.server);
        markup_start(&world.markup);
        world.connected = true;
    }
}

void world_cut(void)
{
    if (world.connected) {
        world.connected = false;
        mote_lost(&world.x, MOTE_ERR_LOST, NULL, world.now_ms);
    }
}

bool world_up(size_t max)
{
    const uint8_t *bytes;
    size_t n, sent = 0;
    while (world.connected && sent < max && world.server.out_len - world.server.out_sent < STALL &&
           (n = mote_out(&world.x, 0, &bytes)) > 0 && !world_device.off) {
        n = n < max - sent ? n : max - sent;
        trace("up", bytes, n);
        const char *wrong = markup_feed(&world.markup, bytes, n);
        must(wrong == NULL, wrong);
        model_feed(&world.server, bytes, n);
        mote_out_done(&world.x, 0, n, world.now_ms);
        sent += n;
    }
    return sent > 0;
}

/* A session that has counted that much already, once nothing is on its way that was numbered. */
static void count_on(void)
{
    struct model_server *s = &world.server;
    bool quiet = mote_outbox_item_at(&world.store, 1, &(struct mote_outbox_stored){0}) == 0 && world.outbox.count == 0;
    if (world.near_wrap != 0 && quiet && world.x.sm.state == SM_ON && s->out_sent == s->out_len && s->counting &&
        world.x.sm.out == s->handled && !mote__txring_unacked(&world.x.tx)) {
        s->handled += world.near_wrap;
        world.x.sm.out += world.near_wrap;
        world.near_wrap = 0;
    }
}

bool world_down(size_t max)
{
    struct model_server *s = &world.server;
    size_t n = s->out_len - s->out_sent;
    n = n < max ? n : max;
    if (!world.connected || n == 0 || (mote_wants(&world.x, 0) & MOTE_WANT_READ) == 0) {
        return false;
    }
    trace("down", s->out + s->out_sent, n);
    ptrdiff_t taken = mote_in(&world.x, 0, s->out + s->out_sent, n, world.now_ms);
    must(taken <= (ptrdiff_t)n, "no more bytes are taken than were given");
    s->out_sent += taken > 0 ? (size_t)taken : n;
    count_on();
    return taken > 0;
}

void world_raw(const void *bytes, size_t len)
{
    if (world.connected && len > 0) {
        trace("raw", bytes, len);
        world.raw = true;
        mote_in(&world.x, 0, bytes, len, world.now_ms);
    }
}

/// Time ///

void world_due(void)
{
    unsigned ticks = 0;
    while (!world_device.off && mote_deadline(&world.x) <= world.now_ms &&
           (mote_wants(&world.x, 0) & MOTE_WANT_CLOSE) == 0) {
        must(++ticks < TICKS, "a deadline that no tick moves on: a busy loop");
        mote_tick(&world.x, world.now_ms);
    }
    if (!world_device.off && (mote_wants(&world.x, 0) & MOTE_WANT_CLOSE) != 0) {
        world_cut();
    }
}

void world_wait(uint32_t ms)
{
    world.now_ms += ms;
    world_due();
}

void world_run(void)
{
    for (unsigned turns = 0; turns < 100 && !world_device.off; turns++) {
        bool moved = world_up(SIZE_MAX);
        moved = (!world_device.off && world_down(SIZE_MAX)) || moved;
        world_due();
        if (!moved) {
            return;
        }
    }
}

/// The end ///

static void be_honest(void)
{
    struct model_server *s = &world.server;
    s->lie = 0;
    s->silent = false;
    s->refusal = NULL;
    s->peer = PEER_TAKES;
    world.manner = MANNER_NOTHING;
    world_device.cut_at = world_device.fail_at = 0;
}

/* Wait for the next thing that is due. */
static void pass_time(void)
{
    uint64_t next = mote_deadline(&world.x);
    if (mote_outbox_count(&world.outbox) == 0) {
        return;
    }
    must(next != UINT64_MAX, "items wait, and nothing is due that would move them");
    world.now_ms = next > world.now_ms ? next : world.now_ms;
}

void world_end(void)
{
    be_honest();
    world_cut();
    if (!world_alive()) {
        world_reboot(WORLD_TX);
    }
    for (unsigned turns = 0; mote_outbox_count(&world.outbox) > 0; turns++) {
        must(turns < TURNS, "an item that never ends");
        if (!world.connected) {
            world_connect();
        }
        bool moved = world_up(SIZE_MAX);
        moved = world_down(SIZE_MAX) || moved;
        for (unsigned i = 0; i < LEDGER_ITEMS; i++) {
            moved = world_testify(i) || moved;
        }
        world_due();
        ledger_check();
        if (!moved && world.connected && !(mote_wants(&world.x, 0) & MOTE_WANT_WRITE)) {
            pass_time();
        }
    }
    ledger_check();
    ledger_settled();
    world_cut();
}
