/* SPDX-License-Identifier: MIT
 * Feeds stanzas to each module while on line. They are put together from the words that the modules know, so they are
 * well-formed and reach code that random bytes would not. No such stanza may end the stream.
 *
 *   byte 0       the state to start from, and whether stanzas come whole
 *   then, for each byte:
 *   00..5f       open the element of that number
 *   60..9f       add an attribute, whose value the next byte chooses
 *   a0..bf       add text
 *   c0..cf       close an element
 *   d0..ef       feed the stanza
 *   f0..ff       the application acts, or time passes
 */
#include <string.h>

#include "core/xml/writer.h"
#include "tests/fuzz/device.h"

static const char *const elements[][2] = {{"body", ""},
                                          {"subject", ""},
                                          {"status", ""},
                                          {"show", ""},
                                          {"error", ""},
                                          {"request", "urn:xmpp:receipts"},
                                          {"received", "urn:xmpp:receipts"},
                                          {"origin-id", "urn:xmpp:sid:0"},
                                          {"delay", "urn:xmpp:delay"},
                                          {"received", "urn:xmpp:carbons:2"},
                                          {"sent", "urn:xmpp:carbons:2"},
                                          {"forwarded", "urn:xmpp:forward:0"},
                                          {"message", "jabber:client"},
                                          {"event", "http://jabber.org/protocol/pubsub#event"},
                                          {"items", ""},
                                          {"item", ""},
                                          {"retract", ""},
                                          {"purge", ""},
                                          {"delete", ""},
                                          {"pubsub", "http://jabber.org/protocol/pubsub"},
                                          {"pubsub", "http://jabber.org/protocol/pubsub#owner"},
                                          {"subscription", ""},
                                          {"publish", ""},
                                          {"set", "http://jabber.org/protocol/rsm"},
                                          {"first", ""},
                                          {"last", ""},
                                          {"count", ""},
                                          {"entry", "http://www.w3.org/2005/Atom"},
                                          {"title", ""},
                                          {"content", ""},
                                          {"summary", ""},
                                          {"updated", ""},
                                          {"published", ""},
                                          {"id", ""},
                                          {"author", ""},
                                          {"name", ""},
                                          {"uri", ""},
                                          {"link", ""},
                                          {"category", ""},
                                          {"div", "http://www.w3.org/1999/xhtml"},
                                          {"p", ""},
                                          {"br", ""},
                                          {"query", "http://jabber.org/protocol/disco#info"},
                                          {"query", "http://jabber.org/protocol/disco#items"},
                                          {"query", "jabber:iq:version"},
                                          {"query", "jabber:iq:roster"},
                                          {"ping", "urn:xmpp:ping"},
                                          {"time", "urn:xmpp:time"},
                                          {"utc", ""},
                                          {"tzo", ""},
                                          {"jingle", "urn:xmpp:jingle:1"},
                                          {"content", ""},
                                          {"description", "urn:xmpp:jingle:apps:file-transfer:5"},
                                          {"file", ""},
                                          {"size", ""},
                                          {"range", ""},
                                          {"hash", "urn:xmpp:hashes:2"},
                                          {"hash-used", "urn:xmpp:hashes:2"},
                                          {"transport", "urn:xmpp:jingle:transports:ibb:1"},
                                          {"transport", "urn:xmpp:jingle:transports:s5b:1"},
                                          {"reason", ""},
                                          {"success", ""},
                                          {"decline", ""},
                                          {"text", ""},
                                          {"checksum", "urn:xmpp:jingle:apps:file-transfer:5"},
                                          {"received", "urn:xmpp:jingle:apps:file-transfer:5"},
                                          {"security", "urn:xmpp:jingle:security:xtls:0"},
                                          {"open", "http://jabber.org/protocol/ibb"},
                                          {"data", "http://jabber.org/protocol/ibb"},
                                          {"close", "http://jabber.org/protocol/ibb"},
                                          {"item-not-found", "urn:ietf:params:xml:ns:xmpp-stanzas"},
                                          {"conflict", "urn:ietf:params:xml:ns:xmpp-stanzas"},
                                          {"text", "urn:ietf:params:xml:ns:xmpp-stanzas"},
                                          {"precondition-not-met", "http://jabber.org/protocol/pubsub#errors"},
                                          {"unsupported", "http://jabber.org/protocol/pubsub#errors"},
                                          {"x", "jabber:x:data"},
                                          {"field", ""},
                                          {"value", ""},
                                          {"feature-not-implemented", "urn:ietf:params:xml:ns:xmpp-stanzas"},
                                          {"fin", "urn:xmpp:mam:2"},
                                          {"result", "urn:xmpp:mam:2"},
                                          {"stanza-id", "urn:xmpp:sid:0"},
                                          {"c", "http://jabber.org/protocol/caps"}};

