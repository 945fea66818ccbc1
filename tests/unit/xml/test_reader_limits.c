/* SPDX-License-Identifier: MIT
 * The reader against what is too large, forbidden or wrong.
 */
#include <stdio.h>

#include "core/mote.h"
#include "tests/unit/readlog.h"
#include "tests/unit/unit.h"

static struct readlog r;

static int setup(void **state)
{
    (void)state;
    memset(&r, 0, offsetof(struct readlog, text));
    assert_true(readlog_start(&r));
    assert_int_equal(readlog_text(&r, HEADER), 0);
    return 0;
}

/// Size ///

/* Feed a message with n bytes of text, in pieces. */
static ptrdiff_t feed_message(size_t n, size_t piece)
{
    static char bytes[20000];
    size_t at = (size_t)snprintf(bytes, sizeof bytes, "<message from='a@b'><body>");
    memset(bytes + at, 'x', n);
    at += n;
    at += (size_t)snprintf(bytes + at, sizeof bytes - at, "</body></message>");
    return readlog_feed(&r, bytes, at, piece);
}

static void start_small(size_t arena)
{
    r.arena_size = arena;
    assert_true(readlog_start(&r));
    assert_int_equal(readlog_text(&r, HEADER), 0);
    r.len = 0;
}

/* The longest text that fits; what it is depends on the size of a pointer. */
static size_t find_limit(size_t arena)
{
    size_t n = 0;
    start_small(arena);
    while (feed_message(n + 1, SIZE_MAX) == 0 && r.oversize == 0) {
        n++;
    }
    return n;
}

static void test_X7_limit_minus_one_limit_plus_one(void **state)
{
    (void)state;
    for (size_t arena = 2048; arena < 2056; arena++) {
        size_t limit = find_limit(arena);
        assert_in_range(limit, 1000, 2000);
        for (size_t piece = 1; piece <= 4096; piece = piece * 3 + 1) {
            start_small(arena);
            for (size_t n = limit - 1; n <= limit + 1; n++) {
                r.len = 0;
                assert_int_equal(feed_message(n, piece), 0);
                assert_true(r.reader.arena.used == r.reader.root_mark && r.reader.arena.peak <= arena);
                if (n > limit) {
                    break;
                }
                assert_int_equal(r.len, strlen("{jabber:client}message {}from=a@b({jabber:client}body(\"\"))\n") + n);
            }
            assert_int_equal(r.stanzas, 2);
            assert_int_equal(r.oversize, 1);
            assert_int_equal(r.oversize_bytes, limit + 1 + strlen("<message from='a@b'><body></body></message>"));
            assert_true(strncmp(r.text, "oversize message ", 17) == 0);
            assert_int_equal(feed_message(limit, piece), 0); /* the stream stays in step */
            assert_int_equal(r.stanzas, 3);
        }
    }
}

static void test_X7_ten_megabytes(void **state)
{
    (void)state;
    static char x[65536];
    memset(x, 'x', sizeof x);
    start_small(2048);
    readlog_text(&r, "<iq type='set' id='1'><a>");
    for (int i = 0; i < 160; i++) {
        assert_int_equal(mote__reader_feed(&r.reader, x, sizeof x), (ptrdiff_t)sizeof x);
    }
    readlog_text(&r, "</a><b>");
    for (int i = 0; i < 20000; i++) {
        readlog_text(&r, "<c d='e'/>");
    }
    uint32_t peak = r.reader.heap.peak;
    assert_int_equal(r.oversize + r.stanzas, 0);
    readlog_text(&r, "</b></iq><presence/>");
    assert_int_equal(r.oversize, 1);
    assert_int_equal(r.oversize_bytes, 160 * 65536 + 20000 * 10 + 25 + 7 + 9);
    assert_int_equal(r.stanzas, 1);
    assert_true(peak < 32768);
}

/* Nothing of the stanza fits: skipped all the same, and no more than its name is told. */
static void test_X7_nothing_fits(void **state)
{
    (void)state;
    char name[1500];
    start_small(2048);
    memset(name, 'n', sizeof name);
    memcpy(name, "<m a='", 6);
    memcpy(name + sizeof name - 4, "'/>", 4);
    for (int i = 0; i < 3; i++) {
        readlog_text(&r, name);
        readlog_text(&r, "<m a='1' b='2'/>");
    }
    assert_int_equal(r.stanzas + r.oversize, 6);
    assert_true(r.stanzas >= 3);
    r.arena_size = 300;
    start_small(300); /* below the engine's minimum, but the reader has to hold */
    readlog_text(&r, name);
    assert_int_equal(r.oversize, 1);
    assert_true(strncmp(r.text, "oversize m ", 11) == 0);
}

