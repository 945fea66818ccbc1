/* SPDX-License-Identifier: MIT
 * Tries the ways to a server, several at a time, until one connection stands.
 */
#include "port/run/reach.h"

#include <string.h>

#include "port/net/address.h"
#include "port/base/phrase.h"
#include "port/run/proxy.h"
#include "port/run/stream.h"

/* STAGGER_MS is the Connection Attempt Delay of RFC 8305 section 5. */
enum { STAGGER_MS = 250, PATIENCE_MS = 2000, HTTPS = 443 };

/// Rungs ///

static bool proxy_last(const struct mote_run *run)
{
    return run_proxy(run) != NULL && !run_proxy(run)->always && !run_proxy(run)->skip;
}

/* Is port 443 tried, too? It is when nobody said where to connect. */
static bool guesses_https(const struct mote_run *run)
{
    if (!MOTE_RUN_EXTRAS || (run->source != MOTE_WAY_SRV && run->source != MOTE_WAY_DOMAIN) ||
        run->config.tls > MOTE_RUN_DIRECT) {
        return false;
    }
    for (int i = 0; i < run->target_count; i++) {
        if (run->targets[i].direct_tls && run->targets[i].port == HTTPS) {
            return false;
        }
    }
    return true;
}

void mote__run_rung(const struct mote_run *run, uint8_t number, struct mote__run_rung *rung)
{
    const struct mote_run_proxy *proxy = run_proxy(run);
    uint8_t each = (uint8_t)(run->target_count + guesses_https(run));
    bool second = proxy != NULL && number >= each;
    uint8_t i = (uint8_t)(second ? number - each : number);
    bool https = MOTE_RUN_EXTRAS && i == run->target_count;
    const struct mote_port_target *t = &run->targets[https ? 0 : i];
    *rung = (struct mote__run_rung){.host = t->host,
                              .port = https ? HTTPS : t->port,
                              .priority = t->priority,
                              .direct_tls = https || t->direct_tls,
                              .proxied = second || (proxy != NULL && proxy->always && !proxy->skip),
                              .guess = https || second};
    if (run_way(run) != NULL && run->source == MOTE_WAY_KEPT && run_way(run)->proxied) {
        rung->proxied = true;
    }
}

/* The host whose address is needed for a rung: the proxy's, or the target's. */
static const char *host_of(const struct mote_run *run, const struct mote__run_rung *rung)
{
    return run_proxy(run) != NULL && rung->proxied ? run_proxy(run)->host : rung->host;
}

static uint16_t port_of(const struct mote_run *run, const struct mote__run_rung *rung)
{
    return run_proxy(run) != NULL && rung->proxied ? run_proxy(run)->port : rung->port;
}

/* How many rungs from `first` on have the same host, and may be tried at the same time as the first of them. */
static uint8_t count_alike(const struct mote_run *run, uint8_t first)
{
    struct mote__run_rung a, b;
    uint8_t n = 1;
    mote__run_rung(run, first, &a);
    for (; first + n < run->rungs && n < MOTE_RUN_ADDRESSES; n++) {
        mote__run_rung(run, (uint8_t)(first + n), &b);
        if (a.guess != b.guess || a.priority != b.priority || strcmp(host_of(run, &a), host_of(run, &b)) != 0) {
            break;
        }
    }
    return n;
}

/// Failures ///

static uint8_t tell_ladder(struct mote_run *run, uint8_t step, uint8_t number, const struct mote_port_address *address,
                    enum mote_run_stage stage, int error, const char *why)
{
    struct mote__run_rung rung;
    mote__run_rung(run, number, &rung);
    return mote__run_tell(run, step, &rung, address, stage, error, why);
}

/* The weight of a connection's failure; `error` is one of struct mote_port_net. */
static uint8_t weight_of(const struct mote__run_rung *rung, int error)
{
    if (rung->guess || rung->proxied) {
        return rung->guess ? WEIGHT_GUESS : WEIGHT_PROXY;
    }
    if (error == MOTE_ERR_REFUSED) {
        return WEIGHT_REFUSED;
    }
    return error == MOTE_ERR_TIMEOUT ? WEIGHT_SILENT : WEIGHT_NETWORK;
}

/// Connections ///