static const char *const attributes[] = {
    "type",         "id",     "from",    "to",       "node",    "stamp",       "resume",     "sid",     "seq",
    "block-size",   "action", "name",    "creator",  "senders", "algo",        "offset",     "length",  "publisher",
    "subscription", "jid",    "index",   "rel",      "href",    "term",        "feature",    "var",     "initiator",
    "stanza",       "code",   "queryid", "complete", "by",      "disposition", "media-type", "xml:lang"};

/* Of attributes and texts. 0x0f: the id of a request that waits. */
static const char *const values[] = {"\x0f",
                                     "result",
                                     "error",
                                     "get",
                                     "set",
                                     "bob@localhost/x",
                                     "bob@localhost",
                                     "alice@localhost",
                                     "alice@localhost/r",
                                     "localhost",
                                     "pubsub.localhost",
                                     "mallory@example.org/y",
                                     "chat",
                                     "normal",
                                     "groupchat",
                                     "headline",
                                     "available",
                                     "unavailable",
                                     "subscribe",
                                     "subscribed",
                                     "unsubscribe",
                                     "unsubscribed",
                                     "0",
                                     "1",
                                     "2",
                                     "16",
                                     "64",
                                     "4096",
                                     "65535",
                                     "65536",
                                     "-1",
                                     "4294967295",
                                     "18446744073709551615",
                                     "18446744073709551616",
                                     "i1",
                                     "i2",
                                     "in",
                                     "s1",
                                     "sid2",
                                     "",
                                     "true",
                                     "false",
                                     "2026-11-21T01:02:03Z",
                                     "2026-11-21T01:02:03.5+01:00",
                                     "1970-01-01T00:00:00Z",
                                     "9999-12-31T23:59:59Z",
                                     "today",
                                     "urn:xmpp:microblog:0",
                                     "n",
                                     "other",
                                     "urn:xmpp:microblog:0:comments/id1",
                                     "id1",
                                     "session-initiate",
                                     "session-accept",
                                     "session-terminate",
                                     "session-info",
                                     "transport-info",
                                     "transport-replace",
                                     "transport-accept",
                                     "transport-reject",
                                     "content-remove",
                                     "description-info",
                                     "content-add",
                                     "initiator",
                                     "responder",
                                     "both",
                                     "sha-256",
                                     "sha-1",
                                     "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
                                     "AAEC",
                                     "AAE=",
                                     "A",
                                     "QUJDRA==",
                                     "xhtml",
                                     "text",
                                     "html",
                                     "xmpp:bob@localhost?;node=n;item=i",
                                     "alternate",
                                     "replies",
                                     "pending",
                                     "none",
                                     "wait",
                                     "cancel",
                                     "modify",
                                     "iq",
                                     "message",
                                     "../../etc/passwd",
                                     "caf\xc3\xa9 \xf0\x9f\x8c\xb1",
                                     "http://jabber.org/protocol/caps",
                                     "pubsub#access_model",
                                     "pubsub#max_items",
                                     "publish-options",
                                     "a b\tc\nd",
                                     "+00:00",
                                     "-12:30",
                                     "xa",
                                     "dnd"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
enum { NESTED = 24 };

static struct {
    uint8_t bytes[3072];
    struct mote_writer w;
    const char *open[NESTED];
    unsigned depth;
    bool in_tag;
} s;

static const char *value(struct input *in)
{
    static char id[12], text[64];
    uint8_t which = input_byte(in);
    if (which >= 0xf0) { /* the input's own */
        return input_string(in, text, sizeof text);
    }
    const char *v = values[which % COUNT(values)];
    if (*v == 0x0f) {
        device_id(device.x.iqs != NULL ? device.x.iqs->id : 0, id);
        return id;
    }
    return v;
}

static void end_tag(void)
{
    if (s.in_tag) {
        mote_writer_put(&s.w, ">");
        s.in_tag = false;
    }
}

static void open(const char *name, const char *ns)
{
    if (s.depth == NESTED) {
        return;
    }
    end_tag();
    mote_writer_put(&s.w, "<%s", name);
    mote_writer_attr(&s.w, "xmlns", ns[0] != '\0' ? ns : NULL);
    s.open[s.depth++] = name;
    s.in_tag = true;
}

static void close(void)
{
    end_tag();
    mote_writer_put(&s.w, "</%s>", s.open[--s.depth]);
}

static void begin(uint8_t kind)
{
    static const char *const kinds[] = {"iq", "message", "presence", "iq"};
    s.depth = 0;
    s.in_tag = false;
    mote_writer_start(&s.w, s.bytes, sizeof s.bytes);
    open(kinds[kind & 3], "");
}

static void feed(size_t piece)
{
    while (s.depth > 0) {
        close();
    }
    if (mote_writer_result(&s.w) == 0) {
        device_feed(s.bytes, s.w.need, piece);
    }
}

static void act(uint8_t op)
{
    static const uint32_t waits[] = {0, 1000, 61000};
    if (op < 0xf0 + 13) {
        device_act((unsigned)(op - 0xf0));
    } else {
        device_wait(waits[op - 0xf0 - 13]);
        device_work();
    }
    device_take(SIZE_MAX);
}

static void play(struct input *in, size_t piece)
{
    begin(input_byte(in));
    for (unsigned ops = 0; in->left > 0 && ops < 200; ops++) {
        uint8_t op = input_byte(in);
        if (op < 0x60) {
            open(elements[op % COUNT(elements)][0], elements[op % COUNT(elements)][1]);
        } else if (op < 0xa0 && s.in_tag) {
            mote_writer_attr(&s.w, attributes[(op - 0x60u) % COUNT(attributes)], value(in));
        } else if (op < 0xc0) {
            end_tag();
            mote_writer_put(&s.w, "%s", value(in));
        } else if (op < 0xd0 && s.depth > 1) {
            close();
        } else if (op < 0xf0) {
            feed(piece);
            device_take((op & 4) != 0 ? SIZE_MAX : 0);
            begin(op);
        } else {
            act(op);
        }
    }
    feed(piece);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    device_prepare();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum device_state states[] = {DEVICE_ONLINE, DEVICE_ONLINE_SM, DEVICE_ASKING, DEVICE_RECEIVING};
    struct input in = {data, size};
    uint8_t how = input_byte(&in);
    device_restore(states[how & 3]);
    device_behave(how >> 3 & (DEVICE_ECHOES | DEVICE_ACCEPTS | DEVICE_POSTS | DEVICE_LOGS));
    play(&in, (how & 4) != 0 ? 5 : SIZE_MAX);
    /* An attribute twice is not well-formed; too deep, too many, too large end the stream by rule; silence by time. */
    int error = device.x.error;
    must(error == 0 || error == MOTE_ERR_POLICY || error == MOTE_ERR_TIMEOUT ||
             (error == MOTE_ERR_PROTOCOL && strstr(device.x.why, "well-formed") != NULL) ||
             strstr(device.x.why, "twice") != NULL,
         "a stanza has ended the stream");
    device_end();
    return 0;
}
