/* SPDX-License-Identifier: MIT */
#include "core/modules/blog.h"

#include <stdio.h>

#include "core/wire/ns.h"
#include "tests/unit/unit.h"
#include "tests/unit/world.h"

#define PUBSUB(content) "<pubsub xmlns='http://jabber.org/protocol/pubsub'>" content "</pubsub>"
#define ERROR(condition, more)                                                                                         \
    "<error type='cancel'><" condition " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>" more "</error>"
#define SAYS(text) "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>" text "</text>"
#define ABOUT(name) "<" name " xmlns='http://jabber.org/protocol/pubsub#errors'/>"
#define FROM(from, content)                                                                                            \
    "<message" from "><event xmlns='http://jabber.org/protocol/pubsub#event'>" content "</event></message>"
#define EVENT(id, content) FROM(" from='bob@localhost'" id, content)
#define ITEM(id) "<item id='" id "'><entry xmlns='http://www.w3.org/2005/Atom'><title>" id "</title></entry></item>"

static struct world w;
static struct mote_blog blog;
static struct mote_blog_config config;
static char hold[512];
static struct mote_post reading;
static char ids[512];         /* of the posts in the events, with a blank behind each */
static struct mote_page page; /* of the last event; its strings are gone */

static void note(struct world *world, const struct mote_event *e)
{
    (void)world;
    bool has_post = e->kind == MOTE_EV_POST || e->kind == MOTE_EV_POST_RETRACTED || e->kind == MOTE_EV_PUBLISHED ||
                    e->kind == MOTE_EV_RETRACTED || (e->kind == MOTE_EV_REFUSED && e->post != NULL);
    if (has_post) {
        strcat(strcat(ids, e->post->id != NULL ? e->post->id : "(none)"), " ");
    }
    page = e->kind == MOTE_EV_PAGE ? *e->page : page;
}

static void start(void)
{
    world_start(&w);
    w.also = note;
    mote_blog_attach(&blog, &w.x, &config);
    mote_set_unix_time(&w.x, 1795219200, w.now_ms);
    world_login(&w);
    ids[0] = '\0';
}

static int setup(void **state)
{
    (void)state;
    config = (struct mote_blog_config){.hold = hold, .hold_size = sizeof hold};
    reading = (struct mote_post){.id = "r1", .title = "21.5 C", .lean = true};
    start();
    return 0;
}

/* Answer the n-th request (from 0) of those in w.out; `from` NULL for the own account. */
static void answer_nth(unsigned n, const char *type, const char *from, const char *content)
{
    char stanza[4096];
    const char *at = w.out;
    for (unsigned i = 0; i <= n; i++) {
        at = strstr(i > 0 ? at + 1 : at, "<iq type='");
        assert_non_null(at);
    }
    at = strstr(at, "id='") + 4;
    snprintf(stanza, sizeof stanza, "<iq type='%s' id='%.11s'%s%s%s>%s</iq>", type, at, from != NULL ? " from='" : "",
             from != NULL ? from : "", from != NULL ? "'" : "", content);
    world_in(&w, stanza);
}

/* Answer the first one. What is sent then replaces what was. */
static void answer(const char *type, const char *content)
{
    answer_nth(0, type, reading.service, content);
    w.out_len = 0;
    w.out[0] = '\0';
    world_take(&w, SIZE_MAX);
}

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

static void expect(enum mote_event_kind kind, int32_t ticket, int error)
{
    assert_int_equal(w.count, 1);
    assert_int_equal(w.events[0].kind, kind);
    assert_int_equal(w.events[0].ticket, ticket);
    assert_int_equal(w.events[0].error, error);
    w.count = 0;
}

/// Publishing ///

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

