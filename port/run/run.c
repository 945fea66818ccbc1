/* SPDX-License-Identifier: MIT
 * The loop: its states, and what follows when a connection is made, lost, or fails.
 *
 * One try goes from left to right. A connection that fails leads back to CONNECT and the ways that are left there; when
 * none is left, to BACKOFF or ENDED:
 *
 *   IDLE -> SRV -> CONNECT -> (PROXY ->) HANDSHAKE -> STREAM              direct TLS
 *                          -> (PROXY ->) STREAM -> HANDSHAKE -> STREAM    STARTTLS
 *
 * Names learnt from DNS, from a redirect or from the last time only say where to connect. The certificate is always
 * checked against mote_domain(x), the domain of the JID.
 */
#include "port/run/run.h"

#include <string.h>

#include "core/engine/durable.h"
#include "core/stream/retry.h"
#include "core/base/text.h"
#include "port/base/phrase.h"
#include "port/run/ladder.h"
#include "port/run/proxy.h"
#include "port/run/reach.h"
#include "port/run/stream.h"
#include "port/run/srv_order.h"

/* A session that lasted STEADY_MS ends a row of failures. */
enum { DEFAULT_CONNECT_S = 10, DEFAULT_TLS_S = 30, REDIRECTS_MAX = 3, BUFFER_MIN = 256, STEADY_MS = 60000 };

uint64_t mote__run_now(const struct mote_run *run)
{
    return run->config.port->clock->ms(run->config.port->clock_ctx);
}

void mote__run_enter(struct mote_run *run, enum mote_run_state state, uint64_t after_ms)
{
    run->state = state;
    run->fresh = true;
    run->deadline_ms = after_ms == UINT64_MAX ? UINT64_MAX : mote__run_now(run) + after_ms;
}

uint32_t mote__run_random(void *ctx)
{
    const struct mote_run *run = ctx;
    const struct mote_services *s = run->config.x->config.services;
    uint32_t bits = 0;
    if (s->random(s->ctx, (uint8_t *)&bits, sizeof bits) != 0) {
        bits = (uint32_t)mote__run_now(run) * 2654435761u; /* it only decides about delays and order: this will do */
    }
    return bits;
}

static struct mote__run_rung current(const struct mote_run *run)
{
    struct mote__run_rung rung;
    mote__run_rung(run, run->current, &rung);
    return rung;
}

/// Failures ///

static void set_reason(struct mote_run *run, int error, const char *why)
{
    run->error = error;
    if (why != run->why) {
        mote__phrase(run->why, sizeof run->why, "%s", why);
    }
}

void mote__run_note(struct mote_run *run, uint8_t weight, int error, const char *why)
{
    if (!run->told && weight > run->weight) {
        run->weight = weight;
        set_reason(run, error, why);
    }
}

uint8_t mote__run_tell(struct mote_run *run, uint8_t step, const struct mote__run_rung *rung,
                       const struct mote_port_address *address, enum mote_run_stage stage, int error, const char *why)
{
    struct mote_run_ladder *l = run_ladder(run);
    return l != NULL ? l->tell(run, step, rung, address, stage, error, why) : 0;
}

void mote__run_told(struct mote_run *run, enum mote_run_stage stage, int error, const char *why)
{
    if (run->step != 0) {
        mote__run_tell(run, run->step, NULL, NULL, stage, error, why);
    }
}

static void disconnect(struct mote_run *run)
{
    const struct mote_port *port = run->config.port;
    if (port->tls != NULL) {
        port->tls->close(port->tls_ctx);
    }
    port->net->close(port->net_ctx);
    run->secured = false;
    run->kept = 0;
}

static void end_run(struct mote_run *run, int error)
{
    disconnect(run);
    mote__reach_stop(run);
    mote__run_enter(run, MOTE_RUN_ENDED, UINT64_MAX);
    run->error = error;
}

/* Does the run end for good? A wrong password does not become right, and two sessions must not take each other's place
 * for ever. */
