/* SPDX-License-Identifier: MIT
 * mote status: log in, and tell how that went.
 */
#include <string.h>

#include "examples/mote/out/fail.h"
#include "examples/mote/link/route.h"
#include "examples/mote/out/out.h"
#include "examples/mote/link/session.h"

static bool answered;

/* Rewrite an address from "::1 port 5222", as port/run/run.h has it, to "[::1]:5222", as in a URI. */
static const char *address(void)
{
    static char text[sizeof session.run.peer + 3];
    const char *peer = session.run.peer, *behind = strstr(peer, " port ");
    size_t len = behind != NULL ? (size_t)(behind - peer) : strlen(peer), n = 0;
    bool brackets = memchr(peer, ':', len) != NULL;
    if (brackets) {
        text[n++] = '[';
    }
    memcpy(text + n, peer, len);
    n += len;
    if (brackets) {
        text[n++] = ']';
    }
    if (behind != NULL) {
        text[n++] = ':';
        strcpy(text + n, behind + strlen(" port ")); /* it is shorter than what it replaces */
    } else {
        text[n] = '\0';
    }
    return text;
}

/* A proxy answers once before TLS. */
static unsigned tcp_trips(void)
{
    uint8_t count;
    const struct mote_run_step *s = mote_run_ladder(&session.run, &count);
    return count > 0 && s[count - 1].proxied ? 2 : 1;
}

static unsigned tls_trips(const struct mote_status *s)
{
    return s->tls_version == NULL ? 0 : s->tls_resumed || strcmp(s->tls_version, "TLSv1.3") == 0 ? 1 : 2;
}

static void print_json(const struct mote_status *s, const struct mote_xml *reply)
{
    const char *feature;
    json_begin(NULL);
    json_string("jid", mote_jid(&session.x));
    json_string("address", address());
    json_object("tls");
    json_string("version", s->tls_version);
    json_string("cipher", s->tls_cipher);
    json_bool("resumed", s->tls_resumed);
    json_close();
    json_object("sasl");
    json_string("mechanism", s->sasl_mechanism);
    json_string("channel_binding", s->channel_binding);
    json_close();
    json_string("profile", s->sasl2 ? "sasl2" : "sasl1");
    json_bool("fast", s->by_token);
    json_bool("pipelined", s->early);
    json_bool("resumed", s->resumed);
    json_object("round_trips");
    json_number("tcp", tcp_trips());
    json_number("tls", tls_trips(s));
    json_number("stream", s->round_trips);
    json_close();
    json_bool("stream_management", s->stream_management);
    json_list("features");
    for (unsigned i = 0; (feature = ask_feature(reply, i)) != NULL; i++) {
        json_string(NULL, feature);
    }
    json_close();
    json_end();
}

static void print_text(const struct mote_status *s, const struct mote_xml *reply)
{
    const char *feature;
    out_print("address            %s\n", mote_jid(&session.x));
    out_print("server             %s\n", address());
    out_print("TLS                %s, %s%s\n", s->tls_version, s->tls_cipher,
              s->tls_resumed ? ", a session of before" : "");
    out_print("login              %s, %s\n", s->sasl_mechanism,
              s->channel_binding != NULL ? s->channel_binding : "not bound to the channel");
    out_print("                   by %s%s%s\n", s->sasl2 ? "SASL2" : "SASL",
              s->by_token ? ", with a token of an earlier login" : "",
              s->early ? ", together with the stream header" : "");
    out_print("round trips        TCP %u, TLS %u, stream %u\n", tcp_trips(), tls_trips(s), s->round_trips);
    out_print("stream management  %s\n", s->stream_management ? "yes" : "no");
    for (unsigned i = 0; (feature = ask_feature(reply, i)) != NULL; i++) {
        out_print("%s %s\n", i == 0 ? "features          " : "                  ", feature);
    }
    if (cli.verbose > 0) {
        out_print("memory             stanza %lu of %lu, expat %lu of %lu, sending %lu of %lu bytes at most\n",
                  (unsigned long)s->arena_peak, (unsigned long)s->arena_size, (unsigned long)s->xml_peak,
                  (unsigned long)s->xml_size, (unsigned long)s->tx_peak, (unsigned long)s->tx_size);
    }
}

static void on_features(struct ask *ask, const struct mote_xml *reply, int error)
{
    (void)ask;
    struct mote_status status;
    answered = error != MOTE_ERR_LOST; /* the end of the connection is told by the wait */
    if (!answered) {
        return;
    }
    mote_status(&session.x, &status);
    if (error != 0 && error != MOTE_ERR_REFUSED) {
        fail(exit_of(error), mote_error_text(error), NULL, "%s did not tell what it can", mote_domain(&session.x));
    }
    if (cli.json) {
        print_json(&status, error == 0 ? reply : NULL);
    } else {
        print_text(&status, error == 0 ? reply : NULL);
    }
}

int verb_status(void)
{
    int code = session_open(0, NULL);
    code = code == 0 ? session_login() : code;
    if (code == 0) {
        if (cli.why) {
            link_tell(&session.run);
        }
        int ticket = ask_features(&session.ask, NULL, on_features);
        code = ticket > 0 ? session_wait(&answered, 0)
                          : fail(exit_of(ticket), mote_error_text(ticket), NULL, "cannot ask %s what it can",
                                 mote_domain(&session.x));
    }
    session.settled = code == 0;
    return session_close(code);
}
