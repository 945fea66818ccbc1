/* SPDX-License-Identifier: MIT
 * An empty port: copy it, rename it, and fill it in from the top; docs/PORTING.md walks through it. It compiles, links
 * and runs as it is, and says that nothing is there. port/port.h and core/services.h say what each function has to do;
 * the comments here say what that usually takes.
 *
 * None of these may block. All are called from the thread that runs the engine.
 */
#include "port/template/port.h"

/// Services: what the engine itself needs (core/services.h) ///

static int services_random(void *ctx, uint8_t *bytes, size_t len)
{
    /* Take a hardware generator, conditioned, or a generator that is seeded from one. When there is none, return
     * negative, as here. Never take a timer, an ADC or the serial number: whoever guesses a nonce can log in. */
    (void)ctx, (void)bytes, (void)len;
    return MOTE_ERR_ENTROPY;
}

static void services_hash_start(struct mote_hash *h, enum mote_hash_kind kind)
{
    /* port/crypto/hash_mbedtls.c is ready to be used. With another library its state goes into `h`. It may hold no
     * pointer, because a copy of `h` has to be a clone of the computation. */
    (void)h, (void)kind;
}

static void services_hash_feed(struct mote_hash *h, enum mote_hash_kind kind, const void *bytes, size_t len)
{
    (void)h, (void)kind, (void)bytes, (void)len;
}

static void services_hash_end(struct mote_hash *h, enum mote_hash_kind kind, uint8_t *out)
{
    (void)h;
    for (int i = 0; i < (kind == MOTE_SHA1 ? 20 : 32); i++) {
        out[i] = 0;
    }
}

static void services_log(void *ctx, enum mote_log_level level, const char *line)
{
    /* Write it to a UART or to a ring in RAM; without either put NULL into the table. `line` has no newline. */
    (void)ctx, (void)level, (void)line;
}

const struct mote_services template_services = {
    .random = services_random,
    .hash_start = services_hash_start,
    .hash_feed = services_hash_feed,
    .hash_end = services_hash_end,
    .log = services_log,
};

/// Clock ///

static uint64_t clock_ms(void *ctx)
{
    /* Take a tick interrupt that counts milliseconds, in 64 bits, because 32 run over after 49 days. Read both halves
     * with the interrupt off. */
    (void)ctx;
    return 0;
}

static int64_t clock_unix_time(void *ctx)
{
    /* Take a real-time clock, or SNTP. Return 0 while the time is not known: the dates of certificates cannot be
     * checked then, see docs/PORTING.md. */
    (void)ctx;
    return 0;
}

static const struct mote_port_clock clock_table = {.ms = clock_ms, .unix_time = clock_unix_time};

/// Name resolution ///

static int resolve_srv(void *ctx, const char *domain)
{
    /* Start two SRV queries. If the resolver has none, return 0 here and 0 from srv_result ("there are no such
     * records"): then the domain itself is tried, at port 5222. Copy `domain`, which is not kept after the return. */
    (void)ctx, (void)domain;
    return 0;
}

static int resolve_srv_result(void *ctx, struct mote_port_target *targets, int max)
{
    /* It is called again and again until it returns something else than MOTE_ERR_BUSY. The order does not matter. */
    (void)ctx, (void)targets, (void)max;
    return 0;
}

static int resolve_host(void *ctx, const char *host)
{
    /* A literal address ("192.0.2.1", "[2001:db8::1]") needs no DNS, nor does localhost (RFC 6761). */
    (void)ctx, (void)host;
    return MOTE_ERR_DNS;
}

static int resolve_host_result(void *ctx, struct mote_port_address *addresses, int max)
{
    /* Fill in family and bytes. The loop sets the port. */
    (void)ctx, (void)addresses, (void)max;
    return MOTE_ERR_DNS;
}

static void resolve_cancel(void *ctx)
{
    /* An answer that comes later must not be taken for that of the next question. */
    (void)ctx;
}

static const char *resolve_why(void *ctx)
{
    /* Such as "no address for example.org". mote__phrase() of port/base/phrase.h puts such sentences together. */
    (void)ctx;
    return "this port has no resolver";
}

static const struct mote_port_resolve resolve_table = {
    .srv = resolve_srv,
    .srv_result = resolve_srv_result,
    .host = resolve_host,
    .host_result = resolve_host_result,
    .cancel = resolve_cancel,
    .why = resolve_why,
};

/// Transport ///

