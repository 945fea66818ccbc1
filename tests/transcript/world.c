/* SPDX-License-Identifier: MIT
 * The world of a case: an engine whose entropy is a counter and whose events are text, and the functions that move
 * bytes and time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port/crypto/hash_mbedtls.h"
#include "tests/transcript/transcript.h"

/// The engine ///

static int counting_random(void *ctx, uint8_t *bytes, size_t len)
{
    struct play *p = ctx;
    for (size_t i = 0; i < len; i++) {
        bytes[i] = p->random++;
    }
    return p->no_entropy ? -1 : 0;
}

static void log_line(void *ctx, enum mote_log_level level, const char *line)
{
    (void)ctx, (void)level;
    if (getenv("TRANSCRIPT_LOG") != NULL) {
        fprintf(stderr, "    log: %s\n", line);
    }
}

static void add_event(struct play *p, const char *line)
{
    size_t len = strlen(line);
    if (p->events_len + len + 2 > sizeof p->events) {
        play_fail(p, "too many events");
        return;
    }
    memcpy(p->events + p->events_len, line, len);
    p->events_len += len;
    p->events[p->events_len++] = '\n';
    p->events[p->events_len] = '\0';
}

static void on_event(void *app, struct mote *x, const struct mote_event *event)
{
    char line[8192];
    struct play *p = app;
    (void)x;
    if (event->kind == MOTE_EV_KEYS) {
        p->told = *event->keys;
    }
    describe_event(line, sizeof line, event);
    add_event(p, line);
}

void play_archive_answer(void *play, uint32_t tag, enum mote_archive_testimony testimony)
{
    static const char *const names[] = {"found", "not found", "cannot tell"};
    struct play *p = play;
    char line[64];
    if (strcmp(p->witness, "archive") == 0) {
        mote_outbox_witnessed(&p->outbox, tag,
                              (enum mote_outbox_testimony)testimony); /* the same three, in their order */
        return;
    }
    snprintf(line, sizeof line, "archive-has tag=%u: %s", (unsigned)tag, names[testimony]);
    add_event(p, line);
}

void play_start(struct play *p)
{
    static struct mote_services services;
    if (p->started) {
        return;
    }
    p->started = true;
    services = (struct mote_services){.random = counting_random,
                                      .hash_start = mote_crypto_hash_start,
                                      .hash_feed = mote_crypto_hash_feed,
                                      .hash_end = mote_crypto_hash_end,
                                      .log = log_line,
                                      .ctx = p};
    p->config.jid = p->jid;
    p->config.services = &services;
    p->config.arena = p->arena;
    p->config.arena_size = p->arena_size;
    p->config.xml = p->xml;
    p->config.xml_size = p->xml_size;
    p->config.tx = p->tx;
    p->config.tx_size = p->tx_size;
    p->config.on_event = on_event;
    p->config.app = p;
    int error = mote_init(&p->x, &p->config);
    if (error != 0) {
        play_fail(p, "mote_init: %s", mote_error_text(error));
        return;
    }
    play_attach(p);
}

/// Moving bytes and time ///

void play_work(struct play *p)
{
    int turns = 0;
    while (turns < 10000 && mote_deadline(&p->x) <= p->now_ms) {
        mote_tick(&p->x, p->now_ms);
        turns++;
    }
    if (turns == 10000 && (mote_wants(&p->x, 0) & MOTE_WANT_CLOSE) == 0) {
        play_fail(p, "a deadline that no tick moves on");
    }
}

size_t play_take(struct play *p, size_t most)
{
    const uint8_t *bytes;
    size_t n = mote_out(&p->x, 0, &bytes);
    n = n < most ? n : most;
    if (n == 0) {
        return 0;
    }
    if (p->output_len + n >= sizeof p->output) {
        play_fail(p, "more output than the test can hold");
        return 0;
    }
    memcpy(p->output + p->output_len, bytes, n);
    p->output_len += n;
    p->output[p->output_len] = '\0';
    mote_out_done(&p->x, 0, n, p->now_ms);
    return n;
}

void play_collect(struct play *p)
{
    while (play_take(p, p->chunk) > 0) {
    }
}

