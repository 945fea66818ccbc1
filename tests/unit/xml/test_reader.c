/* SPDX-License-Identifier: MIT
 * The reader: what it makes of a stream, in whatever pieces that comes. test_reader_limits.c tests its limits.
 */
#include <stdio.h>

#include "core/mote.h"
#include "tests/unit/readlog.h"
#include "tests/unit/unit.h"

static struct readlog whole, parts;

static int setup(void **state)
{
    (void)state;
    memset(&whole, 0, offsetof(struct readlog, text));
    memset(&parts, 0, offsetof(struct readlog, text));
    assert_true(readlog_start(&whole));
    return 0;
}

static const char talk[] =
    HEADER "\n<message from='a@b/c' id='1'><body>21,5 \xc2\xb0"
           "C &amp; &#x2600;</body><x xmlns='urn:x' b='2'>t<y/>u</x></message> "
           "<iq type='get' id='&lt;2&gt;'><p:query xmlns:p='urn:p' p:a='1' a='2'><p:item/></p:query></iq>"
           "<presence/><stream:features><![CDATA[<raw & text>]]></stream:features>\r\n"
           "<message xml:lang='en'><body/>\n<body>a\nb</body></message></stream:stream>";

static const char talk_log[] =
    "header {http://etherx.jabber.org/streams}stream {http://www.w3.org/2000/xmlns/}=jabber:client "
    "{http://www.w3.org/2000/xmlns/}stream=http://etherx.jabber.org/streams()\n"
    "{jabber:client}message {}from=a@b/c {}id=1({jabber:client}body(\"21,5 \xc2\xb0"
    "C & \xe2\x98\x80\")"
    "{urn:x}x {http://www.w3.org/2000/xmlns/}=urn:x {}b=2(\"t\"{urn:x}y()\"u\"))\n"
    "{jabber:client}iq {}type=get {}id=<2>({urn:p}query {http://www.w3.org/2000/xmlns/}p=urn:p {urn:p}a=1 "
    "{}a=2({urn:p}item()))\n"
    "{jabber:client}presence()\n"
    "{http://etherx.jabber.org/streams}features(\"<raw & text>\")\n"
    "{jabber:client}message {http://www.w3.org/XML/1998/namespace}lang=en"
    "({jabber:client}body()\"\n\"{jabber:client}body(\"a\nb\"))\n"
    "end\n";

static void test_whole(void **state)
{
    (void)state;
    assert_int_equal(mote__reader_feed(&whole.reader, talk, strlen(talk)), (ptrdiff_t)strlen(talk));
    assert_string_equal(whole.text, talk_log);
}

static void test_split_at_every_byte(void **state)
{
    (void)state;
    for (size_t n = 0; n <= strlen(talk); n++) {
        assert_true(readlog_start(&parts));
        assert_int_equal(mote__reader_feed(&parts.reader, talk, n), (ptrdiff_t)n);
        assert_int_equal(mote__reader_feed(&parts.reader, talk + n, strlen(talk) - n), (ptrdiff_t)(strlen(talk) - n));
        assert_string_equal(parts.text, talk_log);
    }
    for (size_t n = 1; n < 40; n++) {
        assert_true(readlog_start(&parts));
        assert_int_equal(readlog_feed(&parts, talk, strlen(talk), n), 0);
        assert_string_equal(parts.text, talk_log);
    }
}

/* A stanza is there as soon as its last byte is: expat's reparse deferral would hold it back. */
static void test_no_waiting_for_more(void **state)
{
    (void)state;
    readlog_text(&whole, HEADER);
    assert_int_equal(whole.headers, 1);
    readlog_text(&whole, "<message to='a very long attribute, in two pieces: ");
    readlog_text(&whole, "the end'/");
    assert_int_equal(whole.stanzas, 0);
    readlog_text(&whole, ">");
    assert_int_equal(whole.stanzas, 1);
}

static void test_stop_at_boundary(void **state)
{
    (void)state;
    static const char three[] = "<a><b/></a><c/><d>x</d>";
    for (unsigned at = 1; at <= 3; at++) {
        static const size_t end[] = {0, 11, 15, 23};
        setup(NULL);
        readlog_text(&whole, HEADER);
        whole.stop_at = at;
        assert_int_equal(mote__reader_feed(&whole.reader, three, strlen(three)), (ptrdiff_t)end[at]);
        assert_int_equal(whole.stanzas, at);
        size_t rest = strlen(three) - end[at];
        assert_int_equal(mote__reader_feed(&whole.reader, three + end[at], rest), (ptrdiff_t)rest);
        assert_int_equal(whole.stanzas, 3);
        assert_int_equal(whole.headers, 1);
        assert_int_equal(readlog_text(&whole, "</stream:stream>"), 0);
        assert_int_equal(whole.ends, 1);
    }
}

