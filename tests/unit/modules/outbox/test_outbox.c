/* SPDX-License-Identifier: MIT
 * What an application may do while it is told how an item of its outbox has ended.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/engine/durable.h"
#include "core/modules/outbox_blog.h"
#include "core/modules/outbox_chat.h"
#include "tests/unit/unit.h"
#include "tests/unit/world.h"

/* Not in a library: only the tests of the store use it. */
#include "tests/fake/flash_ram.c"

static struct world w;
static struct mote_chat chat;
static struct mote_outbox outbox;
static struct mote_store store;
static struct mote_store_config config;
static struct flash_ram device;
static uint8_t buffer[512];
static unsigned told;       /* items that gave way, or whose time was over */
static unsigned delivered;
static int32_t from_within; /* what the call from within the event returned */
static void (*act)(const struct mote_event *event);

static void on_event(struct world *world, const struct mote_event *event)
{
    (void)world;
    told += event->kind == MOTE_EV_EXPIRED;
    delivered += event->kind == MOTE_EV_DELIVERED;
    if (event->kind == MOTE_EV_EXPIRED || event->kind == MOTE_EV_DELIVERED) {
        act(event);
    }
}

static int32_t queue(const char *id, char letter, size_t len)
{
    static char body[1000];
    struct mote_durable how = {.full = MOTE_OUTBOX_DROP_OLDEST};
    memset(body, letter, len);
    body[len] = '\0';
    return mote_chat_queue(&chat, &(struct mote_chat_message){.to = "bob@localhost", .id = id, .body = body}, &how);
}

static int setup(void **state)
{
    static const struct mote_flash card = {
        .read_size = 512, .prog_size = 512, .block_size = 512, .block_count = 24, .overwrite = true};
    (void)state;
    flash_ram_init(&device, &card, ERASE_KEEPS, 5);
    config = (struct mote_store_config){.flash = &device.flash,
                                        .buffer = buffer,
                                        .buffer_size = sizeof buffer,
                                        .blocks = 4,
                                        .dropped = mote_outbox_dropped,
                                        .ctx = &outbox};
    assert_int_equal(mote_store_format(&store, &config, 1), 0);
    world_start(&w);
    w.also = on_event;
    assert_int_equal(mote_outbox_attach(&outbox, &w.x, &(struct mote_outbox_config){.store = &store}), 0);
    mote_chat_attach(&chat, &w.x, 0);
    mote_chat_durable(&chat, &outbox);
    told = delivered = 0;
    return 0;
}

/* Queue until something has to give way; returns the ticket of what took its place. */
static int32_t queue_until_told(const char *id)
{
    int32_t ticket = 0;
    for (unsigned i = 0; told == 0 && i < 100; i++) {
        ticket = queue(id, 'a', 300);
        assert_true(ticket > 0);
    }
    assert_int_equal(told, 1);
    return ticket;
}

static void read_back(int32_t ticket, char *stanza, size_t size)
{
    struct mote_outbox_stored item;
    assert_int_equal(mote_outbox_item_at(&store, ticket, &item), 1);
    assert_true(item.content_len < size);
    assert_true(mote_outbox_read(&item, 0, stanza, item.content_len));
    stanza[item.content_len] = '\0';
}

static void queue_another(const struct mote_event *event)
{
    (void)event;
    from_within = queue("other", 'b', 200);
}

/* It was composed where what is being queued lay, which went into the store half overwritten. */
static void test_an_event_may_queue(void **state)
{
    char stanza[1000];
    (void)state;
    act = queue_another;
    read_back(queue_until_told("mine"), stanza, sizeof stanza);
    assert_int_equal(from_within, MOTE_ERR_BUSY);
    assert_non_null(strstr(stanza, "id='mine'><body>aaaa"));
    assert_null(strstr(stanza, "other"));
    assert_null(strstr(stanza, "bbbb"));
}

static void send_another(const struct mote_event *event)
{
    (void)event;
    from_within = mote_chat_send(&chat, &(struct mote_chat_message){.to = "bob@localhost", .body = "not durable"});
}

/* The same with what goes into the ring; and the random id of the module is that of the other then. */
static void test_an_event_may_send(void **state)
{
    struct mote_outbox_entry entry;
    char stanza[1000], look[160];
    (void)state;
    act = send_another;
    world_login(&w);
    int32_t ticket = queue_until_told(NULL);
    read_back(ticket, stanza, sizeof stanza);
    assert_true(from_within > 0);
    assert_int_equal(mote_outbox_next(&store, ticket - 1, &entry), 1);
    assert_string_not_equal(entry.id, mote_chat_id(&chat));
    snprintf(look, sizeof look, "id='%s'><body>aaaa", entry.id);
    assert_non_null(strstr(stanza, look));
    world_take(&w, sizeof w.out);
    assert_non_null(strstr(w.out, "<body>not durable</body>"));
}