static int lane_count(const struct mote_run *run)
{
    int lanes = 1 + run->config.port->spare_count;
    return lanes < MOTE_RUN_LANES ? lanes : MOTE_RUN_LANES;
}

static void *context(const struct mote_run *run, int i)
{
    const struct mote_port *port = run->config.port;
    return MOTE_RUN_LANES == 1 || i == 0 ? port->net_ctx : port->spare_nets[i - 1];
}

static void release(struct mote_run *run, int i)
{
    run->config.port->net->close(context(run, i));
    run->lanes[i].busy = false;
}

/* Connection i has failed. */
static void lane_failed(struct mote_run *run, int i, int error, const char *why)
{
    struct mote__run_lane *lane = &run->lanes[i];
    struct mote__run_rung rung;
    char text[sizeof run->why];
    mote__run_rung(run, lane->rung, &rung);
    mote__phrase(text, sizeof text, "%s%s", rung.proxied ? "the proxy cannot be reached: " : "", why);
    mote__run_tell(run, lane->step, &rung, &lane->address, MOTE_STAGE_CONNECT, error, text);
    mote__run_note(run, weight_of(&rung, error), MOTE_ERR_CONNECT, text);
    release(run, i);
    run->hurry = true;
}

static void lane_silent(struct mote_run *run, int i)
{
    char why[sizeof run->why], peer[MOTE_ADDRESS_TEXT];
    mote_address_text(&run->lanes[i].address, peer);
    mote__phrase(why, sizeof why, "no answer from %s within %u s", peer,
           (unsigned)((mote__run_now(run) - run->lanes[i].began_ms + 500) / 1000));
    lane_failed(run, i, MOTE_ERR_TIMEOUT, why);
}

static void wait_first(struct mote_run *run, const struct mote__run_lane *lane)
{
    memmove(&run->waiting[1], &run->waiting[0], run->waiting_count * sizeof run->waiting[0]);
    run->waiting[0] = (struct mote__run_waiting){.address = lane->address, .rung = lane->rung};
    run->waiting_count++;
}

/* Connection i stands. The slower addresses wait, in case it fails later. */
static void win(struct mote_run *run, int i)
{
    const struct mote_port *port = run->config.port;
    struct mote__run_lane lane = run->lanes[i];
    run->lanes[i].busy = false;
    for (int k = lane_count(run) - 1; k >= 0; k--) {
        if (run->lanes[k].busy) {
            tell_ladder(run, run->lanes[k].step, run->lanes[k].rung, &run->lanes[k].address, MOTE_STAGE_CONNECT,
                 MOTE_ERR_CANCELLED, "another address was quicker");
            wait_first(run, &run->lanes[k]);
            release(run, k);
        }
    }
    if (MOTE_RUN_LANES > 1 && i > 0) {
        port->net->take(port->net_ctx, context(run, i));
    }
    if (run->asked > 0) { /* if this connection fails, the name is looked up again */
        port->resolve->cancel(port->resolve_ctx);
        run->rung = (uint8_t)(run->rung - run->asked);
        run->asked = 0;
    }
    run->current = lane.rung;
    run->step = lane.step;
    mote_address_text(&lane.address, run->peer);
    mote__run_connected(run);
}

/* Look at the connections that are tried. Returns true when one stands. */
static bool watch(struct mote_run *run)
{
    const struct mote_port_net *net = run->config.port->net;
    for (int i = 0; i < lane_count(run); i++) {
        if (!run->lanes[i].busy) {
            continue;
        }
        int r = net->opened(context(run, i));
        if (r > 0) {
            win(run, i);
            return true;
        }
        if (r < 0) {
            lane_failed(run, i, r, net->why(context(run, i)));
        } else if (mote__run_now(run) >= run->lanes[i].began_ms + run->config.connect_timeout_s * 1000ull) {
            lane_silent(run, i);
        }
    }
    return false;
}

static bool any_busy(const struct mote_run *run)
{
    for (int i = 0; i < lane_count(run); i++) {
        if (run->lanes[i].busy) {
            return true;
        }
    }
    return false;
}

/* A free place for a connection; -1 when all are in use. */
static int free_lane(const struct mote_run *run)
{
    int i = 0;
    while (i < lane_count(run) && run->lanes[i].busy) {
        i++;
    }
    return i < lane_count(run) ? i : -1;
}