static void test_header_larger_than_the_arena(void **state)
{
    (void)state;
    for (size_t size = 8; size < 400; size += 4) {
        r.arena_size = size;
        assert_true(readlog_start(&r));
        ptrdiff_t result = readlog_text(&r, HEADER "<a/>");
        assert_true(result == 0 || result == MOTE_ERR_POLICY);
        assert_int_equal(r.headers, result == 0);
    }
}

/// expat's memory ///

static void feed_names(struct readlog *log, unsigned from, unsigned to, size_t piece)
{
    char stanza[256];
    for (unsigned i = from; i < to; i++) {
        int n = snprintf(stanza, sizeof stanza,
                         "<message%u to%u='a' xmlns:p%u='urn:%u'><p%u:x y%u='1'>t%u</p%u:x></message%u>", i, i, i, i, i,
                         i, i, i, i);
        if (readlog_feed(log, stanza, (size_t)n, piece) != 0) {
            fail_msg("stanza %u with %zu bytes: %s", i, log->xml_size, log->reader.why);
        }
    }
}

static void test_X4_renewal_at_many_sizes(void **state)
{
    (void)state;
    static struct readlog large;
    setup(NULL);
    assert_true(readlog_start(&large));
    readlog_text(&large, HEADER);
    feed_names(&large, 0, 300, SIZE_MAX);
    for (size_t size = 10240; size < 20480; size += 200) {
        r.xml_size = size;
        assert_true(readlog_start(&r));
        readlog_text(&r, HEADER);
        feed_names(&r, 0, 300, size % 3 == 0 ? 1 : size % 3 == 1 ? 17 : SIZE_MAX);
        assert_string_equal(r.text, large.text);
        assert_true(r.reader.renewals > 0 && r.reader.heap.peak <= size && r.headers == 1);
    }
}

/* Many small stanzas in one piece: the parser is stopped in its middle, and what is behind goes to the next one. */
static void test_renewal_within_a_piece(void **state)
{
    (void)state;
    static char many[40000];
    size_t n = 0;
    for (unsigned i = 0; i < 1000; i++) {
        n += (size_t)snprintf(many + n, sizeof many - n, "<m%u a%u='%u'>&#65;</m%u>", i, i, i, i);
    }
    r.xml_size = 10240;
    assert_true(readlog_start(&r));
    readlog_text(&r, HEADER);
    assert_int_equal(mote__reader_feed(&r.reader, many, n), (ptrdiff_t)n);
    assert_int_equal(r.stanzas, 1000);
    assert_true(r.reader.renewals > 5);
}

static void test_X4_tag_larger_than_the_memory(void **state)
{
    (void)state;
    static char x[65536];
    memset(x, 'n', sizeof x);
    for (int kind = 0; kind < 3; kind++) {
        static const char *const starts[] = {"<", "<message a='", "<message "}, *const ends[] = {"/>", "'/>", "='1'/>"};
        static const char *const names[] = {"oversize nnnnnnnnn ", "oversize message ", "oversize message "};
        r.xml_size = 10240;
        assert_true(readlog_start(&r));
        readlog_text(&r, HEADER);
        r.len = 0;
        readlog_text(&r, starts[kind]);
        for (int i = 0; i < 16; i++) {
            assert_int_equal(mote__reader_feed(&r.reader, x, sizeof x), (ptrdiff_t)sizeof x);
        }
        readlog_text(&r, ends[kind]);
        assert_int_equal(r.oversize, 1);
        assert_int_equal(r.oversize_bytes, 16 * sizeof x + strlen(starts[kind]) + strlen(ends[kind]));
        assert_true(strncmp(r.text, names[kind], strlen(names[kind])) == 0);
        assert_true(r.reader.heap.peak <= 10240);
        assert_int_equal(readlog_text(&r, "<a/>"), 0);
        assert_int_equal(r.stanzas, 1);
    }
}

static void test_too_little_for_a_parser(void **state)
{
    (void)state;
    bool good = false;
    for (size_t size = 0; size < 10240; size += 8) {
        r.xml_size = size != 0 ? size : 1;
        bool now = readlog_start(&r);
        assert_true(now || !good); /* more is never worse */
        good = now;
    }
    assert_true(good);
}

/// Depth and attributes ///

static void test_X4_depth(void **state)
{
    (void)state;
    for (int i = 0; i < MOTE_XML_DEPTH; i++) {
        assert_int_equal(readlog_text(&r, "<a>"), 0);
    }
    for (int i = 0; i < MOTE_XML_DEPTH; i++) {
        assert_int_equal(readlog_text(&r, "</a>"), 0);
    }
    assert_int_equal(r.stanzas, 1);
    for (int i = 0; i < MOTE_XML_DEPTH + 1; i++) {
        assert_int_equal(readlog_text(&r, "<a>"), 0);
    }
    for (int i = 0; i < MOTE_XML_DEPTH + 1; i++) {
        assert_int_equal(readlog_text(&r, "</a>"), 0);
    }
    assert_int_equal(r.reader.oversize, 1);
    assert_int_equal(r.stanzas, 1);
    assert_int_equal(readlog_text(&r, "<a/>"), 0);
    assert_int_equal(r.stanzas, 2);
}

