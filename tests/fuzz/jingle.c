/* SPDX-License-Identifier: MIT
 * A file session both ways, with a peer who knows the protocol and breaks it where the input says so: what it sends
 * fits the session that is under way, except for one part. A file must come out whole, or be reported as failed, and
 * "verified" must mean that the peer told the hash of just these bytes.
 *
 *   byte 0   the state to start from, and what the application does
 *   then     steps: a byte says which, the next ones how
 */
#include <stdio.h>
#include <string.h>

#include "core/modules/files/transfer.h"
#include "core/base/text.h"
#include "tests/fuzz/device.h"

#define JINGLE "xmlns='urn:xmpp:jingle:1'"
#define FILES "urn:xmpp:jingle:apps:file-transfer:5"
#define IBB "xmlns='http://jabber.org/protocol/ibb'"

enum { STEPS = 40 };

/* What the peer has told of the hashes of files: of all, for a file may be offered first and come last. */
static uint8_t told[STEPS][32];
static unsigned told_count;

static void watch(const struct mote_event *e)
{
    uint8_t digest[MOTE_HASH_MAX];
    if (e->kind != MOTE_EV_FILE_DONE) {
        return;
    }
    const struct mote_file *f = mote_file_of(e);
    must(f->size == MOTE_FILE_SIZE_UNKNOWN || f->done == f->size || !f->incoming, "a file that is done is whole");
    if (!f->incoming || !device_digest(e->ticket, digest)) {
        return;
    }
    must(memcmp(digest, f->sha256, 32) == 0, "the hash that is told is that of the bytes that were written");
    bool known = false;
    for (unsigned i = 0; i < told_count; i++) {
        known = known || memcmp(told[i], digest, 32) == 0;
    }
    must(!f->verified || known, "verified is only what the peer vouched for");
}

/// What the peer sends ///

static struct mote_transfer *transfer(uint8_t which)
{
    return &device.transfers[which & 1];
}

/* From the peer; now and then from somebody else. */
static const char *from(uint8_t how)
{
    return (how & 0xe0) == 0xe0 ? "mallory@localhost/x" : "bob@localhost/x";
}

static void hash_text(char out[64], uint8_t how, const struct mote_transfer *t)
{
    uint8_t digest[MOTE_HASH_MAX] = {how};
    if ((how & 1) != 0) {
        struct mote_hash h = t->hash;
        device.x.config.services->hash_end(&h, MOTE_SHA256, digest);
    }
    must(told_count < STEPS, "a step tells one hash");
    memcpy(told[told_count++], digest, 32);
    mote_base64_encode(digest, 32, out);
}

static void initiate(struct input *in)
{
    static const char *const sizes[] = {"<size>64</size>",
                                        "<size>1000</size>",
                                        "<size>0</size>",
                                        "",
                                        "<size>100001</size>",
                                        "<size>x</size>",
                                        "<size>64</size><range offset='0'/>",
                                        "<size>64</size><range length='3'/>"};
    uint8_t how = input_byte(in), parts = input_byte(in), block = input_byte(in);
    char text[1400], hash[64], extra[160] = "";
    hash_text(hash, parts, transfer(how));
    if ((parts & 6) == 2) {
        snprintf(extra, sizeof extra, "<hash xmlns='urn:xmpp:hashes:2' algo='sha-256'>%s</hash>", hash);
    } else if ((parts & 6) == 4) {
        snprintf(extra, sizeof extra, "<hash-used xmlns='urn:xmpp:hashes:2' algo='sha-256'/>");
    }
    snprintf(text, sizeof text,
             "<iq type='set' from='%s' id='i%u'><jingle " JINGLE " action='session-initiate' sid='in%u'><content "
             "creator='initiator' name='c'%s><description xmlns='" FILES
             "'><file>%s%s%s</file></description><transport "
             "xmlns='urn:xmpp:jingle:transports:%s:1' sid='s%u' block-size='%u'/></content></jingle></iq>",
             from(how), how & 3u, how & 3u, (parts & 8) != 0 ? " senders='initiator'" : "",
             (parts & 16) != 0 ? "<name>../n&lt;</name>" : "", sizes[how >> 2 & 7], extra,
             (parts & 32) != 0 ? "s5b" : "ibb", parts >> 6 & 3u, block * 8u);
    device_text(text);
}

/* An action of a session that is there, with this content. */
static void jingle(const struct mote_transfer *t, uint8_t how, const char *action, const char *content)
{
    char text[1200];
    snprintf(text, sizeof text,
             "<iq type='set' from='%s' id='j'><jingle " JINGLE " action='%s' sid='%s'>%s</jingle></iq>", from(how),
             action, t->sid, content);
    device_text(text);
}

static void with_transport(struct input *in, const struct mote_transfer *t, const char *action)
{
    static const char *const ranges[] = {"", "<range offset='10'/>", "<range length='10'/>", "<range offset='2000'/>"};
    uint8_t how = input_byte(in), block = input_byte(in);
    char content[500];
    snprintf(content, sizeof content,
             "<content creator='initiator' name='%s'><description xmlns='" FILES "'><file>%s</file></description>"
             "<transport xmlns='urn:xmpp:jingle:transports:ibb:1' sid='%s' block-size='%u'/></content>",
             t->incoming ? t->in.content : "c", ranges[how & 3], (how & 4) != 0 ? "other" : t->stream, 1u + block);
    jingle(t, how, action, content);
}

