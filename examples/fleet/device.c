/* SPDX-License-Identifier: MIT
 * One device: its connection and its engine, driven by what epoll and the timers say.
 */
#include <stdio.h>
#include <string.h>

#include "core/stream/retry.h"
#include "examples/fleet/fleet.h"
#include "port/clock/posix.h"

enum { CONNECT_MS = 15000, HANDSHAKE_MS = 60000, BUSY_MS = 50, TURNS = 16, TRIES = 5, SLICE = 4096 };


bool device_idle(const struct device *d)
{
    return d->online && d->begun_us == 0;
}

/// Beginnings and ends ///

static void on_event(void *app, struct mote *x, const struct mote_event *e)
{
    struct device *d = app;
    struct fleet *f = d->fleet;
    if (e->kind == MOTE_EV_KEYS && f->options.share_keys) {
        f->keys = *e->keys;
    }
    keep_event(f, d, e);
    if (e->kind != MOTE_EV_ONLINE && e->kind != MOTE_EV_RESUMED) {
        work_event(f, d, e);
        return;
    }
    struct stats *s = &f->stats;
    struct round *round = &s->rounds[s->round];
    struct mote_status status;
    mote_status(x, &status);
    times_add(&round->login, fleet_us() - d->begun_us);
    round->by_token += status.by_token;
    round->resumed_tls += d->tls != NULL && d->tls->tls.resumed;
    d->begun_us = 0;
    d->attempt = 0;
    d->online = true;
    f->under_way--;
    s->logins++;
    s->online++;
    if (s->online >= s->most_online) {
        s->most_online = s->online;
    }
    if (s->online == s->count && round->all_us == 0) {
        round->all_us = fleet_us();
    }
}

/* The engine is made by the first login and not before, so that a device takes no memory until then. */
static bool prepare(struct fleet *f, struct device *d)
{
    const struct account *who = &f->options.accounts[d->number];
    uint8_t *ring;
    d->fleet = f;
    struct mote_config c = {.jid = who->jid,
                            .password = who->password,
                            .keys = f->keys.version != 0 ? &f->keys : NULL,
                            .services = &f->services,
                            .arena = d->reader->arena,
                            .arena_size = READER_ARENA,
                            .xml = d->reader->xml,
                            .xml_size = READER_XML,
                            .on_event = on_event,
                            .app = d,
                            .flags = f->options.tls == FLEET_CLEAR ? MOTE_INSECURE_LOOPBACK | MOTE_ALLOW_PLAIN
                                                                   : MOTE_ALLOW_PLAIN,
                            .scram_slice = SLICE};
    c.tx_size = fleet_ring(f, d, &ring);
    c.tx = ring;
    int r = mote_init(&d->x, &c);
    if (r != 0) {
        stats_reason(&f->stats, r == MOTE_ERR_CONFIG ? "an account whose JID or password is none" : mote_error_text(r));
        return false;
    }
    mote_ping_attach(&d->ping, &d->x, 0, 0);
    work_attach(f, d);
    mote_presence_attach(&d->presence, &d->x, NULL);
    mote_net_posix_init(&d->net);
    if (f->options.tls != FLEET_CLEAR) {
        d->tls = (void *)(ring - sizeof(struct link_tls));
        d->tls->port = (struct mote_port){.clock = &mote_clock_posix,
                                          .net = &mote_net_posix,
                                          .net_ctx = &d->net,
                                          .tls = &mote_tls_mbedtls,
                                          .tls_ctx = &d->tls->tls};
        mote_tls_mbedtls_init(&d->tls->tls, &f->tls);
    }
    if (!keep_attach(f, d)) {
        stats_reason(&f->stats, "no randomness");
        return false;
    }
    reader_leave(f, d);
    return true;
}

static void over(struct fleet *f, struct device *d)
{
    d->state = DEVICE_OVER;
    timer_set(f, d, UINT64_MAX);
}

/* Give up when the error is final, and try again after every other one. */
static void device_lost(struct fleet *f, struct device *d, int error, const char *why)
{
    bool was_online = d->online;
    if (d->online) {
        d->online = false;
        f->stats.online--;
    } else {
        f->under_way--;
    }
    if (d->begun_us != 0 && was_online) {
        f->stats.refused++;
    }
    char text[REASON_TEXT]; /* of what is closed here; nobody asks the engine for it later */
    snprintf(text, sizeof text, "%s", why != NULL ? why : "");
    if (d->tls != NULL) {
        mote_tls_mbedtls.close(&d->tls->tls);
    }
    mote_net_posix.close(&d->net);
    d->secured = d->blocked = false;
    d->begun_us = 0;
    if (d->reader != NULL) {
        d->reader->kept = 0;
    }
    mote_lost(&d->x, error, text, fleet_ms());
    reader_leave(f, d);
    if (f->ending && mote_error(&d->x) == 0) {
        over(f, d);
        return;
    }
    error = mote_error(&d->x);
    stats_reason(&f->stats, mote_why(&d->x));
    f->stats.lost += was_online;
    if (f->ending || error == MOTE_ERR_AUTH || error == MOTE_ERR_CERT || error == MOTE_ERR_CONFLICT ||
        error == MOTE_ERR_MECHANISM || (d->attempt + 1 >= TRIES && f->stats.logins == 0)) {
        f->stats.given_up += !f->ending;
        over(f, d);
        return;
    }
    uint32_t bits = 0;
    (void)f->services.random(f->services.ctx, (uint8_t *)&bits, sizeof bits);
    d->attempt = (uint8_t)(d->attempt < UINT8_MAX ? d->attempt + 1 : UINT8_MAX);
    d->state = DEVICE_OFF;
    timer_set(f, d, fleet_ms() + mote_retry_delay_ms(d->attempt, bits));
}

