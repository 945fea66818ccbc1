/* SPDX-License-Identifier: MIT
 * https URLs, right ones and those that two readers could take for two hosts.
 */
#include <string.h>

#include "port/http/url.h"
#include "tests/unit/unit.h"

static void test_urls(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host, *path;
        uint16_t port;
    } rows[] = {
        {"https://files.example.org/a/b.jpg", "files.example.org", "/a/b.jpg", 443},
        {"HTTPS://Files.Example.ORG:5281/A?q=1&b=%20", "files.example.org", "/A?q=1&b=%20", 5281},
        {"https://example.org", "example.org", "/", 443},
        {"https://example.org?q", "example.org", "/?q", 443},
        {"https://example.org/x#fragment", "example.org", "/x", 443},
        {"https://example.org#fragment", "example.org", "/", 443},
        {"https://[2001:DB8::1]:1/x", "2001:db8::1", "/x", 1},
        {"https://192.0.2.1/x/../y//z", "192.0.2.1", "/x/../y//z", 443},
        {"https://example.org/a@b:c", "example.org", "/a@b:c", 443},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mote_url url;
        assert_null(mote_url_read(&url, rows[i].url));
        assert_string_equal(url.host, rows[i].host);
        assert_string_equal(url.path, rows[i].path);
        assert_int_equal(url.port, rows[i].port);
    }
}

static void test_no_urls(void **state)
{
    (void)state;
    static const char *const rows[] = {"",
                                       "https:",
                                       "https://",
                                       "https:///x",
                                       "http://example.org/",
                                       "ftp://example.org/",
                                       "//example.org/",
                                       "https://user@example.org/",
                                       "https://user:pass@example.org/",
                                       "https://example.org@evil.org/",
                                       "https://example.org\\@evil.org/",
                                       "https://example.org:0/",
                                       "https://example.org:65536/",
                                       "https://example.org:/",
                                       "https://example.org:x/",
                                       "https://example.org:443:443/",
                                       "https://[::1/",
                                       "https://[]/",
                                       "https://::1/",
                                       "https://[::1]x/",
                                       "https://exa mple.org/",
                                       "https://example.org/a b",
                                       "https://example.org/\r\nX: y",
                                       "https://example.org/\x7f",
                                       "https://example.org/\xc3\xa9",
                                       "https://b\xc3\xbc.test/",
                                       "https://-a.org/",
                                       "https://.org/",
                                       "https://example.org/<x>",
                                       "https://example.org/\"",
                                       " https://example.org/",
                                       "javascript:alert(1)",
                                       "https://exa%6dple.org/"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mote_url url;
        assert_non_null(mote_url_read(&url, rows[i]));
    }
}

static void test_long_urls(void **state)
{
    (void)state;
    struct mote_url url;
    char text[MOTE_URL_SIZE + 64];
    for (size_t len = MOTE_URL_SIZE - 8; len < MOTE_URL_SIZE + 8; len++) { /* of the path, with its slash */
        strcpy(text, "https://h/");
        memset(text + 10, 'x', len - 1);
        text[9 + len] = '\0';
        assert_true((mote_url_read(&url, text) == NULL) == (len < MOTE_URL_SIZE));
    }
    for (size_t len = 250; len < 262; len++) {
        strcpy(text, "https://");
        memset(text + 8, 'x', len);
        strcpy(text + 8 + len, "/");
        assert_true((mote_url_read(&url, text) == NULL) == (len <= MOTE_PORT_HOST_MAX));
    }
}

static void test_locations(void **state)
{
    (void)state;
    static const struct {
        const char *location, *host, *path; /* host NULL: it is refused */
        bool same;
    } rows[] = {
        {"/new?x#y", "example.org", "/new?x", true},
        {"https://example.org:443/z", "example.org", "/z", true},
        {"https://EXAMPLE.org/z", "example.org", "/z", true},
        {"https://example.org:8443/z", "example.org", "/z", false},
        {"https://evil.org/z", "evil.org", "/z", false},
        {"http://example.org/z", NULL, NULL, false},
        {"//evil.org/z", NULL, NULL, false},
        {"relative", NULL, NULL, false},
        {"", NULL, NULL, false},
        {"/a b", NULL, NULL, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mote_url url, old;
        assert_null(mote_url_read(&old, "https://example.org/old"));
        url = old;
        const char *wrong = mote_url_follow(&url, rows[i].location);
        assert_true((wrong == NULL) == (rows[i].host != NULL));
        assert_string_equal(url.host, rows[i].host != NULL ? rows[i].host : "example.org");
        assert_string_equal(url.path, rows[i].host != NULL ? rows[i].path : "/old");
        assert_true(wrong != NULL || mote_url_same_host(&url, &old) == rows[i].same);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_no_urls),
        cmocka_unit_test(test_long_urls),
        cmocka_unit_test(test_locations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
