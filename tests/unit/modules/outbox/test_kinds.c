/* SPDX-License-Identifier: MIT
 * Kinds of items that no module of this tree knows: one of each handling, carried by a module of the test.
 */
#include <stdio.h>

#include "core/modules/outbox_chat.h"
#include "tests/unit/unit.h"
#include "tests/unit/world.h"

/* Not in a library: only the tests of the store use it. */
#include "tests/fake/flash_ram.c"

enum { ALARM = 200, SIGN = 201, VISIT = 202 };

static struct {
    struct mote_module mod;
    struct mote_outbox_carrier alarms, signs, visits;
    char sent[8][32]; /* what `send` was called with: kind, id, and how often it was begun before */
    unsigned count;
    int result;   /* what it returns */
    int32_t last; /* ticket */
} mine;

static struct world w;
static struct mote_chat chat;
static struct mote_outbox outbox;
static struct mote_store store;
static struct mote_store_config config;
static struct flash_ram device;
static uint8_t buffer[512];
static unsigned ended, asked, lines;
static int ended_kind;
static char log_line[256];

static int send_it(struct mote_module *m, const struct mote_outbox_stored *item)
{
    char id[16];
    assert_ptr_equal(m, &mine.mod);
    assert_true(mote_outbox_id(item, id, sizeof id));
    assert_in_range(mine.count, 0, 7);
    snprintf(mine.sent[mine.count++], sizeof mine.sent[0], "%u %s %u", item->kind, id, item->tries);
    mine.last = item->ticket;
    return mine.result;
}

static const struct mote_module_class my_class = {.name = "mine"};
static const struct mote_outbox_kind alarm_kind = {ALARM, MOTE_OUTBOX_REQUEST, "alarm", send_it};
static const struct mote_outbox_kind sign_kind = {SIGN, MOTE_OUTBOX_STANZA, "sign", send_it};
static const struct mote_outbox_kind visit_kind = {VISIT, MOTE_OUTBOX_MEETING, "visit", send_it};
static const struct mote_outbox_kind mute_kind = {SIGN, MOTE_OUTBOX_STANZA, "sign", NULL};

static void on_event(struct world *world, const struct mote_event *event)
{
    (void)world;
    if (event->kind == MOTE_EV_DELIVERED || event->kind == MOTE_EV_UNDELIVERABLE || event->kind == MOTE_EV_EXPIRED) {
        ended++;
        ended_kind = mote_outbox_item_of(event)->kind;
    }
}

static void count_lines(void *ctx, enum mote_log_level level, const char *line)
{
    (void)ctx;
    if (level == MOTE_LOG_WARN) {
        snprintf(log_line, sizeof log_line, "%s", line);
        lines++;
    }
}

static int nobody_can_tell(void *ctx, const char *to, const char *id, int64_t since, uint32_t ticket)
{
    (void)ctx, (void)to, (void)id, (void)since, (void)ticket;
    asked++;
    return MOTE_ERR_STATE;
}

/* A start, on the store as it is. */
static void start(bool forget_session)
{
    world_start(&w);
    w.also = on_event;
    w.services.log = count_lines;
    struct mote_outbox_config kept = {.store = &store, .witness = nobody_can_tell, .forget_session = forget_session};
    assert_int_equal(mote_outbox_attach(&outbox, &w.x, &kept), 0);
    mote_chat_attach(&chat, &w.x, 0);
    memset(&mine, 0, sizeof mine);
    mote_module_attach(&mine.mod, &w.x, &my_class);
    ended = asked = lines = 0;
}

static int setup(void **state)
{
    static const struct mote_flash card = {
        .read_size = 512, .prog_size = 512, .block_size = 512, .block_count = 64, .overwrite = true};
    (void)state;
    flash_ram_init(&device, &card, ERASE_KEEPS, 5);
    config = (struct mote_store_config){.flash = &device.flash, .buffer = buffer, .buffer_size = sizeof buffer};
    assert_int_equal(mote_store_format(&store, &config, 1), 0);
    start(false);
    return 0;
}

static int32_t push(const struct mote_outbox_carrier *carrier, const char *id)
{
    char content[100];
    snprintf(content, sizeof content, "<message to='bob@localhost' id='%s'><my xmlns='urn:example'/></message>", id);
    struct mote_outbox_new item = {
        .to = "bob@localhost", .id = id, .node = "", .content = {{content, 10}, {content + 10, strlen(content) - 10}}};
    item.pieces = 2;
    return mote_outbox_push(carrier, &item);
}