/* Half of the readers are left to devices that are on line, because these have to answer pings in time. */
bool fleet_busy(const struct fleet *f)
{
    return f->first != NULL || f->under_way >= (f->options.readers + 1) / 2;
}

void device_start(struct fleet *f, struct device *d)
{
    if (!reader_take(f, d)) {
        return; /* it is called again when there is one */
    }
    if (d->x.config.jid == NULL && !prepare(f, d)) {
        f->stats.given_up++;
        over(f, d);
        return;
    }
    reader_leave(f, d);
    f->under_way++;
    d->begun_us = fleet_us();
    int r = mote_net_posix.open(&d->net, &f->addresses[d->attempt % f->address_count]);
    if (r != 0) {
        device_lost(f, d, r, mote_net_posix.why(&d->net));
        return;
    }
    d->state = DEVICE_CONNECTING;
    timer_set(f, d, fleet_ms() + CONNECT_MS);
    watch(f, d, true);
}

/// TLS and stream ///

static void begin_stream(struct fleet *f, struct device *d, const struct mote_tls_info *info)
{
    if (!reader_take(f, d)) {
        return;
    }
    mote_reader_provide(&d->x, d->reader->arena, READER_ARENA, d->reader->xml, READER_XML);
    d->state = DEVICE_STREAM;
    keep_begin(f, d);
    mote_set_unix_time(&d->x, mote_clock_posix.unix_time(NULL), fleet_ms());
    mote_connected(&d->x, info, fleet_ms());
}

static void begin_handshake(struct fleet *f, struct device *d)
{
    const char *alpn = f->options.tls == FLEET_DIRECT ? "xmpp-client" : NULL;
    int r = mote_tls_mbedtls.start(&d->tls->tls, &d->tls->port, mote_domain(&d->x), alpn);
    d->state = DEVICE_SHAKING;
    timer_set(f, d, fleet_ms() + HANDSHAKE_MS);
    if (r != 0) {
        device_lost(f, d, r, mote_tls_mbedtls.why(&d->tls->tls));
    }
}

static void step_connecting(struct fleet *f, struct device *d)
{
    struct mote_tls_info clear = {.loopback = mote_net_posix.loopback(&d->net)};
    int r = mote_net_posix.opened(&d->net);
    if (r < 0) {
        device_lost(f, d, r, mote_net_posix.why(&d->net));
    } else if (r > 0 && f->options.tls == FLEET_DIRECT) {
        begin_handshake(f, d);
    } else if (r > 0) {
        clear.loopback = mote_net_posix.loopback(&d->net);
        begin_stream(f, d, f->options.tls == FLEET_CLEAR ? &clear : NULL);
    } else if (fleet_ms() >= d->due_ms) {
        device_lost(f, d, MOTE_ERR_TIMEOUT, "no connection within 15 s");
    }
}

static void step_shaking(struct fleet *f, struct device *d)
{
    struct mote_tls_info info = {.loopback = false};
    int r = d->secured ? 1 : mote_tls_mbedtls.handshake(&d->tls->tls);
    if (r < 0) {
        device_lost(f, d, r, mote_tls_mbedtls.why(&d->tls->tls));
    } else if (r > 0) {
        d->secured = true;
        mote_tls_mbedtls.info(&d->tls->tls, &info);
        if (f->options.tls == FLEET_DIRECT) {
            begin_stream(f, d, &info);
        } else {
            d->state = DEVICE_STREAM;
            mote_secured(&d->x, &info, fleet_ms());
        }
    } else if (fleet_ms() >= d->due_ms) {
        device_lost(f, d, MOTE_ERR_TIMEOUT, "no TLS handshake within 60 s");
    }
}

/// Bytes ///

static ptrdiff_t link_read(struct device *d, void *bytes, size_t len)
{
    return d->secured ? mote_tls_mbedtls.read(&d->tls->tls, bytes, len) : mote_net_posix.read(&d->net, bytes, len);
}

