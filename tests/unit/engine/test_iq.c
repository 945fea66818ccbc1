/* SPDX-License-Identifier: MIT
 * Requests and their answers: who may answer, timeouts, and what a lost session does to them.
 */
#include <stdio.h>

#include "core/module.h"
#include "tests/unit/unit.h"
#include "tests/unit/world.h"

/* A module that only asks. */
struct asker {
    struct mote_module mod;
    struct mote_iq iq[3];
    int answers[3], errors[3]; /* how many, and the last one's error */
    char text[64];             /* of the last reply */
    int cancel, ask;           /* 1 + what to cancel or ask when an answer comes; 0 for nothing */
};

static const struct mote_module_class asker_class = {.name = "asker"};
static struct world w;
static struct asker a;

static int32_t ask(int i, const char *to);

static void answered(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    int i = (int)(iq - a.iq);
    assert_false(iq->pending);
    a.answers[i]++;
    a.errors[i] = error;
    const char *text = mote_xml_child_text(reply, "urn:t", "t");
    snprintf(a.text, sizeof a.text, "%s", text != NULL ? text : "");
    if (a.cancel != 0) {
        mote_iq_cancel(&a.iq[a.cancel - 1]);
    }
    if (a.ask != 0) {
        int which = a.ask - 1;
        a.ask = 0;
        ask(which, NULL);
    }
}

static int32_t ask(int i, const char *to)
{
    mote_writer_put(mote_iq_begin(&a.iq[i], &a.mod, "get", to), "<q xmlns='urn:t'/>");
    return mote_iq_send(&a.iq[i], answered);
}

/* The id of request i as it stands on the wire. */
static const char *id_of(int i)
{
    static char id[2][12];
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char *out = id[i & 1];
    uint64_t v = a.iq[i].id;
    for (int k = 0; k < 11; k++, v >>= 6) {
        out[k] = alphabet[v & 63];
    }
    out[11] = '\0';
    return out;
}

static void reply(int i, const char *type, const char *from, const char *text)
{
    char stanza[512], sender[300] = "";
    if (from != NULL) {
        snprintf(sender, sizeof sender, " from='%s'", from);
    }
    snprintf(stanza, sizeof stanza, "<iq type='%s' id='%s'%s><t xmlns='urn:t'>%s</t></iq>", type, id_of(i), sender,
             text);
    world_in(&w, stanza);
}

static int setup(void **state)
{
    (void)state;
    world_start(&w);
    memset(&a, 0, sizeof a);
    mote_module_attach(&a.mod, &w.x, &asker_class);
    world_login(&w);
    return 0;
}

static void test_on_the_wire(void **state)
{
    (void)state;
    char expected[200];
    assert_true(ask(0, "b&c@localhost/'r'") == MOTE_ERR_TEXT || a.iq[0].pending);
    world_take(&w, SIZE_MAX);
    snprintf(expected, sizeof expected,
             "<iq type='get' id='%s' to='b&amp;c@localhost/&apos;r&apos;'><q xmlns='urn:t'/></iq>", id_of(0));
    assert_string_equal(w.out, expected);
    world_clear(&w);
    ask(1, NULL);
    world_take(&w, SIZE_MAX);
    snprintf(expected, sizeof expected, "<iq type='get' id='%s'><q xmlns='urn:t'/></iq>", id_of(1));
    assert_string_equal(w.out, expected);
}

static void test_two_requests(void **state)
{
    (void)state;
    int32_t first = ask(0, NULL), second = ask(1, "peer@localhost/r");
    assert_true(first > 0 && second > 0 && first != second);
    reply(1, "result", "peer@localhost/r", "two");
    assert_int_equal(a.answers[0], 0);
    assert_int_equal(a.answers[1], 1);
    assert_string_equal(a.text, "two");
    reply(0, "error", NULL, "one");
    assert_int_equal(a.answers[0], 1);
    assert_int_equal(a.errors[0], MOTE_ERR_REFUSED);
    assert_int_equal(a.errors[1], 0);
    reply(0, "result", NULL, "again"); /* R3: a second answer */
    assert_int_equal(a.answers[0], 1);
    assert_string_equal(a.text, "one");
    assert_true(mote__iq_deadline(&w.x) == UINT64_MAX);
}

