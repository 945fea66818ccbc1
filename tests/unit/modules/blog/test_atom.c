/* SPDX-License-Identifier: MIT
 * Atom entries: what is written, and what is read from strangers.
 */
#include "core/modules/blog/atom.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/xml/ns.h"
#include "core/xml/reader.h"
#include "core/base/text.h"
#include "tests/unit/unit.h"

/// Writing ///

static void expect_entry(const struct mote_post *post, const char *expected)
{
    char out[2048] = "";
    struct mote_writer w;
    mote_writer_start(&w, out, sizeof out - 1);
    mote_atom_write(&w, post);
    assert_int_equal(mote_writer_result(&w), 0);
    assert_string_equal(out, expected);
}

static struct mote_post reading(void)
{
    return (struct mote_post){.service = "sensor@example.org",
                              .node = NS_MICROBLOG,
                              .id = "r 1/\xc3\xa9",
                              .title = "Green & <house>",
                              .author = "sensor@example.org",
                              .author_name = "Sen'sor",
                              .updated = 1795219200};
}

static void test_write_whole(void **state)
{
    (void)state;
    struct mote_post post = reading();
    post.content = "21.5 C";
    post.published = 1795132800;
    post.tags[0] = "a&b";
    post.tags[1] = "it's";
    post.tag_count = 2;
    post.comments_service = "pubsub.example.org";
    post.comments_node = NS_MICROBLOG ":comments/r 1";
    expect_entry(&post, "<entry xmlns='http://www.w3.org/2005/Atom'><title>Green &amp; &lt;house&gt;</title>"
                        "<content>21.5 C</content>"
                        "<author><name>Sen'sor</name><uri>xmpp:sensor@example.org</uri></author>"
                        "<updated>2026-11-21T00:00:00Z</updated><published>2026-11-20T00:00:00Z</published>"
                        "<category term='a&amp;b'/><category term='it&apos;s'/>"
                        "<id>xmpp:sensor@example.org?;node=urn%3Axmpp%3Amicroblog%3A0;item=r+1%2F%C3%A9</id>"
                        "<link rel='replies' title='comments' href='xmpp:pubsub.example.org?;"
                        "node=urn%3Axmpp%3Amicroblog%3A0%3Acomments%2Fr+1'/></entry>");
}

static void test_write_lean(void **state)
{
    (void)state;
    struct mote_post post = reading();
    post.lean = true;
    post.content = "21.5 C";
    post.published = post.updated;
    expect_entry(&post, "<entry xmlns='http://www.w3.org/2005/Atom'><title>Green &amp; &lt;house&gt;</title>"
                        "<content>21.5 C</content><updated>2026-11-21T00:00:00Z</updated></entry>");
}

/* Atom and its readers demand a title, so content without one becomes it. */
static void test_write_without_title(void **state)
{
    (void)state;
    struct mote_post post = reading();
    post.lean = true;
    post.title = NULL;
    post.content = "21.5 C";
    post.published = 1;
    expect_entry(&post, "<entry xmlns='http://www.w3.org/2005/Atom'><title>21.5 C</title>"
                        "<updated>2026-11-21T00:00:00Z</updated><published>1970-01-01T00:00:01Z</published></entry>");
}

/// Reading ///

static struct mote_post post;
static char scratch[2048];
static size_t scratch_size;
static const char *publisher;

static void on_header(void *ctx, const struct mote_xml *stream)
{
    (void)ctx, (void)stream;
}

static void on_oversize(void *ctx, const struct mote_xml *top, size_t size)
{
    (void)ctx, (void)top, (void)size;
    fail();
}

static void on_end(void *ctx)
{
    (void)ctx;
}

static void on_item(void *ctx, const struct mote_xml *item)
{
    (void)ctx;
    mote_atom_read(mote_xml_child(item, NULL, NULL), publisher, &post, scratch, scratch_size);
}