static void test_options_refused_by_name(void **state)
{
    (void)state;
    config.max_items = 1000;
    start();
    int32_t ticket = publish();
    assert_string_equal(options(), "apmrn");
    answer("error", ERROR("bad-request", SAYS("pubsub#max_items: out of bounds")));
    assert_string_equal(options(), "apMrn");
    answer("error", ERROR("resource-constraint", ""));
    assert_string_equal(options(), "aprn");
    answer("error", ERROR("not-acceptable", SAYS("Unknown field pubsub#notify_retract")));
    assert_string_equal(options(), "apn");
    assert_int_equal(w.count, 0);
    answer("result", "");
    expect(MOTE_EV_PUBLISHED, ticket, 0);
    assert_string_equal(ids, "r1 ");
}

static void test_four_refusals_are_final(void **state)
{
    (void)state;
    int32_t ticket = publish();
    answer("error", ERROR("bad-request", SAYS("max_items")));
    answer("error", ERROR("bad-request", SAYS("notify_retract")));
    answer("error", ERROR("bad-request", SAYS("persist_items")));
    assert_string_equal(options(), "an");
    answer("error", ERROR("bad-request", SAYS("send_last_published_item")));
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
    assert_string_equal(options(), "aprn");
}

static void test_precondition_not_met(void **state)
{
    (void)state;
    int32_t ticket = publish();
    answer("error", ERROR("conflict", ABOUT("precondition-not-met")));
    assert_string_equal(options(), "");
    answer("result", "");
    expect(MOTE_EV_PUBLISHED, ticket, 0);
    assert_null(strstr(w.out, "configure")); /* an existing node is left alone */
    config.max_items = 50;
    start();
    publish();
    answer("error", ERROR("conflict", ABOUT("precondition-not-met")));
    answer("result", "");
    assert_non_null(strstr(w.out, "<configure node='" NS_MICROBLOG "'>"));
    assert_non_null(strstr(w.out, "pubsub#max_items'><value>50<"));
    assert_null(strstr(w.out, "access_model"));
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
    assert_string_equal(options(), "a");
    answer("error", ERROR("conflict", ABOUT("precondition-not-met")));
    expect(MOTE_EV_REFUSED, ticket, MOTE_ERR_REFUSED);
    assert_non_null(strstr(w.events[0].why, "nothing was published"));
    publish();
    assert_string_equal(options(), "a");
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
    assert_string_equal(options(), "aprn");
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

/// Reading ///

static int32_t read_page(const struct mote_blog_query *query)
{
    world_clear(&w);
    int32_t ticket = mote_blog_read(&blog, query);
    world_take(&w, SIZE_MAX);
    return ticket;
}

static void test_read_newest(void **state)
{
    (void)state;
    int32_t ticket = read_page(NULL);
    assert_non_null(strstr(w.out, "<items node='" NS_MICROBLOG "' max_items='10'/><set xmlns='" NS_RSM
                                  "'><max>10</max><before/></set>"));
    answer("result", PUBSUB("<items node='" NS_MICROBLOG
                            "'><item id='0'><feed xmlns='http://www.w3.org/2005/Atom'/></item>" ITEM("a")
                                ITEM("b") "<item id='c'><x xmlns='y'/></item></items>"));
    assert_string_equal(ids, "a b c ");
    assert_int_equal(w.count, 4);
    assert_int_equal(w.events[3].kind, MOTE_EV_PAGE);
    assert_int_equal(w.events[3].ticket, ticket);
    assert_int_equal(page.posts, 3);
    assert_int_equal(page.count, -1);
    assert_true(page.complete);
    assert_null(page.first);
}

static void test_P1_page_is_capped(void **state)
{
    (void)state;
    read_page(&(struct mote_blog_query){.max = 100000});
    assert_non_null(strstr(w.out, "<max>50</max>"));
    read_page(&(struct mote_blog_query){.max = 2});
    answer("result", PUBSUB("<items node='n'>" ITEM("a") ITEM("b") ITEM("c") "</items>"));
    assert_string_equal(ids, "b c "); /* the newest of what nobody asked for */
    assert_int_equal(page.left_out, 1);
    assert_false(page.complete);
}

static void test_read_onwards(void **state)
{
    static const struct {
        const char *set;
        bool before, complete;
    } cases[] = {
        {"<first index='2'>f</first><last>l</last><count>4</count>", false, true},
        {"<first index='2'>f</first><last>l</last><count>5</count>", false, false},
        {"<first index='0'>f</first><last>l</last><count>5</count>", true, true},
        {"<first index='1'>f</first><last>l</last>", true, false},
        {"<first>f</first><last>l</last>", true, false},
        {"<first index='18446744073709551615'>f</first><last>l</last><count>-1</count>", false, false},
    };
    char content[1024];
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct mote_blog_query query = {
            .max = 2, .before = cases[i].before ? "a&b" : NULL, .after = cases[i].before ? NULL : "a&b"};
        read_page(&query);
        assert_non_null(strstr(w.out, cases[i].before ? "<before>a&amp;b</before>" : "<after>a&amp;b</after>"));
        snprintf(content, sizeof content,
                 PUBSUB("<items node='n'>" ITEM("x") ITEM("y") "</items><set xmlns='" NS_RSM "'>%s</set>"),
                 cases[i].set);
        answer("result", content);
        assert_int_equal(page.complete, cases[i].complete);
        assert_non_null(page.last);
    }
}