static void feed_attributes(int count)
{
    char tag[4096];
    size_t n = (size_t)snprintf(tag, sizeof tag, "<m");
    for (int i = 0; i < count; i++) {
        n += (size_t)snprintf(tag + n, sizeof tag - n, " a%d='%d'", i, i);
    }
    snprintf(tag + n, sizeof tag - n, "/>");
    readlog_text(&r, tag);
}

static void test_X4_attributes(void **state)
{
    (void)state;
    feed_attributes(MOTE_XML_ATTRS);
    assert_int_equal(r.stanzas, 1);
    feed_attributes(MOTE_XML_ATTRS + 1);
    assert_int_equal(r.reader.oversize, 1);
    assert_int_equal(r.stanzas, 1);
    feed_attributes(1);
    assert_int_equal(r.stanzas, 2);
}

/// What XMPP or XML forbid ///

struct wrong {
    const char *text;
    int error;
    const char *condition;
};

static void expect_wrong(const struct wrong *rows, size_t count, const char *before)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t piece = 1; piece < 9; piece += 7) {
            setup(NULL);
            assert_true(readlog_start(&r));
            readlog_text(&r, before);
            unsigned headers = r.headers;
            ptrdiff_t result = readlog_feed(&r, rows[i].text, strlen(rows[i].text), piece);
            if (result != rows[i].error || strcmp(r.reader.condition, rows[i].condition) != 0 || r.stanzas != 0) {
                fail_msg("%s: %td %s, %u stanzas", rows[i].text, result, r.reader.condition, r.stanzas);
            }
            assert_true(r.headers <= headers + 1 && r.reader.why[0] != '\0');
        }
    }
}

static void test_X1_X6_restricted(void **state)
{
    (void)state;
    static const struct wrong rows[] = {
        {"<!-- comment --><a/>", MOTE_ERR_POLICY, "restricted-xml"},
        {"<a><!-- comment --></a>", MOTE_ERR_POLICY, "restricted-xml"},
        {"<?php ?><a/>", MOTE_ERR_POLICY, "restricted-xml"},
        {"<a><?xml-stylesheet x?></a>", MOTE_ERR_POLICY, "restricted-xml"},
        {"<!DOCTYPE x><a/>", MOTE_ERR_PROTOCOL, "not-well-formed"},
        {"<a>&foo;</a>", MOTE_ERR_PROTOCOL, "not-well-formed"},
        {"<a>&#0;</a>", MOTE_ERR_PROTOCOL, "not-well-formed"},
        {"<a>&#x110000;</a>", MOTE_ERR_PROTOCOL, "not-well-formed"},
        {"<a>]]></a>", MOTE_ERR_PROTOCOL, "not-well-formed"},
        {"text<a/>", MOTE_ERR_PROTOCOL, "not-well-formed"},
        {"&#65;<a/>", MOTE_ERR_PROTOCOL, "not-well-formed"},
        {"<a b='1' b='2'/>", MOTE_ERR_PROTOCOL, "not-well-formed"},
        {"<a></b>", MOTE_ERR_PROTOCOL, "not-well-formed"},
        {"<a b='<'/>", MOTE_ERR_PROTOCOL, "not-well-formed"},
        {"<a>\xc0\xaf</a>", MOTE_ERR_PROTOCOL, "not-well-formed"},
        {"<a>\xed\xa0\x80</a>", MOTE_ERR_PROTOCOL, "not-well-formed"},
        {"<a>\xef\xbf\xbe</a>", MOTE_ERR_PROTOCOL, "not-well-formed"},
        {"<a b='\xc2'/>", MOTE_ERR_PROTOCOL, "not-well-formed"},
        {"<a>\x01</a>", MOTE_ERR_PROTOCOL, "not-well-formed"},
        {"<?xml version='1.0'?><a/>", MOTE_ERR_PROTOCOL, "not-well-formed"},
    };
    expect_wrong(rows, COUNT(rows), HEADER);
}

