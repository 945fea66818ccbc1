/* SPDX-License-Identifier: MIT
 *
 * One try goes from left to right; what fails leads to the next address, then to the next target, and when none is left
 * to BACKOFF or ENDED:
 *
 *   IDLE -> SRV -> HOST -> CONNECT -> HANDSHAKE -> STREAM          direct TLS
 *                                  -> STREAM -> HANDSHAKE -> STREAM    STARTTLS
 *
 * Names learnt from DNS or from a redirect only say where to connect. The certificate is always checked against
 * mote_domain(x), the domain of the JID.
 */
#include "port/run.h"

#include <string.h>

#include "core/session/retry.h"
#include "core/wire/text.h"
#include "port/address.h"
#include "port/phrase.h"
#include "port/run_stream.h"
#include "port/targets.h"

enum { DEFAULT_CONNECT_S = 10, DEFAULT_TLS_S = 30, REDIRECTS_MAX = 3, BUFFER_MIN = 256 };

uint64_t run_now(const struct mote_run *run)
{
    return run->config.port->clock->ms(run->config.port->clock_ctx);
}

static void enter(struct mote_run *run, enum mote_run_state state, uint64_t after_ms)
{
    run->state = state;
    run->fresh = true;
    run->deadline_ms = after_ms == UINT64_MAX ? UINT64_MAX : run_now(run) + after_ms;
}

static uint32_t random_bits(void *ctx)
{
    const struct mote_run *run = ctx;
    const struct mote_services *s = run->config.x->config.services;
    uint32_t bits = 0;
    if (s->random(s->ctx, (uint8_t *)&bits, sizeof bits) != 0) {
        bits = (uint32_t)run_now(run) * 2654435761u; /* decides about waiting and turns only, so poor is enough */
    }
    return bits;
}

/// Failures ///

/* How far a try had come, by how it failed: what came farthest says most about what is wrong. */
static int progress(int error)
{
    switch (error) {
    case MOTE_OK: return 0;
    case MOTE_ERR_DNS: return 1;
    case MOTE_ERR_CONNECT: return 2;
    case MOTE_ERR_LOST: return 3;
    case MOTE_ERR_TLS: return 4;
    default: return 5;
    }
}

static void set_reason(struct mote_run *run, int error, const char *why)
{
    run->error = error;
    if (why != run->why) {
        phrase(run->why, sizeof run->why, "%s", why);
    }
}

/* Keep the reason why a target failed, unless there is one that says more. */
static void note(struct mote_run *run, int error, const char *why)
{
    if (!run->told && progress(error) > progress(run->error)) {
        set_reason(run, error, why);
    }
}

static void disconnect(struct mote_run *run)
{
    const struct mote_port *port = run->config.port;
    if (port->tls != NULL) {
        port->tls->close(port->tls_ctx);
    }
    port->net->close(port->net_ctx);
    port->resolve->cancel(port->resolve_ctx);
    run->secured = false;
    run->kept = 0;
}

static void end(struct mote_run *run, int error)
{
    disconnect(run);
    enter(run, MOTE_RUN_ENDED, UINT64_MAX);
    run->error = error;
}

/* Nothing is left to try. */
static void finish_try(struct mote_run *run)
{
    disconnect(run);
    if (!run->told) {
        run->told = true;
        mote_lost(run->config.x, run->error, run->why, run_now(run));
    }
    if (run->stopping) {
        end(run, MOTE_OK);
    } else if (!run->config.reconnect || run->error == MOTE_ERR_CONFLICT || run->error == MOTE_ERR_AUTH) {
        end(run, run->error); /* taking each other's place for ever, or trying a wrong password, helps nobody */
    } else {
        run->attempt = (uint8_t)(run->attempt < UINT8_MAX ? run->attempt + 1 : UINT8_MAX);
        enter(run, MOTE_RUN_BACKOFF, retry_delay_ms(run->attempt, random_bits(run)));
    }
}

/// Targets and addresses ///

static void look_up_host(struct mote_run *run);

static void next_target(struct mote_run *run)
{
    run->target++;
    look_up_host(run);
}

static void connect_address(struct mote_run *run)
{
    const struct mote_port *port = run->config.port;
    for (; run->address < run->address_count; run->address++) {
        struct port_address *a = &run->addresses[run->address];
        address_text(a, run->peer);
        int r = port->net->open(port->net_ctx, a);
        if (r == 0) {
            enter(run, MOTE_RUN_CONNECT, run->config.connect_timeout_s * 1000ull);
            return;
        }
        note(run, r, port->net->why(port->net_ctx));
    }
    next_target(run);
}

