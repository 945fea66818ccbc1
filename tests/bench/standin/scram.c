/* SPDX-License-Identifier: MIT
 * SCRAM-SHA-256, the side of the server, for the stand-in.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/standin/standin.h"

/* One salt for all, as one password is: the server computes the keys once, each client for itself. */
static const uint8_t salt[16] = "salt of standin";
static uint8_t stored_key[32], server_key[32];

static void hmac(const uint8_t key[32], const char *text, uint8_t out[32])
{
    unsigned len = 32;
    HMAC(EVP_sha256(), key, 32, (const uint8_t *)text, strlen(text), out, &len);
}

void scram_keys(void)
{
    uint8_t salted[32], client_key[32];
    PKCS5_PBKDF2_HMAC(options.password, -1, salt, sizeof salt, options.iterations, EVP_sha256(), 32, salted);
    hmac(salted, "Client Key", client_key);
    hmac(salted, "Server Key", server_key);
    SHA256(client_key, 32, stored_key);
}

size_t base64_bytes(const char *text, size_t len, char *out, size_t size)
{
    if (len == 0 || len % 4 != 0 || len / 4 * 3 + 1 > size) {
        return 0;
    }
    int n = EVP_DecodeBlock((uint8_t *)out, (const uint8_t *)text, (int)len);
    if (n < 0) {
        return 0;
    }
    n -= (text[len - 1] == '=') + (text[len - 2] == '=');
    out[n] = '\0';
    return (size_t)n;
}

/* "n,,n=user,r=nonce" */
bool scram_challenge(struct connection *c, const char *base64, size_t len)
{
    char text[512], coded_salt[32];
    uint8_t random[12];
    char nonce[17];
    if (base64_bytes(base64, len, text, sizeof text) == 0) {
        return false;
    }
    char *bare = strstr(text, ",n="), *r = strstr(text, ",r=");
    if (bare == NULL || r == NULL || strlen(bare) > sizeof c->scram.first) {
        return false;
    }
    snprintf(c->user, sizeof c->user, "%.*s", (int)(r - bare - 3), bare + 3);
    snprintf(c->scram.first, sizeof c->scram.first, "%s", bare + 1);
    RAND_bytes(random, sizeof random);
    EVP_EncodeBlock((uint8_t *)nonce, random, sizeof random);
    EVP_EncodeBlock((uint8_t *)coded_salt, salt, sizeof salt);
    int n = snprintf(c->scram.server_first, sizeof c->scram.server_first, "r=%s%s,s=%s,i=%d", r + 3, nonce, coded_salt,
                     options.iterations);
    if (n < 0 || (size_t)n >= sizeof c->scram.server_first) {
        return false;
    }
    EVP_EncodeBlock((uint8_t *)text, (const uint8_t *)c->scram.server_first, (int)strlen(c->scram.server_first));
    say(c, c->sasl2 ? "<challenge xmlns='" NS_SASL2 "'>" : "<challenge xmlns='" NS_SASL "'>");
    say(c, text);
    say(c, "</challenge>");
    return true;
}

/* "c=biws,r=nonce,p=proof" */
bool scram_final(struct connection *c, const char *base64, size_t len, char answer[SCRAM_ANSWER])
{
    char text[512], message[1100], proof[64], verifier[64] = "v=";
    uint8_t signature[32], key[32], hashed[32];
    size_t n = base64_bytes(base64, len, text, sizeof text);
    char *p = n > 0 ? strstr(text, ",p=") : NULL;
    if (p == NULL || base64_bytes(p + 3, strlen(p + 3), proof, sizeof proof) != 32) {
        return false;
    }
    snprintf(message, sizeof message, "%s,%s,%.*s", c->scram.first, c->scram.server_first, (int)(p - text), text);
    hmac(stored_key, message, signature);
    for (int i = 0; i < 32; i++) {
        key[i] = (uint8_t)proof[i] ^ signature[i];
    }
    SHA256(key, 32, hashed);
    if (memcmp(hashed, stored_key, 32) != 0) {
        return false;
    }
    hmac(server_key, message, signature);
    EVP_EncodeBlock((uint8_t *)verifier + 2, signature, 32);
    EVP_EncodeBlock((uint8_t *)answer, (const uint8_t *)verifier, (int)strlen(verifier));
    return true;
}
