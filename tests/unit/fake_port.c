/* SPDX-License-Identifier: MIT
 * A port for tests of the loop, whose clock, names and addresses are made up.
 */
#include "tests/unit/fake_port.h"

#include <stdio.h>

struct fake f;

/// The port ///

static uint64_t clock_ms(void *ctx)
{
    (void)ctx;
    return f.now_ms;
}

static int64_t clock_unix(void *ctx)
{
    (void)ctx;
    return 0;
}

static int resolve_srv(void *ctx, const char *domain)
{
    (void)ctx, (void)domain;
    f.srv_questions++;
    return 0;
}

static int resolve_srv_result(void *ctx, struct mote_port_target *targets, int max)
{
    (void)ctx;
    for (int i = 0; i < f.srv_count && i < max; i++) {
        targets[i] = f.srv[i];
    }
    return f.srv_count;
}

static int resolve_host(void *ctx, const char *host)
{
    (void)ctx;
    strcpy(f.asked, host);
    f.host_questions++;
    return 0;
}

static int resolve_host_result(void *ctx, struct mote_port_address *addresses, int max)
{
    int n = 0;
    (void)ctx;
    for (; n < max && n < (int)COUNT(f.hosts) && f.hosts[n] != 0; n++) {
        addresses[n] = (struct mote_port_address){.family = 4, .bytes = {192, 0, 2, f.hosts[n]}};
    }
    return n > 0 ? n : MOTE_ERR_DNS;
}

static void resolve_cancel(void *ctx)
{
    (void)ctx;
}

static const char *resolve_why(void *ctx)
{
    (void)ctx;
    return "the name does not exist";
}

static int net_open(void *ctx, const struct mote_port_address *address)
{
    struct fake_net *n = ctx;
    assert_false(n->open);
    *n = (struct fake_net){.fake = &f, .address = *address, .opened_ms = f.now_ms, .open = true};
    assert_in_range(f.open_count, 0, OPENS - 1);
    f.opens[f.open_count].ms = f.now_ms;
    f.opens[f.open_count].kind = address->bytes[3];
    f.opens[f.open_count++].port = address->port;
    return address->bytes[3] == UNREACHABLE ? MOTE_ERR_CONNECT : 0;
}

static int net_opened(void *ctx)
{
    const struct fake_net *n = ctx;
    uint64_t after = f.now_ms - n->opened_ms;
    switch (n->address.bytes[3]) {
    case REFUSES: return after >= 10 ? MOTE_ERR_REFUSED : 0;
    case GOOD: return after >= 20;
    case SLOW: return after >= 600;
    default: return 0;
    }
}

static ptrdiff_t net_read(void *ctx, void *bytes, size_t len)
{
    struct fake_net *n = ctx;
    assert_true(n->open);
    if (f.says == NULL || n->read) {
        return f.says == NULL ? 0 : MOTE_ERR_LOST;
    }
    n->read = true;
    assert_in_range(strlen(f.says), 1, len);
    memcpy(bytes, f.says, strlen(f.says));
    return (ptrdiff_t)strlen(f.says);
}

static ptrdiff_t net_write(void *ctx, const void *bytes, size_t len)
{
    (void)ctx, (void)bytes;
    return (ptrdiff_t)len;
}

static void net_close(void *ctx)
{
    ((struct fake_net *)ctx)->open = false;
}

static bool net_loopback(void *ctx)
{
    (void)ctx;
    return false;
}

static const char *net_why(void *ctx)
{
    const struct fake_net *n = ctx;
    static const char *const texts[] = {"?", "refused", "?", "?", "?", "no network"};
    return texts[n->address.bytes[3]];
}

static void net_take(void *ctx, void *from)
{
    assert_false(((struct fake_net *)ctx)->open);
    *(struct fake_net *)ctx = *(struct fake_net *)from;
    ((struct fake_net *)from)->open = false;
    f.taken++;
}

static int tls_start(void *ctx, const struct mote_port *port, const char *name, const char *alpn)
{
    (void)ctx, (void)port, (void)alpn;
    assert_string_equal(name, "localhost"); /* the domain of the JID, wherever we were sent */
    return 0;
}

static int tls_handshake(void *ctx)
{
    (void)ctx;
    f.slices -= f.slices > 0;
    return f.slices == 0;
}

