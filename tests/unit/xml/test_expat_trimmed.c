/* SPDX-License-Identifier: MIT
 * What port/deps/patches take out of expat: document type declarations, and all encodings but UTF-8. It is tested
 * without the reader, which would refuse most of it before expat does.
 */
#include <expat.h>

#include "tests/unit/unit.h"

static unsigned doctypes, elements;

static void on_doctype(void *ctx, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
    (void)ctx, (void)system, (void)public, (void)internal;
    assert_non_null(name);
    doctypes++;
}

static void on_start(void *ctx, const XML_Char *name, const XML_Char **atts)
{
    (void)ctx, (void)name, (void)atts;
    elements++;
}

/* All at once, then byte by byte: the same. */
static enum XML_Error parse(const char *text, size_t len, bool handler)
{
    enum XML_Error errors[2];
    for (int split = 0; split < 2; split++) {
        size_t step = split ? 1 : len;
        enum XML_Status status = XML_STATUS_OK;
        XML_Parser p = XML_ParserCreate(NULL);
        assert_non_null(p);
        doctypes = elements = 0;
        XML_SetStartElementHandler(p, on_start);
        XML_SetStartDoctypeDeclHandler(p, handler ? on_doctype : NULL);
        for (size_t i = 0; i < len && status == XML_STATUS_OK; i += step) {
            status = XML_Parse(p, text + i, (int)step, i + step >= len);
        }
        errors[split] = XML_GetErrorCode(p);
        XML_ParserFree(p);
    }
    assert_int_equal(errors[0], errors[1]);
    return errors[0];
}

static void test_no_doctype(void **state)
{
    (void)state;
    static const char *const documents[] = {
        "<!DOCTYPE s><s/>",
        "<?xml version='1.0'?><!DOCTYPE s><s/>",
        " <!DOCTYPE s SYSTEM 'file:///etc/passwd'><s/>",
        "<!DOCTYPE s PUBLIC 'p' 'http://localhost/'><s/>",
        "<!DOCTYPE s [<!ENTITY a 'b'>]><s>&a;</s>",
        "<!DOCTYPE s [<!ENTITY % a 'b'> %a;]><s/>",
        "<!DOCTYPE s [<!ATTLIST s a CDATA 'given'>]><s/>",
        "<!DOCTYPE s [<!ELEMENT s (a|b)*> <!NOTATION n SYSTEM 'x'>]><s/>",
    };
    for (size_t i = 0; i < COUNT(documents); i++) {
        assert_int_equal(parse(documents[i], strlen(documents[i]), true), XML_ERROR_SYNTAX);
        assert_int_equal(doctypes, 1);
        assert_int_equal(elements, 0);
        assert_int_equal(parse(documents[i], strlen(documents[i]), false), XML_ERROR_SYNTAX);
    }
    static const char other[] = "<!ELEMENT s ANY><s/>", inside[] = "<s><!DOCTYPE s></s>";
    assert_int_equal(parse(other, sizeof other - 1, true), XML_ERROR_SYNTAX);
    assert_int_equal(doctypes, 0);
    assert_int_equal(parse(inside, sizeof inside - 1, true), XML_ERROR_INVALID_TOKEN);
    assert_int_equal(doctypes, 0);
}

static void test_no_other_encoding(void **state)
{
    (void)state;
    static const char *const declared[] = {"UTF-16", "UTF-16LE", "UTF-16BE", "ISO-8859-1", "US-ASCII", "latin1", "x"};
    for (size_t i = 0; i < COUNT(declared); i++) {
        char text[80] = "<?xml version='1.0' encoding='";
        strcat(strcat(text, declared[i]), "'?><s/>");
        enum XML_Error e = parse(text, strlen(text), true);
        assert_true(e == XML_ERROR_UNKNOWN_ENCODING || e == XML_ERROR_INCORRECT_ENCODING);
        assert_int_equal(elements, 0);
    }
    static const struct {
        const char *bytes;
        size_t len;
    } marked[] = {
        {"\xfe\xff\0<\0s\0/\0>", 10}, {"\xff\xfe<\0s\0/\0>\0", 10}, {"\0<\0s\0/\0>", 8},
        {"<\0s\0/\0>\0", 8},          {"\xfe\xff<s/>", 6},          {"\xff\xfe<s/>", 6},
    };
    for (size_t i = 0; i < COUNT(marked); i++) {
        assert_int_equal(parse(marked[i].bytes, marked[i].len, true), XML_ERROR_INVALID_TOKEN);
        assert_int_equal(elements, 0);
    }
}

static void test_what_stays(void **state)
{
    (void)state;
    static const char *const documents[] = {
        "<s/>",
        "\xef\xbb\xbf<s/>",
        "<?xml version='1.0'?>\n<s/>",
        "<?xml version='1.0' encoding='utf-8' standalone='yes'?><!-- c --><?p i?><s/>",
        "<s a='&lt;&#xe9;'>\xc3\xa9&amp;<![CDATA[<]]></s><!-- c -->",
    };
    for (size_t i = 0; i < COUNT(documents); i++) {
        assert_int_equal(parse(documents[i], strlen(documents[i]), true), XML_ERROR_NONE);
        assert_int_equal(elements, 1);
        assert_int_equal(doctypes, 0);
    }
    static const char latin1[] = "<s>\xe9</s>", twice[] = "<?xml version='1.0'?><?xml version='1.0'?><s/>";
    assert_int_equal(parse(latin1, sizeof latin1 - 1, true), XML_ERROR_INVALID_TOKEN);
    assert_int_equal(parse(twice, sizeof twice - 1, true), XML_ERROR_MISPLACED_XML_PI);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_doctype),
        cmocka_unit_test(test_no_other_encoding),
        cmocka_unit_test(test_what_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
