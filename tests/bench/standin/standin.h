/* SPDX-License-Identifier: MIT
 * A server that stands in for a real one where that would be the limit: ten thousand TLS sessions, or a client that is
 * to be fed as fast as it reads. It lets in whoever knows the one password, and understands just what clients here say.
 */
#ifndef STANDIN_H
#define STANDIN_H

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS_SASL "urn:ietf:params:xml:ns:xmpp-sasl"
#define NS_SASL2 "urn:xmpp:sasl:2"

enum { IN_MAX = 16384, NONCE = 64, SCRAM_ANSWER = 72 };

enum flood { FLOOD_NONE, FLOOD_CHAT, FLOOD_EVENT };

struct options {
    const char *cert, *key; /* NULL: no TLS */
    const char *password;
    const char *mechanisms; /* what of PLAIN and SCRAM-SHA-256 is offered */
    int iterations;
    enum flood flood; /* what every client gets after its presence, */
    unsigned count;   /* and how many */
    unsigned sink;    /* after so many messages from one client it gets one that says "done" */
    bool sasl2;       /* with Bind 2 and tokens, too */
    bool tickets;     /* TLS sessions can go on in the next connection */
    bool tls12;       /* not TLS 1.3 */
    bool trace;       /* tell each read() of a client: its bytes, to standard error */
};

struct mote__scram {
    char first[256], server_first[256]; /* client-first-bare, server-first */
    uint8_t stored_key[32], server_key[32];
};

struct connection {
    int fd;
    unsigned number;
    SSL *ssl; /* NULL: clear */
    bool shaken, authenticated, flooded, closing, wants_write;
    unsigned messages;
    bool sasl2, binds, wants_token; /* what the login asked for */
    char user[64], mechanism[24], user_agent[40];
    struct mote__scram scram;
    size_t in_len;
    char *out; /* to be sent; grows */
    size_t out_len, out_sent, out_size;
    const char *blob; /* sent behind out, and not copied */
    size_t blob_len, blob_sent;
    char in[IN_MAX + 1];
};

extern struct options options;

void say(struct connection *c, const char *text);
void say_bytes(struct connection *c, const void *bytes, size_t len);
struct connection *connection_of(unsigned number); /* NULL: there is none */
void flush(struct connection *c);

/* protocol.c: take whole elements off c->in. The value of an attribute within element[0..len), "" when it has none. */
void understand(struct connection *c);
void attribute(const char *element, size_t len, const char *name, char *out, size_t size);
void say_features(struct connection *c);

/* sasl2.c: what it offers; answer <authenticate/> or <response/>. */
void sasl2_start(SSL_CTX *context);
void sasl2_features(struct connection *c);
void sasl2(struct connection *c, const char *e, size_t len);

/* flood.c: `count` stanzas; the same memory for all. */
const char *flood_blob(size_t *len);

/* scram.c: RFC 5802 with SHA-256. Prepare the keys; answer client-first; check client-final, whose answer is base64. */
void scram_keys(void);
bool scram_challenge(struct connection *c, const char *base64, size_t len);
bool scram_final(struct connection *c, const char *base64, size_t len, char answer[SCRAM_ANSWER]);
size_t base64_bytes(const char *text, size_t len, char *out, size_t size); /* decoded, with a NUL; 0: is none */

#endif
