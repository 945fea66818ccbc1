/* SPDX-License-Identifier: MIT
 * struct mote_port_tls over mbedTLS 3.6: TLS 1.2 and 1.3. The server is always verified.
 *
 * A struct mote_tls_mbedtls_config is made once and may be shared by any number of connections; a struct
 * mote_tls_mbedtls is one connection. Neither may move. On a machine without a heap, call mote_tls_memory_use
 * (port/tls/memory.h) first.
 */
#ifndef MOTE_PORT_TLS_MBEDTLS_H
#define MOTE_PORT_TLS_MBEDTLS_H

#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include "port/port.h"
#include "port/tls/verify.h"

#ifdef __cplusplus
extern "C" {
#endif

/// What connections share ///

struct mote_tls_mbedtls_protocol {
    struct mote_tls_mbedtls_protocol *next;
    const char *alpn[2];
    mbedtls_ssl_config config;
};

struct mote_tls_mbedtls_config {
    mbedtls_ssl_config plain, xmpp; /* without ALPN, and with "xmpp-client"; mbedTLS has the list in the config */
    const char *alpn[2];
    struct mote_tls_mbedtls_protocol *protocols; /* further ones */
    mbedtls_x509_crt ca, own;
    mbedtls_pk_context own_key;
    const struct mote_services *services;
    bool has_ca, has_pin;
    uint8_t pin[32];
};

/* Prepare it. It trusts nobody yet. `services` must stay valid. Returns 0, or MOTE_ERR_ENTROPY, MOTE_ERR_FULL (no
 * memory). */
int mote_tls_mbedtls_config_init(struct mote_tls_mbedtls_config *c, const struct mote_services *services);

/* Trust the authorities in `bytes`: one certificate in DER, or any number in PEM with bytes[len] == 0. Those that
 * cannot be read are passed over if there are others. Returns 0, MOTE_ERR_CERT when there was none to trust, or
 * MOTE_ERR_FULL. */
int mote_tls_mbedtls_add_ca(struct mote_tls_mbedtls_config *c, const void *bytes, size_t len);

/* The same for one certificate in DER that stays where it is, in flash for example, and is not copied. */
int mote_tls_mbedtls_add_ca_in_place(struct mote_tls_mbedtls_config *c, const void *der, size_t len);

/* Trust only the server whose key has this SHA-256 of its SubjectPublicKeyInfo. Chain, name and dates then do not
 * matter. `openssl x509 -pubkey -noout <server.crt | openssl pkey -pubin -outform der | sha256sum` prints it. */
void mote_tls_mbedtls_set_pin(struct mote_tls_mbedtls_config *c, const uint8_t sha256[32]);

/* Show this certificate to servers that ask for one (SASL EXTERNAL). Both are in DER, or in PEM with a NUL at [len];
 * the key is not encrypted. Returns 0, or MOTE_ERR_CERT, MOTE_ERR_FULL. */
int mote_tls_mbedtls_set_client_cert(struct mote_tls_mbedtls_config *c, const void *cert, size_t cert_len,
                                     const void *key, size_t key_len);

/* Let links (port/link/link.h) speak a further protocol, as ALPN names it, such as "http/1.1". Call it after all of the
 * above: it trusts whom `c` trusts by then. No client certificate is shown to servers of such a protocol. `p` and
 * `alpn` must stay. Returns 0, or MOTE_ERR_FULL. */
int mote_tls_mbedtls_speak(struct mote_tls_mbedtls_config *c, struct mote_tls_mbedtls_protocol *p, const char *alpn);

void mote_tls_mbedtls_config_free(struct mote_tls_mbedtls_config *c); /* after the last connection has ended */

/// One connection ///

struct mote_tls_mbedtls;
struct mote_tls_resume; /* port/tls/resume.h */

/* What resuming sessions does: at the start of a handshake, at its end (was it a session of before?), where there may
 * be a ticket, and where the handshake has failed. */
struct mote__tls_resume_class {
    void (*start)(struct mote_tls_mbedtls *t);
    bool (*finished)(struct mote_tls_mbedtls *t);
    void (*ticket)(struct mote_tls_mbedtls *t);
    void (*broke)(struct mote_tls_mbedtls *t);
};

struct mote_tls_mbedtls {
    struct mote_tls_mbedtls_config *config;
    struct mote_tls_resume *resume; /* NULL: each handshake is a whole one */
    const struct mote_port *port;
    mbedtls_ssl_context ssl;
    bool open;           /* ssl is in use */
    bool lost;           /* the transport has ended */
    bool computing;      /* the handshake goes on without anything from the server */
    bool shown : 1;      /* the server's certificate has its place in this handshake */
    bool resumed : 1;    /* a session of before goes on */
    bool lasting : 1;    /* what is allocated now outlasts the handshake */
    uint8_t heard[7];    /* the last bytes that came during the handshake, which may be an alert in clear */
    size_t budget;       /* bytes that the call in progress may still take from the transport */
    size_t unsent;       /* length of the write that has to be repeated */
    unsigned failures;   /* mote_tls_memory_failures() when the handshake began */
    struct mote_tls_verdict verdict;
    char domain[MOTE_PORT_HOST_MAX + 1];
    char why[MOTE_TLS_WHY];
};

extern const struct mote_port_tls mote_tls_mbedtls; /* its ctx is a struct mote_tls_mbedtls */

void mote_tls_mbedtls_init(struct mote_tls_mbedtls *t, struct mote_tls_mbedtls_config *config);
void mote__tls_allow_tickets(struct mote_tls_mbedtls_config *config);

/* The time is known now, and was not known in the handshake. Returns 0, or MOTE_ERR_CERT when the server's chain is not
 * valid at this time. Then give up the connection (mote_fail); the `why` of the table has the reason. */
int mote_tls_mbedtls_time_known(struct mote_tls_mbedtls *t, int64_t unix_time);

#ifdef __cplusplus
}
#endif

#endif
