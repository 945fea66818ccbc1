/* SPDX-License-Identifier: MIT
 * The server that keeps to the rules, the states that a run can start from, and what must hold at its end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "tests/fuzz/device.h"

enum { ARENA = 4096, ARENA_LEAST = 2048, XML = 16384, XML_LEAST = 10240, TX = 2048, TX_LEAST = 1024 };

/* Used from their ends, so that what goes beyond meets the sanitizer's red zone whatever the size. */
static uint8_t arena[ARENA], xml[XML], tx[TX], hold[512];

/// The honest server ///

static void answer_login(void)
{
    const struct mote__scram *s = &device.x.scram;
    char text[200], coded[MOTE_BASE64_LEN(200) + 1], element[400];
    bool first = s->server_first[0] == '\0';
    int n =
        first ? snprintf(text, sizeof text, "r=%ss,s=c2FsdA==,i=4096", s->nonce) : snprintf(text, sizeof text, "v=");
    if (!first) {
        n += (int)mote_base64_encode(s->server_signature, s->kind == MOTE_SHA1 ? 20 : 32, text + n);
    }
    mote_base64_encode(text, (size_t)n, coded);
    snprintf(element, sizeof element, "<%s xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>%s</%s>",
             first ? "challenge" : "success", coded, first ? "challenge" : "success");
    device_text(element);
}

void device_id(uint64_t id, char out[12])
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (int i = 0; i < 11; i++, id >>= 6) {
        out[i] = alphabet[id & 63];
    }
    out[11] = '\0';
}

void device_answer(void)
{
    char id[24] = "";
    if (device.x.n.state == NEG_SASL) {
        answer_login();
        return;
    }
    if (device.x.n.state == NEG_BIND) {
        snprintf(id, sizeof id, "%llu", (unsigned long long)device.x.n.bind_id);
    } else if (device.x.iqs != NULL) {
        device_id(device.x.iqs->id, id);
    }
    device_text(id);
}

/// States ///

#define HEADER                                                                                                         \
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='s' from='localhost' "    \
    "version='1.0'>"
#define SASL "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
#define BIND "xmlns='urn:ietf:params:xml:ns:xmpp-bind'"
#define FEATURES_PLAIN                                                                                                 \
    "<stream:features><mechanisms " SASL "><mechanism>PLAIN</mechanism></mechanisms></stream:features>"

static const struct mote_keys kept = {
    .version = 1, .hash = MOTE_SHA256, .salt_len = 4, .iterations = 4096, .salt = "salt"};

static void start(enum device_state state)
{
    static const char *const allow[] = {"bob@localhost", "@example.org", NULL};
    bool small = state == DEVICE_SMALL || state == DEVICE_SMALL_SM;
    size_t arena_size = small ? ARENA_LEAST : ARENA, xml_size = small ? XML_LEAST : XML,
           tx_size = small ? TX_LEAST : TX;
    struct mote_config config = {.jid = "alice@localhost",
                                 .password = "secret",
                                 .services = &device_services,
                                 .arena = arena + sizeof arena - arena_size,
                                 .arena_size = arena_size,
                                 .xml = xml + sizeof xml - xml_size,
                                 .xml_size = xml_size,
                                 .tx = tx + sizeof tx - tx_size,
                                 .tx_size = tx_size,
                                 .on_event = device_on_event,
                                 .flags = MOTE_INSECURE_LOOPBACK | MOTE_ALLOW_PLAIN};
    config.keys = state == DEVICE_KEYS ? &kept : NULL;
    memset(&device, 0, sizeof device);
    device.now_ms = 1000;
    must(mote_init(&device.x, &config) == 0, "the configuration is taken");
    mote_disco_attach(&device.disco, &device.x, NULL);
    mote_ping_attach(&device.ping, &device.x, 0, 0);
    mote_clock_attach(&device.clock, &device.x);
    mote_chat_attach(&device.chat, &device.x, MOTE_CHAT_CARBONS);
    mote_blog_attach(&device.blog, &device.x,
                     &(struct mote_blog_config){.flags = MOTE_BLOG_FOLLOW, .hold = hold, .hold_size = sizeof hold});
    mote_csi_attach(&device.csi, &device.x);
    mote_archive_attach(&device.archive, &device.x,
                        &(struct mote_archive_config){.chat = &device.chat,
                                                      .last = state % 2 == 0 ? "a1" : NULL,
                                                      .page = 2,
                                                      .flags = MOTE_ARCHIVE_SENT,
                                                      .answer = device_testify});
    mote_files_attach(&device.files, &device.x,
                      &(struct mote_files_config){.transfers = device.transfers, .count = 2, .max_size = 100000});
    mote_presence_attach(&device.presence, &device.x, &(struct mote_presence_config){.allow = allow});
}

static void bind(bool sm)
{
    device_connect(&device_loopback);
    device_text(HEADER FEATURES_PLAIN "<success " SASL "/>");
    device_text(HEADER "<stream:features><bind " BIND "/>");
    device_text(sm ? "<sm xmlns='urn:xmpp:sm:3'/></stream:features>" : "</stream:features>");
}

static void log_in(bool sm)
{
    bind(sm);
    device_text("<iq type='result' id='");
    device_answer();
    device_text("'><bind " BIND "><jid>alice@localhost/r</jid></bind></iq>");
    must(mote_online(&device.x), "the login gets on line");
    device_take(SIZE_MAX);
    device_text(sm ? "<enabled xmlns='urn:xmpp:sm:3' resume='true' id='smid'/>" : "");
    mote_set_unix_time(&device.x, 1795219200, device.now_ms);
}

