/* SPDX-License-Identifier: MIT
 * The search for a connection: which tries are begun at which time, and which reason is told when all have failed.
 */
#include "tests/unit/fake_port.h"

/// Racing ///

static void test_addresses_are_staggered(void **state)
{
    (void)state;
    fake_srv("a", 7001, 0);
    memcpy(f.hosts, (uint8_t[]){SILENT, SILENT, SLOW, GOOD}, 4);
    fake_start();
    fake_until(MOTE_RUN_STREAM, 3000);
    assert_int_equal(f.open_count, 4);
    fake_assert_open(0, 0, SILENT, 7001);
    fake_assert_open(1, 250, SILENT, 7001);
    fake_assert_open(2, 500, SLOW, 7001);
    fake_assert_open(3, 750, GOOD, 7001);
    assert_string_equal(f.run.peer, "192.0.2.3 port 7001");
    assert_int_equal(f.taken, 1);
    assert_int_equal(fake_count_open(), 1); /* the winner, in the main context */
    assert_true(f.nets[0].open);
}

static void test_after_a_failure_the_next_need_not_wait(void **state)
{
    (void)state;
    fake_srv("a", 7001, 0);
    memcpy(f.hosts, (uint8_t[]){UNREACHABLE, SILENT, REFUSES, GOOD}, 4);
    fake_start();
    fake_until(MOTE_RUN_STREAM, 3000);
    fake_assert_open(1, 0, SILENT, 7001);
    fake_assert_open(2, 250, REFUSES, 7001);
    fake_assert_open(3, 260, GOOD, 7001);
}

static void test_a_later_priority_waits_two_seconds(void **state)
{
    (void)state;
    fake_srv("a", 7001, 1);
    fake_srv("b", 7002, 9);
    memcpy(f.hosts, (uint8_t[]){SILENT, SILENT}, 2);
    fake_start();
    fake_until(MOTE_RUN_BACKOFF, 60000);
    fake_assert_open(0, 0, SILENT, 7001);
    fake_assert_open(1, 250, SILENT, 7001);
    fake_assert_open(2, 2250, SILENT, 7002);
    fake_assert_open(3, 2500, SILENT, 7002);
    fake_assert_open(4, 4500, SILENT, 443); /* the guess */
    assert_int_equal(f.run.error, MOTE_ERR_CONNECT);
    assert_non_null(strstr(f.run.why, "no answer from 192.0.2.2 port 7001"));
    assert_int_equal(mote_run_blame(&f.run), MOTE_BLAME_NETWORK);
}

static void test_one_connection_at_a_time(void **state)
{
    (void)state;
    f.port.spare_count = 0;
    fake_srv("a", 7001, 0);
    memcpy(f.hosts, (uint8_t[]){SILENT, REFUSES, GOOD}, 3);
    fake_start();
    fake_until(MOTE_RUN_STREAM, 30000);
    fake_assert_open(0, 0, SILENT, 7001);
    fake_assert_open(1, 10000, REFUSES, 7001);
    fake_assert_open(2, 10010, GOOD, 7001);
    assert_int_equal(f.taken, 0);
}

static void test_more_addresses_than_connections(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        fake_srv("a", (uint16_t)(7001 + i), 0);
    }
    memcpy(f.hosts, (uint8_t[]){SILENT, SILENT, SILENT, SILENT}, 4);
    fake_start();
    fake_until(MOTE_RUN_BACKOFF, 100000);
    assert_int_equal(f.open_count, 16 + 4); /* each once */
    assert_int_equal(fake_count_open(), 0);
}

static void test_all_ways_together_have_a_limit(void **state)
{
    (void)state;
    f.config.reach_timeout_s = 7;
    fake_srv("a", 7001, 0);
    fake_srv("b", 7002, 1);
    memcpy(f.hosts, (uint8_t[]){SILENT}, 1);
    fake_start();
    fake_until(MOTE_RUN_BACKOFF, 7100);
    assert_in_range(f.now_ms - 1000000, 7000, 7010);
    assert_non_null(strstr(f.run.why, "no answer from 192.0.2.2 port 7001 within 7 s"));
}

static void test_what_says_most_is_reported(void **state)
{
    (void)state;
    fake_srv("a", 7001, 0);
    memcpy(f.hosts, (uint8_t[]){SILENT, UNREACHABLE, REFUSES}, 3);
    f.config.reach_timeout_s = 5;
    fake_start();
    fake_until(MOTE_RUN_BACKOFF, 9000);
    assert_string_equal(f.run.why, "refused");
    assert_int_equal(mote_run_blame(&f.run), MOTE_BLAME_SERVER);
}

static void test_no_such_name(void **state)
{
    (void)state;
    fake_start();
    fake_until(MOTE_RUN_BACKOFF, 1000);
    assert_int_equal(f.run.error, MOTE_ERR_DNS);
    assert_int_equal(mote_run_blame(&f.run), MOTE_BLAME_SETTINGS);
    assert_int_equal(f.host_questions, 1); /* once for 5223, 5222 and 443 */
}

static void test_the_domain_itself(void **state)
{
    (void)state;
    memcpy(f.hosts, (uint8_t[]){SILENT}, 1);
    fake_start();
    fake_until(MOTE_RUN_BACKOFF, 60000);
    fake_assert_open(0, 0, SILENT, 5223);
    fake_assert_open(1, 250, SILENT, 5222);
    fake_assert_open(2, 2250, SILENT, 443);
    assert_string_equal(f.asked, "localhost");
}