/* Read an entry of a service and node into `post`; the tree stays in the static arena. */
static void read_entry(const char *service, const char *node, const char *content)
{
    static const struct mote__reader_sink sink = {on_header, on_item, on_oversize, on_end};
    static struct mote__reader r;
    static uint8_t arena[16384], xml[65536];
    const char *parts[] = {
        "<s><item xmlns:h='http://www.w3.org/1999/xhtml'><entry xmlns='http://www.w3.org/2005/Atom'>", content,
        "</entry></item>"};
    assert_true(mote__reader_init(&r, arena, sizeof arena, xml, sizeof xml, &sink, NULL));
    post = (struct mote_post){.service = service, .node = node};
    for (size_t i = 0; i < COUNT(parts); i++) {
        assert_int_equal(mote__reader_feed(&r, parts[i], strlen(parts[i])), strlen(parts[i]));
    }
    assert_true(post.entry);
}

static int setup(void **state)
{
    (void)state;
    scratch_size = sizeof scratch;
    publisher = NULL;
    return 0;
}

static void test_read_plain(void **state)
{
    (void)state;
    read_entry("bob@example.org", NS_MICROBLOG,
               "<title type='text'>One &amp; &lt;b&gt;</title><content>body</content><id>tag:1</id>"
               "<author><name>Bob</name><uri>xmpp:bob@example.org</uri></author>"
               "<updated>2026-11-21T01:00:00.25+01:00</updated><published>2026-11-20T00:00:00Z</published>"
               "<category term='x'/><category/><category term=''/><category term='y'/>"
               "<link rel='alternate' href='http://x'/><link rel='replies' href='http://x'/>"
               "<link rel='replies' title='comments' href='xmpp:p.example.org?;node=urn%3Axmpp%3amicroblog+0;x=y'/>");
    assert_string_equal(post.title, "One & <b>");
    assert_string_equal(post.content, "body");
    assert_string_equal(post.atom_id, "tag:1");
    assert_string_equal(post.author_name, "Bob");
    assert_string_equal(post.author, "bob@example.org");
    assert_true(post.author_verified);
    assert_int_equal(post.updated, 1795219200);
    assert_int_equal(post.published, 1795132800);
    assert_int_equal(post.tag_count, 2);
    assert_string_equal(post.tags[1], "y");
    assert_string_equal(post.comments_service, "p.example.org");
    assert_string_equal(post.comments_node, "urn:xmpp:microblog 0");
    assert_false(post.cut);
}

static void test_P1_nothing_in_it(void **state)
{
    (void)state;
    read_entry("pubsub.example.org", "news", "<updated>yesterday</updated>");
    assert_null(post.title);
    assert_null(post.content);
    assert_null(post.author);
    assert_null(post.atom_id);
    assert_null(post.comments_node);
    assert_int_equal(post.updated, 0);
    assert_int_equal(post.published, 0);
    post = (struct mote_post){.service = "pubsub.example.org", .node = "news"};
    mote_atom_read(NULL, "bob@example.org", &post, NULL, 0);
    assert_false(post.entry);
    assert_string_equal(post.author, "bob@example.org");
}

static void test_P1_xhtml_becomes_text(void **state)
{
    (void)state;
    read_entry("bob@example.org", NS_MICROBLOG,
               "<title type='xhtml'><h:div>\n <h:p>hanging <h:b>out</h:b>\n  at</h:p><h:script>alert(1)</h:script>"
               "<h:p>the <h:a href='javascript:alert(2)'>caf\xc3\xa9</h:a><h:br/>now</h:p>"
               "<h:ul><h:li>1</h:li><h:li> 2 </h:li></h:ul><h:style>p{}</h:style><script xmlns='svg'>x</script></h:div>"
               "</title><content type='xhtml'><h:div>rich</h:div></content><content type='text'>plain twin</content>");
    assert_string_equal(post.title, "hanging out at\nthe caf\xc3\xa9\nnow\n1\n2");
    assert_string_equal(post.content, "plain twin");
    read_entry("bob@example.org", NS_MICROBLOG, "<title type='xhtml'><h:div/></title><summary>short</summary>");
    assert_string_equal(post.title, "");
    assert_string_equal(post.content, "short");
    assert_false(post.cut);
}