/* When this rung has its turn. */
static uint64_t turn_ms(const struct mote_run *run, uint8_t number)
{
    struct mote__run_rung last, next;
    if (MOTE_RUN_LANES == 1 || !any_busy(run)) { /* nothing else is tried, so there is nothing to wait for */
        return 0;
    }
    mote__run_rung(run, run->started, &last);
    mote__run_rung(run, number, &next);
    bool later = next.priority > last.priority || (next.guess && !last.guess);
    return later ? run->started_ms + PATIENCE_MS : run->hurry ? 0 : run->started_ms + STAGGER_MS;
}

static void connect_next(struct mote_run *run, int i)
{
    const struct mote_port_net *net = run->config.port->net;
    struct mote__run_lane *lane = &run->lanes[i];
    *lane = (struct mote__run_lane){
        .began_ms = mote__run_now(run), .address = run->waiting[0].address, .rung = run->waiting[0].rung, .busy = true};
    run->waiting_count--;
    memmove(&run->waiting[0], &run->waiting[1], run->waiting_count * sizeof run->waiting[0]);
    run->started = lane->rung;
    run->started_ms = lane->began_ms;
    run->hurry = false;
    run->fresh = true;
    lane->step = tell_ladder(run, 0, lane->rung, &lane->address, MOTE_STAGE_CONNECT, MOTE_OK, "");
    int r = net->open(context(run, i), &lane->address);
    if (r < 0) {
        lane_failed(run, i, r, net->why(context(run, i)));
    }
}

/// Names ///

/* The name has no address. The rungs behind it that have the same host fail with it. */
static void name_failed(struct mote_run *run, int error, const char *why)
{
    struct mote__run_rung rung, next;
    mote__run_rung(run, (uint8_t)(run->rung - run->asked), &rung);
    mote__run_tell(run, 0, &rung, NULL, MOTE_STAGE_NAME, error, why);
    mote__run_note(run,
             rung.guess                  ? WEIGHT_GUESS
             : error == MOTE_ERR_TIMEOUT ? WEIGHT_NAME
                                         : WEIGHT_UNKNOWN,
             MOTE_ERR_DNS, why);
    run->config.port->resolve->cancel(run->config.port->resolve_ctx);
    run->asked = 0;
    run->fresh = true;
    for (; run->rung < run->rungs; run->rung++) {
        mote__run_rung(run, run->rung, &next);
        if (strcmp(host_of(run, &rung), host_of(run, &next)) != 0) {
            return;
        }
    }
}

static void name_silent(struct mote_run *run)
{
    char why[sizeof run->why];
    struct mote__run_rung rung;
    mote__run_rung(run, (uint8_t)(run->rung - run->asked), &rung);
    mote__phrase(why, sizeof why, "no DNS server told the address of %s within %u s", host_of(run, &rung),
           (unsigned)((mote__run_now(run) - run->asked_ms + 500) / 1000));
    name_failed(run, MOTE_ERR_TIMEOUT, why);
}

/* Take the addresses of one host for the `asked` rungs that have it: all for the first rung, then all for the next. */
static void take_addresses(struct mote_run *run)
{
    const struct mote_port *port = run->config.port;
    struct mote_port_address found[MOTE_RUN_ADDRESSES];
    struct mote__run_rung rung;
    if (run->asked == 0) {
        return;
    }
    int n = port->resolve->host_result(port->resolve_ctx, found, MOTE_RUN_ADDRESSES / run->asked);
    if (n == MOTE_ERR_BUSY) {
        if (mote__run_now(run) >= run->asked_ms + run->config.connect_timeout_s * 1000ull) {
            name_silent(run);
        }
        return;
    }
    if (n <= 0) {
        name_failed(run, n, port->resolve->why(port->resolve_ctx));
        return;
    }
    port->resolve->cancel(port->resolve_ctx);
    for (uint8_t number = (uint8_t)(run->rung - run->asked); number < run->rung; number++) {
        mote__run_rung(run, number, &rung);
        for (int i = 0; i < n; i++) {
            struct mote__run_waiting *w = &run->waiting[run->waiting_count++];
            *w = (struct mote__run_waiting){.address = found[i], .rung = number};
            w->address.port = port_of(run, &rung);
        }
    }
    run->asked = 0;
}

