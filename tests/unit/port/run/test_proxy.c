/* SPDX-License-Identifier: MIT
 * Which HTTP proxy is used, as a person or the environment names it.
 */
#include "port/run/proxy.h"
#include "tests/unit/unit.h"

static void test_urls(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host;
        uint16_t port;
        const char *login; /* base64 */
    } rows[] = {
        {"http://proxy.example.org:3128", "proxy.example.org", 3128, ""},
        {"HTTP://proxy.example.org:3128/", "proxy.example.org", 3128, ""},
        {"proxy:8080", "proxy", 8080, ""},
        {"http://proxy", "proxy", 1080, ""},
        {"http://[2001:db8::1]:3128", "2001:db8::1", 3128, ""},
        {"http://192.0.2.1:1/a?b#c", "192.0.2.1", 1, ""},
        {"http://user:pass@proxy:8080", "proxy", 8080, "dXNlcjpwYXNz"},
        {"user:pass@proxy:8080", "proxy", 8080, "dXNlcjpwYXNz"},
        {"http://user@proxy:8080", "proxy", 8080, "dXNlcjo="},
        {"http://a%40b:c%3Ad%25@proxy:8080", "proxy", 8080, "YUBiOmM6ZCU="},
        {"http://u:p@ss@proxy:8080", "proxy", 8080, "dTpwQHNz"}, /* the last @ counts */
        {"http://u:100%@proxy:8080", "proxy", 8080, "dToxMDAl"}, /* no digits behind it: as it is */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mote_run_proxy proxy;
        assert_true(mote_run_proxy_init(&proxy, rows[i].url));
        assert_string_equal(proxy.host, rows[i].host);
        assert_int_equal(proxy.port, rows[i].port);
        assert_string_equal(proxy.login, rows[i].login);
        assert_false(proxy.always);
    }
}

static void test_no_urls(void **state)
{
    (void)state;
    static const char *const rows[] = {"",
                                       "http://",
                                       "http:///",
                                       "socks5://proxy:1080",
                                       "https://proxy:443",
                                       "ftp://proxy",
                                       "://proxy",
                                       "http://proxy:0",
                                       "http://proxy:65536",
                                       "http://proxy:x",
                                       "http://[::1",
                                       "http://pro xy:80",
                                       "http://proxy\r\nX: y:80",
                                       "http://a%0d%0ab:c@proxy:80", /* a line end in the request's head */
                                       "http://a%00b@proxy:80"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mote_run_proxy proxy;
        assert_false(mote_run_proxy_init(&proxy, rows[i]));
    }
}

static void test_lengths(void **state)
{
    (void)state;
    char url[1024];
    struct mote_run_proxy proxy;
    for (size_t n = 1; n < 600; n++) {
        memset(url, 'a', n);
        memcpy(url + n, ":80", 4);
        assert_int_equal(mote_run_proxy_init(&proxy, url), n <= MOTE_PORT_HOST_MAX);
        memset(url, 'u', n);
        memcpy(url + n, "@proxy:80", 10);
        assert_int_equal(mote_run_proxy_init(&proxy, url), n < RUN_PROXY_LOGIN);
    }
}

static void test_exceptions(void **state)
{
    (void)state;
    static const struct {
        const char *list, *host;
        bool skips;
    } rows[] = {
        {"example.org", "example.org", true},
        {"example.org", "xmpp.example.org", true},
        {".example.org", "xmpp.example.org", true},
        {".example.org", "example.org", true},
        {"EXAMPLE.org", "xmpp.Example.ORG", true},
        {"localhost, example.org", "example.org", true},
        {"localhost,example.org", "example.org", true},
        {"*", "anything", true},
        {"example.org", "badexample.org", false},
        {"example.org", "example.org.evil.test", false},
        {"xmpp.example.org", "example.org", false},
        {"", "example.org", false},
        {" , ,, ", "example.org", false},
        {".", "example.org", false},
        {"a*", "abc", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(mote_run_proxy_skips(rows[i].list, rows[i].host), rows[i].skips);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_urls), cmocka_unit_test(test_no_urls),
                                       cmocka_unit_test(test_lengths), cmocka_unit_test(test_exceptions)};
    return cmocka_run_group_tests_name("proxy", tests, NULL, NULL);
}