/* Whatever the room: text ends at a character, and what was left out is told. */
static void test_P1_cut_is_told(void **state)
{
    static const char whole[] = "one \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\ntwo";
    (void)state;
    for (scratch_size = 0; scratch_size < 32; scratch_size++) {
        memset(scratch, 'x', sizeof scratch);
        read_entry("bob@example.org", NS_MICROBLOG,
                   "<title type='xhtml'><h:p>one \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80</h:p><h:p>two</h:p></title>");
        size_t len = strlen(post.title);
        assert_int_equal(post.cut, scratch_size < sizeof whole);
        assert_memory_equal(post.title, whole, len);
        assert_int_equal(mote_text_valid(post.title, len), len);
        assert_int_equal(scratch[scratch_size], 'x');
        assert_true(post.cut || len == strlen(whole));
    }
}

static void test_P1_tags_are_bounded(void **state)
{
    char tags[(MOTE_POST_TAGS + 1) * 32] = "", tag[32];
    (void)state;
    for (int n = 1; n <= MOTE_POST_TAGS + 1; n++) {
        snprintf(tag, sizeof tag, "<category term='%d'/>", n);
        strcat(tags, tag);
        read_entry("bob@example.org", NS_MICROBLOG, tags);
        assert_int_equal(post.tag_count, n <= MOTE_POST_TAGS ? n : MOTE_POST_TAGS);
        assert_int_equal(post.cut, n > MOTE_POST_TAGS);
        assert_int_equal(atoi(post.tags[post.tag_count - 1]), post.tag_count);
    }
}

