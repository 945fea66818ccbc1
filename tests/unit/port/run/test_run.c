/* SPDX-License-Identifier: MIT
 * What the loop does after each kind of end of a stream (row D2 of the table in docs/TESTING.md).
 */
#include "tests/unit/fake_port.h"

#include <stdio.h>

#define STREAMS "xmlns='urn:ietf:params:xml:ns:xmpp-streams'"

static void says_error(const char *error)
{
    char inner[256];
    snprintf(inner, sizeof inner, "<stream:error>%s</stream:error></stream:stream>", error);
    fake_says(inner);
}

/// Row D2: ends of streams ///

static void test_D2_back_off_by_condition(void **state)
{
    (void)state;
    static const struct {
        const char *condition;
        uint32_t least_s, most_s;
    } rows[] = {{"reset", 1, 2},
                {"system-shutdown", 1, 8},
                {"policy-violation", 31, 32},
                {"resource-constraint", 31, 32},
                {"host-unknown", 61, 62},
                {"undefined-condition", 1, 2}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char inner[128];
        fake_setup(NULL);
        f.config.host = "given";
        f.config.tls = MOTE_RUN_DIRECT;
        f.hosts[0] = GOOD;
        snprintf(inner, sizeof inner, "<%s " STREAMS "/>", rows[i].condition);
        says_error(inner);
        fake_start();
        fake_until(MOTE_RUN_BACKOFF, 20000);
        assert_int_equal(f.run.error, MOTE_ERR_STREAM);
        assert_in_range(f.run.deadline_ms - f.now_ms, rows[i].least_s * 1000, rows[i].most_s * 1000);
        assert_int_equal(mote_run_blame(&f.run), MOTE_BLAME_SERVER);
    }
}

static void prepare_conflict(void)
{
    f.config.host = "given";
    f.config.tls = MOTE_RUN_DIRECT;
    f.hosts[0] = GOOD;
    says_error("<conflict " STREAMS "/>");
}

static void test_D2_conflict(void **state)
{
    (void)state;
    prepare_conflict();
    fake_start();
    fake_until(MOTE_RUN_ENDED, 20000);
    assert_int_equal(f.run.error, MOTE_ERR_CONFLICT);
    assert_int_equal(mote_run_blame(&f.run), MOTE_BLAME_ACCOUNT);
    fake_setup(NULL);
    prepare_conflict();
    f.config.conflict_wait_s = 600;
    fake_start();
    fake_until(MOTE_RUN_BACKOFF, 20000);
    assert_in_range(f.run.deadline_ms - f.now_ms, 601000, 602000);
}

static void test_D2_redirects_end(void **state)
{
    (void)state;
    f.config.host = "given";
    f.config.tls = MOTE_RUN_DIRECT;
    f.hosts[0] = GOOD;
    says_error("<see-other-host " STREAMS ">[2001:db8::7]:9222</see-other-host>");
    fake_start();
    fake_until(MOTE_RUN_BACKOFF, 20000);
    assert_int_equal(f.open_count, 4);
    fake_assert_open(3, 60, GOOD, 9222);
    assert_non_null(strstr(f.run.why, "sent from host to host 3 times"));
    assert_int_equal(f.run.error, MOTE_ERR_REDIRECT);
}

static void test_D2_failures_in_a_row_end_with_a_minute_on_line(void **state)
{
    (void)state;
    static const uint32_t online_s[] = {1, 59, 61};
    for (size_t i = 0; i < COUNT(online_s); i++) {
        fake_setup(NULL);
        f.config.host = "given";
        f.config.tls = MOTE_RUN_DIRECT;
        f.hosts[0] = GOOD;
        fake_start();
        fake_until(MOTE_RUN_STREAM, 1000);
        f.run.attempt = 6;
        f.run.online = true; /* as run/stream.c does when the login has succeeded */
        f.run.online_ms = f.now_ms;
        f.now_ms += online_s[i] * 1000;
        says_error("<reset " STREAMS "/>");
        fake_until(MOTE_RUN_BACKOFF, 20000);
        assert_int_equal(f.run.attempt, online_s[i] > 60 ? 1 : 7);
    }
}

/// TLS ///

/* Each slice of a handshake's computations is one turn of the loop, and no time is lost between them. */
static void test_C_a_handshake_in_slices(void **state)
{
    (void)state;
    f.config.host = "given";
    f.config.tls = MOTE_RUN_DIRECT;
    f.hosts[0] = GOOD;
    fake_start();
    fake_until(MOTE_RUN_HANDSHAKE, 1000);
    f.slices = 100;
    f.turns = 0;
    uint64_t began = f.now_ms;
    fake_until(MOTE_RUN_STREAM, 1000);
    assert_in_range(f.turns, 99, 101);
    assert_int_equal(f.now_ms, began);
}

/* A record that nobody can read may be forged: the session goes on. The same again, and the stream has failed. */
static void test_B2_a_record_too_large(void **state)
{
    (void)state;
    f.config.host = "given";
    f.config.tls = MOTE_RUN_DIRECT;
    f.hosts[0] = GOOD;
    f.unreadable = true;
    fake_start();
    fake_until(MOTE_RUN_BACKOFF, 1000);
    assert_int_equal(f.run.error, MOTE_ERR_LOST);
    fake_until(MOTE_RUN_STREAM, 10000);
    fake_until(MOTE_RUN_BACKOFF, 10000);
    assert_int_equal(f.run.error, MOTE_ERR_POLICY);
    f.unreadable = false; /* another end is not counted with them */
    says_error("<reset " STREAMS "/>");
    fake_until(MOTE_RUN_STREAM, 10000);
    fake_until(MOTE_RUN_BACKOFF, 10000);
    assert_int_equal(f.run.error, MOTE_ERR_STREAM);
    f.unreadable = true;
    fake_until(MOTE_RUN_STREAM, 20000);
    fake_until(MOTE_RUN_BACKOFF, 10000);
    assert_int_equal(f.run.error, MOTE_ERR_LOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_D2_back_off_by_condition, fake_setup),
        cmocka_unit_test_setup(test_D2_conflict, fake_setup),
        cmocka_unit_test_setup(test_D2_redirects_end, fake_setup),
        cmocka_unit_test_setup(test_D2_failures_in_a_row_end_with_a_minute_on_line, fake_setup),
        cmocka_unit_test_setup(test_C_a_handshake_in_slices, fake_setup),
        cmocka_unit_test_setup(test_B2_a_record_too_large, fake_setup),
    };
    return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