static bool for_good(const struct mote_run *run)
{
    return !run->config.reconnect ||
           ((run->error == MOTE_ERR_AUTH || run->error == MOTE_ERR_REFUSED) &&
            !mote_retry_asked(mote_condition(run->config.x))) ||
           (run->error == MOTE_ERR_CONFLICT && run->config.conflict_wait_s == 0);
}

void mote__run_finish(struct mote_run *run)
{
    disconnect(run);
    mote__reach_stop(run);
    if (!run->told) {
        run->told = true;
        mote_lost(run->config.x, run->error, run->why, mote__run_now(run));
    }
    if (run->stopping || for_good(run)) {
        end_run(run, run->stopping ? MOTE_OK : run->error);
        return;
    }
    bool steady = run->online && mote__run_now(run) - run->online_ms >= STEADY_MS;
    run->attempt = (uint8_t)(steady ? 1 : run->attempt < UINT8_MAX ? run->attempt + 1 : UINT8_MAX);
    uint64_t wait = mote_retry_after_ms(mote_condition(run->config.x), run->attempt, mote__run_random(run));
    if (run->error == MOTE_ERR_CONFLICT) {
        wait += run->config.conflict_wait_s * 1000ull;
    }
    mote__run_enter(run, MOTE_RUN_BACKOFF, wait);
}

/// Connection and handshake ///

static void begin_stream(struct mote_run *run, const struct mote_tls_info *info)
{
    mote__run_enter(run, MOTE_RUN_STREAM, UINT64_MAX);
    const struct mote_port *port = run->config.port;
    int64_t unix_time = port->clock->unix_time(port->clock_ctx);
    if (unix_time != 0) {
        mote_set_unix_time(run->config.x, unix_time, mote__run_now(run));
    }
    mote__run_told(run, MOTE_STAGE_LOGIN, MOTE_OK, "");
    int r = mote_connected(run->config.x, info, mote__run_now(run));
    if (r != MOTE_OK) {
        mote__run_note(run, WEIGHT_REST, r, mote_error_text(r));
        mote__run_finish(run);
    }
}

static void begin_handshake(struct mote_run *run, const char *alpn)
{
    const struct mote_port *port = run->config.port;
    mote__run_enter(run, MOTE_RUN_HANDSHAKE, run->config.tls_timeout_s * 1000ull);
    mote__run_told(run, MOTE_STAGE_TLS, MOTE_OK, "");
    int r = port->tls->start(port->tls_ctx, port, mote_domain(run->config.x), alpn);
    if (r != 0) {
        mote__run_broken(run, r, port->tls->why(port->tls_ctx));
    }
}

/* Is the server on this machine? The address of a proxy does not count. */
static bool loopback(const struct mote_run *run)
{
    const struct mote_port *port = run->config.port;
    return (run_proxy(run) == NULL || !current(run).proxied) && port->net->loopback(port->net_ctx);
}

static void begin_link(struct mote_run *run)
{
    if (current(run).direct_tls) {
        begin_handshake(run, "xmpp-client");
    } else if (run->config.tls != MOTE_RUN_CLEAR) {
        begin_stream(run, NULL);
    } else if (loopback(run)) {
        begin_stream(run, &(struct mote_tls_info){.loopback = true});
    } else {
        mote__run_broken(run, MOTE_ERR_TLS, "without TLS only this very machine may be connected to");
    }
}

void mote__run_connected(struct mote_run *run)
{
    if (run_proxy(run) != NULL && current(run).proxied) {
        run_proxy(run)->phase = RUN_PROXY_IDLE;
        mote__run_enter(run, MOTE_RUN_PROXY, run->config.connect_timeout_s * 1000ull);
        mote__run_told(run, MOTE_STAGE_PROXY, MOTE_OK, "");
    } else {
        begin_link(run);
    }
}

