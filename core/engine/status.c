/* SPDX-License-Identifier: MIT
 * What applications and ports ask the engine: is it on line, why not, as whom, with how much memory.
 */
#include <string.h>

#include "core/engine/engine.h"
#include "core/sasl2.h"
#include "core/module.h"
#include "core/engine/login/sasl.h"

const char *mote_version(void)
{
    return MOTE_VERSION;
}

void mote_set_credentials(struct mote *x, const char *password, const struct mote_keys *keys)
{
    x->config.password = password;
    x->config.keys = keys;
}

int64_t mote_unix_time(const struct mote *x)
{
    return mote_module_unix_time(x);
}

bool mote_online(const struct mote *x)
{
    return x->n.state == NEG_ONLINE;
}

int mote_error(const struct mote *x)
{
    return x->error;
}

const char *mote_why(const struct mote *x)
{
    return x->why;
}

const char *mote_condition(const struct mote *x)
{
    return x->text + (x->condition_at != 0 ? x->condition_at : sizeof x->text - 1);
}

const char *mote_jid(const struct mote *x)
{
    return x->jid;
}

const char *mote_domain(const struct mote *x)
{
    return x->domain;
}

const char *mote_redirect(const struct mote *x)
{
    return x->error == MOTE_ERR_REDIRECT ? x->text + strlen(REDIRECT_WHY) : "";
}

void mote_status(const struct mote *x, struct mote_status *s)
{
    *s = (struct mote_status){
        .sasl_mechanism = x->n.mechanism != NULL ? x->n.mechanism->name : NULL,
        .channel_binding = x->n.binding,
        .tls_version = x->secured ? x->tls.version : NULL,
        .tls_cipher = x->secured ? x->tls.cipher : NULL,
        .tls_resumed = x->secured && x->tls.resumed,
        .sasl2 = x->n.sasl2,
        .by_token = x->n.mechanism != NULL && x->n.mechanism->family == SASL_HT,
        .early = x->sasl2 != NULL && x->sasl2->sent_early,
        .resumed = x->n.resumed,
        .round_trips = x->n.round_trips,
        .stream_management = x->server_sm,
        .resumable = mote__sm_resumable(x),
        .tx_used = (size_t)(x->tx.queued - x->tx.acked),
        .tx_size = x->tx.size,
        .tx_peak = x->tx.peak,
        .xml_used = x->reader.heap.used,
        .xml_size = x->reader.heap.size,
        .xml_peak = x->reader.heap.peak,
        .arena_size = x->reader.arena.size,
        .arena_peak = x->reader.arena.peak,
        .xml_renewals = x->reader.renewals,
        .oversize = x->reader.oversize,
    };
}