/* Look up the name of the next rung, when it has its turn and there is room for a connection. */
static void ask_next(struct mote_run *run)
{
    const struct mote_port *port = run->config.port;
    struct mote__run_rung rung;
    if (run->asked > 0 || run->waiting_count > 0 || run->rung >= run->rungs || free_lane(run) < 0 ||
        mote__run_now(run) < turn_ms(run, run->rung)) {
        return;
    }
    mote__run_rung(run, run->rung, &rung);
    run->asked = count_alike(run, run->rung);
    run->rung = (uint8_t)(run->rung + run->asked);
    run->asked_ms = mote__run_now(run);
    run->fresh = true;
    if (port->resolve->host(port->resolve_ctx, host_of(run, &rung)) != 0) {
        name_failed(run, MOTE_ERR_DNS, port->resolve->why(port->resolve_ctx));
    }
}

/// All of it ///

void mote__reach_stop(struct mote_run *run)
{
    for (int i = 0; i < lane_count(run); i++) {
        if (run->lanes[i].busy) {
            release(run, i);
        }
    }
    run->config.port->resolve->cancel(run->config.port->resolve_ctx);
    run->asked = run->waiting_count = 0;
}

/* The time for all ways together (reach_timeout_s) is over. */
static void give_up_ways(struct mote_run *run)
{
    for (int i = 0; i < lane_count(run); i++) {
        if (run->lanes[i].busy) {
            lane_silent(run, i);
        }
    }
    if (run->asked > 0) {
        name_silent(run);
    }
    run->waiting_count = 0;
    run->rung = run->rungs;
}

void mote__reach_step(struct mote_run *run)
{
    take_addresses(run);
    if (watch(run)) {
        return;
    }
    if (MOTE_RUN_EXTRAS && mote__run_now(run) >= run->reach_ms) {
        give_up_ways(run);
    }
    while (run->waiting_count > 0 && free_lane(run) >= 0 && mote__run_now(run) >= turn_ms(run, run->waiting[0].rung)) {
        connect_next(run, free_lane(run));
    }
    ask_next(run);
    if (run->waiting_count == 0 && run->asked == 0 && run->rung >= run->rungs && !any_busy(run)) {
        mote__run_exhausted(run);
    }
}

void mote__reach_on(struct mote_run *run)
{
    struct mote__run_rung last;
    mote__run_rung(run, run->current, &last);
    if (!last.guess) { /* a way that nobody named gives no more time to the others */
        mote__run_clock(run);
    }
    mote__run_enter(run, MOTE_RUN_CONNECT, UINT64_MAX);
    mote__reach_step(run);
}

void mote__reach_begin(struct mote_run *run)
{
    run->rung = run->asked = run->waiting_count = run->started = 0;
    bool kept = run->source == MOTE_WAY_KEPT;
    run->rungs = (uint8_t)((run->target_count + guesses_https(run)) * (!kept && proxy_last(run) ? 2 : 1));
    if (kept && run->reach_ms > mote__run_now(run) + PATIENCE_MS) {
        run->reach_ms = mote__run_now(run) + PATIENCE_MS; /* the way kept may be closed by now, and others wait */
    }
    mote__run_enter(run, MOTE_RUN_CONNECT, UINT64_MAX);
    mote__reach_step(run);
}

unsigned mote__reach_waits(const struct mote_run *run, uint64_t *until_ms)
{
    uint64_t timeout_ms = run->config.connect_timeout_s * 1000ull, until = run->reach_ms;
    for (int i = 0; i < lane_count(run); i++) {
        if (run->lanes[i].busy && run->lanes[i].began_ms + timeout_ms < until) {
            until = run->lanes[i].began_ms + timeout_ms;
        }
    }
    if (run->asked > 0) {
        until = run->asked_ms + timeout_ms < until ? run->asked_ms + timeout_ms : until;
    } else if (free_lane(run) >= 0 && (run->waiting_count > 0 || run->rung < run->rungs)) {
        uint64_t turn = turn_ms(run, run->waiting_count > 0 ? run->waiting[0].rung : run->rung);
        until = turn < until ? turn : until;
    }
    *until_ms = until < *until_ms ? until : *until_ms;
    return (any_busy(run) ? MOTE_PORT_WAIT_WRITE : 0u) | (run->asked > 0 ? MOTE_PORT_WAIT_RESOLVE : 0u);
}