static void step_proxy(struct mote_run *run)
{
    struct mote_run_proxy *proxy = run_proxy(run);
    struct mote__run_rung rung = current(run);
    int r = proxy->step(proxy, run, &rung);
    if (r > 0) {
        begin_link(run);
    } else if (r < 0) {
        mote__run_broken(run, r, proxy->why);
    } else if (mote__run_now(run) >= run->deadline_ms) {
        mote__run_broken(run, MOTE_ERR_CONNECT, "the proxy does not answer");
    }
}

static void handshake_done(struct mote_run *run)
{
    const struct mote_port *port = run->config.port;
    struct mote_tls_info info = {.loopback = false};
    struct mote__run_rung rung = current(run);
    port->tls->info(port->tls_ctx, &info);
    info.loopback = loopback(run);
    run->secured = true;
    if (rung.direct_tls) {
        begin_stream(run, &info);
    } else {
        mote__run_enter(run, MOTE_RUN_STREAM, UINT64_MAX);
        mote__run_told(run, MOTE_STAGE_LOGIN, MOTE_OK, "");
        mote_secured(run->config.x, &info, mote__run_now(run));
    }
}

static void step_handshake(struct mote_run *run)
{
    const struct mote_port *port = run->config.port;
    int r = port->tls->handshake(port->tls_ctx);
    if (r > 0) {
        handshake_done(run);
    } else if (r < 0) {
        mote__run_broken(run, r, port->tls->why(port->tls_ctx));
    } else if (mote__run_now(run) >= run->deadline_ms) {
        char why[sizeof run->why];
        mote__phrase(why, sizeof why, "the TLS handshake with %s took more than %u s", run->peer,
               (unsigned)run->config.tls_timeout_s);
        mote__run_broken(run, MOTE_ERR_TIMEOUT, why);
    }
}

/// The end of a connection ///

/* Go where see-other-host points to. Returns false when that was done too often, or it is no host. */
static bool follow(struct mote_run *run)
{
    struct mote_port_target *t = &run->targets[0];
    char where[64];
    bool direct = current(run).direct_tls;
    mote__phrase(where, sizeof where, "%s", mote_redirect(run->config.x));
    *t = (struct mote_port_target){.port = direct ? 5223 : 5222, .direct_tls = direct};
    if (!mote__srv_parse(t, mote_redirect(run->config.x))) {
        mote__phrase(run->why, sizeof run->why, "the server names another host, but that is none: %s", where);
        return false;
    }
    if (run->redirects >= REDIRECTS_MAX) {
        mote__phrase(run->why, sizeof run->why, "sent from host to host %u times, at last to %s", REDIRECTS_MAX, where);
        return false;
    }
    run->redirects++;
    run->online = run->told = false; /* what goes wrong there is told as well */
    run->error = MOTE_OK;
    run->weight = WEIGHT_NONE;
    mote__reach_stop(run);
    mote__run_clock(run);
    mote__run_targets(run, 1, MOTE_WAY_REDIRECT);
    return true;
}

/* A connection has failed before the engine had it. */
static void broken_early(struct mote_run *run, int error, const char *why)
{
    bool proxy = run->state == MOTE_RUN_PROXY;
    uint8_t weight = error == MOTE_ERR_LOST ? WEIGHT_LOST : WEIGHT_TLS;
    if (current(run).guess || proxy) {
        weight = current(run).guess ? WEIGHT_GUESS : WEIGHT_PROXY;
    }
    mote__run_told(run, proxy ? MOTE_STAGE_PROXY : MOTE_STAGE_TLS, error, why);
    mote__run_note(run, weight, error, why);
    disconnect(run);
    mote__reach_on(run);
}

/* A stream has ended. The reason of the engine goes before that of the connection. When nobody named this way (a web
 * server may be there), the application is told, but this is not kept as why there is no connection. */