static ptrdiff_t link_write(struct device *d, const void *bytes, size_t len)
{
    return d->secured ? mote_tls_mbedtls.write(&d->tls->tls, bytes, len) : mote_net_posix.write(&d->net, bytes, len);
}

static const char *link_why(const struct device *d)
{
    return d->secured ? d->tls->tls.why : d->net.why;
}

/* Returns 0, or what the link said when it is gone. */
static int receive_bytes(struct fleet *f, struct device *d)
{
    for (int i = 0; i < TURNS && (mote_wants(&d->x, 0) & MOTE_WANT_READ) != 0 && reader_take(f, d); i++) {
        struct reader_slot *r = d->reader;
        if (r->kept == 0) {
            ptrdiff_t n = link_read(d, r->net, sizeof r->net);
            if (n <= 0) {
                return (int)n;
            }
            r->kept = (size_t)n;
            r->offset = 0;
        }
        if (mote_reader_released(&d->x)) {
            mote_reader_provide(&d->x, r->arena, READER_ARENA, r->xml, READER_XML);
        }
        ptrdiff_t taken = mote_in(&d->x, 0, r->net + r->offset, r->kept, fleet_ms());
        size_t gone = taken >= 0 ? (size_t)taken : r->kept; /* a failed stream has no use for the rest */
        r->offset += gone;
        r->kept -= gone;
        if (gone == 0) {
            break;
        }
    }
    return 0;
}

static int transmit_bytes(struct device *d)
{
    const uint8_t *bytes;
    size_t len;
    d->blocked = false;
    for (int i = 0; i < TURNS && (len = mote_out(&d->x, 0, &bytes)) > 0; i++) {
        ptrdiff_t n = link_write(d, bytes, len);
        if (n <= 0) {
            d->blocked = n == 0;
            return (int)n;
        }
        mote_out_done(&d->x, 0, (size_t)n, fleet_ms());
    }
    return 0;
}

static void step_stream(struct fleet *f, struct device *d, bool readable)
{
    struct mote *x = &d->x;
    int gone = readable ? receive_bytes(f, d) : 0;
    if (mote_deadline(x) <= fleet_ms()) {
        mote_tick(x, fleet_ms());
    }
    if (gone == 0 && (mote_wants(x, 0) & MOTE_WANT_STARTTLS) != 0) {
        if (d->reader->kept > 0) { /* anybody may have put them there in clear (CVE-2011-0411) */
            device_lost(f, d, MOTE_ERR_TLS, "bytes came before the TLS handshake");
        } else {
            begin_handshake(f, d);
        }
        return;
    }
    gone = gone == 0 ? transmit_bytes(d) : gone;
    if (gone < 0) {
        device_lost(f, d, gone, link_why(d));
        return;
    }
    unsigned wants = mote_wants(x, 0);
    if ((wants & MOTE_WANT_CLOSE) != 0 && ((wants & MOTE_WANT_WRITE) == 0 || fleet_ms() >= mote_deadline(x))) {
        device_lost(f, d, MOTE_OK, NULL);
        return;
    }
    reader_leave(f, d);
    bool more = (wants & MOTE_WANT_READ) != 0 && d->secured && mote_tls_mbedtls.pending(&d->tls->tls);
    bool again = (more || (d->reader != NULL && d->reader->kept > 0) || (wants & MOTE_WANT_WRITE) != 0) && !d->blocked;
    timer_set(f, d, again && !d->queued ? 0 : mote_deadline(x));
}

static void step_off(struct fleet *f, struct device *d)
{
    if (d->due_ms == UINT64_MAX) {
        device_start(f, d);
    } else if (fleet_ms() >= d->due_ms) { /* earlier, it was called for a reader that it does not need any more */
        fleet_busy(f) ? timer_set(f, d, fleet_ms() + BUSY_MS) : device_start(f, d);
    }
}

void device_step(struct fleet *f, struct device *d, bool readable)
{
    enum device_state before;
    do { /* a new state has something to do at once, so it does not wait for a turn of its own */
        before = (enum device_state)d->state;
        switch (before) {
        case DEVICE_OFF: step_off(f, d); break;
        case DEVICE_CONNECTING: step_connecting(f, d); break;
        case DEVICE_SHAKING: step_shaking(f, d); break;
        case DEVICE_STREAM: step_stream(f, d, readable); break;
        case DEVICE_OVER: break;
        }
        readable = true;
    } while (d->state != before && (d->state == DEVICE_SHAKING || d->state == DEVICE_STREAM));
    watch(f, d, false);
}

void device_stop(struct fleet *f, struct device *d)
{
    if (d->state == DEVICE_STREAM) {
        mote_close(&d->x, fleet_ms());
        device_step(f, d, true);
    } else if (d->state == DEVICE_CONNECTING || d->state == DEVICE_SHAKING) {
        device_lost(f, d, MOTE_OK, NULL);
    } else {
        over(f, d);
    }
}