static void next_address(struct mote_run *run)
{
    disconnect(run);
    run->address++;
    connect_address(run);
}

static void look_up_host(struct mote_run *run)
{
    const struct mote_port *port = run->config.port;
    run->address = run->address_count = 0;
    for (; run->target < run->target_count; run->target++) {
        int r = port->resolve->host(port->resolve_ctx, run->targets[run->target].host);
        if (r == 0) {
            enter(run, MOTE_RUN_HOST, run->config.connect_timeout_s * 1000ull);
            return;
        }
        note(run, r, port->resolve->why(port->resolve_ctx));
    }
    finish_try(run);
}

static void begin_targets(struct mote_run *run, int count)
{
    run->target_count = (uint8_t)count;
    run->target = 0;
    look_up_host(run);
}

/* One target that no SRV record told of. */
static void only_target(struct mote_run *run, const char *host, uint16_t number)
{
    enum mote_run_tls mode = run->config.tls;
    struct port_target *t = &run->targets[0];
    *t = (struct port_target){.port = number};
    t->direct_tls = mode == MOTE_RUN_DIRECT || (mode == MOTE_RUN_ANY && number == 5223);
    if (t->port == 0) {
        t->port = t->direct_tls ? 5223 : 5222;
    }
    if (!text_copy(t->host, sizeof t->host, host)) {
        note(run, MOTE_ERR_DNS, "the host name is too long");
        finish_try(run);
        return;
    }
    begin_targets(run, 1);
}

static void begin_try(struct mote_run *run)
{
    const struct mote_run_config *c = &run->config;
    run->error = MOTE_OK; /* run->why stays: the engine may still point there */
    run->redirects = 0;
    run->told = run->online = false;
    if (c->tls != MOTE_RUN_CLEAR && c->port->tls == NULL) {
        note(run, MOTE_ERR_TLS, "this program was built without TLS");
        finish_try(run);
    } else if (c->host != NULL || c->port_number != 0 || c->tls == MOTE_RUN_CLEAR) {
        only_target(run, c->host != NULL ? c->host : mote_domain(c->x), c->port_number);
    } else if (c->port->resolve->srv(c->port->resolve_ctx, mote_domain(c->x)) == 0) {
        enter(run, MOTE_RUN_SRV, c->connect_timeout_s * 1000ull);
    } else {
        only_target(run, mote_domain(c->x), 0);
    }
}

static void step_srv(struct mote_run *run)
{
    const struct mote_port *port = run->config.port;
    int n = port->resolve->srv_result(port->resolve_ctx, run->targets, MOTE_RUN_TARGETS);
    if (n == MOTE_ERR_BUSY && run_now(run) < run->deadline_ms) {
        return;
    }
    if (n == MOTE_ERR_REFUSED) { /* RFC 6120 section 3.2.1: abort, no fall-back */
        note(run, MOTE_ERR_DNS, port->resolve->why(port->resolve_ctx));
        finish_try(run);
        return;
    }
    port->resolve->cancel(port->resolve_ctx);
    n = n > 0 ? targets_allow(run->targets, n, run->config.tls) : 0;
    if (n > 0) {
        targets_order(run->targets, n, random_bits, run);
        begin_targets(run, n);
    } else { /* none, or no answer: the domain itself (RFC 6120 section 3.2.2) */
        only_target(run, mote_domain(run->config.x), 0);
    }
}

static void step_host(struct mote_run *run)
{
    const struct mote_port *port = run->config.port;
    const struct port_target *t = &run->targets[run->target];
    int n = port->resolve->host_result(port->resolve_ctx, run->addresses, MOTE_RUN_ADDRESSES);
    if (n == MOTE_ERR_BUSY && run_now(run) < run->deadline_ms) {
        return;
    }
    if (n <= 0) {
        char why[sizeof run->why];
        phrase(why, sizeof why, "no DNS server told the address of %s within %u s", t->host,
               (unsigned)run->config.connect_timeout_s);
        note(run, MOTE_ERR_DNS, n == MOTE_ERR_BUSY ? why : port->resolve->why(port->resolve_ctx));
        port->resolve->cancel(port->resolve_ctx);
        next_target(run);
        return;
    }
    for (int i = 0; i < n; i++) {
        run->addresses[i].port = t->port;
    }
    run->address_count = (uint8_t)n;
    run->address = 0;
    connect_address(run);
}

/// Connection and handshake ///

