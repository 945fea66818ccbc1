/* SPDX-License-Identifier: MIT
 * An engine with buffers, a counting random source and a list of events.
 */
#include "tests/unit/world.h"

#include <stdio.h>

#include "port/crypto/hash_mbedtls.h"
#include "tests/unit/unit.h"

static int counting_random(void *ctx, uint8_t *bytes, size_t len)
{
    struct world *w = ctx;
    for (size_t i = 0; i < len; i += 8) {
        w->random++;
        memcpy(bytes + i, &w->random, len - i < 8 ? len - i : 8);
    }
    return w->no_entropy ? -1 : 0;
}

static void keep_line(void *ctx, enum mote_log_level level, const char *line)
{
    struct world *w = ctx;
    (void)level;
    snprintf(w->log, sizeof w->log, "%s", line);
}

static void on_event(void *app, struct mote *x, const struct mote_event *event)
{
    struct world *w = app;
    (void)x;
    if (w->count < WORLD_EVENTS) {
        w->events[w->count].kind = event->kind;
        w->events[w->count].error = event->error;
        w->events[w->count].ticket = event->ticket;
        w->events[w->count].size = event->kind == MOTE_EV_OVERSIZE ? event->size : 0;
        snprintf(w->events[w->count].why, sizeof w->events[0].why, "%s", event->why != NULL ? event->why : "");
    }
    w->count++;
    if (w->also != NULL) {
        w->also(w, event);
    }
}

void world_prepare(struct world *w)
{
    memset(w, 0, sizeof *w);
    w->now_ms = 1000;
    w->services = (struct mote_services){.random = counting_random,
                                         .hash_start = mote_crypto_hash_start,
                                         .hash_feed = mote_crypto_hash_feed,
                                         .hash_end = mote_crypto_hash_end,
                                         .log = keep_line,
                                         .ctx = w};
    w->config = (struct mote_config){.jid = "alice@localhost",
                                     .password = "secret",
                                     .services = &w->services,
                                     .arena = w->arena,
                                     .arena_size = sizeof w->arena,
                                     .xml = w->xml,
                                     .xml_size = sizeof w->xml,
                                     .tx = w->tx,
                                     .tx_size = sizeof w->tx,
                                     .on_event = on_event,
                                     .app = w};
}

void world_start(struct world *w)
{
    world_prepare(w);
    w->config.flags = MOTE_INSECURE_LOOPBACK | MOTE_ALLOW_PLAIN;
    mote_init(&w->x, &w->config);
}

void world_login(struct world *w)
{
    struct mote_tls_info loopback = {.loopback = true};
    char bound[256];
    mote_connected(&w->x, &loopback, w->now_ms);
    world_in(w, STREAM_HEADER "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
                              "<mechanism>PLAIN</mechanism></mechanisms></stream:features>");
    world_in(w, "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
    world_in(w, STREAM_HEADER "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>");
    snprintf(bound, sizeof bound,
             "<iq type='result' id='%llu'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>alice@localhost/r</jid>"
             "</bind></iq>",
             (unsigned long long)w->x.n.bind_id);
    world_in(w, bound);
    world_take(w, SIZE_MAX);
    world_clear(w);
}

ptrdiff_t world_in(struct world *w, const char *text)
{
    return mote_in(&w->x, 0, text, strlen(text), w->now_ms);
}

void world_take(struct world *w, size_t max)
{
    const uint8_t *bytes;
    size_t n;
    while (max > 0 && (n = mote_out(&w->x, 0, &bytes)) > 0) {
        n = n < max ? n : max;
        if (w->out_len + n < sizeof w->out) {
            memcpy(w->out + w->out_len, bytes, n);
            w->out_len += n;
            w->out[w->out_len] = '\0';
        }
        mote_out_done(&w->x, 0, n, w->now_ms);
        max -= n;
    }
}

void world_clear(struct world *w)
{
    w->count = 0;
    w->out_len = 0;
    w->out[0] = '\0';
}

void world_at(struct world *w, uint64_t now_ms)
{
    w->now_ms = now_ms;
    mote_tick(&w->x, now_ms);
}

void world_settle(struct world *w)
{
    for (int i = 0; i < 100 && (mote_deadline(&w->x) <= w->now_ms || mote_wants(&w->x, 0) & MOTE_WANT_WRITE); i++) {
        world_at(w, w->now_ms);
        world_take(w, SIZE_MAX);
    }
    assert_true(mote_deadline(&w->x) > w->now_ms); /* nobody spins */
}

unsigned world_events(const struct world *w, int kind)
{
    unsigned n = 0;
    for (unsigned i = 0; i < w->count && i < WORLD_EVENTS; i++) {
        n += w->events[i].kind == kind;
    }
    return n;
}

int world_last_error(const struct world *w)
{
    assert_in_range(w->count, 1, WORLD_EVENTS);
    return w->events[w->count - 1].error;
}

const char *world_find_last(const struct world *w, const char *part)
{
    const char *at = NULL;
    for (const char *p = w->out; (p = strstr(p, part)) != NULL; p++) {
        at = p;
    }
    assert_non_null(at);
    return at;
}

void world_attr(const char *element, const char *name, char out[64])
{
    char key[32];
    snprintf(key, sizeof key, " %s='", name);
    const char *p = strstr(element, key);
    assert_non_null(p);
    p += strlen(key);
    snprintf(out, 64, "%.*s", (int)strcspn(p, "'"), p);
}

unsigned world_answer_all(struct world *w, const char *type, const char *from)
{
    static char seen[sizeof w->out];
    unsigned n = 0;
    memcpy(seen, w->out, w->out_len + 1);
    w->out_len = 0;
    w->out[0] = '\0';
    for (const char *p = seen; (p = strstr(p, "<iq type='set'")) != NULL; p++, n++) {
        char id[64], iq[400];
        world_attr(p, "id", id);
        snprintf(iq, sizeof iq, "<iq type='%s' id='%s' from='%s'/>", type, id, from);
        world_in(w, iq);
    }
    return n;
}