/* Atom has content that lies elsewhere, or is an image: the summary stands for it, and else the address. */
static void test_B21_content_that_lies_elsewhere(void **state)
{
    static const struct {
        const char *entry, *content;
    } cases[] = {
        {"<content src='https://example.org/1.html'/><summary>short</summary>", "short"},
        {"<summary>short</summary><content type='image/png' src='https://example.org/1.png'/>", "short"},
        {"<content src='https://example.org/1.html'/>", "https://example.org/1.html"},
        {"<content type='image/png'>iVBORw0KGgo=</content><summary>a picture</summary>", "a picture"},
        {"<content/><summary>short</summary>", "short"},
        {"<content>long</content><summary>short</summary>", "long"},
        {"<content type='text/plain'>long</content><summary>short</summary>", "long"},
        {"<content type='xhtml'><h:div>long</h:div></content><summary>short</summary>", "long"},
        {"<content/>", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        read_entry("bob@example.org", NS_MICROBLOG, cases[i].entry);
        assert_string_equal(post.content, cases[i].content);
    }
}

static void test_B21_one_date_is_enough(void **state)
{
    (void)state;
    read_entry("bob@example.org", NS_MICROBLOG, "<published>1969-07-20T20:17:40Z</published>");
    assert_int_equal(post.published, -14182940);
    assert_int_equal(post.updated, -14182940);
    read_entry("bob@example.org", NS_MICROBLOG, "<updated>0001-01-01T00:00:00Z</updated>");
    assert_int_equal(post.published, -62135596800);
    assert_int_equal(post.updated, -62135596800);
}

static void test_B21_a_name_without_address(void **state)
{
    (void)state;
    read_entry("pubsub.example.org", "news", "<author><name>Bob</name></author>");
    assert_string_equal(post.author_name, "Bob");
    assert_null(post.author);
    assert_false(post.author_verified);
}

static void test_P1_author_is_vouched_for(void **state)
{
    static const char named[] = "<author><name>Eve</name><uri>xmpp:bob@example.org</uri></author>";
    static const struct {
        const char *service, *node, *publisher, *content, *author;
        bool verified;
    } cases[] = {
        {"pubsub.example.org", "news", "bob@example.org/phone", named, "bob@example.org", true},
        {"pubsub.example.org", "news", "eve@example.org", named, "bob@example.org", false},
        {"pubsub.example.org", "news", NULL, named, "bob@example.org", false},
        {"pubsub.example.org", "news", "bob@example.org", "", "bob@example.org", true},
        {"pubsub.example.org", "news", "@", "", NULL, false},
        {"pubsub.example.org", NS_MICROBLOG, NULL, "", NULL, false},
        {"bob@example.org", NS_MICROBLOG, NULL, named, "bob@example.org", true},
        {"bob@example.org", NS_MICROBLOG, NULL, "", "bob@example.org", true},
        {"eve@example.org", NS_MICROBLOG, NULL, named, "bob@example.org", false},
        {"bob@example.org", NS_MICROBLOG ":comments/1", NULL, named, "bob@example.org", false},
        {"bob@example.org", NS_MICROBLOG, "eve@example.org", named, "bob@example.org", false},
        {"bob@example.org", NS_MICROBLOG, NULL, "<author><uri>http://bob.example.org</uri></author>", NULL, false},
        {"bob@example.org", NS_MICROBLOG, NULL, "<author><uri>xmpp:b%6Fb@example.org?message</uri></author>",
         "bob@example.org", true},
        {"bob@example.org", NS_MICROBLOG, NULL, "<author><uri>xmpp:bob%00@example.org</uri></author>", NULL, false},
        {"bob@example.org", NS_MICROBLOG, NULL, "<author><uri>xmpp:bob%4</uri></author>", NULL, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        publisher = cases[i].publisher;
        read_entry(cases[i].service, cases[i].node, cases[i].content);
        assert_int_equal(post.author_verified, cases[i].verified);
        if (cases[i].author == NULL) {
            assert_null(post.author);
        } else {
            assert_true(mote_jid_bare_equal(post.author, cases[i].author));
        }
    }
}

static void test_P1_comments_links(void **state)
{
    static const char *const bad[] = {"",
                                      "http://x?;node=n",
                                      "xmpp:?;node=n",
                                      "xmpp:a@?;node=n",
                                      "xmpp:p.x",
                                      "xmpp:p.x?;node=",
                                      "xmpp:p.x?;item=n",
                                      "xmpp:p.x?;node=%zz",
                                      "xmpp:p.x?;node=%FF",
                                      "xmpp:p.x?;node=a%00"};
    char content[128];
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        strcpy(content, "<link rel='replies' title='comments' href='");
        strcat(strcat(content, bad[i]), "'/>");
        read_entry("bob@example.org", NS_MICROBLOG, content);
        assert_null(post.comments_service);
        assert_null(post.comments_node);
    }
    read_entry("bob@example.org", NS_MICROBLOG,
               "<link rel='replies' title='comments' href='xmpp:p.x?pubsub;action=retrieve;node=a%2Fb'/>");
    assert_string_equal(post.comments_node, "a/b");
    scratch_size = 6;
    read_entry("bob@example.org", NS_MICROBLOG, "<link rel='replies' title='comments' href='xmpp:p.x?;node=abc'/>");
    assert_null(post.comments_node);
    assert_true(post.cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_whole),
        cmocka_unit_test(test_write_lean),
        cmocka_unit_test(test_write_without_title),
        cmocka_unit_test_setup(test_read_plain, setup),
        cmocka_unit_test_setup(test_P1_nothing_in_it, setup),
        cmocka_unit_test_setup(test_P1_xhtml_becomes_text, setup),
        cmocka_unit_test_setup(test_P1_cut_is_told, setup),
        cmocka_unit_test_setup(test_P1_tags_are_bounded, setup),
        cmocka_unit_test_setup(test_B21_content_that_lies_elsewhere, setup),
        cmocka_unit_test_setup(test_B21_one_date_is_enough, setup),
        cmocka_unit_test_setup(test_B21_a_name_without_address, setup),
        cmocka_unit_test_setup(test_P1_author_is_vouched_for, setup),
        cmocka_unit_test_setup(test_P1_comments_links, setup),
    };
    return cmocka_run_group_tests_name("atom", tests, NULL, NULL);
}
