/* SPDX-License-Identifier: MIT
 * Transfers against servers that are slow or silent, with a clock that the test sets: nothing may last for ever, and
 * what moves steadily, however slowly, is not given up.
 */
#include <string.h>

#include "port/http/fetch.h"
#include "tests/unit/unit.h"

/// The port: one connection, which gives and takes what the test says ///

static struct {
    uint64_t now_ms;
    char in[4096]; /* what the server has sent and was not read yet */
    size_t in_len;
    size_t sent; /* bytes that the client has sent */
    size_t room; /* bytes that it may still send */
    bool closed;
    unsigned opens;
} world;

static uint64_t clock_ms(void *ctx)
{
    (void)ctx;
    return world.now_ms;
}

static int resolve_host(void *ctx, const char *host)
{
    (void)ctx, (void)host;
    return 0;
}

static int resolve_result(void *ctx, struct mote_port_address *addresses, int max)
{
    (void)ctx, (void)max;
    addresses[0] = (struct mote_port_address){.family = 4, .bytes = {192, 0, 2, 1}};
    return 1;
}

static void nothing(void *ctx)
{
    (void)ctx;
}

static const char *say(void *ctx)
{
    (void)ctx;
    return "the server closed the connection";
}

static int net_open(void *ctx, const struct mote_port_address *address)
{
    (void)ctx, (void)address;
    world.opens++;
    return 0;
}

static int one(void *ctx)
{
    (void)ctx;
    return 1;
}

static int tls_start(void *ctx, const struct mote_port *port, const char *name, const char *alpn)
{
    (void)ctx, (void)port, (void)name;
    assert_string_equal(alpn, "http/1.1");
    return 0;
}

static ptrdiff_t tls_read(void *ctx, void *bytes, size_t len)
{
    (void)ctx;
    size_t n = len < world.in_len ? len : world.in_len;
    memcpy(bytes, world.in, n);
    world.in_len -= n;
    memmove(world.in, world.in + n, world.in_len);
    return n > 0 ? (ptrdiff_t)n : world.closed ? MOTE_ERR_LOST : 0;
}

static ptrdiff_t tls_write(void *ctx, const void *bytes, size_t len)
{
    (void)ctx, (void)bytes;
    size_t n = len < world.room ? len : world.room;
    world.room -= n;
    world.sent += n;
    return (ptrdiff_t)n;
}

static bool no(void *ctx)
{
    (void)ctx;
    return false;
}

static const struct mote_port_clock a_clock = {.ms = clock_ms};
static const struct mote_port_resolve resolve = {
    .host = resolve_host, .host_result = resolve_result, .cancel = nothing, .why = say};
static const struct mote_port_net net = {.open = net_open, .opened = one, .close = nothing, .why = say};
static const struct mote_port_tls tls = {.start = tls_start,
                                         .handshake = one,
                                         .read = tls_read,
                                         .write = tls_write,
                                         .pending = no,
                                         .close = nothing,
                                         .why = say};
static const struct mote_port port = {.clock = &a_clock, .resolve = &resolve, .net = &net, .tls = &tls};

static struct mote_fetch fetch;
static uint8_t buffer[8192];
static uint64_t written;

static int take(void *ctx, uint64_t offset, const void *bytes, size_t len)
{
    (void)ctx, (void)bytes;
    assert_int_equal(offset, written);
    written += len;
    return 0;
}

static ptrdiff_t source(void *ctx, uint64_t offset, void *bytes, size_t len)
{
    (void)ctx, (void)offset;
    memset(bytes, 'x', len);
    return (ptrdiff_t)len;
}

static struct mote_fetch_config config;

static int setup(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    memset(&fetch, 0, sizeof fetch);
    world.now_ms = 1000000;
    world.room = SIZE_MAX;
    written = 0;
    config = (struct mote_fetch_config){.port = &port,
                                        .url = "https://files.example.org/a",
                                        .buffer = buffer,
                                        .buffer_size = sizeof buffer,
                                        .write = take};
    return 0;
}

static void server_says(const char *text)
{
    size_t len = strlen(text);
    memcpy(world.in + world.in_len, text, len);
    world.in_len += len;
}

/* Go on as the loop would: when something has come, or at the time that the link wants to be called. It must not want
 * that at once without end. Returns the ms until it was done, or `most`. */
static uint64_t run_for(uint64_t most, uint64_t drip_ms, const char *drip)
{
    uint64_t begin = world.now_ms, next = begin + drip_ms;
    for (unsigned turns = 0; !fetch.done && world.now_ms - begin < most; turns++) {
        assert_true(turns < 20000);
        fetch.link.step(&fetch.link);
        if (fetch.done) {
            break;
        }
        uint64_t until = begin + most;
        fetch.link.waits(&fetch.link, &until);
        until = drip != NULL && next < until ? next : until;
        world.now_ms = until > world.now_ms ? until : world.now_ms;
        if (drip != NULL && world.now_ms >= next) {
            server_says(drip);
            next += drip_ms;
        }
    }
    return world.now_ms - begin;
}

static void assert_ended(int error, const char *why)
{
    assert_true(fetch.done);
    assert_int_equal(fetch.error, error);
    if (strstr(fetch.why, why) == NULL) {
        fail_msg("%s", fetch.why);
    }
}

#define BODY_OF(n) "HTTP/1.1 200 OK\r\nContent-Length: " #n "\r\n\r\n"

