/* SPDX-License-Identifier: MIT
 * Lines for people, on systems that cannot tell whether they go to a terminal: nothing that others wrote may be a
 * command to one.
 */
#include "port/base/phrase.h"
#include "tests/unit/unit.h"

static char out[256];

static void expect(const char *text, const char *shown)
{
    mote__phrase(out, sizeof out, "%s", text);
    assert_string_equal(out, shown);
    mote__phrase(out, sizeof out, "%.*s", (int)strlen(text), text);
    assert_string_equal(out, shown);
}

static void test_controls(void **state)
{
    (void)state;
    expect("a\nb\tc\rd", "a b c d");
    expect("a\033[2Jb\177", "a?[2Jb?");
    expect("a\xc2\x9b" "2J\xc2\x80\xc2\x9f|\xc2\xa0", "a?2J??|\xc2\xa0");
    expect("not UTF-8: \xff\xc2 \xe2\x80", "not UTF-8: ?? ??");
}

static void test_B19_what_is_not_seen(void **state)
{
    (void)state;
    expect(
        "\xc2\xad|\xd8\x9c|\xe2\x80\x8b|\xe2\x80\x8f|\xe2\x80\xa8|\xe2\x80\xae|\xe2\x81\xa0|\xe2\x81\xa6|\xe2\x81\xaf",
        "?|?|?|?|?|?|?|?|?");
    expect("\xef\xbb\xbf|\xf3\xa0\x80\xa0|\xf3\xa0\x81\xbf", "?|?|?");
    /* their neighbours: not sign, registered, hamza, hair space, hyphen, dagger, per mille, mathematical space, euro */
    static const char seen[] = "\xc2\xac\xc2\xae\xd8\x9b\xd8\xa1\xe2\x80\x8a\xe2\x80\x90\xe2\x80\xa7\xe2\x80\xb0"
                               "\xe2\x81\x9f\xe2\x82\xac\xef\xbb\xbe\xef\xbc\x8e\xf0\x9f\x8c\xb1";
    expect(seen, seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_controls), cmocka_unit_test(test_B19_what_is_not_seen)};
    return cmocka_run_group_tests_name("mote__phrase", tests, NULL, NULL);
}
