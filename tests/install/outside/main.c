/* SPDX-License-Identifier: MIT
 * A program from outside the tree: the engine driven by hand, with a server that is a script and a flash that is RAM.
 * It prints a line for each thing that a module of others has to be able to do, and ends with 1 if one of them is not
 * so.
 */
#include <stdio.h>
#include <string.h>

#include "alarm.h"
#include "core/modules/chat/chat.h"
#include "port/crypto/hash_mbedtls.h"

#define ROOM "room@example.org/desk"
#define STREAM                                                                                                         \
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='s' from='example.org' "  \
    "version='1.0'>"

static uint8_t arena[4096], xml[16384], tx[2048], buffer[256];
static struct mote x;
static struct alarm alarm_module;
static struct mote_chat chat;
static struct mote_outbox outbox;
static struct mote_store store;
static char sent[8192]; /* by the client, and not looked at yet */
static uint64_t now_ms;
static int failed;

static struct {
    int kind, outbox_kind;
    int32_t ticket;
    unsigned count, minutes;
    char text[64];
} heard; /* the last event, and how many there were */

static void check(int good, const char *what)
{
    printf("%s - %s\n", good ? "ok" : "not ok", what);
    failed |= !good;
}

/// A flash that is RAM ///

enum { BLOCK = 1024, BLOCKS = 16 };
static uint8_t flash_bytes[BLOCKS][BLOCK];

static int flash_read(void *ctx, uint32_t block, uint32_t offset, void *buf, uint32_t size)
{
    (void)ctx;
    memcpy(buf, &flash_bytes[block][offset], size);
    return 0;
}

static int flash_prog(void *ctx, uint32_t block, uint32_t offset, const void *buf, uint32_t size)
{
    (void)ctx;
    memcpy(&flash_bytes[block][offset], buf, size);
    return 0;
}

static int flash_erase(void *ctx, uint32_t block)
{
    (void)ctx;
    memset(flash_bytes[block], 0xff, BLOCK);
    return 0;
}

static int flash_sync(void *ctx)
{
    (void)ctx;
    return 0;
}

static const struct mote_flash flash = {.read = flash_read,
                                        .prog = flash_prog,
                                        .erase = flash_erase,
                                        .sync = flash_sync,
                                        .read_size = 16,
                                        .prog_size = 16,
                                        .block_size = BLOCK,
                                        .block_count = BLOCKS};
static const struct mote_store_config store_config = {
    .flash = &flash, .buffer = buffer, .buffer_size = sizeof buffer, .dropped = mote_outbox_dropped, .ctx = &outbox};

/// The engine ///

static int count_up(void *ctx, uint8_t *bytes, size_t len)
{
    static uint8_t next;
    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        bytes[i] = next++; /* no place for such a thing but a test */
    }
    return 0;
}

static const struct mote_services services = {.random = count_up,
                                              .hash_start = mote_crypto_hash_start,
                                              .hash_feed = mote_crypto_hash_feed,
                                              .hash_end = mote_crypto_hash_end};

static void on_event(void *app, struct mote *m, const struct mote_event *event)
{
    const char *text = "";
    (void)app, (void)m;
    heard.kind = event->kind;
    heard.ticket = event->ticket;
    heard.count++;
    switch (event->kind) {
    case ALARM_EV_SILENCED:
        text = alarm_silence_of(event)->id;
        heard.minutes = alarm_silence_of(event)->minutes;
        break;
    case ALARM_EV_ON_DUTY: text = alarm_duty_of(event)->name; break;
    case MOTE_EV_DELIVERED: heard.outbox_kind = mote_outbox_item_of(event)->kind; break;
    case MOTE_EV_REFUSED: text = event->condition != NULL ? event->condition : ""; break;
    default: break;
    }
    snprintf(heard.text, sizeof heard.text, "%s", text);
}

