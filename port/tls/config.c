/* SPDX-License-Identifier: MIT
 * What TLS connections share: whom to trust, and the rules of every handshake.
 */
#include <string.h>

#include <mbedtls/error.h>
#if defined(MBEDTLS_PSA_CRYPTO_C)
#include <psa/crypto.h>
#endif

#include "port/tls/mbedtls.h"
#include "port/tls/memory.h"

/// Randomness ///

static int random_for_tls(void *ctx, unsigned char *bytes, size_t len)
{
    const struct mote_services *s = ctx;
    return s->random(s->ctx, bytes, len) == 0 ? 0 : MBEDTLS_ERR_ERROR_GENERIC_ERROR;
}

#if defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG)
/* PSA has one random source for the whole program, which this configuration leaves to us. It is that of the services,
 * so that there is no second generator in memory. */
static const struct mote_services *psa_services;

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context, uint8_t *output,
                                             size_t output_size, size_t *output_length)
{
    const struct mote_services *s = psa_services;
    (void)context;
    *output_length = output_size;
    return s != NULL && s->random(s->ctx, output, output_size) == 0 ? PSA_SUCCESS : PSA_ERROR_INSUFFICIENT_ENTROPY;
}
#endif

static int start_psa(const struct mote_services *services)
{
#if defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG)
    psa_services = services;
#else
    (void)services;
#endif
#if defined(MBEDTLS_PSA_CRYPTO_C)
    psa_status_t status = psa_crypto_init();
    return status == PSA_SUCCESS ? 0 : status == PSA_ERROR_INSUFFICIENT_MEMORY ? MOTE_ERR_FULL : MOTE_ERR_ENTROPY;
#else
    return 0;
#endif
}

/// Rules ///

/* A receive buffer smaller than a TLS record asks for the server's promise of smaller records (RFC 6066 section 4). The
 * function refuses what does not fit in both buffers, so the largest that it takes is right. With TLS 1.3 on offer too
 * this needs the repair that port/deps/patches has: mbedTLS 3.6 takes the server's answer for one to nothing. */
static void limit_records(mbedtls_ssl_config *c)
{
#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH) && MBEDTLS_SSL_IN_CONTENT_LEN < 16384
#if defined(MOTE_TLS_RECORD)
    const unsigned char largest = MOTE_TLS_RECORD == 512 ? MBEDTLS_SSL_MAX_FRAG_LEN_512 : MBEDTLS_SSL_MAX_FRAG_LEN_1024;
#else
    const unsigned char largest = MBEDTLS_SSL_MAX_FRAG_LEN_4096;
#endif
    for (unsigned char code = largest; code >= MBEDTLS_SSL_MAX_FRAG_LEN_512; code--) {
        if (mbedtls_ssl_conf_max_frag_len(c, code) == 0) {
            break;
        }
    }
#else
    (void)c;
#endif
}

