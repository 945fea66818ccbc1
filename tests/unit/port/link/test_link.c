/* SPDX-License-Identifier: MIT
 * A link over a port that is made up: how it finds its way, and which reason is told when it does not.
 */
#include <stdio.h>
#include <string.h>

#include "port/link/link.h"
#include "tests/unit/unit.h"

/// The port ///

enum { SILENT, REFUSES, GOOD }; /* what an address does, by its last byte */

static struct {
    uint64_t now_ms;
    struct mote_port_address found[4];
    int found_count; /* or an error; MOTE_ERR_BUSY for ever */
    struct mote_port_address open;
    unsigned opens, closes, cancels, tls_closes, turns;
    int handshake; /* its result */
    bool pending;
    const char *name, *alpn;
    ptrdiff_t moves; /* result of read and write */
} world;

static uint64_t clock_ms(void *ctx)
{
    (void)ctx;
    return world.now_ms;
}

static int resolve_host(void *ctx, const char *host)
{
    (void)ctx;
    return host[0] == '\0' ? MOTE_ERR_DNS : 0;
}

static int resolve_result(void *ctx, struct mote_port_address *addresses, int max)
{
    (void)ctx;
    assert_true(max >= 4);
    memcpy(addresses, world.found, sizeof world.found);
    return world.found_count;
}

static void resolve_cancel(void *ctx)
{
    (void)ctx;
    world.cancels++;
}

static const char *say_dns(void *ctx)
{
    (void)ctx;
    return "no such name";
}

static int net_open(void *ctx, const struct mote_port_address *address)
{
    (void)ctx;
    world.open = *address;
    world.opens++;
    return 0;
}

static int net_opened(void *ctx)
{
    (void)ctx;
    return world.open.bytes[3] == GOOD ? 1 : world.open.bytes[3] == REFUSES ? MOTE_ERR_REFUSED : 0;
}

static ptrdiff_t move(void *ctx, void *bytes, size_t len)
{
    (void)ctx, (void)bytes, (void)len;
    return world.moves;
}

static ptrdiff_t move_const(void *ctx, const void *bytes, size_t len)
{
    (void)ctx, (void)bytes, (void)len;
    return world.moves;
}

static void net_close(void *ctx)
{
    (void)ctx;
    world.closes++;
}

static const char *say_net(void *ctx)
{
    (void)ctx;
    return world.open.bytes[3] == REFUSES ? "refused" : "reset";
}

static int tls_start(void *ctx, const struct mote_port *port, const char *name, const char *alpn)
{
    (void)ctx, (void)port;
    world.name = name;
    world.alpn = alpn;
    return 0;
}

static int tls_handshake(void *ctx)
{
    (void)ctx;
    return world.handshake;
}

static bool tls_pending(void *ctx)
{
    (void)ctx;
    return world.pending;
}

static void tls_close(void *ctx)
{
    (void)ctx;
    world.tls_closes++;
}

static const char *say_tls(void *ctx)
{
    (void)ctx;
    return "another name";
}

static const struct mote_port_clock a_clock = {.ms = clock_ms};
static const struct mote_port_resolve resolve = {
    .host = resolve_host, .host_result = resolve_result, .cancel = resolve_cancel, .why = say_dns};
static const struct mote_port_net net = {
    .open = net_open, .opened = net_opened, .read = move, .write = move_const, .close = net_close, .why = say_net};
static const struct mote_port_tls tls = {.start = tls_start,
                                         .handshake = tls_handshake,
                                         .read = move,
                                         .write = move_const,
                                         .pending = tls_pending,
                                         .close = tls_close,
                                         .why = say_tls};
static const struct mote_port port = {.clock = &a_clock, .resolve = &resolve, .net = &net, .tls = &tls};

static struct mote_link link;

static void on_turn(struct mote_link *l)
{
    assert_ptr_equal(l, &link);
    world.turns++;
}

static struct mote_link_config config;

