/* SPDX-License-Identifier: MIT
 * Publishing: what services refuse, and how the next try goes round it.
 */
#include "tests/unit/blog.h"

#define ERROR(condition, more)                                                                                         \
    "<error type='cancel'><" condition " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>" more "</error>"
#define SAYS(text) "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>" text "</text>"
#define ABOUT(name) "<" name " xmlns='http://jabber.org/protocol/pubsub#errors'/>"

static int32_t publish(void)
{
    int32_t ticket = mote_blog_publish(&blog, &reading);
    world_take(&w, SIZE_MAX);
    return ticket;
}

/* Which of the options are in what was sent: a(ccess) p(ersist) m(ax) r(etract) n(ever). */
static const char *options(void)
{
    static char found[8];
    char *to = found;
    *to = '\0';
    if (strstr(w.out, "<publish ") == NULL) {
        return "nothing published";
    }
    *to = 'a';
    to += strstr(w.out, "pubsub#access_model'><value>") != NULL;
    *to = 'p';
    to += strstr(w.out, "pubsub#persist_items'><value>true<") != NULL;
    *to = strstr(w.out, "pubsub#max_items'><value>max<") != NULL ? 'M' : 'm';
    to += strstr(w.out, "pubsub#max_items'><value>") != NULL;
    *to = 'r';
    to += strstr(w.out, "pubsub#notify_retract'><value>true<") != NULL;
    *to = 'n';
    to += strstr(w.out, "pubsub#send_last_published_item'><value>never<") != NULL;
    *to = '\0';
    return found;
}

static void test_first_with_options_then_without(void **state)
{
    (void)state;
    int32_t first = publish();
    assert_string_equal(options(), "apMrn");
    assert_string_equal(mote_blog_id(&blog, first), "r1");
    assert_int_equal(publish(), MOTE_ERR_BUSY); /* the buffer holds one */
    answer("result", PUBSUB("<publish node='" NS_MICROBLOG "'><item id='other'/></publish>"));
    expect(MOTE_EV_PUBLISHED, first, 0);
    assert_string_equal(ids, "other ");
    assert_null(mote_blog_id(&blog, first));
    world_clear(&w);
    publish();
    assert_string_equal(options(), "");
    assert_true(w.out_len <= 330);
    for (int i = 1; i < MOTE_PUBSUB_REQUESTS; i++) {
        assert_true(publish() > 0);
    }
    assert_int_equal(publish(), MOTE_ERR_BUSY);
}

/* Answer the first so many: "+" is a result, anything else an error. What is sent then replaces what was. */
static void answer_all(unsigned count, const char *const answers[])
{
    for (unsigned i = 0; i < count; i++) {
        bool good = strcmp(answers[i], "+") == 0;
        answer_nth(i, good ? "result" : "error", reading.service, good ? "" : answers[i]);
    }
    w.out_len = 0;
    w.out[0] = '\0';
    world_take(&w, SIZE_MAX);
}

#define ANSWER(...)                                                                                                    \
    answer_all(sizeof(const char *[]){__VA_ARGS__} / sizeof(const char *), (const char *[]){__VA_ARGS__})

/* The place of a text in what was sent. */
static const char *sent(const char *text)
{
    const char *at = strstr(w.out, text);
    assert_non_null(at);
    return at;
}

static void test_a_refused_option_creates_the_node_first(void **state)
{
    (void)state;
    int32_t ticket = publish();
    assert_string_equal(options(), "apMrn");
    answer("error", ERROR("resource-constraint", SAYS("Unknown field pubsub#max_items")));
    const char *create = sent("<create node='" NS_MICROBLOG "'/><configure>");
    const char *configure = sent("<configure node='" NS_MICROBLOG "'>"), *post = sent("<publish ");
    assert_true(create < configure && configure < post);
    assert_non_null(strstr(create, "access_model"));
    assert_null(strstr(configure, "access_model"));
    assert_non_null(strstr(configure, "pubsub#max_items'><value>max<"));
    assert_null(strstr(post, "publish-options"));
    ANSWER("+", "+", "+");
    expect(MOTE_EV_PUBLISHED, ticket, 0);
    assert_string_equal(ids, "r1 ");
    assert_string_equal(w.out, "");
    publish();
    assert_string_equal(options(), "");
    assert_null(strstr(w.out, "<create "));
}

