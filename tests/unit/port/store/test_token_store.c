/* SPDX-License-Identifier: MIT
 * Tokens in a store: what is kept is what was given, and a power cut at any write leaves one that the server takes.
 */
#include <stdio.h>

#include "core/engine/login/sasl.h"
#include "port/store/token_store.h"
#include "tests/unit/unit.h"
#include "tests/unit/world.h"

/* Not in a library: only tests use it. */
#include "tests/fake/flash_ram.c"

static struct flash_ram device;
static struct mote_store store;
static struct mote_store_config config;
static uint8_t buffer[512];
static struct world world;
static struct mote_token_store tokens;

static const struct mote_flash card = {
    .read_size = 512, .prog_size = 512, .block_size = 512, .block_count = 128, .overwrite = true};
static const struct mote__sasl_mechanism by_token = {"HT-SHA-256-EXPR", SASL_HT, MOTE_SHA256, true};
static const struct mote__sasl_mechanism by_password = {"SCRAM-SHA-256", SASL_SCRAM, MOTE_SHA256, false};

/* A server's side: it takes the newest token, and the one before until the newest was shown. */
static struct {
    char newest[16], before[16];
    unsigned given;
} server;

static void fresh(void)
{
    flash_ram_init(&device, &card, ERASE_KEEPS, 5);
    config = (struct mote_store_config){.flash = &device.flash, .buffer = buffer, .buffer_size = sizeof buffer};
    assert_int_equal(mote_store_format(&store, &config, 1), 0);
    memset(&server, 0, sizeof server);
}

static void attach_as(struct mote_store *s)
{
    world_start(&world);
    mote_token_store_attach(&tokens, &world.x, s, &(struct mote_sasl2_config){.software = "test"});
}

static void power_on(void)
{
    flash_ram_power(&device);
    assert_int_equal(mote_store_mount(&store, &config), 0);
    attach_as(&store);
}

static void tell(int kind, const struct mote_token *token)
{
    mote_token_store_event(&tokens, &(struct mote_event){.kind = kind, .data = token});
}

static void give(void)
{
    struct mote_token t = {.mechanism = "HT-SHA-256-EXPR", .expiry = 1800000000 + server.given};
    memcpy(server.before, server.newest, sizeof server.before);
    snprintf(server.newest, sizeof server.newest, "token-%u", ++server.given);
    strcpy(t.token, server.newest);
    tell(MOTE_EV_TOKEN, &t);
}

/* Log in, with a new token from the server or without. Was it by a token? */
static bool log_in(bool renews)
{
    const char *token = tokens.sasl2.config.token->token;
    bool newest = strcmp(token, server.newest) == 0;
    bool good = token[0] != '\0' && (newest || strcmp(token, server.before) == 0);
    if (token[0] != '\0' && !good) {
        tell(MOTE_EV_TOKEN_REFUSED, tokens.sasl2.config.token);
    }
    if (good && newest) {
        server.before[0] = '\0';
    }
    world.x.n.mechanism = good ? &by_token : &by_password;
    world.x.n.sasl2 = true;
    if (renews || !good) {
        give();
    }
    tell(MOTE_EV_ONLINE, NULL);
    tell(MOTE_EV_OFFLINE, NULL);
    return good;
}

static void test_what_is_kept_is_what_was_given(void **state)
{
    (void)state;
    char agent[37];
    fresh();
    power_on();
    assert_string_equal(tokens.sasl2.config.token->token, "");
    assert_int_equal(strlen(tokens.user_agent), 36);
    assert_true(tokens.user_agent[14] == '4' && strchr("89ab", tokens.user_agent[19]) != NULL);
    assert_false(log_in(true));
    strcpy(agent, tokens.user_agent);
    for (int i = 0; i < 3; i++) {
        power_on();
        assert_string_equal(tokens.user_agent, agent);
        assert_string_equal(tokens.token.token, server.newest);
        assert_string_equal(tokens.token.mechanism, "HT-SHA-256-EXPR");
        assert_int_equal(tokens.token.expiry, 1800000000 + server.given - 1);
        assert_true(tokens.sasl2.config.early);
        assert_true(log_in(i == 1));
    }
}

