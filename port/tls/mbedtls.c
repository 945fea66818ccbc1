/* SPDX-License-Identifier: MIT
 * A TLS connection over mbedTLS, and sentences about what went wrong.
 */
#include "port/tls/mbedtls.h"

#include <string.h>

#include <mbedtls/error.h>

#include "port/net/address.h"
#include "port/base/phrase.h"
#include "port/tls/memory.h"
#include "port/tls/names.h"
#include "port/tls/resume.h"

/* One call takes no more than this from the transport, two full records, so that a server that sends nothing but empty
 * records or tickets cannot keep us in it. */
enum { BUDGET = 2 * 16384 + 1024 };

/// Under TLS: the transport of the port ///

static int receive_record(void *ctx, unsigned char *bytes, size_t len)
{
    struct mote_tls_mbedtls *t = ctx;
    if (t->budget == 0) {
        return MBEDTLS_ERR_SSL_WANT_READ;
    }
    ptrdiff_t n = t->port->net->read(t->port->net_ctx, bytes, len < t->budget ? len : t->budget);
    if (n < 0) {
        t->lost = true;
        return MBEDTLS_ERR_SSL_CONN_EOF;
    }
    t->budget -= (size_t)n;
    for (ptrdiff_t i = n > (ptrdiff_t)sizeof t->heard ? n - (ptrdiff_t)sizeof t->heard : 0; i < n; i++) {
        memmove(t->heard, t->heard + 1, sizeof t->heard - 1);
        t->heard[sizeof t->heard - 1] = bytes[i];
    }
    return n > 0 ? (int)n : MBEDTLS_ERR_SSL_WANT_READ;
}

static int transmit_record(void *ctx, const unsigned char *bytes, size_t len)
{
    struct mote_tls_mbedtls *t = ctx;
    ptrdiff_t n = t->port->net->write(t->port->net_ctx, bytes, len);
    if (n < 0) {
        t->lost = true;
        return MBEDTLS_ERR_SSL_CONN_EOF;
    }
    return n > 0 ? (int)n : MBEDTLS_ERR_SSL_WANT_WRITE;
}

/// Sentences ///

static void explain_tls(struct mote_tls_mbedtls *t, const char *text)
{
    mote__phrase(t->why, sizeof t->why, "%s", text);
}

/* Name the server's alert, which mbedTLS does not tell. It can only be read when it came in clear, before keys were
 * agreed on: type 21, version, length 2, level, number. */
static int say_alert(struct mote_tls_mbedtls *t)
{
    static const struct {
        uint8_t number;
        const char *text;
    } alerts[] = {
        {40,
         "none of our TLS parameters suits it, its key is of a kind that is not known here (Ed25519, RSA-PSS), or it "
         "wants a certificate of ours"},
        {42, "it does not accept our certificate"},
        {47, "it takes our offer for malformed"},
        {70, "no TLS version in common"},
        {71, "it wants stronger TLS parameters"},
        {80, "an error of its own"},
        {112, "it does not serve this domain"},
        {116, "it wants a certificate of ours"},
        {120, "it does not speak this protocol (ALPN) on this port"},
    };
    const uint8_t *h = t->heard;
    const char *text = "it gave no reason that could be read";
    for (size_t i = 0; h[0] == 21 && h[3] == 0 && h[4] == 2 && i < sizeof alerts / sizeof alerts[0]; i++) {
        if (alerts[i].number == h[6]) {
            text = alerts[i].text;
        }
    }
    mote__phrase(t->why, sizeof t->why, "the server refused the TLS handshake: %s", text);
    return MOTE_ERR_TLS;
}

static int say_certificate(struct mote_tls_mbedtls *t, uint32_t flags)
{
    mote__tls_verdict_explain(&t->verdict, flags);
    return MOTE_ERR_CERT;
}

/* More came than there is a buffer for, which mbedTLS calls a bad argument. */
static void say_too_large(struct mote_tls_mbedtls *t, const char *what, size_t room)
{
    mote__phrase(t->why, sizeof t->why, "%s than the %u bytes that there is room for", what, (unsigned)room);
}