/* The power goes in the event: of what is not synced nothing is left. */
static void cut_the_power(const struct mote_event *event)
{
    static struct flash_ram cut;
    static struct mote_store after;
    static uint8_t other[512];
    struct mote_store_config there = {
        .flash = &cut.flash, .buffer = other, .buffer_size = sizeof other, .blocks = config.blocks};
    struct mote_outbox_stored item;
    flash_ram_copy(&cut, &device);
    memcpy(cut.bytes, cut.synced, sizeof cut.bytes);
    assert_int_equal(mote_store_mount(&after, &there), 0);
    from_within = mote_outbox_item_at(&after, event->ticket, &item);
}

/* It came back, and was told a second time. */
static void test_what_gave_way_is_gone_before_it_is_told(void **state)
{
    (void)state;
    act = cut_the_power;
    device.cached = true;
    memcpy(device.synced, device.bytes, sizeof device.bytes);
    queue_until_told("mine");
    assert_int_equal(from_within, 0);
}

/// What is on its way ///

/* Go on, and give what was sent. */
static const char *sent(void)
{
    w.out_len = 0;
    for (unsigned i = 0; i < 20 && mote_deadline(&w.x) <= w.now_ms; i++) {
        world_at(&w, w.now_ms);
    }
    world_take(&w, sizeof w.out);
    w.out[w.out_len] = '\0';
    return w.out;
}

static void drop_the_first(const struct mote_event *event)
{
    (void)event;
    mote_outbox_drop(&outbox, 1);
}

/* It was in front of what was being walked through, and the walk left one out, which was never told. */
static void test_an_event_may_drop_what_is_on_its_way(void **state)
{
    static struct mote_blog blog;
    char answer[100], id[12];
    (void)state;
    act = drop_the_first;
    mote_blog_attach(&blog, &w.x, NULL);
    mote_blog_durable(&blog, &outbox);
    world_login(&w);
    assert_int_equal(
        mote_blog_queue(&blog, &(struct mote_post){.id = "p", .title = "post", .updated = 1795219200}, NULL), 1);
    assert_int_equal(queue("m1", 'a', 10), 2);
    assert_int_equal(queue("m2", 'b', 10), 3);
    const char *ping = strstr(sent(), "' to='localhost'><ping");
    assert_non_null(ping);
    snprintf(id, sizeof id, "%.11s", ping - 11);
    snprintf(answer, sizeof answer, "<iq type='result' id='%s' from='localhost'/>", id);
    world_in(&w, answer);
    assert_int_equal(delivered, 2);
    assert_int_equal(mote_outbox_count(&outbox), 0);
}

/* The second is over before it leaves, and the application drops the first then: the third takes its number. */
static void test_an_event_may_drop_what_is_about_to_leave(void **state)
{
    struct mote_chat_message late = {.to = "bob@localhost", .id = "m2", .body = "late"};
    (void)state;
    act = drop_the_first;
    world_login(&w);
    mote_set_unix_time(&w.x, 1795219200, w.now_ms);
    assert_int_equal(queue("m1", 'a', 10), 1);
    assert_int_equal(mote_chat_queue(&chat, &late, &(struct mote_durable){.expiry = 1}), 2);
    assert_int_equal(queue("m3", 'b', 10), 3);
    uint32_t number = mote__durable_next_number(&w.x);
    sent();
    assert_int_equal(told, 2);
    assert_int_equal(outbox.count, 1);
    assert_int_equal(outbox.flights[0].seq, 3);
    assert_int_equal(outbox.flights[0].number, number);
}

static void close_the_stream(const struct mote_event *event)
{
    (void)event;
    mote_close(&w.x, w.now_ms);
}

/* One is over before it leaves, and the application closes the stream then: the next was tried for ever. */
static void test_an_event_may_close_while_a_batch_is_put_together(void **state)
{
    struct mote_chat_message late = {.to = "bob@localhost", .id = "m1", .body = "late"};
    (void)state;
    act = close_the_stream;
    world_login(&w);
    mote_set_unix_time(&w.x, 1795219200, w.now_ms);
    assert_int_equal(mote_chat_queue(&chat, &late, &(struct mote_durable){.expiry = 1}), 1);
    assert_int_equal(queue("m2", 'a', 10), 2);
    assert_null(strstr(sent(), "m2"));
    assert_int_equal(told, 1);
    assert_int_equal(mote_outbox_count(&outbox), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_an_event_may_queue, setup),
        cmocka_unit_test_setup(test_an_event_may_send, setup),
        cmocka_unit_test_setup(test_what_gave_way_is_gone_before_it_is_told, setup),
        cmocka_unit_test_setup(test_an_event_may_drop_what_is_on_its_way, setup),
        cmocka_unit_test_setup(test_an_event_may_drop_what_is_about_to_leave, setup),
        cmocka_unit_test_setup(test_an_event_may_close_while_a_batch_is_put_together, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