static int setup(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    memset(&link, 0, sizeof link);
    link.turn = on_turn;
    config = (struct mote_link_config){
        .port = &port, .host = "files.example.org", .number = 443, .name = "files.example.org", .alpn = "http/1.1"};
    return 0;
}

static void leads_to(int a, int b)
{
    world.found_count = b >= 0 ? 2 : 1;
    world.found[0] = (struct mote_port_address){.family = 4, .bytes = {192, 0, 2, (uint8_t)a}};
    world.found[1] = (struct mote_port_address){.family = 4, .bytes = {192, 0, 3, (uint8_t)b}};
}

static void step_after(uint64_t ms)
{
    world.now_ms += ms;
    link.step(&link);
}

/* It has failed so, has closed what it had, and waits for nothing. */
static void assert_failed(int error, const char *why)
{
    uint64_t until = UINT64_MAX;
    assert_int_equal(link.state, MOTE_LINK_CLOSED);
    assert_int_equal(link.error, error);
    assert_non_null(strstr(link.why, why));
    assert_int_equal(link.waits(&link, &until), 0);
    assert_true(until == UINT64_MAX);
    assert_true(world.opens <= world.closes);
}

/// Tests ///

static void test_a_link_opens_and_moves_bytes(void **state)
{
    (void)state;
    uint64_t until = UINT64_MAX;
    char byte;
    leads_to(GOOD, -1);
    assert_int_equal(mote_link_open(&link, &config), 0);
    assert_int_equal(mote_link_read(&link, &byte, 1), MOTE_ERR_LOST); /* it is not open yet */
    step_after(0);
    assert_int_equal(link.state, MOTE_LINK_HANDSHAKE);
    assert_string_equal(world.name, "files.example.org");
    assert_string_equal(world.alpn, "http/1.1");
    assert_int_equal(world.open.port, 443);
    world.handshake = 1;
    step_after(0);
    assert_int_equal(link.state, MOTE_LINK_OPEN);
    assert_int_equal(world.turns, 2);
    assert_int_equal(link.waits(&link, &until), MOTE_PORT_WAIT_READ);
    assert_true(until == UINT64_MAX);
    world.moves = 1;
    assert_int_equal(mote_link_read(&link, &byte, 1), 1);
    link.waits(&link, &until);
    assert_int_equal(until, 0); /* the buffer was full, so there may be more */
    assert_int_equal(mote_link_write(&link, &byte, 1), 1);
    mote_link_close(&link);
    assert_int_equal(link.error, 0);
    assert_int_equal(world.tls_closes, 1);
    assert_int_equal(mote_link_write(&link, &byte, 1), MOTE_ERR_LOST);
}

static void test_without_tls(void **state)
{
    (void)state;
    leads_to(GOOD, -1);
    config.name = NULL;
    assert_int_equal(mote_link_open(&link, &config), 0);
    step_after(0);
    assert_int_equal(link.state, MOTE_LINK_OPEN);
    assert_null(world.name);
    world.moves = MOTE_ERR_LOST;
    assert_int_equal(mote_link_read(&link, &(char){0}, 1), MOTE_ERR_LOST);
    assert_failed(MOTE_ERR_LOST, "reset");
}

static void test_the_next_address_is_tried(void **state)
{
    (void)state;
    leads_to(REFUSES, GOOD);
    assert_int_equal(mote_link_open(&link, &config), 0);
    step_after(0);
    assert_int_equal(link.state, MOTE_LINK_HANDSHAKE);
    assert_int_equal(link.error, 0);
    assert_int_equal(world.opens, 2);
    setup(state);
    leads_to(SILENT, GOOD);
    assert_int_equal(mote_link_open(&link, &config), 0);
    step_after(0);
    step_after(4999);
    assert_int_equal(world.opens, 1);
    step_after(1);
    assert_int_equal(link.state, MOTE_LINK_HANDSHAKE);
}