static void test_a_node_that_was_there_is_configured_first(void **state)
{
    (void)state;
    int32_t ticket = publish();
    answer("error", ERROR("resource-constraint", ""));
    ANSWER(ERROR("conflict", ""), "+", "+");
    expect(MOTE_EV_PUBLISHED, ticket, 0);
    assert_string_equal(w.out, "");
}

/* The service makes the node by its own defaults, which may be to keep one post: the second must find it configured. */
static void test_what_creating_was_refused_for_is_asked_for_again(void **state)
{
    (void)state;
    config.max_items = 1000;
    start();
    int32_t ticket = publish();
    answer("error", ERROR("bad-request", SAYS("pubsub#max_items: out of bounds")));
    assert_non_null(strstr(sent("<create "), "pubsub#max_items'><value>1000<"));
    ANSWER(ERROR("not-acceptable", SAYS("max_items: out of bounds")), ERROR("item-not-found", ""), "+");
    expect(MOTE_EV_PUBLISHED, ticket, 0);
    assert_non_null(strstr(sent("<configure node='" NS_MICROBLOG "'>"), "pubsub#max_items'><value>max<"));
    assert_null(strstr(w.out, "access_model"));
}

static void test_two_refusals_are_final(void **state)
{
    (void)state;
    int32_t ticket = publish();
    answer("error", ERROR("bad-request", ""));
    ANSWER("+", "+", ERROR("bad-request", ""));
    expect(MOTE_EV_REFUSED, ticket, MOTE_ERR_REFUSED);
    assert_string_equal(ids, "r1 ");
    assert_string_equal(w.out, "");
}

/* An error that was larger than the arena comes without a condition. */
static void test_refusal_without_condition(void **state)
{
    (void)state;
    publish();
    answer("error", "");
    assert_non_null(strstr(w.out, "<create "));
    assert_null(strstr(w.out, "publish-options"));
}

static void test_precondition_not_met(void **state)
{
    (void)state;
    int32_t ticket = publish();
    answer("error", ERROR("conflict", ABOUT("precondition-not-met")));
    assert_null(strstr(w.out, "<create "));
    assert_null(strstr(w.out, "access_model")); /* who may read is left as it is */
    assert_null(strstr(w.out, "notify_retract"));
    assert_true(sent("pubsub#max_items'><value>max<") < sent("<publish "));
    ANSWER(ERROR("forbidden", ""), "+"); /* then it is as it is */
    expect(MOTE_EV_PUBLISHED, ticket, 0);
    assert_string_equal(w.out, "");
    config.max_items = 50;
    start();
    publish();
    answer("error", ERROR("conflict", ABOUT("precondition-not-met")));
    sent("pubsub#max_items'><value>50<");
}

/* Another's node is its owner's business. */
static void test_precondition_not_met_elsewhere(void **state)
{
    (void)state;
    reading.service = "pubsub.localhost";
    int32_t ticket = publish();
    answer("error", ERROR("conflict", ABOUT("precondition-not-met")));
    assert_string_equal(options(), "");
    answer("result", "");
    expect(MOTE_EV_PUBLISHED, ticket, 0);
}

/* R6: what was meant for few never goes to a node of many. */
static void test_access_is_never_dropped(void **state)
{
    (void)state;
    config.access = MOTE_ACCESS_WHITELIST;
    config.flags = MOTE_BLOG_NO_OPTIONS;
    start();
    int32_t ticket = publish();
    assert_string_equal(options(), "apMrn");
    assert_non_null(strstr(w.out, "whitelist"));
    answer("error", ERROR("feature-not-implemented",
                          "<unsupported xmlns='http://jabber.org/protocol/pubsub#errors' feature='publish-options'/>"));
    const char *with = strstr(w.out, "publish-options");
    assert_non_null(with);
    assert_non_null(strstr(with, "whitelist"));
    assert_null(strstr(with, "max_items"));
    ANSWER(ERROR("conflict", ""), "+", ERROR("conflict", ABOUT("precondition-not-met")));
    expect(MOTE_EV_REFUSED, ticket, MOTE_ERR_REFUSED);
    assert_non_null(strstr(w.events[0].why, "nothing was published"));
    publish();
    with = strstr(w.out, "publish-options");
    assert_non_null(with);
    assert_non_null(strstr(with, "whitelist"));
}