/* Is this error about a certificate? Errors of mbedTLS are -(module | detail). The module's part is 0x2080 to 0x3000
 * for X.509, and 0x3c80 for a kind of key that is not known. */
static bool from_x509(int r)
{
    return (-r >= 0x2080 && -r < 0x3000) || (-r & ~0x7f) == 0x3c80;
}

static int say_handshake(struct mote_tls_mbedtls *t, int r)
{
    if (mote_tls_memory_failures() != t->failures) { /* mbedTLS may report this as something else */
        explain_tls(t, "not enough memory for the TLS handshake");
        return MOTE_ERR_TLS;
    }
    if (t->lost) {
        mote__phrase(t->why, sizeof t->why, "%s during the TLS handshake", t->port->net->why(t->port->net_ctx));
        return MOTE_ERR_LOST;
    }
    switch (r) {
    case MBEDTLS_ERR_X509_CERT_VERIFY_FAILED:
    case MBEDTLS_ERR_SSL_BAD_CERTIFICATE: return say_certificate(t, mbedtls_ssl_get_verify_result(&t->ssl));
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE: return say_alert(t);
    case MBEDTLS_ERR_SSL_INVALID_RECORD:
    case MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE:
        explain_tls(t, memcmp(t->heard + sizeof t->heard - 5, "HTTP/", 5) == 0
                       ? "what the server answered is not TLS but HTTP"
                       : "what the server answered is not TLS");
        break;
    case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION:
        explain_tls(t, "the server has no TLS version that is still safe");
        break;
    case MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE: explain_tls(t, "no TLS parameters in common with the server"); break;
    case MBEDTLS_ERR_SSL_ALLOC_FAILED: explain_tls(t, "not enough memory for the TLS handshake"); break;
    case MBEDTLS_ERR_SSL_BAD_INPUT_DATA:
        say_too_large(t, "what the server showed in the TLS handshake is larger", MBEDTLS_SSL_IN_CONTENT_LEN);
        break;
    default:
        if (from_x509(r)) {
            explain_tls(t, "the server shows a certificate of a kind that is not known here (Ed25519, critical name "
                       "constraints)");
            return MOTE_ERR_CERT;
        }
        mote__phrase(t->why, sizeof t->why, "the TLS handshake failed (mbedTLS -0x%04x)", 0u - (unsigned)r);
    }
    return MOTE_ERR_TLS;
}

/// struct mote_port_tls ///

static void tls_close(void *ctx)
{
    struct mote_tls_mbedtls *t = ctx;
    if (!t->open) {
        return;
    }
    if (t->resume != NULL && !mbedtls_ssl_is_handshake_over(&t->ssl)) {
        t->resume->type->broke(t); /* it failed, or took too long */
    } else if (!t->lost && mbedtls_ssl_is_handshake_over(&t->ssl)) {
        (void)mbedtls_ssl_close_notify(&t->ssl); /* it is tried once, because closing must not wait */
    }
    mbedtls_ssl_free(&t->ssl);
    t->open = false;
    t->unsent = 0;
}

/* The configuration with this protocol in ALPN; NULL when there is none. */
static const mbedtls_ssl_config *config_for(const struct mote_tls_mbedtls_config *c, const char *alpn)
{
    if (alpn == NULL) {
        return &c->plain;
    }
    if (strcmp(alpn, "xmpp-client") == 0) {
        return &c->xmpp;
    }
    const struct mote_tls_mbedtls_protocol *p = c->protocols;
    while (p != NULL && strcmp(alpn, p->alpn[0]) != 0) {
        p = p->next;
    }
    return p != NULL ? &p->config : NULL;
}

