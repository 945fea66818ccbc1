/* SPDX-License-Identifier: MIT
 * The login of XEP-0388, with Bind 2, XEP-0198 inline and tokens, with a server that lies. No input may get past it
 * without a proof that the server knows the password or the token, which only the harness can make, from what the
 * client itself computed.
 *
 *   byte 0    what the application allows and has; byte 1 what is known of the server, and which TLS it is
 *   then      the server's bytes up to a NUL, again and again, with the client's turn behind each. In them 0x01 is the
 *             client's nonce, 0x02 SCRAM's right last message and 0x03 that of the token, both in base64; 0x04 makes
 *             base64 of what follows up to 0x05; 0x06 are features with all that there is, 0x07 a stream header, and
 *             0x08 loses the link and connects anew
 */
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/engine/login/sasl.h"
#include "core/sasl2.h"
#include "tests/fuzz/device.h"

#define HEADER "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"

static const char features[] =
    "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-256-PLUS</mechanism>"
    "<mechanism>SCRAM-SHA-256</mechanism></mechanisms><authentication xmlns='urn:xmpp:sasl:2'>"
    "<mechanism>SCRAM-SHA-256-PLUS</mechanism><mechanism>SCRAM-SHA-256</mechanism><inline><sm xmlns='urn:xmpp:sm:3'/>"
    "<bind xmlns='urn:xmpp:bind:0'><inline><feature var='urn:xmpp:sm:3'/><feature "
    "var='urn:xmpp:carbons:2'/></inline></bind>"
    "<fast xmlns='urn:xmpp:fast:0'><mechanism>HT-SHA-256-EXPR</mechanism><mechanism>HT-SHA-256-NONE</mechanism></fast>"
    "</inline></authentication><sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-exporter'/>"
    "</sasl-channel-binding><config-version xmlns='urn:xmpp:iap:0' value='v1' scheme='opaque'/></stream:features>";

static struct mote_sasl2 sasl2;
static struct mote_token token;
static struct mote_known_server known;
static bool proven; /* a right proof was sent on this connection */

/* The application keeps what it is given, as it should. */
static void watch(const struct mote_event *e)
{
    if (e->kind == MOTE_EV_TOKEN) {
        must(device.x.n.authenticated && proven, "no token without a proof");
        token = *mote_token_of(e);
        must(token.token[0] != '\0' && memchr(token.token, '\0', sizeof token.token) != NULL, "a token is a text");
    } else if (e->kind == MOTE_EV_TOKEN_REFUSED) {
        token = (struct mote_token){0};
    } else if (e->kind == MOTE_EV_SERVER) {
        must(device.x.n.authenticated && proven, "nothing is learnt without a proof");
        known = *mote_known_of(e);
    } else if (e->kind == MOTE_EV_ONLINE || e->kind == MOTE_EV_RESUMED) {
        must(proven, "nobody is on line without a proof");
    }
}

static size_t put_base64(struct input *in, char *out)
{
    char text[600];
    size_t n = 0;
    for (uint8_t c; in->left > 0 && (c = input_byte(in)) != 0x05 && c != 0;) {
        const char *nonce = device.x.scram.nonce;
        size_t len = c == 0x01 ? strlen(nonce) : 1;
        if (n + len < sizeof text) {
            memcpy(text + n, c == 0x01 ? nonce : (const char *)&c, len);
            n += len;
        }
    }
    return mote_base64_encode(text, n, out);
}

/* The right last message of SCRAM, or of the token. It counts as said although the client may not look at it. */
static size_t put_proof(uint8_t c, char *out)
{
    char text[2 + MOTE_BASE64_LEN(32) + 1] = "v=";
    const struct mote__scram *s = &device.x.scram;
    proven = true;
    if (c == 0x03) {
        return mote_base64_encode(sasl2.proof, 32, out);
    }
    size_t len = 2 + mote_base64_encode(s->server_signature, s->kind == MOTE_SHA1 ? 20 : 32, text + 2);
    return mote_base64_encode(text, len, out);
}

static void connect_anew(uint8_t how)
{
    if (device.connected) {
        device_lose(MOTE_ERR_LOST);
    }
    proven = false;
    device_connect((how & 1) != 0 ? &device_tls12 : &device_tls13);
    device_take(SIZE_MAX);
}

static void say(struct input *in, uint8_t how)
{
    char out[6000];
    size_t n = 0;
    while (in->left > 0 && n + 2000 < sizeof out) {
        uint8_t c = input_byte(in);
        if (c == 0x00) {
            break;
        }
        if (c == 0x08) {
            n = 0;
            connect_anew(how);
        } else if (c == 0x02 || c == 0x03) {
            n += put_proof(c, out + n);
        } else if (c == 0x04) {
            n += put_base64(in, out + n);
        } else if (c == 0x06 || c == 0x07) {
            n += (size_t)snprintf(out + n, sizeof out - n, "%s", c == 0x06 ? features : HEADER);
        } else {
            out[n++] = (char)c;
        }
    }
    device_feed(out, n, (how & 2) != 0 ? 5 : SIZE_MAX);
    device_take(SIZE_MAX);
    device_work();
    device_take(SIZE_MAX);
}

static void prepare(uint8_t allows, uint8_t knows)
{
    token = (struct mote_token){0};
    known = (struct mote_known_server){0};
    if ((allows & 8) != 0) {
        mote_text_copy(token.mechanism, sizeof token.mechanism,
                       (allows & 16) != 0 ? "HT-SHA-256-NONE" : "HT-SHA-256-EXPR");
        mote_text_copy(token.token, sizeof token.token, "a-token");
    }
    if ((knows & 12) != 0) {
        known = (struct mote_known_server){
            .profile = (uint8_t)(1 + (knows >> 3 & 1)), .offers = 63, .binding = 1, .token = 1};
        mote_text_copy(known.mechanism, sizeof known.mechanism,
                       (knows & 16) != 0 ? "SCRAM-SHA-256" : "SCRAM-SHA-256-PLUS");
        known.binding = (knows & 16) != 0 ? 0 : 1;
        mote_text_copy(known.config_version, sizeof known.config_version, (knows & 32) != 0 ? "v0" : "v1");
    }
    device_restore(DEVICE_OFFLINE);
    device.x.config.flags |= (allows & 128) != 0 ? MOTE_REQUIRE_BINDING : 0u;
    mote_sasl2_attach(&sasl2, &device.x,
                      &(struct mote_sasl2_config){.user_agent = "d4565fa7-4d72-4749-b3d3-740edbf87770",
                                                  .software = "Mote",
                                                  .bind = (allows & 1) != 0,
                                                  .tokens = (allows & 2) != 0,
                                                  .early = (allows & 4) != 0,
                                                  .unbound_tokens = (allows & 32) != 0,
                                                  .carbons = (allows & 64) != 0,
                                                  .token = &token,
                                                  .known = &known});
    device_watch = watch;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    device_prepare();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    if (size < 3) {
        return 0;
    }
    uint8_t allows = input_byte(&in), knows = input_byte(&in);
    prepare(allows, knows);
    connect_anew(knows);
    for (unsigned turns = 0; in.left > 0 && turns < 24; turns++) {
        say(&in, knows);
        const struct mote__sasl_mechanism *m = device.x.n.mechanism;
        must(!device.x.n.authenticated || proven, "nobody logs in without a proof");
        must(m == NULL || m->plus || (allows & 128) == 0, "no login without the binding that is required");
        must(device.x.setup_len <= sizeof device.x.setup, "the login fits");
    }
    device_watch = NULL;
    device_end();
    return 0;
}
