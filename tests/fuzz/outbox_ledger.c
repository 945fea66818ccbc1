/* SPDX-License-Identifier: MIT
 * The ledger of the application: each item that it queued, with all that it may expect of it.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/outbox.h"

enum { LARGEST = 5000 };

struct entry {
    char id[8];
    const char *to, *node;
    unsigned kind;
    bool latest, droppable, dropped; /* by the application */
    int64_t expiry;
    size_t size;     /* bytes of the body, title or file */
    int32_t ticket;  /* 0: the call has not returned one */
    bool over;       /* the application was told, or it was swallowed by a cut */
    bool void_;      /* was never queued */
    bool may_follow; /* it was in the ring when it was over, and may still be sent */
    bool heard;      /* by the server */
};

static struct {
    struct entry entries[LEDGER_ITEMS];
    unsigned count;
    enum ledger_act act; /* the call that the application is in */
    struct entry *of;    /* and which it is about */
    int32_t last_ticket;
    int32_t heard_last[MOTE_OUTBOX_FILE + 1];
    unsigned long seen; /* operations of the device at the last check */
} ledger;

static char text[LARGEST + 1];

static const char *const receivers[] = {"b@localhost", "c@localhost", "bob@localhost/x"};
static const char *const services[] = {"", "localhost"};
static const char *const nodes[] = {"urn:xmpp:microblog:0", "n"};

void ledger_begin(void)
{
    memset(&ledger, 0, sizeof ledger);
    ledger.seen = ULONG_MAX;
}

static struct entry *by_ticket(int32_t ticket)
{
    for (unsigned i = 0; ticket > 0 && i < ledger.count; i++) {
        if (ledger.entries[i].ticket == ticket) {
            return &ledger.entries[i];
        }
    }
    return NULL;
}

static struct entry *by_id(const char *id)
{
    for (unsigned i = 0; i < ledger.count; i++) {
        if (strcmp(ledger.entries[i].id, id) == 0) {
            return &ledger.entries[i];
        }
    }
    return NULL;
}

static bool waits(const struct entry *e)
{
    return e->ticket > 0 && !e->over && !e->void_;
}

int32_t ledger_waiting(unsigned which)
{
    unsigned waiting = 0;
    for (unsigned i = 0; i < ledger.count; i++) {
        waiting += waits(&ledger.entries[i]);
    }
    for (unsigned i = 0, n = waiting > 0 ? which % waiting : 0; waiting > 0 && i < ledger.count; i++) {
        if (waits(&ledger.entries[i]) && n-- == 0) {
            return ledger.entries[i].ticket;
        }
    }
    return 0;
}

const char *ledger_sent(unsigned which)
{
    const struct model_server *s = &world.server;
    const struct model_arrival *a = s->count > 0 ? &s->ledger[which % s->count] : NULL;
    return a != NULL && !a->post ? a->id : NULL;
}

/// Queueing ///

static void describe(struct entry *e, unsigned kind, uint8_t how)
{
    static const size_t sizes[] = {1, 60, 400, 1200};
    *e = (struct entry){.kind = kind, .latest = (how & 1) != 0, .droppable = (how & 2) != 0};
    snprintf(e->id, sizeof e->id, "i%02u", ledger.count);
    e->to = kind == MOTE_OUTBOX_POST   ? services[how >> 4 & 1]
            : kind == MOTE_OUTBOX_FILE ? receivers[2]
                                       : receivers[how >> 4 & 1];
    e->node = kind == MOTE_OUTBOX_POST ? nodes[how >> 5 & 1] : "";
    e->size = sizes[how >> 2 & 3] + (kind == MOTE_OUTBOX_MESSAGE && (how & 0x8c) == 0x8c ? 2000 : 0);
    const int64_t expiries[] = {0, world_unix_time() - 1, world_unix_time() + 10, world_unix_time() + 3600};
    e->expiry = expiries[how >> 6];
}

