/* SPDX-License-Identifier: MIT
 * The archive module: what attaching it needs, and its place in the archive, which is kept.
 */
#include "tests/unit/unit.h"

#include "core/modules/archive/archive.h"
#include "core/store/store.h"
#include "tests/unit/world.h"

#include "tests/fake/flash_ram.c"

static struct world w;
static struct mote_chat chat;
static struct mote_archive archive;

static void start(void)
{
    world_start(&w);
    mote_chat_attach(&chat, &w.x, 0);
}

static void test_attach_needs_chat_and_an_id_that_fits(void **state)
{
    (void)state;
    char id[MOTE_ARCHIVE_ID_MAX + 2];
    struct mote_archived place;
    memset(id, 'x', sizeof id);
    id[sizeof id - 1] = '\0';
    start();
    assert_int_equal(mote_archive_attach(&archive, &w.x, &(struct mote_archive_config){.last = "a"}), MOTE_ERR_ARG);
    assert_int_equal(mote_archive_attach(&archive, &w.x, &(struct mote_archive_config){.chat = &chat, .last = id}),
                     MOTE_ERR_ARG);
    assert_ptr_equal(w.x.modules, &chat.mod); /* and leaves no trace */
    id[sizeof id - 2] = '\0';
    assert_int_equal(mote_archive_attach(&archive, &w.x, &(struct mote_archive_config){.chat = &chat, .last = id}), 0);
    assert_true(mote_archive_last(&archive, &place));
    assert_string_equal(place.id, id);
    assert_false(mote_archive_caught_up(&archive));
}

static void test_it_sees_messages_before_chat(void **state)
{
    (void)state;
    start();
    assert_int_equal(mote_archive_attach(&archive, &w.x, &(struct mote_archive_config){.chat = &chat}), 0);
    assert_ptr_equal(w.x.modules, &archive.mod);
    assert_ptr_equal(archive.mod.next, &chat.mod);
}

/* Without room in the ring the question is asked a second later; nothing is lost but that second. */
static void test_a_full_ring_delays_the_question(void **state)
{
    (void)state;
    static char body[1600];
    start();
    mote_archive_attach(&archive, &w.x, &(struct mote_archive_config){.chat = &chat, .last = "a1"});
    memset(body, 'x', sizeof body - 1);
    assert_true(mote_chat_send(&chat, &(struct mote_chat_message){.to = "b@localhost", .body = body}) > 0);
    world_login(&w);
    assert_null(strstr(w.out, "urn:xmpp:mam:2"));
    assert_true(mote_deadline(&w.x) <= w.now_ms + 1000);
    world_at(&w, w.now_ms + 1000);
    world_take(&w, SIZE_MAX);
    assert_non_null(strstr(w.out, "<after>a1</after>"));
}

static void test_place_survives_in_the_store(void **state)
{
    (void)state;
    static uint8_t buffer[256];
    static struct flash_ram device;
    static struct mote_store store;
    static struct mote_store_config store_config;
    static const struct mote_flash chip = {.read_size = 1, .prog_size = 4, .block_size = 2048, .block_count = 16};
    char id[MOTE_ARCHIVE_ID_MAX + 1];
    struct mote_archive_config config = {.chat = &chat};
    flash_ram_init(&device, &chip, ERASE_ONES, 5);
    store_config = (struct mote_store_config){.flash = &device.flash, .buffer = buffer, .buffer_size = sizeof buffer};
    assert_int_equal(mote_store_format(&store, &store_config, 1), 0);
    assert_int_equal(mote_archive_load(&store, "archive", &config, id), 0);
    assert_null(config.last);
    struct mote_archived place = {.id = "28482-98726-73623", .time = 1795222923};
    assert_int_equal(mote_archive_save(&store, "archive", &place), 0);
    assert_true(mote_archive_load(&store, "archive", &config, id) > 0);
    assert_string_equal(config.last, place.id);
    assert_int_equal(config.since, place.time);
    place = (struct mote_archived){.id = ""}; /* of an archive that was empty */
    assert_int_equal(mote_archive_save(&store, "archive", &place), 0);
    assert_true(mote_archive_load(&store, "archive", &config, id) > 0);
    assert_string_equal(config.last, "");
    assert_int_equal(config.since, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attach_needs_chat_and_an_id_that_fits),
        cmocka_unit_test(test_it_sees_messages_before_chat),
        cmocka_unit_test(test_a_full_ring_delays_the_question),
        cmocka_unit_test(test_place_survives_in_the_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
