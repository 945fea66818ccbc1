/* SPDX-License-Identifier: MIT
 * Keeps the steps of a try, puts them into words, and says who has to do something about a failure.
 */
#include "port/run/ladder.h"

#include <string.h>

#include "core/stream/retry.h"
#include "core/base/text.h"
#include "port/base/phrase.h"
#include "port/run/reach.h"
#include "port/run/stream.h"

static uint8_t begin_step(struct mote_run *run, const struct mote__run_rung *rung,
                          const struct mote_port_address *address)
{
    struct mote_run_ladder *l = run->config.ladder;
    if (l->count == l->size) {
        return 0;
    }
    struct mote_run_step *s = &l->steps[l->count++];
    *s = (struct mote_run_step){.source = (enum mote_run_source)run->source,
                                .began_ms = (uint32_t)(mote__run_now(run) - l->began_ms)};
    if (rung == NULL) {
        mote_text_copy(s->host, sizeof s->host, mote_domain(run->config.x));
        return l->count;
    }
    mote_text_copy(s->host, sizeof s->host, rung->host);
    s->guess = rung->guess;
    s->direct_tls = rung->direct_tls;
    s->proxied = rung->proxied;
    if (address != NULL) {
        mote_address_text(address, s->address);
        s->port = rung->port;
    }
    return l->count;
}

static uint8_t note_step(struct mote_run *run, uint8_t step, const struct mote__run_rung *rung,
                    const struct mote_port_address *address, enum mote_run_stage stage, int error, const char *why)
{
    struct mote_run_ladder *l = run->config.ladder;
    if (step == RUN_TELL_ANEW) {
        l->count = 0;
        l->began_ms = mote__run_now(run);
        return 0;
    }
    step = step == 0 ? begin_step(run, rung, address) : step;
    if (step == 0) {
        return 0;
    }
    struct mote_run_step *s = &l->steps[step - 1];
    s->stage = stage;
    s->took_ms = (uint32_t)(mote__run_now(run) - l->began_ms) - s->began_ms;
    s->error = error != MOTE_ERR_CANCELLED ? error : MOTE_OK;
    s->done = s->error != MOTE_OK || stage == MOTE_STAGE_ONLINE || (stage == MOTE_STAGE_SRV && why[0] != '\0');
    mote__phrase(s->why, sizeof s->why, "%s", why);
    return step;
}

void mote_run_ladder_init(struct mote_run_ladder *ladder, struct mote_run_step *steps, uint8_t size)
{
    *ladder =
        (struct mote_run_ladder){.tell = note_step, .steps = steps, .size = size < UINT8_MAX ? size : UINT8_MAX - 1};
}

const struct mote_run_step *mote_run_ladder(const struct mote_run *run, uint8_t *count)
{
    const struct mote_run_ladder *l = run->config.ladder;
    *count = l != NULL ? l->count : 0;
    return l != NULL ? l->steps : NULL;
}

static const char *source_text(const struct mote_run_step *s)
{
    if (s->guess && s->port == 443) {
        return "a guess";
    }
    switch (s->source) {
    case MOTE_WAY_GIVEN: return "as configured";
    case MOTE_WAY_SRV: return "from SRV records";
    case MOTE_WAY_REDIRECT: return "where the server sent us";
    case MOTE_WAY_KEPT: return "it worked the last time";
    default: return "the domain itself";
    }
}

void mote_run_step_text(const struct mote_run_step *s, char *out, size_t size)
{
    if (s->stage == MOTE_STAGE_SRV) {
        mote__phrase(out, size, "SRV records of %s", s->host);
    } else if (s->stage == MOTE_STAGE_NAME) {
        mote__phrase(out, size, "address of %s", s->host);
    } else {
        const char *tls = s->direct_tls ? "direct TLS" : "STARTTLS";
        if (s->proxied) {
            mote__phrase(out, size, "%s to %s port %u through the proxy %s (%s)", tls, s->host, s->port, s->address,
                   source_text(s));
        } else {
            mote__phrase(out, size, "%s to %s (%s, %s)", tls, s->address, s->host, source_text(s));
        }
    }
}

enum mote_run_blame mote_run_blame(const struct mote_run *run)
{
    switch (run->error) {
    case MOTE_OK: return MOTE_BLAME_NOBODY;
    case MOTE_ERR_AUTH: return mote_retry_asked(mote_condition(run->config.x)) ? MOTE_BLAME_SERVER : MOTE_BLAME_ACCOUNT;
    case MOTE_ERR_CONFLICT: return MOTE_BLAME_ACCOUNT;
    case MOTE_ERR_ARG:
    case MOTE_ERR_CONFIG:
    case MOTE_ERR_ENTROPY:
    case MOTE_ERR_SIZE: return MOTE_BLAME_SETTINGS;
    case MOTE_ERR_LOST: return MOTE_BLAME_NETWORK; /* it may be the server, but that cannot be told from here */
    default: break;
    }
    switch (run->weight) {
    case WEIGHT_UNKNOWN: return MOTE_BLAME_SETTINGS;
    case WEIGHT_GUESS:
    case WEIGHT_NAME:
    case WEIGHT_NETWORK:
    case WEIGHT_SILENT:
    case WEIGHT_PROXY: return MOTE_BLAME_NETWORK;
    default: return MOTE_BLAME_SERVER;
    }
}