static void begin_stream(struct mote_run *run, const struct mote_tls_info *info)
{
    enter(run, MOTE_RUN_STREAM, UINT64_MAX);
    const struct mote_port *port = run->config.port;
    int64_t unix_time = port->clock->unix_time(port->clock_ctx);
    if (unix_time != 0) {
        mote_set_unix_time(run->config.x, unix_time, run_now(run));
    }
    int r = mote_connected(run->config.x, info, run_now(run));
    if (r != MOTE_OK) {
        note(run, r, mote_error_text(r));
        finish_try(run);
    }
}

static void begin_handshake(struct mote_run *run, const char *alpn)
{
    const struct mote_port *port = run->config.port;
    enter(run, MOTE_RUN_HANDSHAKE, run->config.tls_timeout_s * 1000ull);
    int r = port->tls->start(port->tls_ctx, port, mote_domain(run->config.x), alpn);
    if (r != 0) {
        run_broken(run, r, port->tls->why(port->tls_ctx));
    }
}

static void connected(struct mote_run *run)
{
    const struct mote_port *port = run->config.port;
    struct mote_tls_info clear = {.loopback = port->net->loopback(port->net_ctx)};
    if (run->targets[run->target].direct_tls) {
        begin_handshake(run, "xmpp-client");
    } else if (run->config.tls != MOTE_RUN_CLEAR) {
        begin_stream(run, NULL);
    } else if (clear.loopback) {
        begin_stream(run, &clear);
    } else {
        run_broken(run, MOTE_ERR_TLS, "without TLS only this very machine may be connected to");
    }
}

static void step_connect(struct mote_run *run)
{
    const struct mote_port *port = run->config.port;
    int r = port->net->opened(port->net_ctx);
    if (r > 0) {
        connected(run);
    } else if (r < 0) {
        note(run, MOTE_ERR_CONNECT, port->net->why(port->net_ctx));
        next_address(run);
    } else if (run_now(run) >= run->deadline_ms) {
        char why[sizeof run->why];
        phrase(why, sizeof why, "no answer from %s within %u s", run->peer, (unsigned)run->config.connect_timeout_s);
        note(run, MOTE_ERR_CONNECT, why);
        next_address(run);
    }
}

static void step_handshake(struct mote_run *run)
{
    const struct mote_port *port = run->config.port;
    int r = port->tls->handshake(port->tls_ctx);
    if (r < 0) {
        run_broken(run, r, port->tls->why(port->tls_ctx));
    } else if (r == 0 && run_now(run) >= run->deadline_ms) {
        char why[sizeof run->why];
        phrase(why, sizeof why, "the TLS handshake with %s took more than %u s", run->peer,
               (unsigned)run->config.tls_timeout_s);
        run_broken(run, MOTE_ERR_TIMEOUT, why);
    } else if (r > 0) {
        struct mote_tls_info info = {.loopback = false};
        port->tls->info(port->tls_ctx, &info);
        info.loopback = port->net->loopback(port->net_ctx);
        run->secured = true;
        if (run->targets[run->target].direct_tls) {
            begin_stream(run, &info);
        } else {
            enter(run, MOTE_RUN_STREAM, UINT64_MAX);
            mote_secured(run->config.x, &info, run_now(run));
        }
    }
}

/// The end of a stream ///

/* Go where see-other-host points to. False when that was done too often, or it is nonsense. */
static bool follow(struct mote_run *run)
{
    struct port_target *t = &run->targets[0];
    char where[64];
    phrase(where, sizeof where, "%s", mote_redirect(run->config.x));
    *t = run->targets[run->target];
    t->port = t->direct_tls ? 5223 : 5222;
    if (!target_parse(t, mote_redirect(run->config.x))) {
        phrase(run->why, sizeof run->why, "the server names another host, but that is none: %s", where);
        return false;
    }
    if (run->redirects >= REDIRECTS_MAX) {
        phrase(run->why, sizeof run->why, "sent from host to host %u times, at last to %s", REDIRECTS_MAX, where);
        return false;
    }
    run->redirects++;
    run->online = run->told = false; /* whatever goes wrong there is news */
    run->error = MOTE_OK;
    begin_targets(run, 1);
    return true;
}

