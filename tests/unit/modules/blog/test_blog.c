/* SPDX-License-Identifier: MIT
 * Reading a blog: pages, notifications, and answers that are too large.
 */
#include "tests/unit/blog.h"

#define FROM(from, content)                                                                                            \
    "<message" from "><event xmlns='http://jabber.org/protocol/pubsub#event'>" content "</event></message>"
#define EVENT(id, content) FROM(" from='bob@localhost'" id, content)
#define ITEM(id) "<item id='" id "'><entry xmlns='http://www.w3.org/2005/Atom'><title>" id "</title></entry></item>"

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
    assert_null(blog.mod.type->features[1]);
    config.flags = MOTE_BLOG_FOLLOW;
    start();
    assert_string_equal(blog.mod.type->features[1], "urn:xmpp:microblog:0+notify");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
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
