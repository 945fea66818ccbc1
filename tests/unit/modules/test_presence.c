/* SPDX-License-Identifier: MIT
 * The status text of presence: announced with all else, and forgotten when it is refused.
 */
#include "core/modules/presence.h"

#include "tests/unit/unit.h"
#include "tests/unit/world.h"

static struct world w;
static struct mote_presence presence;

static int setup(void **state)
{
    (void)state;
    world_start(&w);
    mote_presence_attach(&presence, &w.x, &(struct mote_presence_config){.status = "ready", .priority = -1});
    return 0;
}

static int say(const char *status)
{
    world_clear(&w);
    int result = mote_presence_status(&presence, status);
    world_take(&w, SIZE_MAX);
    return result;
}

static void test_status_is_announced_with_all_else(void **state)
{
    (void)state;
    world_login(&w);
    assert_int_equal(say("a & b"), 0);
    assert_string_equal(w.out, "<presence><status>a &amp; b</status><priority>-1</priority></presence>");
    assert_int_equal(say(NULL), 0);
    assert_string_equal(w.out, "<presence><priority>-1</priority></presence>");
}

/* A refused call changes nothing: else the next login would send no presence at all. */
static void test_status_that_is_refused_is_not_kept(void **state)
{
    (void)state;
    assert_int_equal(say("early"), MOTE_ERR_STATE);
    world_login(&w);
    assert_int_equal(say("\xff"), MOTE_ERR_TEXT);
    assert_string_equal(w.out, "");
    assert_int_equal(mote_presence_status(&presence, presence.config.status), 0);
    world_take(&w, SIZE_MAX);
    assert_string_equal(w.out, "<presence><status>ready</status><priority>-1</priority></presence>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_status_is_announced_with_all_else, setup),
        cmocka_unit_test_setup(test_status_that_is_refused_is_not_kept, setup),
    };
    return cmocka_run_group_tests_name("presence", tests, NULL, NULL);
}
