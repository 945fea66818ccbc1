/* SPDX-License-Identifier: MIT
 * Stanzas that no memory here holds: the reader skips each to its end, and reads what is behind it.
 */
#include <stdio.h>
#include <time.h>

#include "core/mote.h"
#include "core/xml/skip.h"
#include "tests/unit/readlog.h"
#include "tests/unit/unit.h"

enum { LEAST_XML = 10240, LEAST_ARENA = 2048 }; /* what mote_init accepts where a pointer has eight bytes */

static struct readlog r;
static char stanza[1 << 20];
static size_t len;

static void add(const char *text)
{
    size_t n = strlen(text);
    if (len + n >= sizeof stanza) {
        fail_msg("the stanza is longer than its %zu bytes", sizeof stanza);
    }
    memcpy(stanza + len, text, n + 1);
    len += n;
}

/* `text` so often, with its number for each # in it. */
static void add_many(unsigned count, const char *text)
{
    for (unsigned i = 0; i < count; i++) {
        for (const char *c = text; *c != '\0'; c++) {
            char number[12] = {*c};
            if (*c == '#') {
                snprintf(number, sizeof number, "%u", i);
            }
            add(number);
        }
    }
}

static void start(size_t arena, size_t xml)
{
    r.arena_size = arena;
    r.xml_size = xml;
    assert_true(readlog_start(&r));
    assert_int_equal(readlog_text(&r, HEADER), 0);
    r.len = 0;
    r.text[0] = '\0';
}

/* Feed the stanza and another one. The first is skipped, from its first byte to its last; the other one is there. */
static void expect_skipped(const char *name, size_t piece)
{
    char line[64];
    unsigned stanzas = r.stanzas, oversize = r.oversize;
    r.len = 0;
    if (readlog_feed(&r, stanza, len, piece) != 0) {
        fail_msg("%.60s... in pieces of %zu: %s", stanza, piece, r.reader.why);
    }
    snprintf(line, sizeof line, "oversize %s %zu\n", name, len);
    assert_string_equal(r.text, line);
    assert_int_equal(r.oversize, oversize + 1);
    r.len = 0;
    assert_int_equal(readlog_text(&r, " <presence from='a@b'><show>away</show></presence>"), 0);
    assert_string_equal(r.text, "{jabber:client}presence {}from=a@b({jabber:client}show(\"away\"))\n");
    assert_int_equal(r.stanzas, stanzas + 1);
    assert_true(r.reader.heap.peak <= r.reader.heap.size && r.reader.arena.used == r.reader.root_mark);
}

static const char *const kinds[][3] = {
    {"message", "<message from='a@b/c'><body>hi</body>", "</message>"},
    {"presence", "<presence from='a@b/c' type='probe'>", "</presence>"},
    {"iq", "<iq from='a@b/c' type='set' id='1'>", "</iq>"},
    {"message", "<message from='a@b/c' type='error'><error type='cancel'>", "</error></message >"},
    {"error", "<stream:error>", "</stream:error>"}};

static const size_t pieces[] = {1, 7, 1000, 4096, SIZE_MAX};

static void expect_all(size_t arena, size_t xml, const char *start_tag, const char *middle, const char *end_tag,
                       unsigned count)
{
    for (size_t k = 0; k < COUNT(kinds); k++) {
        len = 0;
        add(kinds[k][1]);
        add(start_tag);
        add_many(count, middle);
        add(end_tag);
        add(kinds[k][2]);
        for (size_t p = 0; p < COUNT(pieces); p++) {
            start(arena, xml);
            expect_skipped(kinds[k][0], pieces[p]);
            expect_skipped(kinds[k][0], pieces[p]); /* and again */
        }
    }
}

static void test_B1_X9_names(void **state)
{
    (void)state;
    expect_all(LEAST_ARENA, LEAST_XML, "<a xmlns='u'>", "<n#/>", "</a>", 16666);
    expect_all(16384, 12288, "<a xmlns='u'>", "<n#/>", "</a>", 16666);
    expect_all(16384, 65536, "<a xmlns='u'>", "<n#/>", "</a>", 16666);
    expect_all(LEAST_ARENA, LEAST_XML, "<a xmlns='u'>", "<x00#/>", "</a>", 60);
}

static void test_B1_X9_attributes(void **state)
{
    (void)state;
    expect_all(LEAST_ARENA, LEAST_XML, "<a", " a#='>'", "/>", 20000);
    expect_all(16384, 65536, "<a ", "xmlns:p#=\"'/>'\" ", ">]]</a>", 20000);
    expect_all(16384, 12288, "<a>", "<b a#='1'/>", "</a>", 20000);
}