static void resume(void)
{
    log_in(true);
    device_act(0);
    device_act(2);
    device_take(SIZE_MAX);
    device_act(0);
    device_lose(MOTE_ERR_LOST);
    bind(true);
    device_take(SIZE_MAX);
}

static void receive(bool sm)
{
    log_in(sm);
    device_behave(DEVICE_ACCEPTS);
    device_text(
        "<iq type='set' from='bob@localhost/x' id='o1'><jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' "
        "sid='in'><content creator='initiator' name='c'><description "
        "xmlns='urn:xmpp:jingle:apps:file-transfer:5'><file><name>n</name><size>64</size></file></description>"
        "<transport xmlns='urn:xmpp:jingle:transports:ibb:1' sid='s1' block-size='64'/></content></jingle></iq>");
    device.requests = 1;
    device_act(7);
    device_take(SIZE_MAX);
    device_text("<iq type='set' from='bob@localhost/x' id='o2'><open xmlns='http://jabber.org/protocol/ibb' sid='s1' "
                "block-size='64'/></iq>");
    device_take(SIZE_MAX);
}

static void enter(enum device_state state)
{
    start(state);
    switch (state) {
    case DEVICE_OFFLINE: break;
    case DEVICE_CLEAR: device_connect(NULL); break;
    case DEVICE_TLS: device_connect(&device_tls13); break;
    case DEVICE_KEYS: device_connect(&device_tls12); break;
    case DEVICE_LOOPBACK: device_connect(&device_loopback); break;
    case DEVICE_BINDING: bind(true); break;
    case DEVICE_RESUMING: resume(); break;
    case DEVICE_RECEIVING: receive(false); break;
    case DEVICE_RECEIVING_SM: receive(true); break;
    default: log_in(state == DEVICE_ONLINE_SM || state == DEVICE_SMALL_SM); break;
    }
    for (unsigned act = 2; state == DEVICE_ASKING && act < 8; act++) {
        device_act(act);
        device_take(SIZE_MAX);
    }
    for (unsigned i = 0; state == DEVICE_TIGHT && i < 12; i++) {
        device_act(0);
    }
    if (state == DEVICE_CLOSING) {
        mote_close(&device.x, device.now_ms);
    }
    device_behave(0);
}

/// Snapshots: of each buffer only what was ever written to ///

static struct snapshot {
    struct device device;
    uint8_t arena[ARENA], xml[XML], tx[TX];
    size_t arena_used, xml_used, tx_used;
} snapshots[DEVICE_STATES];

enum { UNTOUCHED = 0xa5 };

static size_t touched(const uint8_t *bytes, size_t len)
{
    while (len > 0 && bytes[len - 1] == UNTOUCHED) {
        len--;
    }
    return len;
}

void device_prepare(void)
{
    for (unsigned i = 0; i < DEVICE_STATES; i++) {
        struct snapshot *s = &snapshots[i];
        memset(arena, UNTOUCHED, sizeof arena);
        memset(xml, UNTOUCHED, sizeof xml);
        memset(tx, UNTOUCHED, sizeof tx);
        enter((enum device_state)i);
        s->device = device;
        memcpy(s->arena, arena, s->arena_used = touched(arena, sizeof arena));
        memcpy(s->xml, xml, s->xml_used = touched(xml, sizeof xml));
        memcpy(s->tx, tx, s->tx_used = touched(tx, sizeof tx));
    }
    device_trace = getenv("FUZZ_TRACE") != NULL;
}

void device_restore(enum device_state state)
{
    const struct snapshot *s = &snapshots[state];
    device = s->device;
    memcpy(arena, s->arena, s->arena_used);
    memcpy(xml, s->xml, s->xml_used);
    memcpy(tx, s->tx, s->tx_used);
}

/// The end ///

static void check_bounds(void)
{
    struct mote_status s;
    mote_status(&device.x, &s);
    must(s.tx_used <= s.tx_size && s.tx_peak <= s.tx_size, "the ring holds what it can hold");
    must(s.xml_used <= s.xml_size && s.xml_peak <= s.xml_size, "expat has what it was given");
    must(s.arena_peak <= s.arena_size, "a stanza takes the arena at most");
    must(strlen(mote_why(&device.x)) <= 200 && strlen(mote_jid(&device.x)) <= MOTE_JID_MAX, "texts are bounded");
    must(mote_error(&device.x) != MOTE_ERR_REDIRECT || mote_redirect(&device.x)[0] != '\0',
         "a redirect goes somewhere");
}

void device_end(void)
{
    unsigned wants = mote_wants(&device.x, 0);
    must(!device.connected || wants != 0 || mote_deadline(&device.x) != UINT64_MAX,
         "the engine waits for nothing at all");
    device_take(SIZE_MAX);
    check_bounds();
    device_lose(MOTE_ERR_AUTH);
    if (device.x.sm.id[0] != '\0') { /* an account that is refused ends the session for good */
        device_connect(&device_loopback);
        device_lose(MOTE_ERR_AUTH);
    }
    device_wait(1);
    must(device.ticket_count == 0, "a request is without an answer after the session ended");
}