static void open(struct input *in, const struct mote_transfer *t)
{
    char text[300];
    uint8_t how = input_byte(in);
    snprintf(text, sizeof text, "<iq type='set' from='%s' id='o'><open " IBB " sid='%s' block-size='%u'/></iq>",
             from(how), (how & 1) != 0 ? "raw" : t->stream, (how & 2) != 0 ? 16u : t->block);
    device_text(text);
}

static void data(struct input *in, const struct mote_transfer *t)
{
    uint8_t how = input_byte(in), bytes[128];
    char coded[MOTE_BASE64_LEN(128) + 1], text[500];
    size_t len = input_byte(in) & 127;
    memset(bytes, how, sizeof bytes);
    mote_base64_encode(bytes, len, coded);
    if ((how & 4) != 0 && len > 0) {
        coded[len / 2] = '*';
    }
    const char *name = (how & 2) != 0 ? "message" : "iq";
    snprintf(text, sizeof text, "<%s type='set' from='%s' id='d'><data " IBB " sid='%s' seq='%u'>%s</data></%s>", name,
             from(how), t->stream, (how & 8) != 0 ? (t->seq + (how >> 4)) & 65535u : t->seq, coded, name);
    device_text(text);
}

static void close(struct input *in, const struct mote_transfer *t)
{
    char text[300];
    snprintf(text, sizeof text, "<iq type='set' from='%s' id='c'><close " IBB " sid='%s'/></iq>", from(input_byte(in)),
             t->stream);
    device_text(text);
}

static void terminate(struct input *in, const struct mote_transfer *t)
{
    static const char *const reasons[] = {
        "<success/>", "<cancel/>",
        "<decline/>", "<busy/>",
        "<odd/>",     "",
        "<timeout/>", "<media-error/><file-too-large xmlns='urn:xmpp:jingle:apps:file-transfer:errors:0'/>"};
    uint8_t how = input_byte(in);
    char content[200];
    snprintf(content, sizeof content, "<reason>%s<text>so</text></reason>", reasons[how & 7]);
    jingle(t, how, (how & 8) != 0 ? "content-remove" : "session-terminate", content);
}

static void info(struct input *in, const struct mote_transfer *t)
{
    uint8_t how = input_byte(in);
    char content[300] = "", hash[64];
    if ((how & 6) == 2) {
        hash_text(hash, how, t);
        snprintf(content, sizeof content,
                 "<checksum xmlns='" FILES "' creator='initiator' name='c'><file><hash xmlns='urn:xmpp:hashes:2' "
                 "algo='sha-256'>%s</hash></file></checksum>",
                 hash);
    } else if ((how & 6) == 4) {
        snprintf(content, sizeof content, "<received xmlns='" FILES "' creator='initiator' name='c'/>");
    } else if ((how & 6) == 6) {
        snprintf(content, sizeof content, "<active xmlns='urn:xmpp:jingle:apps:rtp:info:1'/>");
    }
    jingle(t, how, "session-info", content);
}

/* Answer one of the client's requests. */
static void answer(struct input *in)
{
    uint8_t how = input_byte(in);
    const struct mote_iq *iq = device.x.iqs;
    char id[12], text[300];
    for (unsigned skip = how & 7; skip > 0 && iq != NULL && iq->next != NULL; skip--) {
        iq = iq->next;
    }
    if (iq == NULL) {
        return;
    }
    device_id(iq->id, id);
    snprintf(text, sizeof text,
             (how & 8) != 0 ? "<iq type='error' from='%s' id='%s'><error type='cancel'><item-not-found "
                              "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
                            : "<iq type='result' from='%s' id='%s'/>",
             from(how), id);
    device_text(text);
}

/// Steps ///

static void pass_time(struct input *in)
{
    uint8_t how = input_byte(in);
    device_wait((how & 3) == 3 ? 61000 : how * 4u);
    device_work();
}

static void step(struct input *in)
{
    uint8_t op = input_byte(in);
    struct mote_transfer *t = transfer(op >> 7);
    switch (op & 15) {
    case 0: initiate(in); break;
    case 1: device_act(8); break;
    case 2: device_act(9u + (input_byte(in) & 1)); break;
    case 3: device_act(7); break;
    case 4: open(in, t); break;
    case 5:
    case 6: data(in, t); break;
    case 7: close(in, t); break;
    case 8: terminate(in, t); break;
    case 9: info(in, t); break;
    case 10: with_transport(in, t, "session-accept"); break;
    case 11: with_transport(in, t, (input_byte(in) & 1) != 0 ? "transport-replace" : "transport-accept"); break;
    case 12: jingle(t, input_byte(in), "transport-reject", ""); break;
    case 13: pass_time(in); break;
    default: answer(in); break;
    }
    if ((op & 0x40) == 0) {
        device_take((op & 0x20) != 0 ? 50 : SIZE_MAX);
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    device_prepare();
    device_watch = watch;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum device_state states[] = {DEVICE_ONLINE, DEVICE_ONLINE_SM, DEVICE_RECEIVING, DEVICE_RECEIVING_SM};
    struct input in = {data, size};
    uint8_t how = input_byte(&in);
    told_count = 0;
    device_restore(states[how & 3]);
    device_behave((how & 4) != 0 ? DEVICE_ACCEPTS : 0);
    for (unsigned i = 0; in.left > 0 && i < STEPS; i++) {
        step(&in);
    }
    device_end();
    return 0;
}