static int tls_start(void *ctx, const struct mote_port *port, const char *name, const char *alpn)
{
    struct mote_tls_mbedtls *t = ctx;
    const mbedtls_ssl_config *config = config_for(t->config, alpn);
    tls_close(t);
    if (config == NULL || !mote_host_to_ascii(name, t->domain, sizeof t->domain)) {
        explain_tls(t, "a name or protocol that TLS cannot be asked for");
        return MOTE_ERR_ARG;
    }
    if (!t->config->has_ca && !t->config->has_pin) {
        explain_tls(t, "nobody is trusted to vouch for the server: name an authority or a pin");
        return MOTE_ERR_CERT;
    }
    t->port = port;
    t->open = true;
    t->lost = t->computing = t->shown = t->resumed = false;
    t->failures = mote_tls_memory_failures();
    memset(t->heard, 0, sizeof t->heard);
    t->why[0] = '\0';
    t->verdict = (struct mote_tls_verdict){.domain = t->domain,
                                      .why = t->why,
                                      .pin = t->config->has_pin ? t->config->pin : NULL,
                                      .unix_time = port->clock->unix_time(port->clock_ctx)};
    mbedtls_ssl_init(&t->ssl);
    if (mbedtls_ssl_setup(&t->ssl, config) != 0 ||
        /* An address is no name to be sent in SNI (RFC 6066 section 3). */
        mbedtls_ssl_set_hostname(&t->ssl, mote__tls_names_literal(t->domain) ? NULL : t->domain) != 0) {
        explain_tls(t, "not enough memory for TLS");
        return MOTE_ERR_TLS;
    }
    mbedtls_ssl_set_verify(&t->ssl, mote__tls_verify, &t->verdict);
    mbedtls_ssl_set_bio(&t->ssl, t, transmit_record, receive_record, NULL);
    if (t->resume != NULL) {
        t->resume->type->start(t);
    }
    return 0;
}

/* As mbedtls_ssl_handshake, but it sees whether the handshake comes by the server's certificate. */
static int go_on(struct mote_tls_mbedtls *t)
{
    int r = 0;
    while (r == 0 && !mbedtls_ssl_is_handshake_over(&t->ssl)) {
        r = mbedtls_ssl_handshake_step(&t->ssl);
        if (!t->shown && t->ssl.MBEDTLS_PRIVATE(state) == MBEDTLS_SSL_SERVER_CERTIFICATE) {
            t->shown = true;
            mote__tls_verdict_begin(&t->verdict);
        }
    }
    return r;
}

static void new_ticket(struct mote_tls_mbedtls *t)
{
    if (t->resume != NULL) {
        t->resume->type->ticket(t);
    }
}

static int tls_handshake(void *ctx)
{
    struct mote_tls_mbedtls *t = ctx;
    if (!t->open) {
        return MOTE_ERR_LOST;
    }
    t->budget = BUDGET;
    int r = go_on(t);
    t->computing = r == MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS;
    if (r == MBEDTLS_ERR_SSL_WANT_READ || r == MBEDTLS_ERR_SSL_WANT_WRITE || t->computing) {
        return 0;
    }
    if (r != 0) {
        return say_handshake(t, r);
    }
    uint32_t flags = mbedtls_ssl_get_verify_result(&t->ssl);
    t->resumed = t->resume != NULL && t->resume->type->finished(t);
    if (!mote__tls_verdict_good(&t->verdict, flags)) {
        if (t->resumed) {
            t->resume->type->broke(t);
        }
        return say_certificate(t, flags);
    }
    new_ticket(t);
    return 1;
}

static void tls_info(void *ctx, struct mote_tls_info *info)
{
    struct mote_tls_mbedtls *t = ctx;
    *info = (struct mote_tls_info){.version = mbedtls_ssl_get_version(&t->ssl),
                                   .cipher = mbedtls_ssl_get_ciphersuite(&t->ssl),
                                   .verified = true,
                                   .resumed = t->resumed,
                                   .loopback = t->port->net->loopback(t->port->net_ctx),
                                   .end_point_len = t->verdict.end_point_len};
    memcpy(info->end_point, t->verdict.end_point, sizeof info->end_point);
#if defined(MBEDTLS_SSL_KEYING_MATERIAL_EXPORT)
    /* Under TLS 1.2 it needs the extended master secret (RFC 9266 section 4.2), and mbedTLS does not tell whether the
     * server has agreed to that. */
    static const char label[] = "EXPORTER-Channel-Binding";
    if (mbedtls_ssl_get_version_number(&t->ssl) == MBEDTLS_SSL_VERSION_TLS1_3 &&
        mbedtls_ssl_export_keying_material(&t->ssl, info->exporter, sizeof info->exporter, label, sizeof label - 1,
                                           NULL, 0, 0) == 0) {
        info->exporter_len = sizeof info->exporter;
    }
#endif
}

