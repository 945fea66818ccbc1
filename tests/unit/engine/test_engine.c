/* SPDX-License-Identifier: MIT
 * The engine's calls: wants, deadlines, congestion, refusals. What conversations do is in the transcripts.
 */
#include <stdio.h>

#include "core/modules/chat/chat.h"
#include "core/modules/ping.h"
#include "tests/unit/unit.h"
#include "tests/unit/world.h"

static struct world w;
static struct mote_chat chat;

static int setup(void **state)
{
    (void)state;
    world_start(&w);
    mote_chat_attach(&chat, &w.x, 0);
    return 0;
}

static int32_t send_message(size_t bytes)
{
    static char body[4096];
    memset(body, 'x', bytes);
    body[bytes] = '\0';
    return mote_chat_send(&chat, &(struct mote_chat_message){.to = "bob@localhost", .body = body});
}

/// Configuration ///

static void expect_refused(const char *log)
{
    assert_int_equal(mote_init(&w.x, &w.config), MOTE_ERR_CONFIG);
    assert_string_equal(w.log, log);
}

static void test_config_buffers(void **state)
{
    (void)state;
    static const char *const messages[] = {
        "config.arena needs at least 2048 bytes", "config.tx needs at least 1024 bytes",
        sizeof(void *) > 4 ? "config.xml needs at least 10240 bytes" : "config.xml needs at least 6144 bytes"};
    const size_t least[] = {2048, 1024, sizeof(void *) > 4 ? 10240 : 6144};
    for (int i = 0; i < 3; i++) {
        world_prepare(&w);
        void **buffer[] = {&w.config.arena, &w.config.tx, &w.config.xml};
        size_t *size[] = {&w.config.arena_size, &w.config.tx_size, &w.config.xml_size};
        *size[i] = least[i];
        assert_int_equal(mote_init(&w.x, &w.config), 0);
        *size[i] = least[i] - 1;
        expect_refused(messages[i]);
        *size[i] = 0;
        expect_refused(messages[i]);
        *size[i] = least[i];
        *buffer[i] = NULL;
        expect_refused(messages[i]);
    }
}