static int32_t hand_over(const struct entry *e)
{
    struct mote_durable d = {
        .expiry = e->expiry, .latest = e->latest, .full = e->droppable ? MOTE_OUTBOX_DROP_OLDEST : MOTE_OUTBOX_REFUSE};
    memset(text, 'x', e->size);
    text[e->size] = '\0';
    switch (e->kind) {
    case MOTE_OUTBOX_MESSAGE:
        return mote_chat_queue(&world.chat, &(struct mote_chat_message){.to = e->to, .id = e->id, .body = text}, &d);
    case MOTE_OUTBOX_POST:
        return mote_blog_queue(&world.blog, &(struct mote_post){.service = e->to[0] != '\0' ? e->to : NULL,
                                                                .node = e->node, .id = e->id, .title = text,
                                                                .updated = WORLD_TIME}, &d);
    case MOTE_OUTBOX_FILE:
        return mote_files_queue(&world.files, e->to, e->id, text, e->size, &d);
    }
    return 0;
}

void ledger_queue(unsigned kind, uint8_t how)
{
    enum ledger_act act = ledger.act;
    struct entry *of = ledger.of, *e = &ledger.entries[ledger.count];
    if (ledger.count == LEDGER_ITEMS) {
        return;
    }
    int32_t before = ledger.last_ticket; /* an event from within may queue as well */
    describe(e, kind, how);
    ledger.count++;
    ledger.act = ACT_QUEUE;
    ledger.of = e;
    int32_t ticket = hand_over(e);
    if (device_trace) {
        fprintf(stderr, "    queued %s: kind %d to '%s' bytes %zu%s%s expiry %+ld => %d\n", e->id, (int)e->kind, e->to,
                e->size, e->latest ? " latest" : "", e->droppable ? " droppable" : "",
                e->expiry != 0 ? (long)(e->expiry - world_unix_time()) : 0, (int)ticket);
    }
    ledger.act = act;
    ledger.of = of;
    if (!world_alive()) {
        return; /* it is there or not: the next mount tells */
    }
    must(ticket != 0, "a ticket or an error");
    if (ticket > 0) {
        must(ticket > before && by_ticket(ticket) == NULL, "tickets count up");
        e->ticket = ticket;
        ledger.last_ticket = ticket > ledger.last_ticket ? ticket : ledger.last_ticket;
    } else {
        must(ticket == MOTE_ERR_FULL || ticket == MOTE_ERR_SIZE || (ticket == MOTE_ERR_BUSY && act == ACT_QUEUE),
             "a reason why it cannot be queued");
        e->void_ = true;
    }
}

void ledger_drop(unsigned which)
{
    enum ledger_act act = ledger.act;
    struct entry *of = ledger.of, *e = by_ticket(ledger_waiting(which));
    if (e == NULL) {
        return;
    }
    ledger.act = ACT_DROP;
    ledger.of = e;
    e->dropped = true;
    int result = mote_outbox_drop(&world.outbox, e->ticket);
    ledger.act = act;
    ledger.of = of;
    must(!world_alive() || act == ACT_QUEUE || (result == 0 && e->over), "what waits can be dropped");
}

/// What the application is told ///

/* Its stanza stands in the ring. */
static bool in_ring(const struct entry *e)
{
    static char bytes[WORLD_TX + 1];
    const struct mote__txring *t = &world.x.tx;
    char look[16];
    size_t n = 0;
    for (uint64_t at = t->acked; at < t->queued; at++) {
        char c = (char)t->base[at % t->size];
        bytes[n++] = c != '\0' ? c : ' ';
    }
    bytes[n] = '\0';
    snprintf(look, sizeof look, e->kind == MOTE_OUTBOX_FILE ? "<name>%s<" : " id='%s'", e->id);
    return strstr(bytes, look) != NULL;
}

static bool same_place(const struct entry *a, const struct entry *b)
{
    return a->kind == b->kind && strcmp(a->to, b->to) == 0 && strcmp(a->node, b->node) == 0;
}

/* `e` gives way to the item that is being queued. */
static bool gives_way(const struct entry *e, const struct entry *to)
{
    if (e->latest && to->latest && same_place(e, to)) {
        return true;
    }
    for (const struct entry *o = ledger.entries; o < e; o++) {
        if (waits(o) && o->droppable && !(o->latest && to->latest && same_place(o, to))) {
            return false; /* it is not the oldest */
        }
    }
    return e->droppable && to->droppable;
}