static void test_service_without_paging(void **state)
{
    (void)state;
    int32_t ticket = read_page(&(struct mote_blog_query){.before = "m"});
    answer("result", PUBSUB("<items node='n'>" ITEM("x") "</items>"));
    expect(MOTE_EV_REFUSED, ticket, MOTE_ERR_REFUSED);
    read_page(&(struct mote_blog_query){.before = "m"});
    answer("result", PUBSUB(""));
    assert_int_equal(w.events[0].kind, MOTE_EV_PAGE);
    assert_true(page.complete);
}

static void test_P1_oversize_answers(void **state)
{
    (void)state;
    int32_t ticket = read_page(&(struct mote_blog_query){.node = "news", .after = "m", .max = 3});
    answer("result", ""); /* what is left of an answer larger than the arena */
    assert_non_null(strstr(w.out, "<items node='news' max_items='1'/>"));
    assert_non_null(strstr(w.out, "<after>m</after>"));
    answer("result", "");
    expect(MOTE_EV_REFUSED, ticket, MOTE_ERR_SIZE);
    ticket = read_page(&(struct mote_blog_query){
        .after = "a mark that is longer than what is kept of one in a request, sixty-four bytes"});
    answer("result", "");
    expect(MOTE_EV_REFUSED, ticket, MOTE_ERR_SIZE);
    ticket = read_page(&(struct mote_blog_query){.id = "one"});
    answer("result", "<other xmlns='urn:x'/>");
    expect(MOTE_EV_REFUSED, ticket, MOTE_ERR_PROTOCOL);
}

static void test_other_requests(void **state)
{
    (void)state;
    int32_t ticket = mote_blog_retract(&blog, NULL, NULL, "a");
    world_take(&w, SIZE_MAX);
    assert_non_null(strstr(w.out, "<retract node='" NS_MICROBLOG "' notify='true'><item id='a'/></retract>"));
    answer("result", "");
    expect(MOTE_EV_RETRACTED, ticket, 0);
    assert_string_equal(ids, "a ");
    ticket = mote_blog_subscribe(&blog, NULL, "n");
    world_clear(&w);
    world_take(&w, SIZE_MAX);
    assert_non_null(strstr(w.out, "<subscribe node='n' jid='alice@localhost'/>"));
    answer("result", PUBSUB("<subscription node='n' subscription='pending'/>"));
    assert_string_not_equal(w.events[0].why, "");
    expect(MOTE_EV_SUBSCRIBED, ticket, 0);
    ticket = mote_blog_unsubscribe(&blog, NULL, "n");
    world_clear(&w);
    world_take(&w, SIZE_MAX);
    answer("result", "");
    expect(MOTE_EV_UNSUBSCRIBED, ticket, 0);
    assert_int_equal(mote_blog_retract(&blog, NULL, NULL, ""), MOTE_ERR_ARG);
    assert_int_equal(mote_blog_subscribe(&blog, "@", NULL), MOTE_ERR_ARG);
}