static void broken_stream(struct mote_run *run, int error, const char *why)
{
    struct mote *x = run->config.x;
    bool handshake = run->state == MOTE_RUN_HANDSHAKE;
    bool guess = MOTE_RUN_EXTRAS && !run->online && !run->told && current(run).guess;
    int reason = run->error;
    char reason_why[sizeof run->why], guess_why[sizeof run->why];
    if (guess) {
        mote__phrase(reason_why, sizeof reason_why, "%s", run->why);
    }
    set_reason(run, error, why); /* this must come before the port forgets the text */
    if (mote_error(x) != MOTE_OK) {
        error = mote_error(x);
        why = mote_why(x);
    }
    mote__run_told(run, run->online ? MOTE_STAGE_ONLINE : handshake ? MOTE_STAGE_TLS : MOTE_STAGE_LOGIN, error, why);
    disconnect(run);
    mote_lost(x, run->error, run->why, mote__run_now(run));
    error = mote_error(x);
    if (guess && error != MOTE_ERR_AUTH) {
        mote__phrase(guess_why, sizeof guess_why, "%s", mote_why(x));
        set_reason(run, reason, reason_why);
        mote__run_note(run, WEIGHT_GUESS, error, guess_why);
        return;
    }
    run->told = true;
    run->weight = WEIGHT_REST;
    set_reason(run, error, mote_why(x));
}

void mote__run_broken(struct mote_run *run, int error, const char *why)
{
    bool starttls = run->state == MOTE_RUN_HANDSHAKE && !current(run).direct_tls;
    run->unread = run->unread > 1;
    if (run->state != MOTE_RUN_STREAM && !starttls) {
        broken_early(run, error, why);
        return;
    }
    broken_stream(run, error, why);
    error = mote_error(run->config.x);
    if (run_way(run) != NULL && run->source == MOTE_WAY_KEPT && !run->online && error != MOTE_ERR_AUTH) {
        run_way(run)->target.port = 0; /* it leads to another server by now */
    }
    if (run->stopping || error == MOTE_OK) {
        end_run(run, MOTE_OK);
    } else if (error == MOTE_ERR_REDIRECT && follow(run)) {
        return;
    } else if (run->online || error == MOTE_ERR_AUTH || error == MOTE_ERR_MECHANISM || error == MOTE_ERR_CONFLICT ||
               error == MOTE_ERR_REDIRECT || error == MOTE_ERR_REFUSED) {
        mote__run_finish(run); /* another address would say the same */
    } else {
        mote__reach_on(run);
    }
}

void mote__run_online(struct mote_run *run)
{
    run->online = true;
    run->online_ms = mote__run_now(run);
    run->error = MOTE_OK; /* what failed before this way does not count any more */
    run->why[0] = '\0';
    mote__run_told(run, MOTE_STAGE_ONLINE, MOTE_OK, "");
    if (run_way(run) != NULL && run->source != MOTE_WAY_GIVEN && run->source != MOTE_WAY_REDIRECT) {
        struct mote__run_rung rung = current(run);
        struct mote_port_target target = {.port = rung.port, .direct_tls = rung.direct_tls};
        mote_text_copy(target.host, sizeof target.host, rung.host);
        *run_way(run) = (struct mote_run_way){.target = target, .proxied = rung.proxied};
    }
}