static ptrdiff_t tls_ended(struct mote_tls_mbedtls *t, int r)
{
    if (r == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
        explain_tls(t, "the server closed the connection");
    } else if (t->lost) { /* somebody on the way could have cut it, so this is no orderly end */
        mote__phrase(t->why, sizeof t->why, "%s without ending TLS", t->port->net->why(t->port->net_ctx));
    } else if (r == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
        explain_tls(t, "the server broke off TLS");
    } else if (r == MBEDTLS_ERR_SSL_BAD_INPUT_DATA) {
        int room = mbedtls_ssl_get_max_in_record_payload(&t->ssl);
        say_too_large(t, "the server sent a TLS record larger", room > 0 ? (size_t)room : 0);
        return MOTE_ERR_POLICY;
    } else {
        mote__phrase(t->why, sizeof t->why, "TLS broke (mbedTLS -0x%04x)", 0u - (unsigned)r);
    }
    return MOTE_ERR_LOST;
}

static ptrdiff_t tls_read(void *ctx, void *bytes, size_t len)
{
    struct mote_tls_mbedtls *t = ctx;
    if (!t->open) {
        return MOTE_ERR_LOST;
    }
    t->budget = BUDGET;
    int r = mbedtls_ssl_read(&t->ssl, bytes, len);
    while (r == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET && t->budget > 0) {
        new_ticket(t);
        r = mbedtls_ssl_read(&t->ssl, bytes, len);
    }
    switch (r) {
    case MBEDTLS_ERR_SSL_WANT_READ:
    case MBEDTLS_ERR_SSL_WANT_WRITE:
    case MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET: return 0;
    default: return r > 0 ? r : tls_ended(t, r); /* 0 means that the transport has ended */
    }
}

static ptrdiff_t tls_write(void *ctx, const void *bytes, size_t len)
{
    struct mote_tls_mbedtls *t = ctx;
    if (!t->open || t->lost) {
        return MOTE_ERR_LOST;
    }
    if (t->unsent > 0 && t->unsent < len) {
        /* The caller has more by now, but mbedTLS only finishes the record that it has made, and would count the rest
         * as sent. */
        len = t->unsent;
    }
    t->budget = BUDGET;
    int r = mbedtls_ssl_write(&t->ssl, bytes, len);
    while (r == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET && t->budget > 0) {
        new_ticket(t); /* a read had left it half read */
        r = mbedtls_ssl_write(&t->ssl, bytes, len);
    }
    if (r == MBEDTLS_ERR_SSL_WANT_WRITE || r == MBEDTLS_ERR_SSL_WANT_READ ||
        r == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
        t->unsent = len;
        return 0;
    }
    t->unsent = 0;
    return r > 0 ? r : tls_ended(t, r);
}

static bool tls_pending(void *ctx)
{
    const struct mote_tls_mbedtls *t = ctx;
    return t->open && (t->computing || mbedtls_ssl_check_pending(&t->ssl) != 0);
}

static const char *tls_why(void *ctx)
{
    const struct mote_tls_mbedtls *t = ctx;
    return t->why;
}

const struct mote_port_tls mote_tls_mbedtls = {
    .start = tls_start,
    .handshake = tls_handshake,
    .info = tls_info,
    .read = tls_read,
    .write = tls_write,
    .pending = tls_pending,
    .close = tls_close,
    .why = tls_why,
};

int mote_tls_mbedtls_time_known(struct mote_tls_mbedtls *t, int64_t unix_time)
{
    return !t->open || mote__tls_verdict_dates(&t->verdict, unix_time) ? 0 : MOTE_ERR_CERT;
}

void mote_tls_mbedtls_init(struct mote_tls_mbedtls *t, struct mote_tls_mbedtls_config *config)
{
    memset(t, 0, sizeof *t);
    t->config = config;
}