/// Events ///

static void test_notifications(void **state)
{
    static const struct {
        const char *stanza, *ids;
    } cases[] = {
        {EVENT("", "<items node='news'>" ITEM("a") "<retract id='b'/></items>"), "a b "},
        {EVENT("", "<items node='news'><item id='c'/></items>"), "c "},
        {EVENT("", "<items node='devices'><item id='d'><list xmlns='urn:x'/></item></items>"), ""},
        {EVENT("", "<purge node='news'/>"), "(none) "},
        {EVENT("", "<delete node='news'/>"), "(none) "},
        {EVENT("", "<configuration node='news'/>"), ""},
        {EVENT("", "<items>" ITEM("e") "</items>"), ""},
        {EVENT(" type='error'", "<items node='news'>" ITEM("f") "</items>"), ""},
        {FROM(" from='bob@localhost/phone'", "<items node='news'>" ITEM("g") "</items>"), ""},
        {FROM("", "<items node='news'>" ITEM("h") "</items>"), "h "},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        ids[0] = '\0';
        world_in(&w, cases[i].stanza);
        assert_string_equal(ids, cases[i].ids);
    }
}

/* Prosody notifies a contact on the same server at its bare and at its full JID. */
static void test_the_same_notification_twice(void **state)
{
    (void)state;
    world_in(&w, EVENT(" id='m1' to='alice@localhost'", "<items node='news'>" ITEM("a") "</items>"));
    world_in(&w, EVENT(" id='m1' to='alice@localhost/r'", "<items node='news'>" ITEM("a") "</items>"));
    world_in(&w, EVENT(" id='m2'", "<items node='news'>" ITEM("a") "</items>"));
    world_in(&w, EVENT(" id='m2'", "<items node='news'>" ITEM("b") "</items>"));
    world_in(&w, EVENT("", "<items node='news'>" ITEM("c") "</items>"));
    world_in(&w, EVENT("", "<items node='news'>" ITEM("c") "</items>"));
    assert_string_equal(ids, "a a b c c ");
}

static void test_features(void **state)
{
    (void)state;
    assert_null(blog.mod.class->features[1]);
    config.flags = MOTE_BLOG_FOLLOW;
    start();
    assert_string_equal(blog.mod.class->features[1], "urn:xmpp:microblog:0+notify");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_first_with_options_then_without, setup),
        cmocka_unit_test_setup(test_options_refused_by_name, setup),
        cmocka_unit_test_setup(test_four_refusals_are_final, setup),
        cmocka_unit_test_setup(test_refusal_without_condition, setup),
        cmocka_unit_test_setup(test_precondition_not_met, setup),
        cmocka_unit_test_setup(test_access_is_never_dropped, setup),
        cmocka_unit_test_setup(test_missing_node_is_created, setup),
        cmocka_unit_test_setup(test_missing_node_that_we_may_not_create, setup),
        cmocka_unit_test_setup(test_without_a_buffer_the_next_try_succeeds, setup),
        cmocka_unit_test_setup(test_buffer_of_any_size, setup),
        cmocka_unit_test_setup(test_final_refusals, setup),
        cmocka_unit_test_setup(test_lost_and_timeout, setup),
        cmocka_unit_test_setup(test_refused_calls, setup),
        cmocka_unit_test_setup(test_comments, setup),
        cmocka_unit_test_setup(test_read_newest, setup),
        cmocka_unit_test_setup(test_P1_page_is_capped, setup),
        cmocka_unit_test_setup(test_read_onwards, setup),
        cmocka_unit_test_setup(test_service_without_paging, setup),
        cmocka_unit_test_setup(test_P1_oversize_answers, setup),
        cmocka_unit_test_setup(test_other_requests, setup),
        cmocka_unit_test_setup(test_notifications, setup),
        cmocka_unit_test_setup(test_the_same_notification_twice, setup),
        cmocka_unit_test_setup(test_features, setup),
    };
    return cmocka_run_group_tests_name("blog", tests, NULL, NULL);
}
