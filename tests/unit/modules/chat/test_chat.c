/* SPDX-License-Identifier: MIT
 * The chat module: an id that it made can be asked for.
 */
#include "core/modules/chat/chat.h"

#include <stdio.h>

#include "tests/unit/unit.h"
#include "tests/unit/world.h"

static struct world w;
static struct mote_chat chat;

static int setup(void **state)
{
    (void)state;
    world_start(&w);
    mote_chat_attach(&chat, &w.x, 0);
    world_login(&w);
    return 0;
}

static void test_an_id_that_was_made_can_be_asked_for(void **state)
{
    (void)state;
    char first[12], look[32];
    assert_true(mote_chat_send(&chat, &(struct mote_chat_message){.to = "bob@localhost", .body = "b"}) > 0);
    world_take(&w, SIZE_MAX);
    assert_int_equal(strlen(mote_chat_id(&chat)), 11);
    snprintf(look, sizeof look, " id='%s'", mote_chat_id(&chat));
    assert_non_null(strstr(w.out, look));
    strcpy(first, mote_chat_id(&chat));
    assert_true(mote_chat_send(&chat, &(struct mote_chat_message){.to = "bob@localhost", .body = "b"}) > 0);
    assert_string_not_equal(mote_chat_id(&chat), first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_an_id_that_was_made_can_be_asked_for, setup),
    };
    return cmocka_run_group_tests_name("chat", tests, NULL, NULL);
}
