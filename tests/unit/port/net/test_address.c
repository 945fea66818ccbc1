/* SPDX-License-Identifier: MIT
 * Which addresses are of the public network: a link that somebody else sent leads to no other.
 */
#include <arpa/inet.h>
#include <string.h>

#include "port/net/address.h"
#include "tests/unit/unit.h"

static bool is_public(const char *text)
{
    struct mote_port_address a = {.family = strchr(text, ':') != NULL ? 6 : 4};
    assert_int_equal(inet_pton(a.family == 4 ? AF_INET : AF_INET6, text, a.bytes), 1);
    return mote_address_public(&a);
}

static void test_private_addresses_are_known_in_every_form(void **state)
{
    (void)state;
    static const char *const rows[] = {"0.0.0.0",
                                       "0.1.2.3",
                                       "10.0.0.1",
                                       "10.255.255.255",
                                       "100.64.0.1",
                                       "100.127.255.255",
                                       "127.0.0.1",
                                       "127.255.255.254",
                                       "169.254.169.254",
                                       "172.16.0.1",
                                       "172.31.255.255",
                                       "192.0.0.8",
                                       "192.0.2.1",
                                       "192.88.99.1",
                                       "192.168.0.1",
                                       "192.168.255.255",
                                       "198.18.0.1",
                                       "198.19.255.255",
                                       "198.51.100.7",
                                       "203.0.113.9",
                                       "224.0.0.1",
                                       "239.255.255.250",
                                       "240.0.0.1",
                                       "255.255.255.255",
                                       "::",
                                       "::1",
                                       "::127.0.0.1",
                                       "::ffff:127.0.0.1",
                                       "::ffff:10.1.2.3",
                                       "::ffff:169.254.169.254",
                                       "64:ff9b::127.0.0.1",
                                       "64:ff9b::c0a8:1",
                                       "64:ff9b:1::1",
                                       "2002:7f00:1::1",
                                       "2002:c0a8:101::1",
                                       "2001::1",
                                       "2001:2::1",
                                       "2001:10::1",
                                       "2001:db8::1",
                                       "3fff::1",
                                       "100::1",
                                       "fc00::1",
                                       "fd12:3456::1",
                                       "fe80::1",
                                       "febf::1",
                                       "fec0::1",
                                       "ff02::1",
                                       "ff0e::1",
                                       "5f00::1",
                                       "4000::1",
                                       "e000::1"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (is_public(rows[i])) {
            fail_msg("%s", rows[i]);
        }
    }
}

static void test_public_addresses(void **state)
{
    (void)state;
    static const char *const rows[] = {"1.1.1.1",         "9.255.255.255",   "11.0.0.0",
                                       "100.63.255.255",  "100.128.0.0",     "126.255.255.255",
                                       "128.0.0.1",       "169.253.0.1",     "172.15.255.255",
                                       "172.32.0.0",      "192.0.1.1",       "192.167.255.255",
                                       "192.169.0.0",     "198.17.255.255",  "198.20.0.0",
                                       "223.255.255.255", "::ffff:8.8.8.8",  "64:ff9b::8.8.8.8",
                                       "2002:808:808::1", "2001:200::1",     "2001:4860:4860::8888",
                                       "2003::1",         "2606:4700::1111", "2a00:1450::1",
                                       "3ffe::1"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (!is_public(rows[i])) {
            fail_msg("%s", rows[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_private_addresses_are_known_in_every_form),
        cmocka_unit_test(test_public_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