/* T2: what stands behind <proceed/> in the same segment is not even looked at. */
static void test_T2_tail_behind_stop(void **state)
{
    (void)state;
    static const char *const tails[] = {"<",        "\x16\x03\x01\x02", "</nonsense>", "<!DOCTYPE x>",
                                        "\xff\xfe", "<message><body>x"};
    for (size_t i = 0; i < COUNT(tails); i++) {
        char bytes[64];
        setup(NULL);
        readlog_text(&whole, HEADER);
        whole.stop_at = 1;
        snprintf(bytes, sizeof bytes, "<proceed/>%s", tails[i]);
        assert_int_equal(mote__reader_feed(&whole.reader, bytes, strlen(bytes)), 10);
        assert_int_equal(whole.stanzas, 1);
        assert_int_equal(whole.reader.error, 0);
        assert_true(mote__reader_restart(&whole.reader));
        assert_int_equal(readlog_text(&whole, HEADER "<presence/>"), 0);
        assert_int_equal(whole.stanzas, 2);
    }
}

/* A tail that was left is read when it is offered again, error and all. */
static void test_error_behind_stop_is_found_later(void **state)
{
    (void)state;
    readlog_text(&whole, HEADER);
    whole.stop_at = 1;
    assert_int_equal(mote__reader_feed(&whole.reader, "<a/></b>", 8), 4);
    assert_int_equal(whole.reader.error, 0);
    assert_int_equal(mote__reader_feed(&whole.reader, "</b>", 4), MOTE_ERR_PROTOCOL);
}

static void test_ended(void **state)
{
    (void)state;
    readlog_text(&whole, HEADER "<a/></stream:stream>");
    assert_int_equal(whole.ends, 1);
    assert_int_equal(mote__reader_feed(&whole.reader, "<b/></stream:stream>", 20), 20);
    assert_int_equal(mote__reader_feed(&whole.reader, "\x00\xff", 2), 2);
    assert_int_equal(whole.ends, 1);
    assert_int_equal(whole.stanzas, 1);
    static const char *const behind[] = {"<b/>", "</x>", "\xc0\xaf", "<!-- -->", "text", "<!DOCTYPE x>"};
    for (size_t i = 0; i < COUNT(behind); i++) { /* in one piece with the end */
        char bytes[256];
        int n = snprintf(bytes, sizeof bytes, HEADER "</stream:stream>%s", behind[i]);
        setup(NULL);
        assert_int_equal(mote__reader_feed(&whole.reader, bytes, (size_t)n), n);
        assert_int_equal(whole.ends, 1);
        assert_int_equal(whole.stanzas, 0);
        assert_int_equal(whole.reader.error, 0);
    }
}

static void test_root_prefixes(void **state)
{
    (void)state;
    static const char *const roots[][2] = {
        {"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>", "<message/>"},
        {"<s:stream xmlns='jabber:client' xmlns:s='http://etherx.jabber.org/streams'>", "<message/>"},
        {"<stream xmlns='http://etherx.jabber.org/streams' xmlns:c='jabber:client'>", "<c:message/>"},
        {"<stream xmlns='http://etherx.jabber.org/streams'>", "<message xmlns='jabber:client'/>"},
        {"<\xc3\xa9:stream xmlns='jabber:client' xmlns:\xc3\xa9='http://etherx.jabber.org/streams'>", "<message/>"}};
    for (size_t i = 0; i < COUNT(roots); i++) {
        for (unsigned stop = 0; stop < 2; stop++) { /* also with a renewed parser */
            setup(NULL);
            whole.stop_at = stop;
            readlog_text(&whole, roots[i][0]);
            assert_true(mote_xml_is(whole.reader.root, "http://etherx.jabber.org/streams", "stream"));
            whole.len = 0;
            readlog_text(&whole, roots[i][1]);
            readlog_text(&whole, roots[i][1]);
            assert_int_equal(whole.stanzas, 2);
            assert_int_equal(whole.reader.renewals, stop);
            for (const char *line = whole.text; line != NULL;
                 line = strchr(line, '\n') != NULL ? strchr(line, '\n') + 1 : NULL) {
                assert_true(*line == '\0' || strncmp(line, "{jabber:client}message", 22) == 0);
            }
        }
    }
}

static void test_restart(void **state)
{
    (void)state;
    readlog_text(&whole, HEADER "<message><bo");
    assert_true(mote__reader_restart(&whole.reader));
    assert_int_equal(readlog_text(&whole, HEADER "<presence/>"), 0);
    assert_int_equal(whole.headers, 2);
    assert_int_equal(whole.stanzas, 1);
    assert_int_equal(readlog_text(&whole, "</wrong>"), MOTE_ERR_PROTOCOL);
    assert_int_equal(readlog_text(&whole, "<presence/>"), MOTE_ERR_PROTOCOL); /* sticks */
    assert_true(mote__reader_restart(&whole.reader));
    assert_int_equal(readlog_text(&whole, HEADER "<presence/>"), 0);
    assert_int_equal(whole.stanzas, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_whole, setup),
        cmocka_unit_test_setup(test_split_at_every_byte, setup),
        cmocka_unit_test_setup(test_no_waiting_for_more, setup),
        cmocka_unit_test_setup(test_stop_at_boundary, setup),
        cmocka_unit_test_setup(test_T2_tail_behind_stop, setup),
        cmocka_unit_test_setup(test_error_behind_stop_is_found_later, setup),
        cmocka_unit_test_setup(test_ended, setup),
        cmocka_unit_test_setup(test_root_prefixes, setup),
        cmocka_unit_test_setup(test_restart, setup),
    };
    return cmocka_run_group_tests_name("expat", tests, NULL, NULL);
}