static void test_missing_node_is_created(void **state)
{
    (void)state;
    reading.service = "pubsub.localhost";
    reading.node = "news";
    int32_t ticket = publish();
    answer("error", ERROR("item-not-found", ""));
    assert_non_null(strstr(w.out, "<create node='news'/><configure>"));
    assert_non_null(strstr(w.out, "pubsub#node_config"));
    answer_nth(0, "error", "pubsub.localhost", ERROR("bad-request", SAYS("Unknown field max_items")));
    answer_nth(1, "error", "pubsub.localhost", ERROR("item-not-found", ""));
    world_clear(&w);
    world_take(&w, SIZE_MAX);
    assert_null(strstr(w.out, "max_items"));
    answer_nth(0, "result", "pubsub.localhost", "");
    answer_nth(1, "result", "pubsub.localhost", "");
    expect(MOTE_EV_PUBLISHED, ticket, 0);
}

static void test_missing_node_that_we_may_not_create(void **state)
{
    (void)state;
    reading.service = "pubsub.localhost";
    int32_t ticket = publish();
    answer("error", ERROR("item-not-found", ""));
    answer_nth(0, "error", "pubsub.localhost", ERROR("forbidden", ""));
    answer_nth(1, "error", "pubsub.localhost", ERROR("item-not-found", ""));
    expect(MOTE_EV_REFUSED, ticket, MOTE_ERR_REFUSED);
}

static void test_without_a_buffer_the_next_try_succeeds(void **state)
{
    (void)state;
    config.hold = NULL;
    start();
    int32_t first = publish();
    int32_t second = mote_blog_publish(&blog, &reading);
    world_take(&w, SIZE_MAX);
    answer_nth(0, "error", NULL, ERROR("bad-request", SAYS("max_items")));
    expect(MOTE_EV_REFUSED, first, MOTE_ERR_REFUSED);
    assert_non_null(strstr(w.events[0].why, "publishing again"));
    answer_nth(1, "error", NULL, ERROR("bad-request", SAYS("max_items")));
    expect(MOTE_EV_REFUSED, second, MOTE_ERR_REFUSED);
    world_clear(&w);
    publish();
    assert_non_null(strstr(w.out, "<create "));
    assert_null(strstr(w.out, "publish-options"));
}

static void test_buffer_of_any_size(void **state)
{
    char small[512];
    (void)state;
    unsigned held = 0;
    config.hold = small;
    for (config.hold_size = 1; config.hold_size < sizeof small; config.hold_size++) {
        memset(small, 'x', sizeof small);
        start();
        publish();
        held += blog.holder != NULL;
        assert_int_equal(small[config.hold_size], 'x');
        answer("error", ERROR("conflict", ABOUT("precondition-not-met")));
        assert_int_equal(w.count, blog.holder != NULL ? 0 : 1);
    }
    assert_in_range(held, 1, sizeof small - 1);
}

static void test_final_refusals(void **state)
{
    static const char *const errors[] = {ERROR("forbidden", ""), ERROR("bad-request", ABOUT("invalid-payload")),
                                         ERROR("not-acceptable", ABOUT("payload-too-big"))};
    (void)state;
    for (size_t i = 0; i < COUNT(errors); i++) {
        start();
        int32_t ticket = publish();
        answer("error", errors[i]);
        expect(MOTE_EV_REFUSED, ticket, MOTE_ERR_REFUSED);
        assert_null(blog.holder);
    }
}