void play_feed(struct play *p, const char *bytes, size_t len)
{
    for (int stuck = 0; len > 0 && stuck < 2;) {
        size_t n = p->each_byte != NULL ? 1 : len < p->chunk ? len : p->chunk;
        ptrdiff_t taken = mote_in(&p->x, 0, bytes, n, p->now_ms);
        play_work(p);
        p->received += taken < 0 ? n : (size_t)taken;
        if (taken != 0 && p->each_byte != NULL) {
            p->each_byte(p);
        }
        if (taken < 0) {
            return; /* the stream failed: what it leads to is expected or not by the lines that follow */
        }
        stuck = taken == 0 ? stuck + 1 : 0;
        if (taken == 0) {
            play_collect(p); /* congested: the wire takes something */
        }
        bytes += taken;
        len -= (size_t)taken;
    }
    if (len > 0) {
        play_fail(p, "the engine takes no bytes, though all of its output was taken");
    }
}

/// Connections ///

static struct mote_tls_info tls_info(const char *kind)
{
    struct mote_tls_info info = {.version = "TLSv1.2", .cipher = "TEST", .verified = true};
    if (strcmp(kind, "tls13") == 0) {
        info.version = "TLSv1.3";
        info.exporter_len = 32;
        info.end_point_len = 32;
        for (int i = 0; i < 32; i++) {
            info.exporter[i] = (uint8_t)i;
            info.end_point[i] = (uint8_t)(255 - i);
        }
    } else if (strcmp(kind, "unverified") == 0) {
        info.verified = false;
    } else if (strcmp(kind, "loopback") == 0) {
        info = (struct mote_tls_info){.loopback = true};
    }
    return info;
}

void play_connect(struct play *p, const char *kind)
{
    struct mote_tls_info info = tls_info(kind);
    play_start(p);
    if (mote_connected(&p->x, strcmp(kind, "clear") == 0 ? NULL : &info, p->now_ms) != 0) {
        play_fail(p, "mote_connected was refused");
    }
}

void play_secured(struct play *p, const char *kind)
{
    struct mote_tls_info info = tls_info(kind);
    if (mote_secured(&p->x, &info, p->now_ms) != 0) {
        play_fail(p, "mote_secured was refused");
    }
}

void play_login(struct play *p, bool keep_output, bool sm)
{
    const char *bind =
        sm ? "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><sm xmlns='urn:xmpp:sm:3'/>"
             "<csi xmlns='urn:xmpp:csi:0'/></stream:features>"
           : "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>";
    const char *const steps[] = {("<stream:features><mechanisms "
                                  "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>"
                                  "</stream:features>"),
                                 "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", bind};
    static const char header[] = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
                                 "id='s' from='localhost' version='1.0'>";
    char bound[700];
    p->config.flags |= MOTE_INSECURE_LOOPBACK | MOTE_ALLOW_PLAIN;
    play_start(p);
    p->x.config.flags |= p->config.flags; /* if a command has started it before */
    play_connect(p, "loopback");
    play_feed(p, header, strlen(header));
    for (int i = 0; i < 3; i++) {
        play_feed(p, steps[i], strlen(steps[i]));
        if (i == 1) {
            play_feed(p, header, strlen(header));
        }
    }
    play_collect(p);
    if (sm && strstr(p->output, "<resume ") != NULL) {
        return; /* what the server says to that is the case's to tell */
    }
    const char *id = strstr(p->output, "<iq type='set' id='");
    size_t jid = strcspn(p->jid, "/");
    snprintf(bound, sizeof bound,
             "<iq type='result' id='%.*s'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>%.*s/r</jid></bind></iq>",
             id != NULL ? (int)strcspn(id + 19, "'") : 0, id != NULL ? id + 19 : "", (int)jid, p->jid);
    play_feed(p, bound, strlen(bound));
    play_collect(p);
    if (!mote_online(&p->x)) {
        play_fail(p, "the login did not get on line: %s", mote_why(&p->x));
    }
    p->events_len = 0;
    p->events[0] = '\0';
    if (!keep_output) {
        p->output_len = 0;
        p->output[0] = '\0';
    }
}
