/* SPDX-License-Identifier: MIT
 * The login with a server that lies. No input may get past it without a proof that the server knows the password; the
 * proof is something only the harness can make, from what the client itself computed.
 *
 *   byte 0    which connection and configuration
 *   byte 1    which mechanisms are offered, and whether an account is to be made first; byte 2 which channel bindings
 *   then      elements: a byte says which and how, its text follows up to a NUL. In that text 0x01 is the client's
 * nonce, 0x02 the right signature, and 0x03 the id of the request that waits
 */
#include <stdio.h>
#include <string.h>

#include "core/engine/login/sasl.h"
#include "core/base/text.h"
#include "core/register.h"
#include "tests/fuzz/device.h"

#define SASL "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"

static bool proven; /* the right signature was sent */
static struct mote_register registrar;

static void offer(uint8_t mechanisms, uint8_t bindings)
{
    static const char *const names[] = {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS",
                                        "SCRAM-SHA-1",        "PLAIN",         "EXTERNAL"};
    static const char *const types[] = {"tls-exporter", "tls-server-end-point", "tls-unique"};
    char element[120];
    device_text("<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
                "<stream:features><mechanisms " SASL ">");
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if ((mechanisms >> i & 1) != 0) {
            snprintf(element, sizeof element, "<mechanism>%s</mechanism>", names[i]);
            device_text(element);
        }
    }
    device_text("</mechanisms>");
    if ((bindings & 8) != 0) {
        device_text("<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>");
        for (unsigned i = 0; i < sizeof types / sizeof types[0]; i++) {
            snprintf(element, sizeof element, "<channel-binding type='%s'/>", types[i]);
            device_text((bindings >> i & 1) != 0 ? element : "");
        }
        device_text("</sasl-channel-binding>");
    }
    device_text((bindings & 16) != 0 ? "<register xmlns='http://jabber.org/features/iq-register'/>" : "");
    device_text((bindings & 32) != 0 ? "<register xmlns='urn:xmpp:ibr-token:0'/>" : "");
    device_text("</stream:features>");
}

/* The text with what 0x01 and 0x02 stand for. */
static size_t expand(struct input *in, char *out, size_t size)
{
    char text[600];
    size_t n = 0;
    const struct mote__scram *s = &device.x.scram;
    input_string(in, text, sizeof text);
    for (const char *at = text; *at != '\0' && n + 80 < size; at++) {
        if (*at == 0x01) {
            n += (size_t)snprintf(out + n, size - n, "%s", s->nonce);
        } else if (*at == 0x02) {
            n += mote_base64_encode(s->server_signature, s->kind == MOTE_SHA1 ? 20 : 32, out + n);
        } else if (*at == 0x03) {
            n += (size_t)snprintf(out + n, size - n, "%lu", (unsigned long)registrar.id);
        } else {
            out[n++] = *at;
        }
    }
    out[n] = '\0';
    return n;
}

/* Is this the one proof, behind which extensions may stand (RFC 5802 section 7)? It is asked before the client sees
 * it. */
static bool is_proof(const char *text)
{
    char right[2 + MOTE_BASE64_LEN(32) + 1] = "v=";
    const struct mote__scram *s = &device.x.scram;
    size_t len = 2 + mote_base64_encode(s->server_signature, s->kind == MOTE_SHA1 ? 20 : 32, right + 2);
    return strncmp(text, right, len) == 0 && (text[len] == '\0' || text[len] == ',');
}

static void say(struct input *in)
{
    static const char *const names[] = {"challenge", "success", "failure", "abort"};
    char text[1400], coded[MOTE_BASE64_LEN(1400) + 1], element[2400];
    uint8_t how = input_byte(in);
    size_t len = expand(in, text, sizeof text);
    bool raw = (how & 4) != 0; /* neither base64 nor escaped */
    mote_base64_encode(text, len, coded);
    bool about_account = device.x.n.state == NEG_REGISTER && (how & 16) == 0;
    proven = proven || (!raw && !about_account && is_proof(text));
    int n = about_account
                ? snprintf(element, sizeof element, "%s", text)
                : snprintf(element, sizeof element, "<%s " SASL ">%s</%s>", names[how & 3], raw ? text : coded,
                           names[how & 3]);
    device_feed(element, (size_t)n, (how & 8) != 0 ? 3 : SIZE_MAX);
    device_take(SIZE_MAX);
    device_work();
    device_take(SIZE_MAX);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    device_prepare();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum device_state states[] = {DEVICE_TLS, DEVICE_KEYS, DEVICE_LOOPBACK};
    struct input in = {data, size};
    uint8_t how = input_byte(&in);
    if (size < 3) {
        return 0;
    }
    device_restore(states[(how & 3) % 3]);
    device.x.config.flags |= (how & 4) != 0 ? MOTE_REQUIRE_BINDING : 0u;
    device.x.config.flags |= (how & 8) != 0 ? MOTE_ALLOW_EXTERNAL : 0u;
    device.x.config.flags &= (how & 16) != 0 ? ~(uint32_t)MOTE_ALLOW_PLAIN : ~0u;
    proven = false;
    uint8_t mechanisms = input_byte(&in), bindings = input_byte(&in);
    registrar = (struct mote_register){0};
    if ((how & 32) != 0 && mechanisms >> 6 == 2) {
        mote_register_attach(&registrar, &device.x,
                             &(struct mote_register_config){.token = (how & 64) != 0 ? "TOKEN" : NULL,
                                                            .may_exist = (how & 128) != 0});
    }
    device_take(SIZE_MAX);
    offer(mechanisms, bindings);
    device_take(SIZE_MAX);
    const struct mote__sasl_mechanism *m = device.x.n.mechanism;
    must(m == NULL || m->family != SASL_PLAIN || (how & 16) == 0, "PLAIN only where it is allowed");
    must(m == NULL || m->family != SASL_EXTERNAL || (how & 8) != 0, "EXTERNAL only where it is wanted");
    must(m == NULL || m->family != SASL_SCRAM || m->plus || (how & 4) == 0,
         "no login without the binding that is required");
    while (in.left > 0 && !device.x.n.authenticated) {
        say(&in);
        must(device.x.n.state != NEG_REGISTER || device.x.secured, "no account is made in the clear");
        m = device.x.n.mechanism;
        must(!device.x.n.authenticated || m->family != SASL_SCRAM || proven, "nobody logs in without a proof");
    }
    device_end();
    return 0;
}