static void test_B1_X9_depth(void **state)
{
    (void)state;
    len = 0;
    add("<message>");
    add_many(100000, "<a>");
    add_many(100000, "</a>");
    add("</message>");
    for (size_t p = 0; p < COUNT(pieces); p++) {
        start(LEAST_ARENA, LEAST_XML);
        expect_skipped("message", pieces[p]);
    }
}

/* The first tag, alone or not: of what it was no more is known than its name. */
static void test_B1_X9_first_tag(void **state)
{
    (void)state;
    static const char *const ends[] = {"/>", "><a b='>'>x</a></iq>", "></iq\n>"};
    for (size_t e = 0; e < COUNT(ends); e++) {
        len = 0;
        add("<iq from='a@b/c' ");
        add_many(20000, "a#='1' ");
        add("type='get' id='1'");
        add(ends[e]);
        for (size_t p = 0; p < COUNT(pieces); p++) {
            start(16384, LEAST_XML);
            expect_skipped("iq", pieces[p]);
        }
    }
}

/* What looks like an end and is none, and what is one. */
static void test_B1_quotes_and_sections(void **state)
{
    (void)state;
    static const char *const contents[] = {
        "<![CDATA[</a></message>]]>",     "<![CDATA[]]]]>",       "<![CDATA[]]><a/><![CDATA[>]]>",
        "<![CDATA[]>]]]]]>",              "<a b='/message>'/>",  "<a b=\"'\" c='\"'/>",
        "<a\tb = '/>'\n/>",               "<a></a\r>",            "\r\n]]&gt;&lt;",
        "<a:message xmlns:a='u'></a:message>", "<a b=\"]]>\"/>",   "\xc3\xa9<\xc3\xa9 b='\xc3\xa9'/>"};
    for (size_t c = 0; c < COUNT(contents); c++) {
        for (unsigned before = 0; before < 2;
             before++) { /* it is skipped already; or it is where the bound is reached */
            len = 0;
            add("<message from='a@b'><a>");
            add_many(before * 400, "<n#/>");
            add(contents[c]);
            add_many(400, "<m#/>");
            add(contents[c]);
            add("</a></message>");
            for (size_t piece = 1; piece < 1100; piece += piece < 32 ? 1 : 97) {
                start(LEAST_ARENA, LEAST_XML);
                expect_skipped("message", piece);
            }
        }
    }
}

/* In all sizes of memory from the least to what holds everything, in several pieces: read, or skipped. */
static void test_B1_every_memory(void **state)
{
    (void)state;
    static struct readlog large;
    char skipped[64];
    len = 0;
    add("<message from='a@b' to='c@d' id='1'><body>hi</body><a xmlns='u'><![CDATA[");
    add_many(40, "<#>");
    add("]]>");
    add_many(60, "<n# a#='1'/>");
    add("</a></message>");
    assert_true(readlog_start(&large));
    readlog_text(&large, HEADER);
    large.len = 0;
    readlog_feed(&large, stanza, len, SIZE_MAX);
    snprintf(skipped, sizeof skipped, "oversize message %zu\n", len);
    unsigned reads = 0, skips = 0;
    for (size_t xml = LEAST_XML; xml < 24576; xml += 40) {
        start(16384, xml);
        for (size_t p = 0; p < COUNT(pieces); p++) {
            r.len = 0;
            assert_int_equal(readlog_feed(&r, stanza, len, pieces[p]), 0);
            bool read = strcmp(r.text, large.text) == 0;
            if (!read && strcmp(r.text, skipped) != 0) {
                fail_msg("%zu bytes of XML memory, pieces of %zu: %s", xml, pieces[p], r.text);
            }
            reads += read;
            skips += !read;
        }
    }
    assert_true(reads > 100 && skips > 100);
}

/* What the names of earlier stanzas left is too little, all of it is enough. */
static void test_B1_once_more_with_all_memory(void **state)
{
    (void)state;
    unsigned read = 0;
    for (unsigned names = 1; names < 100; names++) {
        len = 0;
        add("<message from='a@b'>");
        add_many(names, "<n#/>");
        add("</message>");
        start(16384, 12288);
        assert_int_equal(readlog_feed(&r, stanza, len, SIZE_MAX), 0);
        if (r.oversize > 0) {
            break;
        }
        read = names; /* with all memory; and with what others have left */
        for (unsigned i = 0; i < 200; i++) {
            char other[64];
            snprintf(other, sizeof other, "<m%u/>", i);
            assert_int_equal(readlog_text(&r, other), 0);
            assert_int_equal(readlog_feed(&r, stanza, len, SIZE_MAX), 0);
            assert_int_equal(r.oversize, 0);
        }
    }
    assert_true(read > 10);
}

