/* SPDX-License-Identifier: MIT
 * The outbox, stream management and the store beneath them, with all that can happen to them. The input is a program:
 *
 *   byte 0    bits 0..1 choose the device; 2: it has a cache, if it can be overwritten; 3: the session is not kept;
 *             4..5: enum world_witness; 6: begin on line; 7: the counters of stream management begin near 2^32
 *   byte 1    how the server is: see `server_is`; bits 4..5: the size of the ring
 *   then      steps: a byte and what it takes, see `step`
 *
 * At the end the server is honest and the device works; then each item has to have its outcome. outbox_ledger.c checks
 * what must hold all the time, whatever the server says.
 */
#include <stdio.h>
#include <string.h>

#include "tests/fuzz/outbox.h"

enum { STEPS = 100 };

static size_t tx_size(uint8_t how)
{
    static const size_t sizes[] = {WORLD_TX, 2048, 1024, 1500};
    return sizes[how >> 4 & 3];
}

static void server_is(uint8_t how)
{
    struct model_server *s = &world.server;
    s->offers_sm = (how & 1) == 0;
    s->keeps_session = (how & 2) == 0;
    s->tells_h = (how & 4) == 0;
    s->utc = (how & 8) == 0 ? NULL : "2026-11-21T00:00:00Z";
}

/// What the server may do ///

#define STANZAS "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'"

/* An answer to posts from here on. */
static void refuse(uint8_t how)
{
    static const char *const refusals[] = {
        NULL,
        "",
        "type='wait'><internal-server-error " STANZAS "/>",
        "type='cancel'><item-not-found " STANZAS "/>",
        "type='auth'><forbidden " STANZAS "/>",
        "type='cancel'><conflict " STANZAS "/><precondition-not-met xmlns='http://jabber.org/protocol/pubsub#errors'/>",
        "type='modify'><not-acceptable " STANZAS "/>",
        "type='cancel'><feature-not-implemented " STANZAS "/>",
    };
    world.server.refusal = refusals[how & 7];
    world.server.peer = (enum model_peer)(how >> 3 & 3);
    world.server.silent = (how & 0x20) != 0;
    world.refusals += (how & 0x1e) != 0;
}

static void lie(uint8_t how)
{
    static const uint32_t lies[] = {0, 1, 2, 7, 1000, 0x7fffffff, 0x80000000, 0xfffffff0,
                                    UINT32_MAX, UINT32_MAX - 1, UINT32_MAX - 6};
    world.server.lie = lies[how % (sizeof lies / sizeof lies[0])];
    world.lied = world.lied || world.server.lie != 0;
}

/* Said on the stream, and not part of the session. */
static bool say_once(const char *text)
{
    struct model_server *s = &world.server;
    size_t len = strlen(text);
    if (s->out_len + len >= sizeof s->out / 2) {
        return false;
    }
    memcpy(s->out + s->out_len, text, len);
    s->out_len += len;
    return true;
}

/* What belongs to stream management, at any time. # is a count near the right one. */
static void forge(uint8_t how, int32_t by)
{
    static const char *const forms[] = {
        "<r xmlns='urn:xmpp:sm:3'/>",
        "<a xmlns='urn:xmpp:sm:3' h='#'/>",
        "<enabled xmlns='urn:xmpp:sm:3' id='s1' resume='true'/>",
        "<failed xmlns='urn:xmpp:sm:3'/>",
        "<failed xmlns='urn:xmpp:sm:3' h='#'/>",
        "<resumed xmlns='urn:xmpp:sm:3' previd='s1' h='#'/>",
        "<a xmlns='urn:xmpp:sm:3'/>",
        "<message from='b@localhost' type='error' id='i00'/>",
    };
    const struct model_server *s = &world.server;
    char element[200];
    const char *form = forms[how & 7];
    size_t before = strcspn(form, "#");
    snprintf(element, sizeof element, "%.*s", (int)before, form);
    if (form[before] != '\0') {
        snprintf(element + before, sizeof element - before, "%u%s", (unsigned)(s->handled + (uint32_t)by),
                 form + before + 1);
    }
    if (say_once(element)) {
        world.lied = world.lied || (how & 7) != 0;
        world.refusals += (how & 7) == 7;
    }
}

static void bounce(uint8_t which)
{
    const char *id = ledger_sent(which);
    if (id != NULL) {
        world.refusals++;
        model_say(&world.server,
                  "<message type='error' id='%s' from='%s'><error type='cancel'><service-unavailable " STANZAS
                  "/></error></message>",
                  id, (which & 1) != 0 ? "b@localhost" : "c@localhost");
    }
}