static void test_lost_and_timeout(void **state)
{
    (void)state;
    int32_t ticket = publish();
    mote_lost(&w.x, MOTE_ERR_LOST, NULL, w.now_ms);
    assert_int_equal(w.events[0].error, MOTE_ERR_LOST);
    assert_int_equal(w.events[0].ticket, ticket);
    assert_string_equal(ids, "r1 ");
    assert_int_equal(publish(), MOTE_ERR_STATE);
    world_login(&w);
    assert_true(publish() > 0);
    assert_string_equal(options(), "apMrn"); /* a new session: nothing is known of the node */
    world_at(&w, w.now_ms);
    world_at(&w, w.now_ms + 61000);
    assert_int_equal(w.events[0].error, MOTE_ERR_TIMEOUT);
}

static void test_refused_calls(void **state)
{
    char id[300];
    (void)state;
    struct mote_post good = reading;
    reading.title = NULL;
    assert_int_equal(publish(), MOTE_ERR_ARG);
    reading = good;
    reading.title = "\xff";
    assert_int_equal(publish(), MOTE_ERR_TEXT);
    reading = good;
    reading.tag_count = MOTE_POST_TAGS + 1;
    assert_int_equal(publish(), MOTE_ERR_ARG);
    reading = good;
    reading.service = "a b";
    assert_int_equal(publish(), MOTE_ERR_ARG);
    reading = good;
    reading.comments_node = "alone";
    assert_int_equal(publish(), MOTE_ERR_ARG);
    reading = good;
    w.no_entropy = true;
    reading.id = NULL;
    assert_int_equal(publish(), MOTE_ERR_ENTROPY);
    w.no_entropy = false;
    char big[2048];
    memset(big, 'b', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    reading.content = big;
    assert_int_equal(publish(), MOTE_ERR_SIZE);
    assert_string_equal(w.out, "");
    assert_null(blog.holder);
    memset(id, 'i', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    reading = good;
    reading.id = id;
    int32_t ticket = publish();
    assert_true(ticket > 0);
    assert_null(mote_blog_id(&blog, ticket)); /* longer than MOTE_ID_MAX */
}

static void test_comments(void **state)
{
    (void)state;
    reading.with_comments = true;
    publish();
    assert_non_null(strstr(w.out, "<create node='" NS_MICROBLOG ":comments/r1'/>"));
    assert_non_null(strstr(w.out, "pubsub#publish_model'><value>open<"));
    assert_non_null(strstr(w.out, "<link rel='replies' title='comments' href='xmpp:alice@localhost?;node="
                                  "urn%3Axmpp%3Amicroblog%3A0%3Acomments%2Fr1'/>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_first_with_options_then_without, setup),
        cmocka_unit_test_setup(test_a_refused_option_creates_the_node_first, setup),
        cmocka_unit_test_setup(test_a_node_that_was_there_is_configured_first, setup),
        cmocka_unit_test_setup(test_what_creating_was_refused_for_is_asked_for_again, setup),
        cmocka_unit_test_setup(test_two_refusals_are_final, setup),
        cmocka_unit_test_setup(test_refusal_without_condition, setup),
        cmocka_unit_test_setup(test_precondition_not_met, setup),
        cmocka_unit_test_setup(test_precondition_not_met_elsewhere, setup),
        cmocka_unit_test_setup(test_access_is_never_dropped, setup),
        cmocka_unit_test_setup(test_missing_node_is_created, setup),
        cmocka_unit_test_setup(test_missing_node_that_we_may_not_create, setup),
        cmocka_unit_test_setup(test_without_a_buffer_the_next_try_succeeds, setup),
        cmocka_unit_test_setup(test_buffer_of_any_size, setup),
        cmocka_unit_test_setup(test_final_refusals, setup),
        cmocka_unit_test_setup(test_lost_and_timeout, setup),
        cmocka_unit_test_setup(test_refused_calls, setup),
        cmocka_unit_test_setup(test_comments, setup),
    };
    return cmocka_run_group_tests_name("blog, publishing", tests, NULL, NULL);
}