static void test_a_given_host_is_the_only_way(void **state)
{
    (void)state;
    f.config.host = "given";
    f.config.port_number = 9999;
    memcpy(f.hosts, (uint8_t[]){REFUSES}, 1);
    fake_start();
    fake_until(MOTE_RUN_BACKOFF, 1000);
    assert_int_equal(f.open_count, 1);
    fake_assert_open(0, 0, REFUSES, 9999);
    assert_int_equal(f.srv_questions, 0);
}

/// The ladder and the way that worked ///

static void test_the_ladder(void **state)
{
    (void)state;
    uint8_t count;
    fake_srv("a", 7001, 0);
    memcpy(f.hosts, (uint8_t[]){REFUSES, SILENT, GOOD}, 3);
    fake_start();
    fake_until(MOTE_RUN_STREAM, 3000);
    const struct mote_run_step *s = mote_run_ladder(&f.run, &count);
    assert_int_equal(count, 4);
    assert_int_equal(s[0].stage, MOTE_STAGE_SRV);
    assert_string_equal(s[0].why, "1 found");
    assert_int_equal(s[1].error, MOTE_ERR_REFUSED);
    assert_int_equal(s[1].took_ms, 10);
    assert_int_equal(s[2].error, MOTE_OK);
    assert_false(s[2].done);
    assert_string_equal(s[3].address, "192.0.2.3 port 7001");
    assert_int_equal(s[3].stage, MOTE_STAGE_LOGIN);
    assert_false(s[3].done);
}

static void look_at_ladder(struct world *w, const struct mote_event *event)
{
    (void)w;
    assert_int_equal(event->kind, MOTE_EV_OFFLINE);
    assert_ptr_equal(event->ladder, &f.ladder);
    assert_int_equal(event->ladder->count, 5); /* the records, two addresses, and these at port 443 */
    assert_int_equal(event->ladder->steps[1].error, MOTE_ERR_REFUSED);
    assert_int_equal(event->ladder->steps[2].error, MOTE_ERR_TIMEOUT);
}

static void test_the_event_carries_the_ladder(void **state)
{
    (void)state;
    f.world.also = look_at_ladder;
    fake_srv("a", 7001, 0);
    memcpy(f.hosts, (uint8_t[]){REFUSES, SILENT}, 2);
    fake_start();
    fake_until(MOTE_RUN_BACKOFF, 30000);
    assert_int_equal(f.world.count, 1);
}

static void test_a_ladder_without_room(void **state)
{
    (void)state;
    uint8_t count;
    mote_run_ladder_init(&f.ladder, f.steps, 1);
    fake_srv("a", 7001, 0);
    memcpy(f.hosts, (uint8_t[]){REFUSES, REFUSES}, 2);
    fake_start();
    fake_until(MOTE_RUN_BACKOFF, 3000);
    mote_run_ladder(&f.run, &count);
    assert_int_equal(count, 1);
    assert_string_equal(f.steps[1].host, "");
}

static void test_the_kept_way_is_first_and_not_for_long(void **state)
{
    (void)state;
    f.config.way = &f.way;
    strcpy(f.way.target.host, "kept");
    f.way.target.port = 7009;
    fake_srv("a", 7001, 0);
    memcpy(f.hosts, (uint8_t[]){SILENT}, 1);
    fake_start();
    fake_until(MOTE_RUN_SRV, 3000);
    fake_assert_open(0, 0, SILENT, 7009);
    assert_in_range(f.now_ms - 1000000, 2000, 2010);
    assert_int_equal(f.way.target.port, 7009); /* the network may be away; the way is not forgotten */
}

static void test_a_kept_way_that_leads_astray_is_forgotten(void **state)
{
    (void)state;
    f.config.way = &f.way;
    strcpy(f.way.target.host, "kept");
    f.way.target = (struct mote_port_target){.port = 7009, .direct_tls = true, .host = "kept"};
    memcpy(f.hosts, (uint8_t[]){GOOD}, 1);
    fake_says("<stream:error><host-gone xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>");
    fake_start();
    fake_until(MOTE_RUN_SRV, 3000);
    assert_int_equal(f.way.target.port, 0);
}

static void test_a_kept_way_of_garbage(void **state)
{
    (void)state;
    f.config.way = &f.way;
    memset(&f.way.target, 0xff, sizeof f.way.target);
    f.way.proxied = false;
    fake_start();
    fake_until(MOTE_RUN_SRV, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_addresses_are_staggered, fake_setup),
        cmocka_unit_test_setup(test_after_a_failure_the_next_need_not_wait, fake_setup),
        cmocka_unit_test_setup(test_a_later_priority_waits_two_seconds, fake_setup),
        cmocka_unit_test_setup(test_one_connection_at_a_time, fake_setup),
        cmocka_unit_test_setup(test_more_addresses_than_connections, fake_setup),
        cmocka_unit_test_setup(test_all_ways_together_have_a_limit, fake_setup),
        cmocka_unit_test_setup(test_what_says_most_is_reported, fake_setup),
        cmocka_unit_test_setup(test_no_such_name, fake_setup),
        cmocka_unit_test_setup(test_the_domain_itself, fake_setup),
        cmocka_unit_test_setup(test_a_given_host_is_the_only_way, fake_setup),
        cmocka_unit_test_setup(test_the_ladder, fake_setup),
        cmocka_unit_test_setup(test_the_event_carries_the_ladder, fake_setup),
        cmocka_unit_test_setup(test_a_ladder_without_room, fake_setup),
        cmocka_unit_test_setup(test_the_kept_way_is_first_and_not_for_long, fake_setup),
        cmocka_unit_test_setup(test_a_kept_way_that_leads_astray_is_forgotten, fake_setup),
        cmocka_unit_test_setup(test_a_kept_way_of_garbage, fake_setup),
    };
    return cmocka_run_group_tests_name("reach", tests, NULL, NULL);
}
