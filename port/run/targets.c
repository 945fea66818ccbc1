/* SPDX-License-Identifier: MIT
 * Whom to connect to when a try begins: the host that is configured, else the one that worked the last time, else those
 * of the SRV records, else the domain itself.
 */
#include "core/base/text.h"
#include "port/base/phrase.h"
#include "port/run/ladder.h"
#include "port/run/proxy.h"
#include "port/run/reach.h"
#include "port/run/stream.h"
#include "port/run/srv_order.h"

void mote__run_clock(struct mote_run *run)
{
    uint32_t limit = MOTE_RUN_EXTRAS ? run->config.reach_timeout_s : 0;
    run->reach_ms = limit != 0 ? mote__run_now(run) + limit * 1000ull : UINT64_MAX;
}

void mote__run_targets(struct mote_run *run, int count, enum mote_run_source source)
{
    run->target_count = (uint8_t)count;
    run->source = (uint8_t)source;
    mote__reach_begin(run);
}

/* Set a target that does not come from an SRV record. Returns false when its name is too long. */
static bool set_target(struct mote_run *run, int i, const char *host, uint16_t number, bool direct)
{
    struct mote_port_target *t = &run->targets[i];
    *t = (struct mote_port_target){.port = number != 0 ? number : direct ? 5223 : 5222, .direct_tls = direct};
    if (!mote_text_copy(t->host, sizeof t->host, host)) {
        mote__run_note(run, WEIGHT_REST, MOTE_ERR_DNS, "the host name is too long");
        mote__run_finish(run);
        return false;
    }
    return true;
}

static void given_target(struct mote_run *run)
{
    const struct mote_run_config *c = &run->config;
    bool direct = c->tls == MOTE_RUN_DIRECT || (c->tls == MOTE_RUN_ANY && c->port_number == 5223);
    if (set_target(run, 0, c->host != NULL ? c->host : mote_domain(c->x), c->port_number, direct)) {
        mote__run_targets(run, 1, MOTE_WAY_GIVEN);
    }
}

_Static_assert(MOTE_RUN_TARGETS >= 2, "the domain itself is two targets");

/* Without SRV records the domain itself is tried (RFC 6120 section 3.2.2), with direct TLS on its registered port
 * first. */
static void domain_targets(struct mote_run *run)
{
    const char *domain = mote_domain(run->config.x);
    int n = 0;
    if (run->config.tls != MOTE_RUN_STARTTLS) {
        if (!set_target(run, n++, domain, 0, true)) {
            return;
        }
    }
    if (run->config.tls != MOTE_RUN_DIRECT && !set_target(run, n++, domain, 0, false)) {
        return;
    }
    mote__run_targets(run, n, MOTE_WAY_DOMAIN);
}

static void look_up_srv(struct mote_run *run)
{
    const struct mote_run_config *c = &run->config;
    mote__run_clock(run);
    run->source = MOTE_WAY_DOMAIN;
    run->step = mote__run_tell(run, 0, NULL, NULL, MOTE_STAGE_SRV, MOTE_OK, "");
    if (c->port->resolve->srv(c->port->resolve_ctx, mote_domain(c->x)) == 0) {
        uint32_t half = c->reach_timeout_s * 500; /* the other half is for ways that need no SRV records */
        mote__run_enter(run, MOTE_RUN_SRV,
                  half != 0 && half < c->connect_timeout_s * 1000 ? half : c->connect_timeout_s * 1000);
    } else {
        mote__run_told(run, MOTE_STAGE_SRV, MOTE_ERR_DNS, c->port->resolve->why(c->port->resolve_ctx));
        domain_targets(run);
    }
}

/* Take what worked the last time, if it is kept and may still be used. */
static bool use_kept(struct mote_run *run)
{
    const struct mote_run_way *way = run_way(run);
    const struct mote_run_proxy *proxy = run_proxy(run);
    if (way == NULL || !mote__srv_valid(&way->target) || (way->proxied && (proxy == NULL || proxy->skip))) {
        return false;
    }
    run->targets[0] = way->target;
    return mote__srv_allow(run->targets, 1, run->config.tls) == 1;
}

void mote__run_begin(struct mote_run *run)
{
    const struct mote_run_config *c = &run->config;
    run->error = MOTE_OK; /* run->why stays, because the engine may still point there */
    run->weight = WEIGHT_NONE;
    run->redirects = 0;
    run->told = run->online = false;
    mote__run_clock(run);
    if (run_ladder(run) != NULL) {
        mote_set_ladder(c->x, run_ladder(run));
    }
    mote__run_tell(run, RUN_TELL_ANEW, NULL, NULL, MOTE_STAGE_SRV, MOTE_OK, "");
    if (c->tls != MOTE_RUN_CLEAR && c->port->tls == NULL) {
        mote__run_note(run, WEIGHT_REST, MOTE_ERR_TLS, "this program was built without TLS");
        mote__run_finish(run);
    } else if (c->host != NULL || c->port_number != 0 || c->tls == MOTE_RUN_CLEAR) {
        given_target(run);
    } else if (use_kept(run)) {
        mote__run_targets(run, 1, MOTE_WAY_KEPT);
    } else {
        look_up_srv(run);
    }
}

void mote__run_step_srv(struct mote_run *run)
{
    const struct mote_port *port = run->config.port;
    char why[sizeof run->why];
    int n = port->resolve->srv_result(port->resolve_ctx, run->targets, MOTE_RUN_TARGETS);
    if (n == MOTE_ERR_BUSY && mote__run_now(run) < run->deadline_ms) {
        return;
    }
    if (n == MOTE_ERR_BUSY) {
        mote__phrase(why, sizeof why, "no DNS server told the SRV records of %s in time", mote_domain(run->config.x));
    } else {
        mote__phrase(why, sizeof why, "%s", n < 0 ? port->resolve->why(port->resolve_ctx) : "there are none");
    }
    if (n > 0) {
        mote__phrase(why, sizeof why, "%u found", (unsigned)n);
    }
    port->resolve->cancel(port->resolve_ctx);
    mote__run_told(run, MOTE_STAGE_SRV, n < 0 ? MOTE_ERR_DNS : MOTE_OK, why);
    if (n < 0) {
        mote__run_note(run, n == MOTE_ERR_REFUSED ? WEIGHT_REST : WEIGHT_NAME, MOTE_ERR_DNS, why);
    }
    if (n == MOTE_ERR_REFUSED) { /* then nothing else may be tried (RFC 6120 section 3.2.1) */
        mote__run_finish(run);
        return;
    }
    n = n > 0 ? mote__srv_allow(run->targets, n, run->config.tls) : 0;
    if (n > 0) {
        mote__srv_order(run->targets, n, mote__run_random, run);
        mote__run_targets(run, n, MOTE_WAY_SRV);
    } else {
        domain_targets(run);
    }
}

void mote__run_exhausted(struct mote_run *run)
{
    if (run_way(run) != NULL && run->source == MOTE_WAY_KEPT) { /* only that was tried: now do as if it were not kept */
        look_up_srv(run);
    } else {
        mote__run_finish(run);
    }
}