static int set_rules(mbedtls_ssl_config *c, const struct mote_services *services)
{
    mbedtls_ssl_config_init(c);
    if (mbedtls_ssl_config_defaults(c, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                    MBEDTLS_SSL_PRESET_DEFAULT) != 0) {
        return MOTE_ERR_FULL;
    }
    /* The default profile takes SHA-256 or better, RSA keys of 2048 bits or more, and the usual curves. */
    mbedtls_ssl_conf_cert_profile(c, &mbedtls_x509_crt_profile_default);
    mbedtls_ssl_conf_authmode(c, MBEDTLS_SSL_VERIFY_REQUIRED);
#if defined(MBEDTLS_SSL_PROTO_TLS1_2)
    mbedtls_ssl_conf_min_tls_version(c, MBEDTLS_SSL_VERSION_TLS1_2);
#endif
    /* services is only read, but mbedTLS has no const here. */
    mbedtls_ssl_conf_rng(c, random_for_tls, (void *)(uintptr_t)services);
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
    /* Without mote_tls_resume_attach no tickets are asked for: a ticket takes memory, and in TLS 1.2 it is a fixed name
     * by which this client can be followed. */
    mbedtls_ssl_conf_session_tickets(c, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
#endif
    limit_records(c);
    return 0;
}

void mote__tls_allow_tickets(struct mote_tls_mbedtls_config *c)
{
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
    mbedtls_ssl_config *both[] = {&c->plain, &c->xmpp};
    for (size_t i = 0; i < sizeof both / sizeof both[0]; i++) {
        mbedtls_ssl_conf_session_tickets(both[i], MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
        mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(both[i],
                                                                 MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
    }
#else
    (void)c;
#endif
}

int mote_tls_mbedtls_config_init(struct mote_tls_mbedtls_config *c, const struct mote_services *services)
{
    memset(c, 0, sizeof *c);
    c->services = services;
    mbedtls_x509_crt_init(&c->ca);
    mbedtls_x509_crt_init(&c->own);
    mbedtls_pk_init(&c->own_key);
#if defined(MBEDTLS_ECP_RESTARTABLE)
    mbedtls_ecp_set_max_ops(MOTE_TLS_SLICE);
#endif
    int r = start_psa(services);
    r = r == 0 ? set_rules(&c->plain, services) : r;
    r = r == 0 ? set_rules(&c->xmpp, services) : r;
#if defined(MBEDTLS_SSL_ALPN)
    c->alpn[0] = "xmpp-client";
    if (r == 0 && mbedtls_ssl_conf_alpn_protocols(&c->xmpp, c->alpn) != 0) {
        r = MOTE_ERR_FULL;
    }
#endif
    return r;
}

void mote_tls_mbedtls_config_free(struct mote_tls_mbedtls_config *c)
{
    mbedtls_ssl_config_free(&c->plain);
    mbedtls_ssl_config_free(&c->xmpp);
    for (struct mote_tls_mbedtls_protocol *p = c->protocols; p != NULL; p = p->next) {
        mbedtls_ssl_config_free(&p->config);
    }
    mbedtls_x509_crt_free(&c->ca);
    mbedtls_x509_crt_free(&c->own);
    mbedtls_pk_free(&c->own_key);
}

/// Trust ///

/* The length that mbedTLS wants, which counts the NUL of PEM. */
static size_t whole_len(const void *bytes, size_t len)
{
    const unsigned char *b = bytes;
    return len > 0 && b[0] == 0x30 ? len : len + 1; /* DER begins with a SEQUENCE */
}

static int added_ca(struct mote_tls_mbedtls_config *c, int r, unsigned failures)
{
    if (mote_tls_memory_failures() != failures) {
        return MOTE_ERR_FULL;
    }
    if (r < 0) {
        return MOTE_ERR_CERT;
    }
    c->has_ca = true;
    mbedtls_ssl_conf_ca_chain(&c->plain, &c->ca, NULL);
    mbedtls_ssl_conf_ca_chain(&c->xmpp, &c->ca, NULL);
    return 0;
}

int mote_tls_mbedtls_add_ca(struct mote_tls_mbedtls_config *c, const void *bytes, size_t len)
{
    unsigned failures = mote_tls_memory_failures();
    return added_ca(c, mbedtls_x509_crt_parse(&c->ca, bytes, whole_len(bytes, len)), failures);
}

int mote_tls_mbedtls_add_ca_in_place(struct mote_tls_mbedtls_config *c, const void *der, size_t len)
{
    unsigned failures = mote_tls_memory_failures();
    return added_ca(c, mbedtls_x509_crt_parse_der_nocopy(&c->ca, der, len), failures);
}

void mote_tls_mbedtls_set_pin(struct mote_tls_mbedtls_config *c, const uint8_t sha256[32])
{
    memcpy(c->pin, sha256, sizeof c->pin);
    c->has_pin = true;
    /* With REQUIRED mbedTLS wants an authority to be configured, whatever the verify callback says. With OPTIONAL the
     * verdict is looked at after the handshake. */
    mbedtls_ssl_conf_authmode(&c->plain, MBEDTLS_SSL_VERIFY_OPTIONAL);
    mbedtls_ssl_conf_authmode(&c->xmpp, MBEDTLS_SSL_VERIFY_OPTIONAL);
}

int mote_tls_mbedtls_set_client_cert(struct mote_tls_mbedtls_config *c, const void *cert, size_t cert_len,
                                     const void *key, size_t key_len)
{
    unsigned failures = mote_tls_memory_failures();
    int r = mbedtls_x509_crt_parse(&c->own, cert, whole_len(cert, cert_len));
    if (r == 0) {
        r = mbedtls_pk_parse_key(&c->own_key, key, whole_len(key, key_len), NULL, 0, random_for_tls,
                                 (void *)(uintptr_t)c->services);
    }
    if (r == 0) {
        r = mbedtls_pk_check_pair(&c->own.pk, &c->own_key, random_for_tls, (void *)(uintptr_t)c->services);
    }
    if (r == 0) {
        r = mbedtls_ssl_conf_own_cert(&c->plain, &c->own, &c->own_key);
    }
    if (r == 0) {
        r = mbedtls_ssl_conf_own_cert(&c->xmpp, &c->own, &c->own_key);
    }
    return r == 0 ? 0 : mote_tls_memory_failures() != failures ? MOTE_ERR_FULL : MOTE_ERR_CERT;
}

/// Further protocols ///

int mote_tls_mbedtls_speak(struct mote_tls_mbedtls_config *c, struct mote_tls_mbedtls_protocol *p, const char *alpn)
{
    p->alpn[0] = alpn;
    p->alpn[1] = NULL;
    p->next = c->protocols;
    int r = set_rules(&p->config, c->services);
    if (r != 0) {
        return r;
    }
    c->protocols = p;
    if (c->has_ca) {
        mbedtls_ssl_conf_ca_chain(&p->config, &c->ca, NULL);
    }
    if (c->has_pin) { /* as in mote_tls_mbedtls_set_pin */
        mbedtls_ssl_conf_authmode(&p->config, MBEDTLS_SSL_VERIFY_OPTIONAL);
    }
#if defined(MBEDTLS_SSL_ALPN)
    return mbedtls_ssl_conf_alpn_protocols(&p->config, p->alpn) == 0 ? 0 : MOTE_ERR_FULL;
#else
    return 0;
#endif
}