static int net_open(void *ctx, const struct mote_port_address *address)
{
    /* Begin to connect, without Nagle's algorithm. Remember the address for `loopback` and `why`. */
    (void)ctx, (void)address;
    return MOTE_ERR_CONNECT;
}

static int net_opened(void *ctx)
{
    /* Return 0 until the connection is there or has failed. The loop has a time-out. */
    (void)ctx;
    return MOTE_ERR_CONNECT;
}

static ptrdiff_t net_read(void *ctx, void *bytes, size_t len)
{
    /* 0 means that there is nothing now. The end is MOTE_ERR_LOST, after all that had arrived was read. Open the
     * receive window as bytes are taken, so that the peer waits and our memory does not run out. */
    (void)ctx, (void)bytes, (void)len;
    return MOTE_ERR_LOST;
}

static ptrdiff_t net_write(void *ctx, const void *bytes, size_t len)
{
    /* Copy what is taken, because the caller may reuse `bytes` at once. Remember when there was no room (0): `wait` has
     * to return when there is some again, whatever it was asked for. */
    (void)ctx, (void)bytes, (void)len;
    return MOTE_ERR_LOST;
}

static void net_close(void *ctx)
{
    /* Close in good order, so that what was written arrives, and without waiting. It is also called when nothing is
     * open. */
    (void)ctx;
}

static bool net_loopback(void *ctx)
{
    /* mote_address_loopback() of port/net/address.h knows. A machine that cannot talk to itself returns false. */
    (void)ctx;
    return false;
}

static const char *net_why(void *ctx)
{
    /* Such as "connection refused by 192.0.2.1 port 5222". */
    (void)ctx;
    return "this port has no network";
}

static const struct mote_port_net net_table = {
    .open = net_open,
    .opened = net_opened,
    .read = net_read,
    .write = net_write,
    .close = net_close,
    .loopback = net_loopback,
    .why = net_why,
    .take = NULL, /* one connection at a time: addresses are tried one after the other */
};

/// TLS: port/tls/mbedtls.h is ready to be used instead of all this ///

static int tls_start(void *ctx, const struct mote_port *port, const char *name, const char *alpn)
{
    /* Always verify the chain, the dates, and `name` in subjectAltName (port/tls/names.h). */
    (void)ctx, (void)port, (void)name, (void)alpn;
    return MOTE_ERR_TLS;
}

static int tls_handshake(void *ctx)
{
    /* Read and write through port->net, and return 0 while that has nothing or no room. */
    (void)ctx;
    return MOTE_ERR_TLS;
}

static void tls_info(void *ctx, struct mote_tls_info *info)
{
    (void)ctx;
    *info = (struct mote_tls_info){.verified = false};
}

static ptrdiff_t tls_read(void *ctx, void *bytes, size_t len)
{
    (void)ctx, (void)bytes, (void)len;
    return MOTE_ERR_LOST;
}

static ptrdiff_t tls_write(void *ctx, const void *bytes, size_t len)
{
    /* After it returned 0 it is called again with the same bytes, and maybe more behind them. */
    (void)ctx, (void)bytes, (void)len;
    return MOTE_ERR_LOST;
}

static bool tls_pending(void *ctx)
{
    (void)ctx;
    return false;
}

static void tls_close(void *ctx)
{
    (void)ctx;
}

static const char *tls_why(void *ctx)
{
    (void)ctx;
    return "this port has no TLS";
}

static const struct mote_port_tls tls_table = {
    .start = tls_start,
    .handshake = tls_handshake,
    .info = tls_info,
    .read = tls_read,
    .write = tls_write,
    .pending = tls_pending,
    .close = tls_close,
    .why = tls_why,
};

/// Waiting ///

static void waiter_wait(void *ctx, const struct mote_port *port, unsigned bits, uint64_t until_ms)
{
    /* On bare metal, run the network stack and its timers, and sleep (WFI) until an interrupt while there is nothing to
     * do and until_ms has not come. It may always return early, which only costs power. */
    (void)ctx, (void)port, (void)bits, (void)until_ms;
}

static const struct mote_port_waiter waiter_table = {.wait = waiter_wait};

/// All of it. A ctx is what its functions get: a struct of the port's own, one for each connection ///

const struct mote_port template_port = {
    .clock = &clock_table,
    .clock_ctx = NULL,
    .resolve = &resolve_table,
    .resolve_ctx = NULL,
    .net = &net_table,
    .net_ctx = NULL,
    .tls = &tls_table,
    .tls_ctx = NULL,
    .waiter = &waiter_table,
    .waiter_ctx = NULL,
};