/* Of another account, of a later form, cut off: each counts as none. */
static void test_values_that_are_none(void **state)
{
    (void)state;
    uint8_t value[700];
    fresh();
    power_on();
    log_in(true);
    ptrdiff_t len = mote_store_get(&store, "token.new", value, sizeof value);
    assert_true(len > 0);
    for (ptrdiff_t cut = 1; cut < len; cut++) {
        assert_int_equal(mote_store_put(&store, "token.new", value, (size_t)cut), 0);
        attach_as(&store);
        assert_string_equal(tokens.token.token, "");
    }
    value[0] = 2;
    assert_int_equal(mote_store_put(&store, "token.new", value, (size_t)len), 0);
    attach_as(&store);
    assert_string_equal(tokens.token.token, "");
    value[0] = 1;
    value[len - 2] ^= 1; /* the domain */
    assert_int_equal(mote_store_put(&store, "token.new", value, (size_t)len), 0);
    attach_as(&store);
    assert_string_equal(tokens.token.token, "");
}

/* The server has lost the newest: the one before is tried at the next login, and then none is left. */
static void test_a_token_that_is_refused_is_forgotten(void **state)
{
    (void)state;
    fresh();
    power_on();
    log_in(true);
    log_in(false); /* it is the one in use now */
    log_in(true);
    assert_string_equal(tokens.token.token, "token-2");
    tell(MOTE_EV_TOKEN_REFUSED, &tokens.token);
    assert_string_equal(tokens.token.token, "token-1");
    power_on();
    assert_string_equal(tokens.token.token, "token-1");
    tell(MOTE_EV_TOKEN_REFUSED, &tokens.token);
    power_on();
    assert_string_equal(tokens.token.token, "");
}

static void test_a_server_that_cannot_be_spoken_to_early_is_remembered(void **state)
{
    (void)state;
    fresh();
    power_on();
    log_in(true);
    tokens.sasl2.sent_early = true;
    tell(MOTE_EV_OFFLINE, NULL);
    assert_false(tokens.sasl2.config.early);
    power_on();
    assert_false(tokens.sasl2.config.early);
    assert_string_equal(tokens.token.token, "token-1");
}

static void test_without_a_store_it_is_kept_in_memory(void **state)
{
    (void)state;
    fresh();
    attach_as(NULL);
    assert_false(log_in(true));
    assert_true(log_in(true));
    assert_true(log_in(false));
}

/* Ten logins, with new tokens and without; the power goes at the n-th operation of the device, for each n, torn in each
 * way. Once a token is kept, every login is by a token. */
static void test_the_power_goes_at_every_write(void **state)
{
    (void)state;
    unsigned cuts = 0;
    for (int torn = 0; torn < TORN_KINDS; torn++) {
        for (unsigned at = 1, was_cut = 1; was_cut; at++) {
            bool kept = false;
            fresh();
            power_on();
            device.cut_at = at;
            device.torn = (enum flash_ram_torn)torn;
            was_cut = 0;
            for (unsigned n = 0; n < 10; n++) {
                bool good = log_in(n % 3 != 2);
                if (kept && !good) {
                    fail_msg("cut %u, torn %d, login %u: by the keys", at, torn, n);
                }
                if (device.off) {
                    was_cut = 1;
                    cuts++;
                } else {
                    kept = true;
                }
                if (device.off || n == 5) {
                    power_on();
                }
            }
        }
    }
    assert_true(cuts > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_kept_is_what_was_given),
        cmocka_unit_test(test_values_that_are_none),
        cmocka_unit_test(test_a_token_that_is_refused_is_forgotten),
        cmocka_unit_test(test_a_server_that_cannot_be_spoken_to_early_is_remembered),
        cmocka_unit_test(test_without_a_store_it_is_kept_in_memory),
        cmocka_unit_test(test_the_power_goes_at_every_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
