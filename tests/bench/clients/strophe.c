/* SPDX-License-Identifier: MIT
 * libstrophe with the contract of client.h. Trusts every certificate.
 */
#include <signal.h>
#include <stdbool.h>
#include <strophe.h>

#include "tests/bench/clients/client.h"

static struct bench b;
static xmpp_ctx_t *ctx;
static int online, received, sent, answered;
static bool done, gone;

static void give(xmpp_conn_t *c, xmpp_stanza_t *stanza)
{
    xmpp_send(c, stanza);
    xmpp_stanza_release(stanza);
}

static void say(xmpp_conn_t *c, const char *to, const char *body)
{
    char id[32];
    snprintf(id, sizeof id, "m%d", sent);
    xmpp_stanza_t *m = xmpp_message_new(ctx, "chat", to, id);
    xmpp_message_set_body(m, body);
    give(c, m);
}

static void send_one(xmpp_conn_t *c)
{
    char body[96];
    snprintf(body, sizeof body, BODY, sent);
    say(c, "bob@localhost/bench", body);
}

/* A child element with text, if there is any. */
static xmpp_stanza_t *child(xmpp_stanza_t *parent, const char *name, const char *ns, const char *text)
{
    xmpp_stanza_t *s = xmpp_stanza_new(ctx);
    xmpp_stanza_set_name(s, name);
    if (ns != NULL) {
        xmpp_stanza_set_ns(s, ns);
    }
    if (text != NULL) {
        xmpp_stanza_t *t = xmpp_stanza_new(ctx);
        xmpp_stanza_set_text(t, text);
        xmpp_stanza_add_child(s, t);
        xmpp_stanza_release(t);
    }
    xmpp_stanza_add_child(parent, s);
    xmpp_stanza_release(s);
    return s;
}

static void publish_one(xmpp_conn_t *c)
{
    char id[32], item_id[32], atom_id[64], title[64];
    snprintf(id, sizeof id, "p%d", sent);
    snprintf(item_id, sizeof item_id, "i%d", sent % 16);
    snprintf(atom_id, sizeof atom_id, "tag:localhost,2026:s17-%d", sent);
    snprintf(title, sizeof title, "temperature 21.5 C seq %d", sent);
    xmpp_stanza_t *iq = xmpp_iq_new(ctx, "set", id);
    xmpp_stanza_set_to(iq, "pubsub.localhost");
    xmpp_stanza_t *publish =
        child(child(iq, "pubsub", "http://jabber.org/protocol/pubsub", NULL), "publish", NULL, NULL);
    xmpp_stanza_set_attribute(publish, "node", "sensor-17");
    xmpp_stanza_t *item = child(publish, "item", NULL, NULL);
    xmpp_stanza_set_id(item, item_id);
    xmpp_stanza_t *entry = child(item, "entry", "http://www.w3.org/2005/Atom", NULL);
    child(entry, "title", NULL, title);
    child(entry, "id", NULL, atom_id);
    child(entry, "published", NULL, WHEN);
    child(entry, "updated", NULL, WHEN);
    give(c, iq);
}

static int on_message(xmpp_conn_t *c, xmpp_stanza_t *stanza, void *data)
{
    (void)data;
    received++;
    (void)xmpp_stanza_get_child_by_name(stanza, "body");
    if (bench_is(&b, "send") || received == b.count) {
        bench_report(&b);
        if (bench_is(&b, "recv")) {
            say(c, xmpp_stanza_get_from(stanza), "done");
        }
        done = true;
    }
    return 1;
}

static int on_iq(xmpp_conn_t *c, xmpp_stanza_t *stanza, void *data)
{
    (void)c, (void)data;
    const char *id = xmpp_stanza_get_id(stanza), *type = xmpp_stanza_get_type(stanza);
    if (id != NULL && id[0] == 'p' && type != NULL && strcmp(type, "result") == 0 && ++answered == b.count) {
        bench_report(&b);
        done = true;
    }
    return 1;
}

static int on_presence(xmpp_conn_t *c, xmpp_stanza_t *stanza, void *data)
{
    (void)c, (void)stanza, (void)data;
    if (bench_is(&b, "connect")) {
        bench_report(&b);
        _exit(0);
    }
    return 1;
}

static void on_connection(xmpp_conn_t *c, xmpp_conn_event_t event, int error, xmpp_stream_error_t *stream, void *data)
{
    (void)error, (void)stream, (void)data;
    if (event != XMPP_CONN_CONNECT) {
        gone = true;
        return;
    }
    bench_start(&b);
    xmpp_handler_add(c, on_message, NULL, "message", NULL, NULL);
    xmpp_handler_add(c, on_iq, NULL, "iq", NULL, NULL);
    xmpp_handler_add(c, on_presence, NULL, "presence", NULL, NULL);
    give(c, xmpp_presence_new(ctx));
    online++;
}

static xmpp_conn_t *begin(const char *jid)
{
    static const long flags[] = {XMPP_CONN_FLAG_DISABLE_TLS, XMPP_CONN_FLAG_MANDATORY_TLS | XMPP_CONN_FLAG_TRUST_TLS,
                                 XMPP_CONN_FLAG_LEGACY_SSL | XMPP_CONN_FLAG_TRUST_TLS};
    xmpp_conn_t *c = xmpp_conn_new(ctx);
    xmpp_conn_set_flags(c, flags[b.tls]);
    xmpp_conn_set_jid(c, jid);
    xmpp_conn_set_pass(c, "secret");
    if (xmpp_connect_client(c, "127.0.0.1", (unsigned short)b.port, on_connection, NULL) != XMPP_EOK) {
        exit(1);
    }
    return c;
}

static int fleet(void)
{
    long base = 0;
    for (int i = 0; i < b.count; i++) {
        char jid[64];
        snprintf(jid, sizeof jid, "dev%d@localhost", i + 1);
        begin(jid);
        while (online <= i && !gone) {
            xmpp_run_once(ctx, 1);
        }
        base = i == 9 ? bench_rss_kib() : base;
    }
    bench_report_fleet(online, base);
    _exit(gone);
}

int main(int argc, char **argv)
{
    char jid[64];
    b = bench_arguments(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    snprintf(jid, sizeof jid, "%s@localhost/bench", b.user);
    xmpp_initialize();
    ctx = xmpp_ctx_new(NULL, NULL);
    if (bench_is(&b, "fleet")) {
        return fleet();
    }
    xmpp_conn_t *c = begin(jid);
    while (!online && !gone) {
        xmpp_run_once(ctx, 10);
    }
    if (bench_is(&b, "once")) {
        send_one(c);
        publish_one(c);
    }
    if (bench_is(&b, "hello") && online) {
        send_one(c);
        done = true;
    }
    while (!done && !gone) {
        for (int i = 0; i < 64 && bench_is(&b, "send") && sent < b.count; i++, sent++) {
            send_one(c);
        }
        for (; bench_is(&b, "pub") && sent < b.count && sent - answered < b.window; sent++) {
            publish_one(c);
        }
        xmpp_run_once(ctx, bench_is(&b, "send") && sent < b.count ? 0 : 10);
    }
    if (!gone) {
        xmpp_disconnect(c);
        for (double end = bench_now() + 2; !gone && bench_now() < end;) {
            xmpp_run_once(ctx, 1);
        }
    }
    xmpp_conn_release(c);
    xmpp_ctx_free(ctx);
    xmpp_shutdown();
    return !done;
}
