/* SPDX-License-Identifier: MIT
 * Finding children, attributes, text and numbers in a stanza.
 */
#include "core/xml/stanza.h"
#include "tests/unit/unit.h"

/* <message xmlns='c' id='' from='f' to='t' x:from='no' n='18446744073709551615'>
 *   <body/>text<x xmlns='other'/><body xmlns='other'>one</body><body>two</body></message> */
static struct mote_attr attrs[] = {{.ns = "", .name = "id", .value = ""},
                                   {.ns = "", .name = "from", .value = "f"},
                                   {.ns = "urn:x", .name = "from", .value = "no"},
                                   {.ns = "", .name = "to", .value = "t"},
                                   {.ns = "", .name = "n", .value = "18446744073709551615"}};
static struct mote_xml one = {.text = "one", .text_len = 3}, two = {.text = "two", .text_len = 3};
static struct mote_xml kids[] = {{.ns = "c", .name = "body"},
                                 {.text = "text", .text_len = 4},
                                 {.ns = "other", .name = "x"},
                                 {.ns = "other", .name = "body", .first = &one, .last = &one},
                                 {.ns = "c", .name = "body", .first = &two, .last = &two}};
static struct mote_xml message = {.ns = "c", .name = "message", .attrs = attrs, .first = &kids[0], .last = &kids[4]};

static int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i + 1 < COUNT(attrs); i++) {
        attrs[i].next = &attrs[i + 1];
    }
    for (size_t i = 0; i < COUNT(kids); i++) {
        kids[i].next = i + 1 < COUNT(kids) ? &kids[i + 1] : NULL;
        kids[i].parent = &message;
    }
    return 0;
}

static void test_is(void **state)
{
    (void)state;
    assert_true(mote_xml_is(&message, "c", "message"));
    assert_false(mote_xml_is(&message, "d", "message"));
    assert_false(mote_xml_is(&message, "c", "messag"));
    assert_false(mote_xml_is(NULL, "c", "message"));
    assert_false(mote_xml_is(&kids[1], "c", "text")); /* a text node */
    assert_false(mote_xml_is(&kids[1], NULL, NULL));
}

static void test_X3_children_by_pair(void **state)
{
    (void)state;
    assert_ptr_equal(mote_xml_child(&message, "c", "body"), &kids[0]);
    assert_ptr_equal(mote_xml_child(&message, "other", "body"), &kids[3]);
    assert_ptr_equal(mote_xml_next(&kids[0], "c", "body"), &kids[4]);
    assert_ptr_equal(mote_xml_child(&message, "other", NULL), &kids[2]);
    assert_ptr_equal(mote_xml_next(&kids[2], "other", NULL), &kids[3]);
    assert_ptr_equal(mote_xml_next(&kids[0], NULL, NULL), &kids[2]);
    assert_null(mote_xml_next(&kids[4], NULL, NULL));
    assert_null(mote_xml_child(&message, "c", "x"));
    assert_null(mote_xml_child(&message, "othe", "rbody"));
    assert_null(mote_xml_child(NULL, "c", "body"));
    assert_null(mote_xml_next(NULL, "c", "body"));
}

static void test_attributes(void **state)
{
    (void)state;
    struct mote_stanza_head head;
    assert_string_equal(mote_xml_attr(&message, "from"), "f");
    assert_string_equal(mote_xml_attr(&message, "id"), "");
    assert_null(mote_xml_attr(&message, "type"));
    assert_null(mote_xml_attr(NULL, "from"));
    assert_null(mote_xml_attr(&kids[1], "from"));
    mote_stanza_head(&message, &head);
    assert_string_equal(head.from, "f");
    assert_string_equal(head.to, "t");
    assert_string_equal(head.id, "");
    assert_null(head.type);
}

static void test_text(void **state)
{
    (void)state;
    size_t len = 99;
    assert_string_equal(mote_xml_text(&kids[3], &len), "one");
    assert_int_equal(len, 3);
    assert_string_equal(mote_xml_text(&message, &len), ""); /* mixed content is no text */
    assert_int_equal(len, 0);
    assert_string_equal(mote_xml_text(&kids[0], NULL), "");
    assert_string_equal(mote_xml_text(NULL, &len), "");
    assert_string_equal(mote_xml_child_text(&message, "other", "body"), "one");
    assert_string_equal(mote_xml_child_text(&message, "c", "body"), "");
    assert_null(mote_xml_child_text(&message, "c", "subject"));
    assert_null(mote_xml_child_text(NULL, "c", "subject"));
}

static void test_uint_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t max;
        bool good;
        uint64_t value;
    } rows[] = {{"0", 0, true, 0},
                {"1", 0, false, 0},
                {"00000000000000000000000007", 9, true, 7},
                {"9", 9, true, 9},
                {"10", 9, false, 0},
                {"65535", 65535, true, 65535},
                {"65536", 65535, false, 0},
                {"4294967295", UINT32_MAX, true, UINT32_MAX},
                {"4294967296", UINT32_MAX, false, 0},
                {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
                {"18446744073709551616", UINT64_MAX, false, 0},
                {"18446744073709551620", UINT64_MAX, false, 0},
                {"99999999999999999999", UINT64_MAX, false, 0},
                {"184467440737095516150", UINT64_MAX, false, 0}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t v = 77;
        bool good = mote_text_uint(rows[i].text, rows[i].max, &v);
        if (good != rows[i].good || v != (good ? rows[i].value : 77)) {
            fail_msg("%s up to %llu", rows[i].text, (unsigned long long)rows[i].max);
        }
    }
}

static void test_F3_no_number(void **state)
{
    (void)state;
    static const char *const bad[] = {"",    " 1",  "1 ",       "+1",  "-1",  "-0", "0x1",
                                      "1.0", "1e3", "\xd9\xa1", "1\n", "one", ":",  "/"};
    uint64_t v = 77;
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(mote_text_uint(bad[i], UINT64_MAX, &v));
    }
    assert_false(mote_text_uint(NULL, UINT64_MAX, &v));
    assert_int_equal(v, 77);
    assert_true(mote_xml_attr_uint(&message, "n", UINT64_MAX, &v));
    assert_true(v == UINT64_MAX);
    assert_false(mote_xml_attr_uint(&message, "n", UINT64_MAX - 1, &v));
    assert_false(mote_xml_attr_uint(&message, "from", 9, &v));
    assert_false(mote_xml_attr_uint(&message, "none", 9, &v));
    assert_false(mote_xml_attr_uint(NULL, "n", 9, &v));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is),   cmocka_unit_test(test_X3_children_by_pair), cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_text), cmocka_unit_test(test_uint_bounds),         cmocka_unit_test(test_F3_no_number),
    };
    return cmocka_run_group_tests_name("stanza", tests, setup, NULL);
}