/* The end of the stream, and what is wrong, are seen behind and within what is skipped. */
static void test_B1_ends_and_errors(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int error;
        const char *condition;
    } rows[] = {{"</message></stream:stream>", 0, ""},
                {"</message>\r\n</stream:stream >", 0, ""},
                {"<!-- a --></message>", MOTE_ERR_POLICY, "restricted-xml"},
                {"<?a b?></message>", MOTE_ERR_POLICY, "restricted-xml"},
                {"<!DOCTYPE a></message>", MOTE_ERR_PROTOCOL, "not-well-formed"},
                {"<![CDAT[]]></message>", MOTE_ERR_PROTOCOL, "not-well-formed"},
                {"<a b='<'/></message>", MOTE_ERR_PROTOCOL, "not-well-formed"},
                {"<a <b/></message>", MOTE_ERR_PROTOCOL, "not-well-formed"},
                {"<a/ ></message>", MOTE_ERR_PROTOCOL, "not-well-formed"},
                {"< a/></message>", MOTE_ERR_PROTOCOL, "not-well-formed"},
                {"</a<></message>", MOTE_ERR_PROTOCOL, "not-well-formed"},
                {"\x01</message>", MOTE_ERR_PROTOCOL, "not-well-formed"},
                {"</presence>", MOTE_ERR_PROTOCOL, "not-well-formed"},
                {"</messages>", MOTE_ERR_PROTOCOL, "not-well-formed"},
                {"</message>x", MOTE_ERR_PROTOCOL, "not-well-formed"},
                {"</message></message>", MOTE_ERR_PROTOCOL, "not-well-formed"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        len = 0;
        add("<message>");
        add_many(400, "<n#/>");
        add(rows[i].text);
        for (size_t p = 0; p < COUNT(pieces); p++) {
            start(LEAST_ARENA, LEAST_XML);
            ptrdiff_t result = readlog_feed(&r, stanza, len, pieces[p]);
            if (result != rows[i].error || (result != 0 && strcmp(r.reader.condition, rows[i].condition) != 0)) {
                fail_msg("%s in pieces of %zu: %td", rows[i].text, pieces[p], result);
            }
            assert_int_equal(r.ends, result == 0);
            assert_int_equal(r.stanzas, 0);
        }
    }
}

/* Nothing that can be read of the stream before a stanza is there: the end of the stream, in the least memory. */
static void test_B1_end_without_memory(void **state)
{
    (void)state;
    for (size_t xml = 4096; xml < LEAST_XML; xml += 8) {
        r.xml_size = xml;
        r.arena_size = LEAST_ARENA;
        if (!readlog_start(&r) || readlog_text(&r, HEADER) != 0) {
            continue; /* no parser, or no header, fits */
        }
        for (unsigned i = 0; i < 3; i++) {
            const char *const texts[] = {"<message a='1'><b/>", "x</message>\r", "\n<presence/>"};
            ptrdiff_t result = readlog_feed(&r, texts[i], strlen(texts[i]), 3);
            assert_true(result == 0 || strcmp(r.reader.why, "a stream header larger than the XML memory") == 0);
        }
        if (r.reader.error == 0) {
            assert_int_equal(r.stanzas + r.oversize, 2);
            assert_int_equal(readlog_feed(&r, "</stream:stream>", 16, 1), 0);
            assert_int_equal(r.ends, 1);
        }
    }
}

static double cpu_of(unsigned names)
{
    double best = 1e9;
    len = 0;
    add("<message><a>");
    add_many(names, "<n#/>");
    add("</a></message>");
    for (int i = 0; i < 5; i++) {
        start(16384, 65536);
        clock_t began = clock();
        assert_int_equal(readlog_feed(&r, stanza, len, 100), 0);
        double took = (double)(clock() - began);
        best = took < best ? took : best;
        assert_int_equal(r.oversize, 1);
    }
    return best;
}

static void test_B1_linear_time(void **state)
{
    (void)state;
    double few = cpu_of(15000), many = cpu_of(90000);
    if (many > 12 * few + 2000) {
        fail_msg("six times as many names take %.0f us instead of %.0f us", many, few);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_B1_X9_names),
        cmocka_unit_test(test_B1_X9_attributes),
        cmocka_unit_test(test_B1_X9_depth),
        cmocka_unit_test(test_B1_X9_first_tag),
        cmocka_unit_test(test_B1_quotes_and_sections),
        cmocka_unit_test(test_B1_every_memory),
        cmocka_unit_test(test_B1_once_more_with_all_memory),
        cmocka_unit_test(test_B1_ends_and_errors),
        cmocka_unit_test(test_B1_end_without_memory),
        cmocka_unit_test(test_B1_linear_time),
    };
    return cmocka_run_group_tests_name("skip", tests, NULL, NULL);
}