static void speak(uint8_t what)
{
    struct model_server *s = &world.server;
    switch (what & 7) {
    case 0: model_say(s, "<message from='c@localhost/y' id='m%u'><body>hello</body></message>", (unsigned)what); break;
    case 1: model_say(s, "<iq type='get' from='c@localhost/y' id='q'><ping xmlns='urn:xmpp:ping'/></iq>"); break;
    case 2: say_once("<stream:error><reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"); break;
    case 3: say_once("</stream:stream>"); break;
    case 4: s->session[0] = '\0'; break; /* it has lost its sessions */
    case 5:
        mote_chat_send(&world.chat, &(struct mote_chat_message){.to = "c@localhost", .id = "c", .body = "not queued"});
        break;
    case 6: model_say(s, "<message type='error' id='c' from='c@localhost'/>"); break;
    default: model_say(s, "<presence from='c@localhost/y'/>"); break;
    }
}

/// Steps ///

static void wait(uint8_t how)
{
    static const uint32_t waits[] = {0, 20, 250, 3000, 5000, 10000, 31000, 61000, 150000, 3600000};
    world_wait(waits[how % (sizeof waits / sizeof waits[0])]);
}

static void raw(struct input *in)
{
    size_t len = input_byte(in);
    len = len < in->left ? len : in->left;
    world_raw(in->at, len);
    in->at += len;
    in->left -= len;
}

static void manner(uint8_t how)
{
    world.manner = (enum world_manner)(how % MANNERS);
    world.manner_left = 4;
    world.manner_item = how >> 2;
}

/* The power goes in the n-th operation from now on; or that one fails. */
static void fault(struct input *in)
{
    uint8_t at = input_byte(in), how = input_byte(in);
    if (how < 224) {
        world_device.cut_at = 1u + at % 64;
        world_device.torn = (enum flash_ram_torn)(how % TORN_KINDS);
    } else {
        world_device.fail_at = 1u + at;
    }
}

static void other(uint8_t op, struct input *in)
{
    switch (op) {
    case 16: lie(input_byte(in)); break;
    case 17: refuse(input_byte(in)); break;
    case 18: bounce(input_byte(in)); break;
    case 19: {
        uint8_t how = input_byte(in);
        forge(how, (int8_t)input_byte(in));
        break;
    }
    case 20: speak(input_byte(in)); break;
    case 21: raw(in); break;
    case 22: manner(input_byte(in)); break;
    case 23: mote_set_unix_time(&world.x, world_unix_time(), world.now_ms); break;
    case 24: mote_close(&world.x, world.now_ms); break;
    default: world_testify(input_byte(in)); break;
    }
}

static void step(struct input *in)
{
    uint8_t op = input_byte(in) % 26;
    if (device_trace) {
        fprintf(stderr, "step %u %u\n", (unsigned)op, in->left > 0 ? (unsigned)in->at[0] : 0);
    }
    switch (op) {
    case 0:
    case 1: ledger_queue(MOTE_OUTBOX_MESSAGE, input_byte(in)); break;
    case 2: ledger_queue(MOTE_OUTBOX_POST, input_byte(in)); break;
    case 3: ledger_queue(MOTE_OUTBOX_FILE, input_byte(in)); break;
    case 4: ledger_drop(input_byte(in)); break;
    case 5: mote_outbox_retry(&world.outbox); break;
    case 6: world_up(1u + input_byte(in)); break;
    case 7: world_down(1u + input_byte(in)); break;
    case 8: world_run(); break;
    case 9: world_due(); break;
    case 10: wait(input_byte(in)); break;
    case 11: world_cut(); break;
    case 12: world_connect(); break;
    case 13: world_reboot(tx_size(input_byte(in))); break;
    case 14: fault(in); break;
    case 15: server_is(input_byte(in)); break;
    default: other(op, in); break;
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    world_prepare();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    uint8_t how = input_byte(&in), server = input_byte(&in);
    memset(&world, 0, sizeof world);
    world.forget_session = (how & 8) != 0;
    world.witness = (enum world_witness)(how >> 4 & 3);
    world.near_wrap = (how & 0x80) != 0 ? 0xfffffffc : 0;
    server_is(server);
    world_begin(how & 3, (how & 4) != 0, tx_size(server));
    if ((how & 0x40) != 0) {
        world_connect();
        world_run();
    }
    for (unsigned i = 0; in.left > 0 && i < STEPS; i++) {
        step(&in);
        if (world_device.off) {
            world_reboot(world.tx_size);
        }
        ledger_check();
    }
    world_end();
    return 0;
}