static void test_R3_answer_from_another(void **state)
{
    (void)state;
    static const char *const wrong[] = {NULL,
                                        "localhost",
                                        "alice@localhost",
                                        "alice@localhost/r",
                                        "p@localhost",
                                        "peer@localhost/R",
                                        "peer@localhost",
                                        "peer@localhost/r/",
                                        "evil@x",
                                        "peer@localhost/r ",
                                        "",
                                        "peer@localhost.evil/r"};
    ask(0, "peer@localhost/r");
    for (size_t i = 0; i < COUNT(wrong); i++) {
        reply(0, "result", wrong[i], "forged");
        reply(0, "error", wrong[i], "forged");
        assert_int_equal(a.answers[0], 0);
        assert_true(a.iq[0].pending);
    }
    reply(0, "result", "PEER@LocalHost/r", "right"); /* case before the resource does not count */
    assert_int_equal(a.answers[0], 1);
}

static void test_R3_answer_of_the_own_account(void **state)
{
    (void)state;
    static const char *const good[] = {NULL, "alice@localhost", "Alice@Localhost"};
    static const char *const wrong[] = {"alice@localhost/other", "localhost", "bob@localhost"};
    for (size_t i = 0; i < COUNT(good); i++) {
        ask(0, NULL);
        reply(0, "result", wrong[i], "forged");
        assert_true(a.iq[0].pending);
        reply(0, "result", good[i], "right");
        assert_false(a.iq[0].pending);
    }
}

static void test_R3_ids(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "A", "AAAAAAAAAA", "AAAAAAAAAAA", "AAAAAAAAAAAA", "1"};
    char stanza[200], before[12];
    ask(0, NULL);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        snprintf(stanza, sizeof stanza, "<iq type='result' id='%s'/>", wrong[i]);
        world_in(&w, stanza);
    }
    world_in(&w, "<iq type='result'/>");
    assert_true(a.iq[0].pending);
    strcpy(before, id_of(0));
    mote_iq_cancel(&a.iq[0]);
    ask(0, NULL);
    assert_string_not_equal(before, id_of(0)); /* never used twice */
}

static void test_timeouts(void **state)
{
    (void)state;
    ask(0, NULL);
    world_at(&w, 1000); /* the time of a request runs from the next tick */
    world_at(&w, 21000);
    ask(1, NULL);
    world_at(&w, 21000);
    assert_true(mote_deadline(&w.x) == 61000);
    world_at(&w, 60999);
    assert_int_equal(a.answers[0], 0);
    world_at(&w, 61000);
    assert_int_equal(a.answers[0], 1);
    assert_int_equal(a.errors[0], MOTE_ERR_TIMEOUT);
    assert_int_equal(a.answers[1], 0);
    assert_true(mote_deadline(&w.x) == 81000);
    reply(0, "result", NULL, "late");
    assert_int_equal(a.answers[0], 1);
    world_at(&w, 1000000);
    assert_int_equal(a.errors[1], MOTE_ERR_TIMEOUT);
    assert_true(mote_online(&w.x)); /* an answer that does not come ends no stream */
}

static void test_cancel_in_callback(void **state)
{
    (void)state;
    for (int cancelled = 0; cancelled < 3; cancelled++) {
        setup(NULL);
        for (int i = 0; i < 3; i++) {
            ask(i, NULL);
        }
        a.cancel = 1 + cancelled;
        world_at(&w, 1000);
        world_at(&w, 61000); /* all are due at once */
        int sum = a.answers[0] + a.answers[1] + a.answers[2];
        assert_true(sum == 2 || (sum == 3 && a.answers[cancelled] == 1)); /* called before it could be cancelled */
        assert_true(w.x.iqs == NULL);
    }
}

