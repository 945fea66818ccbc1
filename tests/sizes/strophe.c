/* SPDX-License-Identifier: MIT
 * strophe recv|send PORT N: does with libstrophe what per_stanza does with Mote.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strophe.h>

#include "tests/sizes/stanza.h"

static xmpp_ctx_t *ctx;
static unsigned wanted, received, sent;
static bool sending, online, done, gone;

static int on_message(xmpp_conn_t *c, xmpp_stanza_t *stanza, void *data)
{
    (void)data;
    xmpp_stanza_t *body = xmpp_stanza_get_child_by_name(stanza, "body");
    const char *from = xmpp_stanza_get_from(stanza);
    if (body != NULL && from != NULL && ++received == (sending ? 1 : wanted)) {
        done = true;
        xmpp_disconnect(c);
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
    xmpp_handler_add(c, on_message, NULL, "message", NULL, NULL);
    xmpp_stanza_t *presence = xmpp_presence_new(ctx);
    xmpp_send(c, presence);
    xmpp_stanza_release(presence);
    online = true;
}

static void send_one(xmpp_conn_t *c)
{
    xmpp_stanza_t *m = xmpp_message_new(ctx, "chat", "bob@localhost/bench", STANZA_ID);
    xmpp_message_set_body(m, STANZA_BODY);
    xmpp_send(c, m);
    xmpp_stanza_release(m);
    sent++;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        return 2;
    }
    sending = strcmp(argv[1], "send") == 0;
    wanted = (unsigned)atoi(argv[3]);
    xmpp_initialize();
    ctx = xmpp_ctx_new(NULL, NULL);
    xmpp_conn_t *c = xmpp_conn_new(ctx);
    xmpp_conn_set_flags(c, XMPP_CONN_FLAG_DISABLE_TLS);
    xmpp_conn_set_jid(c, "bob@localhost/bench");
    xmpp_conn_set_pass(c, "secret");
    if (xmpp_connect_client(c, "127.0.0.1", (unsigned short)atoi(argv[2]), on_connection, NULL) != XMPP_EOK) {
        return 1;
    }
    while (!gone) {
        for (int i = 0; online && sending && sent < wanted && i < 64; i++) {
            send_one(c);
        }
        xmpp_run_once(ctx, online && sending && sent < wanted ? 0 : 10);
    }
    xmpp_conn_release(c);
    xmpp_ctx_free(ctx);
    xmpp_shutdown();
    return !done;
}