static void test_failures(void **state)
{
    (void)state;
    leads_to(REFUSES, SILENT);
    assert_int_equal(mote_link_open(&link, &config), 0);
    step_after(0);
    step_after(5000);
    assert_failed(MOTE_ERR_CONNECT, "refused"); /* of the first address */

    setup(state);
    world.found_count = MOTE_ERR_BUSY;
    assert_int_equal(mote_link_open(&link, &config), 0);
    step_after(4999);
    assert_int_equal(link.state, MOTE_LINK_NAME);
    step_after(1);
    assert_failed(MOTE_ERR_DNS, "no DNS server told the address of files.example.org within 5 s");

    setup(state);
    world.found_count = MOTE_ERR_DNS;
    assert_int_equal(mote_link_open(&link, &config), 0);
    step_after(0);
    assert_failed(MOTE_ERR_DNS, "no such name");

    setup(state);
    config.host = "";
    assert_int_equal(mote_link_open(&link, &config), MOTE_ERR_DNS);
    assert_failed(MOTE_ERR_DNS, "no such name");

    setup(state);
    leads_to(GOOD, GOOD);
    world.handshake = MOTE_ERR_CERT;
    assert_int_equal(mote_link_open(&link, &config), 0);
    step_after(0);
    assert_failed(MOTE_ERR_CERT, "another name"); /* another address would show the same one */
    assert_int_equal(world.opens, 1);

    setup(state);
    leads_to(GOOD, -1);
    assert_int_equal(mote_link_open(&link, &config), 0);
    step_after(0);
    step_after(29999);
    assert_int_equal(link.state, MOTE_LINK_HANDSHAKE);
    step_after(1);
    assert_failed(MOTE_ERR_TIMEOUT, "took more than 30 s");
}

static bool only_public(void *ctx, const struct mote_port_address *address)
{
    (void)ctx;
    return address->bytes[2] == 3;
}

static void test_only_allowed_addresses_are_connected_to(void **state)
{
    (void)state;
    config.allowed = only_public;
    leads_to(GOOD, GOOD);
    assert_int_equal(mote_link_open(&link, &config), 0);
    step_after(0);
    assert_int_equal(world.opens, 1);
    assert_int_equal(world.open.bytes[2], 3);

    setup(state);
    config.allowed = only_public;
    leads_to(GOOD, -1);
    assert_int_equal(mote_link_open(&link, &config), 0);
    step_after(0);
    assert_failed(MOTE_ERR_POLICY, "files.example.org leads to 192.0.2.2 port 443, which is of a private network");
    assert_int_equal(world.opens, 0);
}

static void test_a_handshake_that_computes_does_not_wait(void **state)
{
    (void)state;
    uint64_t until = UINT64_MAX;
    world.found_count = MOTE_ERR_BUSY;
    assert_int_equal(mote_link_open(&link, &config), 0);
    assert_int_equal(link.waits(&link, &until), MOTE_PORT_WAIT_RESOLVE);
    assert_int_equal(until, 0); /* a user that opens it anew in its turn need not wait for anything else */
    until = UINT64_MAX;
    step_after(0);
    assert_int_equal(link.waits(&link, &until), MOTE_PORT_WAIT_RESOLVE);
    assert_int_equal(until, 5000);
    leads_to(GOOD, -1);
    step_after(0);
    world.pending = true;
    assert_int_equal(link.waits(&link, &until), MOTE_PORT_WAIT_READ);
    assert_int_equal(until, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_link_opens_and_moves_bytes, setup),
        cmocka_unit_test_setup(test_without_tls, setup),
        cmocka_unit_test_setup(test_the_next_address_is_tried, setup),
        cmocka_unit_test_setup(test_failures, setup),
        cmocka_unit_test_setup(test_only_allowed_addresses_are_connected_to, setup),
        cmocka_unit_test_setup(test_a_handshake_that_computes_does_not_wait, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
