/* SPDX-License-Identifier: MIT
 * SASL2 (XEP-0388) with Bind 2 (XEP-0386) and tokens (XEP-0484), the side of the server, for the stand-in.
 *
 * A token is an HMAC of the account and its user agent under a key of this process, so nothing is kept for a device.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/bench/standin/standin.h"

enum { HASH = 32, TOKEN = 2 * HASH + 1, LIFE_S = 14 * 24 * 3600 };

static uint8_t key[HASH], end_point[HASH]; /* of all tokens; tls-server-end-point (RFC 5929) */

void sasl2_start(SSL_CTX *context)
{
    const X509 *own = context != NULL ? SSL_CTX_get0_certificate(context) : NULL;
    RAND_bytes(key, sizeof key);
    if (own != NULL) {
        X509_digest(own, EVP_sha256(), end_point, NULL);
    }
}

void sasl2_features(struct connection *c)
{
    say(c, "<authentication xmlns='" NS_SASL2 "'><mechanism>SCRAM-SHA-256</mechanism><inline>"
           "<bind xmlns='urn:xmpp:bind:0'/><fast xmlns='urn:xmpp:fast:0'><mechanism>HT-SHA-256-EXPR</mechanism>"
           "<mechanism>HT-SHA-256-ENDP</mechanism></fast></inline></authentication>");
}

static void token_of(const struct connection *c, char out[TOKEN])
{
    char text[sizeof c->user + sizeof c->user_agent + 1];
    uint8_t hash[HASH];
    int n = snprintf(text, sizeof text, "%s/%s", c->user, c->user_agent);
    HMAC(EVP_sha256(), key, sizeof key, (const uint8_t *)text, (size_t)n, hash, NULL);
    for (int i = 0; i < HASH; i++) {
        snprintf(out + 2 * i, 3, "%02x", hash[i]);
    }
}

/* What either side proves that it has the token with. */
static bool token_proof(const struct connection *c, const char *role, uint8_t out[HASH])
{
    static const char label[] = "EXPORTER-Channel-Binding";
    char token[TOKEN];
    uint8_t text[9 + HASH];
    memcpy(text, role, 9);
    memcpy(text + 9, end_point, HASH);
    if (c->ssl == NULL || (strcmp(c->mechanism, "HT-SHA-256-EXPR") == 0 &&
                           SSL_export_keying_material(c->ssl, text + 9, HASH, label, sizeof label - 1, NULL, 0, 0) != 1)) {
        return false;
    }
    token_of(c, token);
    HMAC(EVP_sha256(), token, TOKEN - 1, text, sizeof text, out, NULL);
    return true;
}

static void succeed(struct connection *c, const char *data)
{
    char text[1024], token[TOKEN] = "", given[256] = "", resource[16] = "", date[32];
    if (c->wants_token && c->user_agent[0] != '\0') {
        time_t end = time(NULL) + LIFE_S;
        strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime(&end));
        token_of(c, token);
        snprintf(given, sizeof given, "<token xmlns='urn:xmpp:fast:0' expiry='%s' token='%s'/>", date, token);
    }
    if (c->binds) {
        snprintf(resource, sizeof resource, "/%u", c->number);
    }
    c->authenticated = true;
    snprintf(text, sizeof text,
             "<success xmlns='" NS_SASL2 "'><additional-data>%s</additional-data>%s"
             "<authorization-identifier>%s@localhost%s</authorization-identifier>%s</success>",
             data, given, c->user, resource, c->binds ? "<bound xmlns='urn:xmpp:bind:0'/>" : "");
    say(c, text);
    say_features(c);
}

static bool take_token(struct connection *c, const char *base64, size_t len)
{
    char text[128], coded[48];
    uint8_t proof[HASH];
    size_t n = base64_bytes(base64, len, text, sizeof text), user = n > 0 ? strlen(text) : 0;
    if (n != user + 1 + HASH || user >= sizeof c->user) {
        return false;
    }
    memcpy(c->user, text, user + 1);
    if (!token_proof(c, "Initiator", proof) || CRYPTO_memcmp(proof, text + user + 1, HASH) != 0 ||
        !token_proof(c, "Responder", proof)) {
        return false;
    }
    EVP_EncodeBlock((uint8_t *)coded, proof, HASH);
    succeed(c, coded);
    return true;
}

/* The text within the first element of this name; *len is 0 when there is none. */
static const char *inner_text(const char *e, size_t len, const char *start, size_t *out_len)
{
    const char *at = memmem(e, len, start, strlen(start));
    const char *text = at != NULL ? at + strlen(start) : e;
    const char *end = at != NULL ? memchr(text, '<', len - (size_t)(text - e)) : NULL;
    *out_len = end != NULL ? (size_t)(end - text) : 0;
    return text;
}

static bool authenticate(struct connection *c, const char *e, size_t len)
{
    size_t n;
    const char *initial = inner_text(e, len, "<initial-response>", &n);
    const char *agent = memmem(e, len, "<user-agent", 11);
    attribute(e, len, "mechanism", c->mechanism, sizeof c->mechanism);
    c->user_agent[0] = '\0';
    if (agent != NULL) {
        attribute(agent, len - (size_t)(agent - e), "id", c->user_agent, sizeof c->user_agent);
    }
    c->sasl2 = true;
    c->binds = memmem(e, len, "urn:xmpp:bind:0", 15) != NULL;
    c->wants_token = memmem(e, len, "<request-token", 14) != NULL;
    if (strcmp(c->mechanism, "SCRAM-SHA-256") == 0) {
        return scram_challenge(c, initial, n);
    }
    return (strcmp(c->mechanism, "HT-SHA-256-EXPR") == 0 || strcmp(c->mechanism, "HT-SHA-256-ENDP") == 0) &&
           take_token(c, initial, n);
}

void sasl2(struct connection *c, const char *e, size_t len)
{
    char answer[SCRAM_ANSWER];
    size_t n;
    bool good;
    if (strncmp(e, "<response", 9) == 0) {
        const char *text = memchr(e, '>', len);
        text = inner_text(text, len - (size_t)(text - e), ">", &n);
        good = scram_final(c, text, n, answer);
        if (good) {
            succeed(c, answer);
        }
    } else {
        good = authenticate(c, e, len);
    }
    if (!good) {
        say(c, "<failure xmlns='" NS_SASL2 "'><not-authorized xmlns='" NS_SASL "'/></failure>");
    }
}