static void test_what_nobody_carries_cannot_be_queued(void **state)
{
    (void)state;
    assert_int_equal(push(&mine.alarms, "a"), MOTE_ERR_STATE);
    assert_string_equal(mote_outbox_kind_name(&outbox, ALARM), "unknown");
    mote_outbox_carry(&outbox, &mine.alarms, &alarm_kind, &mine.mod);
    assert_int_equal(push(&mine.alarms, "a"), 1);
    assert_string_equal(mote_outbox_kind_name(&outbox, ALARM), "alarm");
}

/* It is begun once a time, in its turn, and is over when the module says so. */
static void test_a_request_of_others(void **state)
{
    struct mote_outbox_entry entry;
    (void)state;
    mote_outbox_carry(&outbox, &mine.alarms, &alarm_kind, &mine.mod);
    assert_int_equal(push(&mine.alarms, "a"), 1);
    world_login(&w);
    world_settle(&w);
    assert_int_equal(mine.count, 1);
    assert_string_equal(mine.sent[0], "200 a 0");
    mote_outbox_again(&outbox, 1, 500);
    world_settle(&w);
    assert_int_equal(mine.count, 1);
    world_at(&w, w.now_ms + 500);
    assert_string_equal(mine.sent[1], "200 a 1");
    assert_int_equal(mote_outbox_next(&store, 0, &entry), 1);
    assert_int_equal(entry.kind, ALARM);
    mote_outbox_done(&outbox, 1, NULL, 0, NULL);
    assert_int_equal(world_events(&w, MOTE_EV_DELIVERED), 1);
    assert_int_equal(ended_kind, ALARM);
    assert_int_equal(mote_outbox_count(&outbox), 0);
}

/* An error that `send` returns is the end of it; those that pass are not. */
static void test_what_send_returns(void **state)
{
    (void)state;
    mote_outbox_carry(&outbox, &mine.alarms, &alarm_kind, &mine.mod);
    push(&mine.alarms, "a");
    mine.result = MOTE_ERR_BUSY;
    world_login(&w);
    world_settle(&w);
    assert_int_equal(mine.count, 1);
    mine.result = MOTE_ERR_TEXT;
    world_at(&w, w.now_ms + 250);
    assert_string_equal(mine.sent[1], "200 a 0");
    assert_int_equal(world_events(&w, MOTE_EV_UNDELIVERABLE), 1);
    assert_int_equal(world_last_error(&w), MOTE_ERR_TEXT);
}

/* The outbox sends it, tells the module, and knows by a ping that it has arrived. */
static void test_a_stanza_of_others(void **state)
{
    char id[64], answer[128];
    (void)state;
    mote_outbox_carry(&outbox, &mine.signs, &sign_kind, &mine.mod);
    push(&mine.signs, "s");
    world_login(&w);
    world_settle(&w);
    assert_string_equal(mine.sent[0], "201 s 0");
    assert_non_null(strstr(w.out, "<message to='bob@localhost' id='s'><my xmlns='urn:example'/></message><iq"));
    world_attr(world_find_last(&w, "<iq type='get'"), "id", id);
    snprintf(answer, sizeof answer, "<iq type='result' id='%s' from='localhost'/>", id);
    world_in(&w, answer);
    assert_int_equal(world_events(&w, MOTE_EV_DELIVERED), 1);
    assert_int_equal(ended_kind, SIGN);
}

/* One that nobody takes lets those behind it go; the row of stanzas never waits for it. */
static void test_a_meeting_of_others(void **state)
{
    (void)state;
    mote_outbox_carry(&outbox, &mine.visits, &visit_kind, &mine.mod);
    mote_outbox_carry(&outbox, &mine.signs, &mute_kind, &mine.mod);
    push(&mine.visits, "v1");
    push(&mine.visits, "v2");
    push(&mine.signs, "s");
    world_login(&w);
    world_settle(&w);
    assert_int_equal(mine.count, 1); /* one at a time */
    assert_non_null(strstr(w.out, "id='s'"));
    mote_outbox_later(&outbox, mine.last, 60000);
    world_settle(&w);
    assert_int_equal(mine.count, 2);
    assert_string_equal(mine.sent[1], "202 v2 0");
    mote_outbox_done(&outbox, mine.last, NULL, MOTE_ERR_CANCELLED, "nobody wants it");
    assert_int_equal(world_events(&w, MOTE_EV_UNDELIVERABLE), 1);
    mote_outbox_retry(&outbox);
    world_settle(&w);
    assert_string_equal(mine.sent[2], "202 v1 0");
}

