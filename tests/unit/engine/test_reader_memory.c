/* SPDX-License-Identifier: MIT
 * Engines that release the reader's memory between stanzas, and are given other memory for it later.
 */
#include <stdio.h>

#include "core/modules/chat/chat.h"
#include "tests/unit/unit.h"
#include "tests/unit/world.h"

#define FROM_BOB "<message from='bob@localhost/r' type='chat'>"

static struct world w;
static struct mote_chat chat;
static char body[256]; /* that of the last message */
static uint8_t other_arena[2048], other_xml[16384];

static void keep_body(struct world *world, const struct mote_event *event)
{
    (void)world;
    if (event->kind == MOTE_EV_MESSAGE) {
        snprintf(body, sizeof body, "%s", mote_message_of(event)->body);
    }
}

static int setup(void **state)
{
    (void)state;
    world_start(&w);
    w.also = keep_body;
    mote_chat_attach(&chat, &w.x, 0);
    world_login(&w);
    body[0] = '\0';
    return 0;
}

/* Release the memory and overwrite it, because nothing that is needed later may be left in it. */
static void release(void)
{
    assert_int_equal(mote_reader_release(&w.x), 0);
    assert_true(mote_reader_released(&w.x));
    memset(w.arena, 0xa5, sizeof w.arena);
    memset(w.xml, 0xa5, sizeof w.xml);
    memset(other_arena, 0xa5, sizeof other_arena);
    memset(other_xml, 0xa5, sizeof other_xml);
}

static void provide(void)
{
    assert_int_equal(mote_reader_provide(&w.x, other_arena, sizeof other_arena, other_xml, sizeof other_xml), 0);
    assert_false(mote_reader_released(&w.x));
}

static void expect_body(const char *text)
{
    assert_string_equal(body, text);
    assert_int_equal(mote_error(&w.x), 0);
}

static void test_messages_in_other_memory(void **state)
{
    (void)state;
    char text[200], number[16];
    for (int i = 0; i < 20; i++) {
        release();
        assert_int_equal(world_in(&w, "x"), MOTE_ERR_STATE);
        provide();
        snprintf(text, sizeof text, FROM_BOB "<body>%d</body></message>", i);
        snprintf(number, sizeof number, "%d", i);
        assert_int_equal(world_in(&w, text), strlen(text));
        expect_body(number);
    }
}

static void test_not_within_a_stanza(void **state)
{
    (void)state;
    static const char *const begun[] = {"<", "<mess", FROM_BOB, FROM_BOB "<body>a", FROM_BOB "<body>a</body></message"};
    static const char *const ends[] = {"message from='bob@localhost/r'><body>a</body></message>",
                                       "age from='bob@localhost/r'><body>a</body></message>",
                                       "<body>a</body></message>", "</body></message>", ">"};
    for (size_t i = 0; i < COUNT(begun); i++) {
        body[0] = '\0';
        world_in(&w, begun[i]);
        assert_int_equal(mote_reader_release(&w.x), MOTE_ERR_STATE);
        assert_false(mote_reader_released(&w.x));
        world_in(&w, ends[i]);
        expect_body("a");
        release();
        provide();
    }
}

static void test_after_white_space(void **state)
{
    (void)state;
    world_in(&w, "\n");
    release();
    provide();
    world_in(&w, "  " FROM_BOB "<body>a</body></message> \n ");
    expect_body("a");
    release();
    provide();
}

static void test_all_declarations_are_known_again(void **state)
{
    (void)state;
    release();
    provide();
    world_in(&w, "<stream:features/><message xmlns='jabber:client' from='b@localhost'><body>a</body></message>");
    expect_body("a");
    world_in(&w, "</stream:stream>");
    assert_int_equal(mote_error(&w.x), MOTE_ERR_STREAM);
}

static void test_sending_and_time_need_no_memory(void **state)
{
    (void)state;
    release();
    assert_true(mote_chat_send(&chat, &(struct mote_chat_message){.to = "bob@localhost", .body = "hello"}) > 0);
    world_take(&w, SIZE_MAX);
    assert_non_null(strstr(w.out, "hello"));
    world_at(&w, w.now_ms + 1000);
    mote_close(&w.x, w.now_ms);
    world_take(&w, SIZE_MAX);
    provide();
    world_in(&w, "</stream:stream>");
    assert_true((mote_wants(&w.x, 0) & MOTE_WANT_CLOSE) != 0);
}

static void test_off_line(void **state)
{
    (void)state;
    struct mote_tls_info loopback = {.loopback = true};
    release();
    mote_lost(&w.x, MOTE_ERR_LOST, NULL, w.now_ms);
    assert_int_equal(mote_connected(&w.x, &loopback, w.now_ms), MOTE_ERR_STATE);
    provide();
    world_login(&w);
    assert_true(mote_online(&w.x));
    mote_lost(&w.x, MOTE_ERR_LOST, NULL, w.now_ms);
    release();
    provide();
    world_login(&w);
    assert_true(mote_online(&w.x));
}

static void test_refusals(void **state)
{
    (void)state;
    assert_int_equal(mote_reader_provide(&w.x, other_arena, sizeof other_arena, other_xml, sizeof other_xml),
                     MOTE_ERR_STATE);
    release();
    assert_int_equal(mote_reader_release(&w.x), 0);
    assert_int_equal(mote_reader_provide(&w.x, other_arena, 2047, other_xml, sizeof other_xml), MOTE_ERR_CONFIG);
    assert_int_equal(mote_reader_provide(&w.x, other_arena, sizeof other_arena, other_xml, 1024), MOTE_ERR_CONFIG);
    provide();
    mote_lost(&w.x, MOTE_ERR_LOST, NULL, w.now_ms);
    mote_connected(&w.x, &(struct mote_tls_info){.loopback = true}, w.now_ms);
    assert_int_equal(mote_reader_release(&w.x), MOTE_ERR_STATE);
}

static void test_header_too_large(void **state)
{
    (void)state;
    char name[260];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    w.x.reader.root_name = name;
    assert_int_equal(mote_reader_release(&w.x), MOTE_ERR_SIZE);
    assert_false(mote_reader_released(&w.x));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_messages_in_other_memory, setup),
        cmocka_unit_test_setup(test_not_within_a_stanza, setup),
        cmocka_unit_test_setup(test_after_white_space, setup),
        cmocka_unit_test_setup(test_all_declarations_are_known_again, setup),
        cmocka_unit_test_setup(test_sending_and_time_need_no_memory, setup),
        cmocka_unit_test_setup(test_off_line, setup),
        cmocka_unit_test_setup(test_refusals, setup),
        cmocka_unit_test_setup(test_header_too_large, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
