/* SPDX-License-Identifier: MIT
 * Which mechanism is chosen, for every set of offers. The exchanges themselves are in the transcripts.
 */
#include <stdio.h>

#include "core/engine/login/sasl.h"
#include "tests/unit/unit.h"
#include "tests/unit/world.h"

static const char *const names[] = {"EXTERNAL",      "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS",
                                    "SCRAM-SHA-256", "SCRAM-SHA-1",        "PLAIN"};
enum { EXTERNAL = 1, S256P = 2, S1P = 4, S256 = 8, S1 = 16, PLAIN = 32, ALL = 64 };

static struct world w;

struct link {
    uint32_t flags;
    const char *password;
    const struct mote_keys *keys;
    struct mote_tls_info tls;
};

/* What is chosen of the offers, as a bit; 0 for nothing. */
static unsigned choose(const struct link *link, unsigned offers)
{
    char features[1024];
    size_t n = (size_t)snprintf(features, sizeof features,
                                STREAM_HEADER "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>");
    for (unsigned i = COUNT(names); i-- > 0;) { /* in the wrong order: the server's does not count */
        if ((offers & 1u << i) != 0) {
            n += (size_t)snprintf(features + n, sizeof features - n, "<mechanism>%s</mechanism>", names[i]);
        }
    }
    snprintf(features + n, sizeof features - n, "<mechanism>DIGEST-MD5</mechanism></mechanisms></stream:features>");
    world_prepare(&w);
    w.config.flags = link->flags;
    w.config.password = link->password;
    w.config.keys = link->keys;
    assert_int_equal(mote_init(&w.x, &w.config), 0);
    mote_connected(&w.x, &link->tls, w.now_ms);
    world_in(&w, features);
    world_take(&w, SIZE_MAX);
    if (w.x.n.mechanism == NULL) {
        assert_int_equal(mote_error(&w.x), MOTE_ERR_MECHANISM);
        assert_null(strstr(w.out, "<auth"));
        return 0;
    }
    unsigned bit = 1;
    for (size_t i = 0; strcmp(names[i], w.x.n.mechanism->name) != 0; i++) {
        bit <<= 1;
    }
    assert_non_null(strstr(w.out, "<auth"));
    return bit;
}

/* The first of the ranking that is offered. */
static unsigned first_of(unsigned offers, const unsigned *ranking)
{
    while (*ranking != 0 && (offers & *ranking) == 0) {
        ranking++;
    }
    return *ranking;
}

static const struct mote_tls_info tls13 = {
    .version = "TLSv1.3", .cipher = "T", .verified = true, .exporter_len = 32, .end_point_len = 32};
static const struct mote_tls_info tls12 = {.version = "TLSv1.2", .cipher = "T", .verified = true};

static void expect_ranking(const struct link *link, const unsigned *ranking)
{
    for (unsigned offers = 0; offers < ALL; offers++) {
        unsigned got = choose(link, offers), wanted = first_of(offers, ranking);
        if (got != wanted) {
            fail_msg("offers %x: chose %x, not %x", offers, got, wanted);
        }
    }
}

static void test_rankings(void **state)
{
    (void)state;
    expect_ranking(&(struct link){.password = "secret", .tls = tls13}, (unsigned[]){S256P, S1P, S256, S1, 0});
    expect_ranking(&(struct link){.password = "secret", .tls = tls12}, (unsigned[]){S256, S1, 0});
    expect_ranking(&(struct link){.password = "secret", .flags = MOTE_REQUIRE_BINDING, .tls = tls13},
                   (unsigned[]){S256P, S1P, 0});
    expect_ranking(&(struct link){.password = "secret", .flags = MOTE_REQUIRE_BINDING | MOTE_ALLOW_PLAIN, .tls = tls12},
                   (unsigned[]){0});
    expect_ranking(&(struct link){.flags = MOTE_ALLOW_EXTERNAL, .tls = tls13}, (unsigned[]){EXTERNAL, 0});
}

static void test_S4_plain(void **state)
{
    (void)state;
    struct link link = {.password = "secret", .flags = MOTE_ALLOW_PLAIN, .tls = tls12};
    assert_int_equal(choose(&link, PLAIN), PLAIN);
    assert_int_equal(choose(&link, PLAIN | S1), S1);
    assert_int_equal(choose(&link, PLAIN | S1P), 0); /* the server has SCRAM: who hides its other forms? */
    link.tls.verified = false;
    assert_int_equal(choose(&link, PLAIN), 0);
    link.tls = (struct mote_tls_info){.loopback = true};
    link.flags |= MOTE_INSECURE_LOOPBACK;
    assert_int_equal(choose(&link, PLAIN), PLAIN);
    link.flags = MOTE_INSECURE_LOOPBACK;
    assert_int_equal(choose(&link, PLAIN), 0);
}

static void test_S4_kept_keys_pin_the_level(void **state)
{
    (void)state;
    struct mote_keys strong = {.version = 1, .hash = MOTE_SHA256}, weak = {.version = 1, .hash = MOTE_SHA1}, none = {0};
    uint32_t plain = MOTE_ALLOW_PLAIN;
    expect_ranking(&(struct link){.password = "secret", .keys = &strong, .flags = plain, .tls = tls13},
                   (unsigned[]){S256P, S256, 0});
    expect_ranking(&(struct link){.password = "secret", .keys = &weak, .flags = plain, .tls = tls12},
                   (unsigned[]){S256, S1, 0});
    expect_ranking(&(struct link){.keys = &strong, .tls = tls12}, (unsigned[]){S256, 0});
    expect_ranking(&(struct link){.keys = &weak, .tls = tls12}, (unsigned[]){S1, 0});
    expect_ranking(&(struct link){.password = "secret", .keys = &none, .tls = tls12}, (unsigned[]){S256, S1, 0});
    expect_ranking(&(struct link){.tls = tls13}, (unsigned[]){0});
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rankings), cmocka_unit_test(test_S4_plain),
                                       cmocka_unit_test(test_S4_kept_keys_pin_the_level)};
    return cmocka_run_group_tests_name("sasl", tests, NULL, NULL);
}