static void test_a_whole_file(void **state)
{
    (void)state;
    assert_int_equal(mote_fetch_start(&fetch, &config), 0);
    server_says(BODY_OF(5) "hello");
    run_for(1000, 0, NULL);
    assert_ended(0, "");
    assert_int_equal(written, 5);
    assert_int_equal(fetch.total, 5);
}

static void test_F6_a_server_that_is_silent(void **state)
{
    (void)state;
    assert_int_equal(mote_fetch_start(&fetch, &config), 0);
    assert_in_range(run_for(200000, 0, NULL), 29000, 31000);
    assert_ended(MOTE_ERR_TIMEOUT, "nothing has moved");
}

static void test_F6_a_head_byte_by_byte(void **state)
{
    (void)state;
    assert_int_equal(mote_fetch_start(&fetch, &config), 0);
    server_says("HTTP/1.1 200 OK\r\nA: ");
    assert_in_range(run_for(200000, 5000, "x"), 59000, 66000);
    assert_ended(MOTE_ERR_TIMEOUT, "does not answer");
}

static void test_F6_a_body_byte_by_byte(void **state)
{
    (void)state;
    assert_int_equal(mote_fetch_start(&fetch, &config), 0);
    server_says(BODY_OF(100000));
    assert_in_range(run_for(500000, 1000, "x"), 59000, 66000);
    assert_ended(MOTE_ERR_TIMEOUT, "hardly anything");
}

static void test_a_slow_body_is_waited_for(void **state)
{
    (void)state;
    assert_int_equal(mote_fetch_start(&fetch, &config), 0);
    server_says(BODY_OF(10000));
    char drip[101];
    memset(drip, 'x', 100);
    drip[100] = '\0';
    assert_in_range(run_for(3600000, 10000, drip), 990000, 1010000); /* 10 bytes a second */
    assert_ended(0, "");
}

static void test_F6_a_put_that_is_not_taken(void **state)
{
    (void)state;
    config.read = source;
    config.size = 100000;
    world.room = 500;
    assert_int_equal(mote_fetch_start(&fetch, &config), 0);
    assert_in_range(run_for(200000, 0, NULL), 29000, 31000);
    assert_ended(MOTE_ERR_TIMEOUT, "nothing has moved");
}

static void test_a_put_has_a_minute_for_its_response(void **state)
{
    (void)state;
    config.read = source;
    config.size = 100000;
    assert_int_equal(mote_fetch_start(&fetch, &config), 0);
    assert_in_range(run_for(50000, 0, NULL), 50000, 50000);
    assert_int_equal(fetch.moved, 100000);
    server_says("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    run_for(1000, 0, NULL);
    assert_ended(0, "");
    setup(state);
    config.read = source;
    config.size = 100000;
    assert_int_equal(mote_fetch_start(&fetch, &config), 0);
    assert_in_range(run_for(200000, 0, NULL), 59000, 61000);
    assert_ended(MOTE_ERR_TIMEOUT, "");
}

static void test_a_range_goes_on(void **state)
{
    (void)state;
    config.from = written = 3;
    config.version = "\"v1\"";
    assert_int_equal(mote_fetch_start(&fetch, &config), 0);
    server_says("HTTP/1.1 206 OK\r\nETag: \"v1\"\r\nContent-Range: bytes 3-4/5\r\nContent-Length: 2\r\n\r\nlo");
    run_for(1000, 0, NULL);
    assert_ended(0, "");
    assert_int_equal(written, 5);
    /* Fewer than the range that was told. */
    setup(state);
    config.from = written = 3;
    config.version = "\"v1\"";
    assert_int_equal(mote_fetch_start(&fetch, &config), 0);
    server_says("HTTP/1.1 206 OK\r\nContent-Range: bytes 3-3/5\r\nContent-Length: 1\r\n\r\nl");
    run_for(1000, 0, NULL);
    assert_ended(MOTE_ERR_LOST, "less of the file");
    /* All of it is here already. */
    setup(state);
    config.from = written = 5;
    config.version = "\"v1\"";
    assert_int_equal(mote_fetch_start(&fetch, &config), 0);
    server_says("HTTP/1.1 416 No\r\nContent-Range: bytes */5\r\nContent-Length: 0\r\n\r\n");
    run_for(1000, 0, NULL);
    assert_ended(0, "");
    assert_int_equal(fetch.total, 5);
}

static void test_stopped(void **state)
{
    (void)state;
    assert_int_equal(mote_fetch_start(&fetch, &config), 0);
    fetch.link.step(&fetch.link);
    mote_fetch_stop(&fetch);
    assert_ended(MOTE_ERR_CANCELLED, "cancelled");
    config.url = "http://files.example.org/";
    assert_int_equal(mote_fetch_start(&fetch, &config), MOTE_ERR_ARG);
    assert_ended(MOTE_ERR_ARG, "no https");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_whole_file, setup),
        cmocka_unit_test_setup(test_F6_a_server_that_is_silent, setup),
        cmocka_unit_test_setup(test_F6_a_head_byte_by_byte, setup),
        cmocka_unit_test_setup(test_F6_a_body_byte_by_byte, setup),
        cmocka_unit_test_setup(test_a_slow_body_is_waited_for, setup),
        cmocka_unit_test_setup(test_F6_a_put_that_is_not_taken, setup),
        cmocka_unit_test_setup(test_a_put_has_a_minute_for_its_response, setup),
        cmocka_unit_test_setup(test_a_range_goes_on, setup),
        cmocka_unit_test_setup(test_stopped, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