static void test_X1_X6_restricted_at_the_start(void **state)
{
    (void)state;
    static const struct wrong rows[] = {
        {"<!DOCTYPE s [<!ENTITY a 'b'>]><s>&a;</s>", MOTE_ERR_POLICY, "restricted-xml"},
        {"<!-- --><s/>", MOTE_ERR_POLICY, "restricted-xml"},
        {"<?pi?><s/>", MOTE_ERR_POLICY, "restricted-xml"},
        {"<?xml version='1.0' encoding='latin1'?><s>", MOTE_ERR_POLICY, "unsupported-encoding"},
        {"<?xml version='1.0' encoding='UTF-16'?><s>", MOTE_ERR_POLICY, "unsupported-encoding"},
        {"\xff\xfe<", MOTE_ERR_POLICY, "unsupported-encoding"},
        {"\xfe\xff", MOTE_ERR_POLICY, "unsupported-encoding"},
        {"HTTP/1.1 400 Bad Request\r\n", MOTE_ERR_PROTOCOL, "not-well-formed"},
    };
    expect_wrong(rows, COUNT(rows), "");
    setup(NULL);
    assert_true(readlog_start(&r));
    assert_int_equal(mote__reader_feed(&r.reader, "<\0s\0", 4), MOTE_ERR_POLICY); /* UTF-16 without a mark */
    assert_true(readlog_start(&r));
    assert_int_equal(readlog_text(&r, "<?xml version='1.0' encoding='utf-8'?><s><a/>"), 0);
    assert_int_equal(r.stanzas, 1);
}

static void test_X3_namespaces(void **state)
{
    (void)state;
    static const struct wrong rows[] = {
        {"<p:a/>", MOTE_ERR_PROTOCOL, "not-well-formed"},
        {"<a p:b='1'/>", MOTE_ERR_PROTOCOL, "not-well-formed"},
        {"<a xmlns:p='urn:1' xmlns:q='urn:1' p:b='1' q:b='2'/>", MOTE_ERR_PROTOCOL, "not-well-formed"},
        {"<a xmlns:p=''/>", MOTE_ERR_PROTOCOL, "not-well-formed"},
        {"<a xmlns:xml='urn:1'/>", MOTE_ERR_PROTOCOL, "not-well-formed"},
        {"<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>", MOTE_ERR_PROTOCOL, "not-well-formed"},
        {"<a xmlns:xmlns='urn:1'/>", MOTE_ERR_PROTOCOL, "not-well-formed"},
        {"<a xmlns='http://www.w3.org/2000/xmlns/'/>", MOTE_ERR_PROTOCOL, "not-well-formed"},
        {"<a:b:c xmlns:a='urn:1'/>", MOTE_ERR_PROTOCOL, "not-well-formed"},
        {"<:a/>", MOTE_ERR_PROTOCOL, "not-well-formed"},
        {"<a b:='1'/>", MOTE_ERR_PROTOCOL, "not-well-formed"},
        {"<a :b='1'/>", MOTE_ERR_PROTOCOL, "not-well-formed"},
    };
    expect_wrong(rows, COUNT(rows), HEADER);
    setup(NULL);
    r.len = 0; /* what looks like a separator stays a part of the name; a prefix can be bound anew; a default undone */
    readlog_text(&r, "<p:a xmlns:p='urn:1 message'><p:b xmlns:p='jabber|client'/><p:c/><d xmlns=''><e/></d></p:a>");
    assert_string_equal(r.text, "{urn:1 message}a {http://www.w3.org/2000/xmlns/}p=urn:1 message("
                                "{jabber|client}b {http://www.w3.org/2000/xmlns/}p=jabber|client()"
                                "{urn:1 message}c(){}d {http://www.w3.org/2000/xmlns/}=({}e()))\n");
}

/* A stream tag within a stanza is an element like others. */
static void test_X2_nested_stream(void **state)
{
    (void)state;
    readlog_text(
        &r, "<message><stream:stream xmlns='jabber:client' version='1.0'><body>x</body></stream:stream></message>");
    assert_int_equal(r.headers, 1);
    assert_int_equal(r.stanzas, 1);
    assert_int_equal(r.ends, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_X7_limit_minus_one_limit_plus_one, setup),
        cmocka_unit_test_setup(test_X7_ten_megabytes, setup),
        cmocka_unit_test_setup(test_X7_nothing_fits, setup),
        cmocka_unit_test_setup(test_header_larger_than_the_arena, setup),
        cmocka_unit_test_setup(test_X4_renewal_at_many_sizes, setup),
        cmocka_unit_test_setup(test_renewal_within_a_piece, setup),
        cmocka_unit_test_setup(test_X4_tag_larger_than_the_memory, setup),
        cmocka_unit_test_setup(test_too_little_for_a_parser, setup),
        cmocka_unit_test_setup(test_X4_depth, setup),
        cmocka_unit_test_setup(test_X4_attributes, setup),
        cmocka_unit_test_setup(test_X1_X6_restricted, setup),
        cmocka_unit_test_setup(test_X1_X6_restricted_at_the_start, setup),
        cmocka_unit_test_setup(test_X3_namespaces, setup),
        cmocka_unit_test_setup(test_X2_nested_stream, setup),
    };
    return cmocka_run_group_tests_name("expat_limits", tests, NULL, NULL);
}