/* It blocks nobody, is shown, is told of once, and goes when somebody carries it again. */
static void test_an_item_that_nobody_carries_stays(void **state)
{
    struct mote_outbox_entry entry;
    (void)state;
    mote_outbox_carry(&outbox, &mine.alarms, &alarm_kind, &mine.mod);
    mote_outbox_carry(&outbox, &mine.visits, &visit_kind, &mine.mod);
    assert_int_equal(push(&mine.alarms, "a"), 1);
    assert_int_equal(push(&mine.visits, "v"), 2);
    start(false);
    mote_chat_durable(&chat, &outbox);
    world_login(&w);
    mote_chat_queue(&chat, &(struct mote_chat_message){.to = "bob@localhost", .id = "m", .body = "hi"}, NULL);
    world_settle(&w);
    assert_non_null(strstr(w.out, "id='m'"));
    assert_int_equal(mote_outbox_next(&store, 0, &entry), 1);
    assert_int_equal(entry.kind, ALARM);
    assert_string_equal(entry.id, "a");
    assert_string_equal(mote_outbox_kind_name(&outbox, entry.kind), "unknown");
    assert_int_equal(lines, 2);
    assert_string_equal(log_line, "nobody carries kind 202: item 2 stays");
    mote_outbox_retry(&outbox);
    world_settle(&w);
    assert_int_equal(lines, 2);
    mote_outbox_carry(&outbox, &mine.alarms, &alarm_kind, &mine.mod);
    world_settle(&w);
    assert_string_equal(mine.sent[0], "200 a 0");
    assert_int_equal(mote_outbox_drop(&outbox, 2), 0); /* the application may be rid of it */
    assert_int_equal(ended_kind, VISIT);
}

/* No session was kept, so any stanza in the store may have left, of whatever kind. They are sent again in the order in
 * which they were queued. */
static void test_stanzas_of_others_may_have_left_before_a_restart(void **state)
{
    (void)state;
    mote_outbox_carry(&outbox, &mine.alarms, &alarm_kind, &mine.mod);
    mote_outbox_carry(&outbox, &mine.signs, &sign_kind, &mine.mod);
    mote_chat_durable(&chat, &outbox);
    push(&mine.signs, "s");
    push(&mine.alarms, "a");
    mote_chat_queue(&chat, &(struct mote_chat_message){.to = "bob@localhost", .id = "m", .body = "hi"}, NULL);
    start(true);
    mote_outbox_carry(&outbox, &mine.alarms, &alarm_kind, &mine.mod);
    mote_chat_durable(&chat, &outbox);
    mote_outbox_carry(&outbox, &mine.signs, &mute_kind, &mine.mod);
    assert_int_equal(outbox.count, 2);
    assert_int_equal(mote_outbox_state(&outbox, 1), MOTE_OUTBOX_UNSURE);
    assert_int_equal(mote_outbox_state(&outbox, 2), MOTE_OUTBOX_WAITING);
    assert_int_equal(mote_outbox_state(&outbox, 3), MOTE_OUTBOX_UNSURE);
    world_login(&w);
    world_settle(&w);
    assert_int_equal(asked, 2);
    assert_int_equal(mine.count, 1);
    const char *s = strstr(w.out, "id='s'"), *m = strstr(w.out, "id='m'");
    assert_true(s != NULL && m != NULL && s < m);
    mote_outbox_carry(&outbox, &mine.visits, &visit_kind,
                      &mine.mod); /* too late for that: nothing is unsure any more */
    assert_int_equal(outbox.count, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_what_nobody_carries_cannot_be_queued, setup),
        cmocka_unit_test_setup(test_a_request_of_others, setup),
        cmocka_unit_test_setup(test_what_send_returns, setup),
        cmocka_unit_test_setup(test_a_stanza_of_others, setup),
        cmocka_unit_test_setup(test_a_meeting_of_others, setup),
        cmocka_unit_test_setup(test_an_item_that_nobody_carries_stays, setup),
        cmocka_unit_test_setup(test_stanzas_of_others_may_have_left_before_a_restart, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
