/* SPDX-License-Identifier: MIT
 * JIDs: which are valid, their parts, and when two are equal.
 */
#include "core/config.h"
#include "core/base/text.h"
#include "tests/unit/unit.h"

static void test_valid(void **state)
{
    (void)state;
    static const char *const good[] = {
        "localhost",        "alice@localhost",           "alice@localhost/r",
        "localhost/r",      "alice@localhost/a/b@c",     "node-17.b_c@xn--bcher-kva.example/r",
        "alice@[::1]",      "alice@127.0.0.1",           "\xc3\xa9t\xc3\xa9@m\xc3\xbcnster.example/r\xc3\xa9s",
        "a\\20b@localhost", "alice@localhost/with space"};
    for (size_t i = 0; i < COUNT(good); i++) {
        if (!mote_jid_valid(good[i])) {
            fail_msg("%s was refused", good[i]);
        }
    }
}

static void test_invalid(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "@localhost",
                                      "alice@",
                                      "alice@/r",
                                      "/r",
                                      "alice@localhost/",
                                      "a b@localhost",
                                      "a\"b@localhost",
                                      "a&b@localhost",
                                      "a'b@localhost",
                                      "a:b@localhost",
                                      "a<b@localhost",
                                      "a>b@localhost",
                                      "a@b@c",
                                      "a@b c",
                                      "a@b<c",
                                      "a@b\\c",
                                      "a@\xc3",
                                      "\xed\xa0\x80@b",
                                      "a@b/\x01",
                                      "a\n@b",
                                      "a@b/\xff",
                                      "a@b\t"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (mote_jid_valid(bad[i])) {
            fail_msg("%s was taken", bad[i]);
        }
    }
}

static void test_length_limit(void **state)
{
    (void)state;
    char jid[MOTE_JID_MAX + 2];
    memset(jid, 'a', sizeof jid);
    memcpy(jid, "b@c/", 4);
    jid[MOTE_JID_MAX] = '\0';
    assert_true(mote_jid_valid(jid));
    jid[MOTE_JID_MAX] = 'a';
    jid[MOTE_JID_MAX + 1] = '\0';
    assert_false(mote_jid_valid(jid));
}

static void test_parts(void **state)
{
    (void)state;
    static const struct {
        const char *jid, *domain, *resource;
        size_t bare;
    } rows[] = {{"a@b/c", "b", "c", 3}, {"b", "b", NULL, 1},          {"b/c", "b", "c", 1},
                {"a@b", "b", NULL, 3},  {"b/c@d/e", "b", "c@d/e", 1}, {"a@b/", "b", "", 3}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t len;
        const char *domain = mote_jid_domain(rows[i].jid, &len), *resource = mote_jid_resource(rows[i].jid);
        assert_true(mote_text_equal_n(domain, len, rows[i].domain));
        assert_int_equal(mote_jid_bare_len(rows[i].jid), rows[i].bare);
        assert_int_equal(resource == NULL, rows[i].resource == NULL);
        if (resource != NULL) {
            assert_string_equal(resource, rows[i].resource);
        }
    }
}

static void test_equal(void **state)
{
    (void)state;
    assert_true(mote_jid_equal("Alice@LocalHost/r", "alice@localhost/r"));
    assert_false(mote_jid_equal("alice@localhost/R", "alice@localhost/r"));
    assert_false(mote_jid_equal("alice@localhost", "alice@localhost/r"));
    assert_false(mote_jid_equal("alice@localhost/", "alice@localhost"));
    assert_true(mote_jid_bare_equal("alice@localhost/a", "ALICE@localhost/b"));
    assert_true(mote_jid_bare_equal("alice@localhost", "alice@localhost/b"));
    assert_false(mote_jid_bare_equal("alice@localhost", "alice@localhos"));
    assert_false(mote_jid_bare_equal("alice@localhos", "alice@localhost"));
    assert_false(mote_jid_bare_equal("[@b", "{@b")); /* neighbours of the letters are no letters */
    assert_false(mote_jid_bare_equal("@@b", "`@b"));
    assert_false(mote_jid_bare_equal("\xc3\x89@b", "\xc3\xa9@b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid), cmocka_unit_test(test_invalid), cmocka_unit_test(test_length_limit),
        cmocka_unit_test(test_parts), cmocka_unit_test(test_equal),
    };
    return cmocka_run_group_tests_name("jid", tests, NULL, NULL);
}