/* The program begins anew; only the flash is as it was. */
static int start(int with_alarms)
{
    const struct mote_config config = {.jid = "thing@example.org",
                                       .password = "secret",
                                       .services = &services,
                                       .arena = arena,
                                       .arena_size = sizeof arena,
                                       .xml = xml,
                                       .xml_size = sizeof xml,
                                       .tx = tx,
                                       .tx_size = sizeof tx,
                                       .on_event = on_event,
                                       .flags = MOTE_INSECURE_LOOPBACK | MOTE_ALLOW_PLAIN};
    int error = mote_store_mount(&store, &store_config);
    error = error == MOTE_STORE_NONE ? mote_store_format(&store, &store_config, 1) : error;
    error = error == 0 ? mote_init(&x, &config) : error;
    error = error == 0 ? mote_outbox_attach(&outbox, &x, &(struct mote_outbox_config){.store = &store}) : error;
    mote_chat_attach(&chat, &x, 0);
    if (with_alarms) {
        alarm_attach(&alarm_module, &x, ROOM);
        alarm_durable(&alarm_module, &outbox);
    }
    sent[0] = '\0';
    return error == 0;
}

/* All that is due, and what the client sends goes behind `sent`. */
static void turn(void)
{
    const uint8_t *bytes;
    size_t n;
    for (int i = 0; i < 50 && (mote_deadline(&x) <= now_ms || mote_out(&x, 0, &bytes) > 0); i++) {
        mote_tick(&x, now_ms);
        while ((n = mote_out(&x, 0, &bytes)) > 0) {
            snprintf(sent + strlen(sent), sizeof sent - strlen(sent), "%.*s", (int)n, (const char *)bytes);
            mote_out_done(&x, 0, n, now_ms);
        }
    }
}

static void server_says(const char *text)
{
    mote_in(&x, 0, text, strlen(text), now_ms);
    turn();
}

/* Answer the first IQ in `sent` with <iq id='ITS ID' and `rest`. What was sent is forgotten. */
static void answer(const char *rest)
{
    char id[32] = "", reply[512];
    const char *at = strstr(sent, " id='");
    if (at != NULL) {
        snprintf(id, sizeof id, "%.*s", (int)strcspn(at + 5, "'"), at + 5);
    }
    sent[0] = '\0';
    snprintf(reply, sizeof reply, "<iq id='%s' %s", id, rest);
    server_says(reply);
}