void mote__run_starttls(struct mote_run *run)
{
    if (run->config.port->tls == NULL) {
        mote__run_broken(run, MOTE_ERR_TLS, "this program was built without TLS");
    } else if (run->kept > 0) {
        /* Anybody could have put these bytes there in clear, to have them taken for the server's after the handshake
         * (CVE-2011-0411). */
        mote_fail(run->config.x, MOTE_ERR_TLS, "bytes came before the TLS handshake");
        mote__run_broken(run, MOTE_ERR_TLS, "bytes came before the TLS handshake");
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

/* The run was stopped while there was no stream, so there is nothing to end. */
static void stop_now(struct mote_run *run)
{
    if (run->state == MOTE_RUN_HANDSHAKE && !current(run).direct_tls) {
        mote__run_broken(run, MOTE_OK, "");
    } else {
        end_run(run, MOTE_OK);
    }
}

void mote_run_suspend(struct mote_run *run)
{
    bool engine = run->state == MOTE_RUN_STREAM || (run->state == MOTE_RUN_HANDSHAKE && !current(run).direct_tls);
    if (run->state == MOTE_RUN_STREAM) {
        mote__durable_leave(run->config.x);
    }
    disconnect(run);
    mote__reach_stop(run);
    if (engine) {
        mote_lost(run->config.x, MOTE_ERR_LOST, "asleep", mote__run_now(run));
    }
    mote_run_init(run, &run->config);
}

static struct mote_link *first_link(const struct mote_run *run)
{
    return MOTE_RUN_EXTRAS ? run->config.links : NULL;
}

bool mote_run_step(struct mote_run *run)
{
    if (run->stopping && run->state != MOTE_RUN_STREAM && run->state != MOTE_RUN_ENDED) {
        stop_now(run);
    }
    run->fresh = false;
    switch (run->state) {
    case MOTE_RUN_IDLE: mote__run_begin(run); break;
    case MOTE_RUN_SRV: mote__run_step_srv(run); break;
    case MOTE_RUN_CONNECT: mote__reach_step(run); break;
    case MOTE_RUN_PROXY:
        if (run_proxy(run) != NULL) {
            step_proxy(run);
        }
        break;
    case MOTE_RUN_HANDSHAKE: step_handshake(run); break;
    case MOTE_RUN_STREAM: mote__run_stream_step(run); break;
    case MOTE_RUN_BACKOFF:
        if (mote__run_now(run) >= run->deadline_ms) {
            mote__run_begin(run);
        }
        break;
    case MOTE_RUN_ENDED: break;
    }
    for (struct mote_link *l = first_link(run); l != NULL; l = l->next) {
        l->step(l);
    }
    return run->state != MOTE_RUN_ENDED;
}

void mote_run_wait(struct mote_run *run, uint32_t max_ms)
{
    const struct mote_port *port = run->config.port;
    uint64_t until = mote__run_now(run) + max_ms;
    unsigned bits = 0;
    switch (run->state) {
    case MOTE_RUN_SRV: bits = MOTE_PORT_WAIT_RESOLVE; break;
    case MOTE_RUN_CONNECT: bits = mote__reach_waits(run, &until); break;
    case MOTE_RUN_HANDSHAKE:
        run->fresh = run->fresh || port->tls->pending(port->tls_ctx);
        bits = MOTE_PORT_WAIT_READ; /* the port knows by itself whether the transport waits for room */
        break;
    case MOTE_RUN_PROXY: bits = MOTE_PORT_WAIT_READ; break;
    case MOTE_RUN_STREAM: bits = mote__run_stream_waits(run, &until); break;
    case MOTE_RUN_BACKOFF: break;
    default: return;
    }
    if (run->fresh) {
        until = 0;
    }
    for (const struct mote_link *l = first_link(run); l != NULL; l = l->next) {
        unsigned link_bits = l->waits(l, &until);
        port->waiter->also(port->waiter_ctx, l->config.port, link_bits);
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

void mote_run_retry(struct mote_run *run)
{
    if (run->state == MOTE_RUN_BACKOFF) {
        run->deadline_ms = 0;
        run->fresh = true;
    }
}

void mote_run_leave(struct mote_run *run)
{
    bool streaming = run->state == MOTE_RUN_STREAM;
    if (streaming) {
        mote__run_stream_step(run);
        mote__durable_leave(run->config.x);
    }
    if (run->state != MOTE_RUN_ENDED) {
        end_run(run, MOTE_OK);
    }
    if (streaming && !run->told) {
        run->told = true;
        mote_lost(run->config.x, MOTE_OK, NULL, mote__run_now(run));
    }
}

void mote_run_stop(struct mote_run *run)
{
    run->stopping = true; /* the next step does the rest, because this may be called from an event */
}