static void expired(const struct entry *e)
{
    int64_t now = mote_unix_time(&world.x);
    bool over = e->expiry != 0 && now >= e->expiry;
    must(over || (ledger.act == ACT_DROP && ledger.of == e) || (ledger.act == ACT_QUEUE && gives_way(e, ledger.of)),
         "expired, though its time was not over, nobody dropped it, and nothing took its place");
}

static void delivered(const struct entry *e, bool maybe_twice)
{
    const struct model_arrival *a = model_find(&world.server, e->id);
    bool certain = !world.raw && !world.lied;
    must(a != NULL || world.raw || (world.lied && (world.reboots > 0 || e->kind == MOTE_OUTBOX_FILE)),
         "delivered, though it has not arrived");
    must(!certain || e->kind != MOTE_OUTBOX_MESSAGE || a->times < 2 || maybe_twice,
         "it arrived twice, and nobody says so");
}

static void undeliverable(const struct entry *e, int error)
{
    bool large = e->size + 500 + world.tx_size / 8 > world.tx_size;
    must(error != MOTE_ERR_IO && error != MOTE_ERR_STATE && error != MOTE_ERR_BUSY && error != MOTE_ERR_FULL,
         "a reason that holds for good");
    must(error != MOTE_ERR_SIZE || large || e->kind != MOTE_OUTBOX_MESSAGE, "too large, though it is not");
    /* Whom a server that lies about h makes hear things twice, may break off a file. */
    bool misled = world.lied && e->kind == MOTE_OUTBOX_FILE;
    must(error == MOTE_ERR_SIZE || world.refusals > 0 || world.raw || misled, "refused, though nobody refused it");
}

static void act_inside(void)
{
    if (world.manner == MANNER_NOTHING || world.manner_left == 0) {
        return;
    }
    world.manner_left--;
    switch (world.manner) {
    case MANNER_QUEUES:
        /* what is being queued has no ticket yet that its own outcome could name */
        ledger_queue(1 + world.manner_item % 3u,
                     ledger.act == ACT_QUEUE ? world.manner_item & 0xfc : world.manner_item);
        break;
    case MANNER_DROPS:
        ledger_drop(world.manner_item);
        mote_outbox_retry(&world.outbox);
        break;
    default:
        mote_close(&world.x, world.now_ms);
        break;
    }
}

void ledger_event(const struct mote_event *event)
{
    if (event->kind < MOTE_EV_DELIVERED || event->kind > MOTE_EV_EXPIRED) {
        return;
    }
    struct entry *e = by_ticket(event->ticket);
    const struct mote_outbox_item *item = mote_outbox_item_of(event);
    must(e != NULL, "an outcome of something that was never queued");
    must(!e->over, "a second outcome of one item");
    must(item != NULL && item->kind == e->kind && strcmp(item->to, e->to) == 0, "the outcome is about the item");
    must(item->id == NULL || strcmp(item->id, e->id) == 0, "the outcome names the item");
    if (event->kind == MOTE_EV_EXPIRED) {
        expired(e);
    } else if (event->kind == MOTE_EV_DELIVERED) {
        delivered(e, item->maybe_twice);
    } else {
        undeliverable(e, event->error);
    }
    e->over = true;
    e->may_follow = in_ring(e);
    act_inside();
}

/// What the server has got ///

static void check_body(const struct entry *e, const char *stanza)
{
    const char *open = e->kind == MOTE_OUTBOX_MESSAGE ? "<body>" : "<title>", *body = strstr(stanza, open);
    must(body != NULL && strspn(body + strlen(open), "x") == e->size, "it arrives as it was queued");
}

/* Messages and posts leave in their order; after a restart those on their way of each kind, for only messages are
 * known. */
static void check_order(const struct entry *e)
{
    enum { BOTH = 0 };
    int32_t *last = ledger.heard_last;
    if (!e->heard && e->kind != MOTE_OUTBOX_FILE) {
        must(e->ticket > last[e->kind], "out of order");
        must(world.reboots > 0 || e->ticket > last[BOTH], "a message and a post out of order");
        last[e->kind] = last[BOTH] = e->ticket;
    }
}