void run_broken(struct mote_run *run, int error, const char *why)
{
    struct mote *x = run->config.x;
    bool starttls = run->state == MOTE_RUN_HANDSHAKE && !run->targets[run->target].direct_tls;
    if (run->state != MOTE_RUN_STREAM && !starttls) { /* the engine never saw this connection */
        note(run, error, why);
        next_address(run);
        return;
    }
    set_reason(run, error, why); /* before the port forgets the text */
    disconnect(run);
    mote_lost(x, error, run->why, run_now(run));
    run->told = true;
    error = mote_error(x);
    set_reason(run, error, mote_why(x));
    if (run->stopping || error == MOTE_OK) {
        end(run, MOTE_OK);
    } else if (error == MOTE_ERR_REDIRECT && follow(run)) {
        return;
    } else if (run->online || error == MOTE_ERR_AUTH || error == MOTE_ERR_MECHANISM || error == MOTE_ERR_CONFLICT ||
               error == MOTE_ERR_REDIRECT) {
        finish_try(run); /* another address would say the same */
    } else {
        next_address(run);
    }
}

void run_starttls(struct mote_run *run)
{
    if (run->config.port->tls == NULL) {
        run_broken(run, MOTE_ERR_TLS, "this program was built without TLS");
    } else if (run->kept > 0) {
        /* Said in clear by who knows whom, to be taken for the server's words after the handshake (CVE-2011-0411). */
        mote_fail(run->config.x, MOTE_ERR_TLS, "bytes came before the TLS handshake");
        run_broken(run, MOTE_ERR_TLS, "bytes came before the TLS handshake");
    } else {
        begin_handshake(run, NULL);
    }
}

/// For the application ///

void mote_run_init(struct mote_run *run, const struct mote_run_config *config)
{
    *run = (struct mote_run){.config = *config, .state = MOTE_RUN_IDLE, .deadline_ms = UINT64_MAX};
    if (run->config.connect_timeout_s == 0) {
        run->config.connect_timeout_s = DEFAULT_CONNECT_S;
    }
    if (run->config.tls_timeout_s == 0) {
        run->config.tls_timeout_s = DEFAULT_TLS_S;
    }
    if (config->buffer == NULL || config->buffer_size < BUFFER_MIN) {
        run->state = MOTE_RUN_ENDED;
        set_reason(run, MOTE_ERR_CONFIG, "the loop needs a buffer of at least 256 bytes");
    }
}

/* Stopped outside of a stream: nothing has to be said to the server. */
static void stop_now(struct mote_run *run)
{
    if (run->state == MOTE_RUN_HANDSHAKE && !run->targets[run->target].direct_tls) {
        run_broken(run, MOTE_OK, NULL);
    } else {
        end(run, MOTE_OK);
    }
}

bool mote_run_step(struct mote_run *run)
{
    if (run->stopping && run->state != MOTE_RUN_STREAM && run->state != MOTE_RUN_ENDED) {
        stop_now(run);
    }
    run->fresh = false;
    switch (run->state) {
    case MOTE_RUN_IDLE: begin_try(run); break;
    case MOTE_RUN_SRV: step_srv(run); break;
    case MOTE_RUN_HOST: step_host(run); break;
    case MOTE_RUN_CONNECT: step_connect(run); break;
    case MOTE_RUN_HANDSHAKE: step_handshake(run); break;
    case MOTE_RUN_STREAM: run_stream_step(run); break;
    case MOTE_RUN_BACKOFF:
        if (run_now(run) >= run->deadline_ms) {
            begin_try(run);
        }
        break;
    case MOTE_RUN_ENDED: break;
    }
    return run->state != MOTE_RUN_ENDED;
}

void mote_run_wait(struct mote_run *run, uint32_t max_ms)
{
    const struct mote_port *port = run->config.port;
    uint64_t until = run_now(run) + max_ms;
    unsigned bits = 0;
    switch (run->state) {
    case MOTE_RUN_SRV:
    case MOTE_RUN_HOST: bits = PORT_WAIT_RESOLVE; break;
    case MOTE_RUN_CONNECT: bits = PORT_WAIT_WRITE; break;
    case MOTE_RUN_HANDSHAKE: bits = PORT_WAIT_READ; break; /* a transport that is full knows that it waits for room */
    case MOTE_RUN_STREAM: bits = run_stream_waits(run, &until); break;
    case MOTE_RUN_BACKOFF: break;
    default: return;
    }
    if (run->fresh) {
        until = 0;
    }
    port->waiter->wait(port->waiter_ctx, port, bits, run->deadline_ms < until ? run->deadline_ms : until);
}

int mote_run(struct mote_run *run)
{
    while (mote_run_step(run)) {
        mote_run_wait(run, UINT32_MAX);
    }
    return run->error;
}

void mote_run_stop(struct mote_run *run)
{
    run->stopping = true; /* the next step sees to it: this may be called from an event */
}