static void login(void)
{
    const struct mote_tls_info loopback = {.loopback = true};
    mote_connected(&x, &loopback, now_ms);
    turn();
    server_says(STREAM "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN"
                       "</mechanism></mechanisms></stream:features>");
    server_says("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
    sent[0] = '\0';
    server_says(STREAM "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>");
    answer("type='result'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>thing@example.org/r</jid>"
           "</bind></iq>");
}

/// What has to be so ///

static void queues_durably(void)
{
    struct mote_outbox_entry entry;
    check(start(1), "the engine, a store and an outbox with a kind from outside");
    int32_t ticket = alarm_raise(&alarm_module, "door <open>");
    check(ticket > 0, "an alarm is queued while there is no connection");
    check(mote_outbox_next(&store, 0, &entry) == 1 && entry.kind == ALARM_KIND && strcmp(entry.to, ROOM) == 0 &&
              strcmp(mote_outbox_kind_name(&outbox, entry.kind), "alarm") == 0,
          "the queue shows it with its kind");

    check(start(0), "a restart, of a program that does not know alarms");
    login();
    check(strstr(sent, "urn:example:alarm") == NULL && mote_outbox_count(&outbox) == 1 &&
              strcmp(mote_outbox_kind_name(&outbox, ALARM_KIND), "unknown") == 0,
          "the alarm stays where it is");

    check(start(1), "a restart, of one that does");
    login();
    check(strstr(sent, "<alarm xmlns='urn:example:alarm' id='") != NULL &&
              strstr(sent, ">door &lt;open&gt;</alarm></iq>"),
          "the alarm is sent");
    answer("type='error' from='" ROOM "'><error type='wait'><resource-constraint "
           "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
    check(sent[0] == '\0' && mote_outbox_count(&outbox) == 1, "a refusal that passes makes it wait");
    now_ms += 30000;
    turn();
    check(strstr(sent, "<alarm ") != NULL, "and it is sent again");
    mote_lost(&x, MOTE_ERR_LOST, "the link", now_ms);
    login();
    check(strstr(sent, "<alarm ") != NULL, "a lost link: it is sent again");
    answer("type='result' from='" ROOM "'/>");
    check(heard.kind == MOTE_EV_DELIVERED && heard.ticket == ticket && heard.outbox_kind == ALARM_KIND &&
              mote_outbox_count(&outbox) == 0,
          "it is delivered under its first ticket");
}

static void asks(void)
{
    sent[0] = '\0';
    int32_t ticket = alarm_ask_duty(&alarm_module);
    turn();
    check(ticket > 0 && strstr(sent, "type='get'") &&
              strstr(sent, "to='" ROOM "'><on-duty xmlns='urn:example:alarm'/></iq>"),
          "a request is sent");
    check(alarm_ask_duty(&alarm_module) == MOTE_ERR_BUSY, "one at a time");
    char question[sizeof sent];
    memcpy(question, sent, sizeof sent);
    unsigned before = heard.count;
    answer("type='result' from='mallory@example.org/x'><on-duty xmlns='urn:example:alarm'>me</on-duty></iq>");
    check(heard.count == before, "an answer of somebody else is none");
    memcpy(sent, question, sizeof sent);
    answer("type='result' from='" ROOM "'><on-duty xmlns='urn:example:alarm'>Ada</on-duty></iq>");
    check(heard.kind == ALARM_EV_ON_DUTY && heard.ticket == ticket && strcmp(heard.text, "Ada") == 0,
          "its answer is an event of the module");
    ticket = alarm_ask_duty(&alarm_module);
    turn();
    answer("type='error' from='" ROOM "'><error type='cancel'><item-not-found "
           "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
    check(heard.kind == MOTE_EV_REFUSED && heard.ticket == ticket && strcmp(heard.text, "item-not-found") == 0,
          "and an error is told with its condition");
}

static void takes_stanzas(void)
{
    server_says("<message from='" ROOM "'><silence xmlns='urn:example:alarm' id='a1' minutes='15'/></message>");
    check(heard.kind == ALARM_EV_SILENCED && strcmp(heard.text, "a1") == 0 && heard.minutes == 15,
          "a message becomes an event with its struct");
    unsigned before = heard.count;
    server_says(
        "<message from='" ROOM "'><silence xmlns='urn:example:alarm' id='a1' minutes='-1'/></message>"
        "<message from='mallory@example.org/x'><silence xmlns='urn:example:alarm' id='a1' minutes='15'/></message>");
    check(heard.count == before, "one that is nonsense, or from somebody else, does not");
    alarm_module.level = 3;
    sent[0] = '\0';
    server_says("<iq type='get' id='q1' from='" ROOM "'><level xmlns='urn:example:alarm'/></iq>");
    check(strstr(sent, "<iq type='result' id='q1' to='" ROOM "'><level xmlns='urn:example:alarm'>3</level></iq>") !=
              NULL,
          "an IQ is answered");
    sent[0] = '\0';
    server_says("<iq type='get' id='q2' from='mallory@example.org/x'><level xmlns='urn:example:alarm'/></iq>");
    check(strstr(sent, "service-unavailable") != NULL, "one that the module does not take is refused by the engine");
    server_says("<message from='bob@example.org/x' type='chat'><body>hello</body></message>");
    check(heard.kind == MOTE_EV_MESSAGE, "what is not its own goes on to the other modules");
}

int main(void)
{
    queues_durably();
    asks();
    takes_stanzas();
    return failed;
}