void ledger_heard(const char *stanza)
{
    const char *item = strstr(stanza, "<item "), *name = strstr(stanza, "<name>");
    char id[64] = "";
    if (strncmp(stanza, "<message", 8) == 0) {
        model_attribute(stanza, "id", id);
    } else if (item != NULL) {
        model_attribute(item, "id", id);
    } else if (name != NULL) {
        snprintf(id, sizeof id, "%.*s", (int)strcspn(name + 6, "<"), name + 6);
    }
    if (id[0] != 'i') {
        return; /* none of the outbox */
    }
    struct entry *e = by_id(id);
    must(e != NULL && e->ticket > 0, "something is sent that was never queued");
    must(!e->over || e->may_follow, "something is sent again that was told as over");
    if (e->kind != MOTE_OUTBOX_FILE) {
        check_body(e, stanza);
    }
    check_order(e);
    e->heard = true;
}

/// What is in the store ///

static unsigned long operations(void)
{
    return world_device.progs + world_device.erases + world_device.syncs;
}

/* Marks what is in the store. */
static uint64_t look(void)
{
    struct mote_store_item item = {0};
    uint64_t there = 0;
    unsigned walked = 0;
    while (mote_store_next(&world.store, item.seq, &item) > 0) {
        const struct entry *e = by_ticket((int32_t)item.seq);
        must(e != NULL && !e->void_, "an item in the store that was never queued");
        must(!e->over, "an item in the store that was told as over");
        there |= 1ull << (e - ledger.entries);
        walked++;
    }
    if (!world_alive()) {
        return UINT64_MAX; /* it failed in being read */
    }
    must(walked == mote_outbox_count(&world.outbox), "as many as the outbox counts");
    return there;
}

void ledger_check(void)
{
    for (unsigned i = 0; i < ledger.count; i++) { /* once it has left the ring it cannot come back */
        struct entry *e = &ledger.entries[i];
        e->may_follow = e->may_follow && in_ring(e);
    }
    if (!world_alive() || operations() == ledger.seen) {
        return;
    }
    ledger.seen = operations();
    uint64_t there = look();
    for (unsigned i = 0; i < ledger.count; i++) {
        must(!waits(&ledger.entries[i]) || (there >> i & 1) != 0, "an item left the store, and nobody was told");
    }
}

/* The call that queued it was cut off: is it there? */
static void find_doubtful(struct entry *e)
{
    struct mote_outbox_entry item = {0};
    while (mote_outbox_next(&world.store, item.ticket, &item) > 0) {
        if (strcmp(item.id, e->id) == 0) {
            must(by_ticket(item.ticket) == NULL && item.kind == e->kind && strcmp(item.to, e->to) == 0,
                 "it is as it was queued");
            e->ticket = item.ticket;
            ledger.last_ticket = item.ticket > ledger.last_ticket ? item.ticket : ledger.last_ticket;
            return;
        }
    }
    e->void_ = true;
}

/* It could have been over in the moment of the cut. */
static bool could_be_over(const struct entry *e)
{
    return e->heard || e->latest || e->droppable || e->expiry != 0 || world.refusals > 0 ||
           world.raw || world.lied || e->dropped;
}

void ledger_mounted(bool torn)
{
    unsigned swallowed = 0;
    for (unsigned i = 0; i < ledger.count; i++) {
        struct entry *e = &ledger.entries[i];
        e->may_follow = false; /* the ring is empty */
        if (e->ticket == 0 && !e->void_) {
            must(torn, "a call that gave no answer");
            find_doubtful(e);
        }
    }
    uint64_t there = look();
    for (unsigned i = 0; i < ledger.count; i++) {
        struct entry *e = &ledger.entries[i];
        if (waits(e) && (there >> i & 1) == 0) {
            must(torn && could_be_over(e), "an item is gone after a restart, and nobody was told");
            must(++swallowed == 1, "a cut swallows the outcome of one item at most");
            e->over = true;
        }
    }
    ledger.act = ACT_NONE;
    ledger.of = NULL;
    ledger.seen = operations();
}

void ledger_settled(void)
{
    for (unsigned i = 0; i < ledger.count; i++) {
        must(ledger.entries[i].over || ledger.entries[i].void_, "an item without an outcome");
    }
}