static void test_R9_B12_letters_that_nobody_has_prepared(void **state)
{
    (void)state;
    static const char dot[] = "config.jid has a dot behind its domain";
    static const char letters[] =
        "config.jid or password has letters beyond ASCII, which nobody has prepared: see MOTE_PREPARED";
    static const struct {
        const char *jid, *password, *refusal;
    } cases[] = {
        {"alice@localhost.", NULL, dot},          {"localhost./r", NULL, dot},
        {"\xc3\xbcnal@localhost", NULL, letters}, {"a@b\xc3\xbc" "cher.test", NULL, letters},
        {"a@localhost/\xc3\xbc", NULL, letters},  {"a@localhost", "p\xc3\xa4ss", letters},
        {"Alice@LOCALHOST/R.", "pass.", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        world_prepare(&w);
        w.config.jid = cases[i].jid;
        w.config.password = cases[i].password;
        if (cases[i].refusal != NULL) {
            expect_refused(cases[i].refusal);
        } else {
            assert_int_equal(mote_init(&w.x, &w.config), 0);
            assert_string_equal(mote_domain(&w.x), "localhost");
        }
        w.config.flags |= MOTE_PREPARED;
        assert_int_equal(mote_init(&w.x, &w.config), cases[i].refusal == dot ? MOTE_ERR_CONFIG : 0);
    }
}

static void test_config_strings(void **state)
{
    (void)state;
    static const char *const jids[] = {NULL, "", "@", "alice@", "al ice@localhost", "alice@localhost/"};
    char password[MOTE_PASSWORD_MAX + 2], jid[400];
    for (size_t i = 0; i < COUNT(jids); i++) {
        world_prepare(&w);
        w.config.jid = jids[i];
        expect_refused("config.jid is not a JID of at most MOTE_JID_MAX bytes");
    }
    world_prepare(&w);
    memset(password, 'p', sizeof password);
    password[MOTE_PASSWORD_MAX] = '\0';
    w.config.password = password;
    assert_int_equal(mote_init(&w.x, &w.config), 0);
    password[MOTE_PASSWORD_MAX] = 'p';
    password[MOTE_PASSWORD_MAX + 1] = '\0';
    expect_refused("config.password is longer than MOTE_PASSWORD_MAX");
    world_prepare(&w);
    memset(jid, 'd', sizeof jid);
    jid[MOTE_JID_MAX + 1] = '\0';
    w.config.jid = jid;
    expect_refused("config.jid is not a JID of at most MOTE_JID_MAX bytes");
    world_prepare(&w);
    w.config.on_event = NULL;
    expect_refused("config.on_event is missing");
}

static void test_config_services(void **state)
{
    (void)state;
    world_prepare(&w);
    w.config.services = NULL;
    assert_int_equal(mote_init(&w.x, &w.config), MOTE_ERR_CONFIG);
    world_prepare(&w);
    w.services.random = NULL;
    assert_int_equal(mote_init(&w.x, &w.config), MOTE_ERR_CONFIG);
    world_prepare(&w);
    w.services.log = NULL; /* may be missing */
    assert_int_equal(mote_init(&w.x, &w.config), 0);
    w.config.tx_size = 1;
    assert_int_equal(mote_init(&w.x, &w.config), MOTE_ERR_CONFIG);
    world_prepare(&w);
    w.no_entropy = true;
    assert_int_equal(mote_init(&w.x, &w.config), MOTE_ERR_ENTROPY);
    assert_string_equal(w.log, "the random source failed");
}

static void test_defaults(void **state)
{
    (void)state;
    assert_int_equal(w.x.config.phase_timeout_s, 30);
    assert_int_equal(w.x.config.iq_timeout_s, 60);
    assert_int_equal(w.x.config.scram_iterations_max, 1000000);
    assert_int_equal(w.x.config.scram_slice, 512);
    assert_string_equal(mote_jid(&w.x), "alice@localhost");
    assert_string_equal(mote_domain(&w.x), "localhost");
    assert_string_equal(mote_why(&w.x), "");
    assert_string_equal(mote_redirect(&w.x), "");
    assert_int_equal(mote_error(&w.x), 0);
    assert_false(mote_online(&w.x));
    assert_true(mote_unix_time(&w.x) == 0);
}

/// Calls out of turn ///

static void test_off_line(void **state)
{
    (void)state;
    const uint8_t *bytes;
    struct mote_tls_info tls = {.loopback = true};
    assert_int_equal(mote_wants(&w.x, 0), 0);
    assert_int_equal(mote_out(&w.x, 0, &bytes), 0);
    assert_int_equal(mote_in(&w.x, 0, "x", 1, 1), MOTE_ERR_STATE);
    assert_int_equal(mote_secured(&w.x, &tls, 1), MOTE_ERR_STATE);
    assert_true(mote_deadline(&w.x) == UINT64_MAX);
    mote_close(&w.x, 1);
    mote_fail(&w.x, MOTE_ERR_LOST, "early");
    mote_tick(&w.x, 1);
    assert_int_equal(w.count, 0);
    assert_int_equal(mote_connected(&w.x, &tls, 1), 0);
    assert_int_equal(mote_connected(&w.x, &tls, 1), MOTE_ERR_STATE);
    assert_int_equal(mote_in(&w.x, 1, "x", 1, 1), MOTE_ERR_ARG);
    assert_int_equal(mote_out(&w.x, 1, &bytes), 0);
    assert_int_equal(mote_wants(&w.x, 1), 0);
}

static void test_wants(void **state)
{
    (void)state;
    mote_connected(&w.x, NULL, w.now_ms);
    assert_int_equal(mote_wants(&w.x, 0), MOTE_WANT_READ | MOTE_WANT_WRITE);
    world_take(&w, SIZE_MAX);
    assert_int_equal(mote_wants(&w.x, 0), MOTE_WANT_READ);
    world_in(&w,
             STREAM_HEADER "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>");
    assert_int_equal(mote_wants(&w.x, 0), MOTE_WANT_READ | MOTE_WANT_WRITE);
    world_take(&w, SIZE_MAX);
    world_in(&w, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    assert_true((mote_wants(&w.x, 0) & MOTE_WANT_STARTTLS) != 0);
    mote_fail(&w.x, MOTE_ERR_CERT, "wrong name");
    assert_true((mote_wants(&w.x, 0) & MOTE_WANT_CLOSE) != 0);
    assert_int_equal(mote_wants(&w.x, 0) & MOTE_WANT_READ, 0);
    mote_lost(&w.x, MOTE_ERR_LOST, "closed", w.now_ms);
    assert_int_equal(mote_wants(&w.x, 0), 0);
    assert_int_equal(w.events[w.count - 1].kind, MOTE_EV_OFFLINE);
    assert_int_equal(w.events[w.count - 1].error, MOTE_ERR_CERT); /* the first reason */
    assert_string_equal(w.events[w.count - 1].why, "wrong name");
}

/* T1: whatever the server offers on a clear connection, no byte of a login leaves before TLS. */
static void test_T1_nothing_without_tls(void **state)
{
    (void)state;
    static const char *const features[] = {
        "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>",
        "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-256</mechanism></mechanisms>", "",
        "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"};
    for (size_t i = 0; i < COUNT(features); i++) {
        char bytes[512];
        setup(NULL);
        mote_connected(&w.x, NULL, w.now_ms);
        world_take(&w, SIZE_MAX);
        snprintf(bytes, sizeof bytes, STREAM_HEADER "<stream:features>%s</stream:features>", features[i]);
        assert_int_equal(world_in(&w, bytes), MOTE_ERR_TLS);
        world_take(&w, SIZE_MAX);
        assert_null(strstr(w.out, "<auth"));
        assert_null(strstr(w.out, "alice"));
        assert_non_null(strstr(w.out, "<stream:error><policy-violation"));
    }
}

/// Time ///

static void test_D1_deadlines_of_the_login(void **state)
{
    (void)state;
    mote_connected(&w.x, NULL, 1000);
    world_take(&w, SIZE_MAX);
    assert_true(mote_deadline(&w.x) == 31000);
    world_at(&w, 30999);
    assert_int_equal(mote_error(&w.x), 0);
    world_in(&w, STREAM_HEADER); /* the next step has its own */
    assert_true(mote_deadline(&w.x) == 60999);
    world_at(&w, 60999);
    assert_int_equal(mote_error(&w.x), MOTE_ERR_TIMEOUT);
    assert_non_null(strstr(mote_why(&w.x), "its stream features"));
    assert_true((mote_wants(&w.x, 0) & MOTE_WANT_CLOSE) != 0);
    world_at(&w, 100000000);
}

static void test_deadline_on_line(void **state)
{
    (void)state;
    static struct mote_ping ping;
    world_login(&w);
    assert_true(mote_deadline(&w.x) == UINT64_MAX);
    world_start(&w);
    mote_ping_attach(&ping, &w.x, 60, 10);
    world_login(&w);
    assert_true(mote_deadline(&w.x) == w.now_ms + 60000);
    world_at(&w, mote_deadline(&w.x));
    world_take(&w, SIZE_MAX);
    assert_non_null(strstr(w.out, "urn:xmpp:ping"));
}

static void test_close_unanswered(void **state)
{
    (void)state;
    world_login(&w);
    mote_close(&w.x, 5000);
    assert_true(mote_deadline(&w.x) == 10000);
    world_take(&w, SIZE_MAX);
    assert_string_equal(w.out, "</stream:stream>");
    world_at(&w, 10000);
    assert_int_equal(mote_wants(&w.x, 0), MOTE_WANT_CLOSE);
    mote_lost(&w.x, MOTE_ERR_LOST, NULL, 10000);
    assert_int_equal(w.events[w.count - 1].kind, MOTE_EV_OFFLINE);
    assert_int_equal(w.events[w.count - 1].error, 0);
}

static void test_unix_time(void **state)
{
    (void)state;
    mote_set_unix_time(&w.x, 1795222923, 1000);
    world_at(&w, 61999);
    assert_true(mote_unix_time(&w.x) == 1795222983);
}

/// Congestion ///

static void test_room_event(void **state)
{
    (void)state;
    world_login(&w);
    int32_t result;
    unsigned sent = 0;
    while ((result = send_message(100)) > 0) {
        sent++;
    }
    assert_int_equal(result, MOTE_ERR_FULL);
    assert_true(sent > 2);
    assert_int_equal(w.count, 0);
    world_take(&w, 200);
    assert_int_equal(w.count, 0); /* not for a few bytes */
    world_take(&w, sizeof w.tx);
    assert_int_equal(w.count, 1);
    assert_int_equal(w.events[0].kind, MOTE_EV_ROOM);
    assert_true(send_message(100) > 0);
    world_take(&w, SIZE_MAX);
    assert_int_equal(w.count, 1); /* once for each refusal */
    assert_int_equal(send_message(sizeof w.tx), MOTE_ERR_SIZE);
    world_take(&w, SIZE_MAX);
    assert_int_equal(w.count, 1); /* what never fits waits for no room */
}

/* Answers without room: the engine takes no more, and goes on when something was sent; nothing is lost. */
static void test_congestion(void **state)
{
    (void)state;
    static const char ask[] = "<iq type='get' id='x%04u' from='peer@localhost/r'><q xmlns='urn:x'/></iq>";
    char bytes[128];
    unsigned asked = 0, answers = 0;
    world_login(&w);
    while (asked < 200) {
        int n = snprintf(bytes, sizeof bytes, ask, asked);
        ptrdiff_t taken = mote_in(&w.x, 0, bytes, (size_t)n, w.now_ms);
        if (taken == 0) {
            assert_int_equal(mote_wants(&w.x, 0), MOTE_WANT_WRITE);
            world_take(&w, 300);
            continue;
        }
        assert_int_equal(taken, n);
        asked++;
    }
    world_take(&w, SIZE_MAX);
    assert_int_equal(mote_wants(&w.x, 0), MOTE_WANT_READ);
    for (const char *at = w.out; (at = strstr(at, "service-unavailable")) != NULL; at++) {
        answers++;
    }
    /* The helper keeps 16 kB of what was sent; the last answers are in it. */
    assert_true(answers > 50 && answers <= 200);
    assert_true(w.x.tx.peak <= sizeof w.tx);
}

static void test_congestion_in_one_piece(void **state)
{
    (void)state;
    static char many[20000];
    size_t n = 0, taken = 0;
    unsigned answers = 0;
    for (unsigned i = 0; i < 60; i++) {
        n += (size_t)snprintf(many + n, sizeof many - n, "<iq type='get' id='x%u'><q xmlns='urn:x'/></iq>", i);
    }
    world_login(&w);
    while (taken < n) {
        ptrdiff_t now = mote_in(&w.x, 0, many + taken, n - taken, w.now_ms);
        assert_true(now >= 0);
        taken += (size_t)now;
        world_take(&w, 100);
    }
    world_take(&w, SIZE_MAX);
    for (unsigned i = 0; i < 60; i++) {
        char id[32];
        snprintf(id, sizeof id, "id='x%u'", i);
        answers += strstr(w.out, id) != NULL;
    }
    assert_int_equal(answers, 60);
}

/// Oversize ///

static void test_X7_oversize_request_is_answered(void **state)
{
    (void)state;
    static char stanza[8192];
    static const char *const rows[][2] = {{"<iq type='set' id='9' from='peer@localhost/r'><q>", "</q></iq>"},
                                          {"<iq type='result' id='9' from='peer@localhost/r'><q>", "</q></iq>"},
                                          {"<message from='peer@localhost/r'><body>", "</body></message>"}};
    world_login(&w);
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t n = (size_t)snprintf(stanza, sizeof stanza, "%s", rows[i][0]);
        memset(stanza + n, 'x', sizeof w.arena);
        strcpy(stanza + n + sizeof w.arena, rows[i][1]);
        world_clear(&w);
        assert_int_equal(world_in(&w, stanza), (ptrdiff_t)strlen(stanza));
        world_take(&w, SIZE_MAX);
        assert_int_equal(w.count, 1);
        assert_int_equal(w.events[0].kind, MOTE_EV_OVERSIZE);
        assert_int_equal(w.events[0].size, strlen(stanza));
        assert_string_equal(w.out,
                            i > 0 ? ""
                                  : "<iq type='error' id='9' to='peer@localhost/r'><error type='modify'>"
                                    "<policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
        assert_true(mote_online(&w.x));
    }
    assert_int_equal(w.x.reader.oversize, 3);
}

static void test_status(void **state)
{
    (void)state;
    struct mote_status s;
    world_login(&w);
    send_message(50);
    mote_status(&w.x, &s);
    assert_string_equal(s.sasl_mechanism, "PLAIN");
    assert_null(s.channel_binding);
    assert_null(s.tls_version);
    assert_int_equal(s.round_trips, 4);
    assert_int_equal(s.tx_size, sizeof w.tx);
    assert_true(s.tx_used > 50 && s.tx_peak >= s.tx_used);
    assert_true(s.xml_used > 0 && s.xml_peak >= s.xml_used && s.xml_peak <= s.xml_size);
    assert_true(s.arena_peak > 0 && s.arena_peak <= s.arena_size);
    assert_string_equal(mote_jid(&w.x), "alice@localhost/r");
}

static void test_out_copy(void **state)
{
    (void)state;
    static uint8_t many[4096];
    const uint8_t *one;
    assert_int_equal(mote_out_copy(&w.x, 0, many, sizeof many), 0);
    mote_connected(&w.x, &(struct mote_tls_info){.loopback = true}, 0);
    size_t header = mote_out(&w.x, 0, &one);
    assert_int_equal(mote_out_copy(&w.x, 0, many, sizeof many), header); /* what the login says */
    assert_memory_equal(many, one, header);
    assert_int_equal(mote_out_copy(&w.x, 0, many, 5), 5);
    mote_lost(&w.x, 0, NULL, 0);
    world_login(&w);
    for (int i = 0; i < 5; i++) {
        assert_true(send_message(50) > 0);
    }
    size_t n = mote_out_copy(&w.x, 0, many, sizeof many - 1), first = mote_out(&w.x, 0, &one);
    assert_true(n > 4 * first && n < 6 * first);
    assert_int_equal(mote_out_copy(&w.x, 0, many, n + 100), n);
    many[n] = '\0';
    mote_out_done(&w.x, 0, first + 10, 0); /* a part of it is taken */
    world_take(&w, SIZE_MAX);
    assert_string_equal(w.out, (const char *)many + first + 10);
    assert_true(send_message(50) > 0);
    assert_int_equal(mote_out(&w.x, 0, &one), first);
    mote_out_done(&w.x, 0, 1, 0);
    mote_fail(&w.x, MOTE_ERR_CERT, "for this test"); /* what has begun goes to its end, and nothing behind it */
    assert_int_equal(mote_out_copy(&w.x, 0, many, sizeof many), first - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config_buffers),
        cmocka_unit_test(test_config_strings),
        cmocka_unit_test(test_R9_B12_letters_that_nobody_has_prepared),
        cmocka_unit_test(test_config_services),
        cmocka_unit_test_setup(test_defaults, setup),
        cmocka_unit_test_setup(test_off_line, setup),
        cmocka_unit_test_setup(test_wants, setup),
        cmocka_unit_test_setup(test_T1_nothing_without_tls, setup),
        cmocka_unit_test_setup(test_D1_deadlines_of_the_login, setup),
        cmocka_unit_test_setup(test_deadline_on_line, setup),
        cmocka_unit_test_setup(test_close_unanswered, setup),
        cmocka_unit_test_setup(test_unix_time, setup),
        cmocka_unit_test_setup(test_room_event, setup),
        cmocka_unit_test_setup(test_congestion, setup),
        cmocka_unit_test_setup(test_congestion_in_one_piece, setup),
        cmocka_unit_test_setup(test_X7_oversize_request_is_answered, setup),
        cmocka_unit_test_setup(test_status, setup),
        cmocka_unit_test_setup(test_out_copy, setup),
    };
    return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