static void tls_info(void *ctx, struct mote_tls_info *info)
{
    (void)ctx;
    *info = (struct mote_tls_info){.version = "TLSv1.3", .cipher = "x", .verified = true};
}

static ptrdiff_t tls_read(void *ctx, void *bytes, size_t len)
{
    (void)ctx;
    return f.unreadable ? MOTE_ERR_POLICY : net_read(&f.nets[0], bytes, len);
}

static bool tls_pending(void *ctx)
{
    (void)ctx;
    return f.slices > 0;
}

static const struct mote_port_clock clock_table = {.ms = clock_ms, .unix_time = clock_unix};
static const struct mote_port_resolve resolve_table = {resolve_srv,         resolve_srv_result, resolve_host,
                                                  resolve_host_result, resolve_cancel,     resolve_why};
static const struct mote_port_net net_table = {.open = net_open,
                                          .opened = net_opened,
                                          .read = net_read,
                                          .write = net_write,
                                          .close = net_close,
                                          .loopback = net_loopback,
                                          .why = net_why,
                                          .take = net_take};
static const struct mote_port_tls tls_table = {.start = tls_start,
                                          .handshake = tls_handshake,
                                          .info = tls_info,
                                          .read = tls_read,
                                          .write = net_write,
                                          .pending = tls_pending,
                                          .close = resolve_cancel,
                                          .why = resolve_why};

/* The clock goes on to what was waited for, in steps of 5 ms at most, as if something woke us up for nothing. */
static void wait_until(void *ctx, const struct mote_port *port, unsigned bits, uint64_t until_ms)
{
    (void)ctx, (void)port, (void)bits;
    f.turns++;
    f.now_ms = until_ms <= f.now_ms ? f.now_ms : until_ms < f.now_ms + 5 ? until_ms : f.now_ms + 5;
}

static const struct mote_port_waiter waiter_table = {.wait = wait_until};

/// The tests' own ///

int fake_setup(void **state)
{
    (void)state;
    memset(&f, 0, sizeof f);
    f.now_ms = 1000000;
    world_start(&f.world);
    f.port = (struct mote_port){.clock = &clock_table,
                                .resolve = &resolve_table,
                                .net = &net_table,
                                .tls = &tls_table,
                                .net_ctx = &f.nets[0],
                                .spare_nets = f.spares,
                                .spare_count = LANES - 1,
                                .waiter = &waiter_table};
    for (int i = 1; i < LANES; i++) {
        f.spares[i - 1] = &f.nets[i];
    }
    mote_run_ladder_init(&f.ladder, f.steps, COUNT(f.steps));
    f.config = (struct mote_run_config){.x = &f.world.x,
                                        .port = &f.port,
                                        .buffer = f.buffer,
                                        .reconnect = true,
                                        .buffer_size = sizeof f.buffer,
                                        .ladder = &f.ladder};
    return 0;
}

void fake_srv(const char *host, uint16_t port, uint16_t priority)
{
    struct mote_port_target *t = &f.srv[f.srv_count++];
    *t = (struct mote_port_target){.port = port, .priority = priority, .direct_tls = true};
    strcpy(t->host, host);
}

void fake_start(void)
{
    mote_run_init(&f.run, &f.config);
}

void fake_until(enum mote_run_state state, uint64_t ms)
{
    uint64_t end = f.now_ms + ms;
    do {
        mote_run_step(&f.run);
        if (f.run.state == state) {
            return;
        }
        mote_run_wait(&f.run, 1000);
    } while (f.now_ms <= end);
    fail_msg("state %d, not %d, after %u ms: %s", f.run.state, state, (unsigned)ms, f.run.why);
}

void fake_assert_open(unsigned i, uint64_t ms, unsigned kind, unsigned port)
{
    assert_in_range(f.open_count, i + 1, OPENS);
    assert_in_range(f.opens[i].ms - 1000000, ms, ms + 15);
    assert_int_equal(f.opens[i].kind, kind);
    assert_int_equal(f.opens[i].port, port);
}

unsigned fake_count_open(void)
{
    unsigned n = 0;
    for (int i = 0; i < LANES; i++) {
        n += f.nets[i].open;
    }
    return n;
}

void fake_says(const char *inner)
{
    static char text[512];
    snprintf(text, sizeof text, STREAM_HEADER "%s", inner);
    f.says = text;
}