static void test_ask_in_callback(void **state)
{
    (void)state;
    ask(0, NULL);
    a.ask = 1; /* the same one, which is free again */
    reply(0, "result", NULL, "x");
    assert_true(a.iq[0].pending);
    a.ask = 1;
    world_at(&w, 1000);
    world_at(&w, 61000); /* the new one is not due */
    world_at(&w, 61000);
    assert_int_equal(a.answers[0], 2);
    assert_true(a.iq[0].pending);
    assert_true(mote_deadline(&w.x) == 121000);
}

static void test_busy(void **state)
{
    (void)state;
    ask(0, NULL);
    uint64_t id = a.iq[0].id;
    assert_int_equal(ask(0, NULL), MOTE_ERR_BUSY);
    assert_true(a.iq[0].id == id && a.iq[0].pending);
    reply(0, "result", NULL, "x");
    assert_int_equal(a.answers[0], 1);
}

static void test_lost(void **state)
{
    (void)state;
    ask(0, NULL);
    ask(1, "peer@localhost");
    mote_lost(&w.x, MOTE_ERR_LOST, NULL, w.now_ms);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(a.answers[i], 1);
        assert_int_equal(a.errors[i], MOTE_ERR_LOST);
    }
    assert_int_equal(ask(2, NULL), MOTE_ERR_STATE);
    assert_false(a.iq[2].pending);
    world_login(&w);
    assert_true(ask(2, NULL) > 0);
}

static void test_refused_asks_leave_nothing_pending(void **state)
{
    (void)state;
    assert_int_equal(ask(0, "\x01"), MOTE_ERR_TEXT);
    assert_false(a.iq[0].pending);
    w.no_entropy = true;
    assert_int_equal(ask(0, NULL), MOTE_ERR_ENTROPY);
    w.no_entropy = false;
    assert_true(w.x.iqs == NULL);
    mote_iq_cancel(&a.iq[0]); /* harmless */
    assert_true(ask(0, NULL) > 0);
}

static void test_explain(void **state)
{
    (void)state;
    struct mote_event e = {0};
    struct mote_xml text_node = {.text = "no such node", .text_len = 12};
    struct mote_xml text = {
        .ns = "urn:ietf:params:xml:ns:xmpp-stanzas", .name = "text", .first = &text_node, .last = &text_node};
    struct mote_xml condition = {.ns = "urn:ietf:params:xml:ns:xmpp-stanzas", .name = "item-not-found"};
    struct mote_xml error = {.ns = "jabber:client", .name = "error", .first = &text, .last = &condition};
    struct mote_xml iq = {.ns = "jabber:client", .name = "iq", .first = &error, .last = &error};
    text.next = &condition;
    mote_iq_explain(&e, &iq, MOTE_ERR_REFUSED);
    assert_string_equal(e.condition, "item-not-found");
    assert_string_equal(e.why, "no such node");
    error.first = NULL;
    mote_iq_explain(&e, &iq, MOTE_ERR_REFUSED);
    assert_string_equal(e.condition, "undefined-condition");
    e = (struct mote_event){0};
    mote_iq_explain(&e, NULL, MOTE_ERR_TIMEOUT);
    assert_int_equal(e.error, MOTE_ERR_TIMEOUT);
    assert_string_equal(e.why, mote_error_text(MOTE_ERR_TIMEOUT));
    assert_null(e.condition);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_on_the_wire, setup),
        cmocka_unit_test_setup(test_two_requests, setup),
        cmocka_unit_test_setup(test_R3_answer_from_another, setup),
        cmocka_unit_test_setup(test_R3_answer_of_the_own_account, setup),
        cmocka_unit_test_setup(test_R3_ids, setup),
        cmocka_unit_test_setup(test_timeouts, setup),
        cmocka_unit_test_setup(test_cancel_in_callback, setup),
        cmocka_unit_test_setup(test_ask_in_callback, setup),
        cmocka_unit_test_setup(test_busy, setup),
        cmocka_unit_test_setup(test_lost, setup),
        cmocka_unit_test_setup(test_refused_asks_leave_nothing_pending, setup),
        cmocka_unit_test_setup(test_explain, setup),
    };
    return cmocka_run_group_tests_name("iq", tests, NULL, NULL);
}
