/* SPDX-License-Identifier: MIT
 * Keeps TLS sessions with what is known of the server's certificate, and takes them up again.
 *
 * A kept session is, numbers with the highest byte first:
 *   1   version of this form
 *   32  SHA-256 of the host, whom we trust to vouch for it, and our own certificate
 *   8   when the chain becomes valid        8  when it expires       8  when it was checked, or 0
 *   8   when the ticket came, or 0          1  length of tls-server-end-point, and 64 bytes of room for it
 *   ... the session as mbedTLS writes it, without the server's certificate
 *   8   SHA-256 of all that, its beginning
 */
#include "port/tls/resume.h"

#if defined(MBEDTLS_SSL_SESSION_TICKETS)

#include <string.h>

#include <mbedtls/platform.h>
#include <mbedtls/platform_time.h>
#include <mbedtls/sha256.h>

#include "core/base/text.h"

enum {
    FORM = 1,
    BOUND = 1,
    FROM = BOUND + 32,
    TO = FROM + 8,
    CHECKED = TO + 8,
    CAME = CHECKED + 8,
    END_POINT = CAME + 8,
    SESSION = END_POINT + 1 + 64,
    SUM = 8,
    WEEK_S = 7 * 24 * 3600
};

static void put_time(uint8_t *out, int64_t time)
{
    for (int i = 7; i >= 0; i--, time = (int64_t)((uint64_t)time >> 8)) {
        out[i] = (uint8_t)time;
    }
}

static int64_t get_time(const uint8_t *in)
{
    uint64_t time = 0;
    for (int i = 0; i < 8; i++) {
        time = time << 8 | in[i];
    }
    return (int64_t)time;
}

static bool sum(const uint8_t *bytes, size_t len, uint8_t out[SUM])
{
    uint8_t hash[32];
    bool good = mbedtls_sha256(bytes, len, hash, 0) == 0;
    memcpy(out, hash, SUM);
    return good;
}

/// What a session is bound to ///

static int add_certificate(mbedtls_sha256_context *h, const mbedtls_x509_crt *crt)
{
    const uint8_t len[2] = {(uint8_t)(crt->raw.len >> 8), (uint8_t)crt->raw.len};
    int r = mbedtls_sha256_update(h, len, sizeof len);
    return r == 0 ? mbedtls_sha256_update(h, crt->raw.p, crt->raw.len) : r;
}

static bool bind(const struct mote_tls_mbedtls *t, uint8_t out[32])
{
    const struct mote_tls_mbedtls_config *c = t->config;
    mbedtls_sha256_context h;
    mbedtls_sha256_init(&h);
    int r = mbedtls_sha256_starts(&h, 0);
    r = r == 0 ? mbedtls_sha256_update(&h, (const unsigned char *)t->domain, strlen(t->domain) + 1) : r;
    r = r == 0 ? mbedtls_sha256_update(&h, (const unsigned char *)(c->has_pin ? "pin" : "ca"), 2) : r;
    if (r == 0 && c->has_pin) {
        r = mbedtls_sha256_update(&h, c->pin, sizeof c->pin);
    }
    for (const mbedtls_x509_crt *ca = &c->ca; r == 0 && !c->has_pin && ca != NULL; ca = ca->next) {
        r = add_certificate(&h, ca);
    }
    for (const mbedtls_x509_crt *own = &c->own; r == 0 && own != NULL; own = own->next) {
        r = add_certificate(&h, own);
    }
    r = r == 0 ? mbedtls_sha256_finish(&h, out) : r;
    mbedtls_sha256_free(&h);
    return r == 0;
}

/// Taking it up ///

static void forget(struct mote_tls_resume *r)
{
    r->save(r->ctx, NULL, 0);
    r->offered = false;
}

/* May it still be used at this time? The least that the time can be will do where it is not known, as in a check of a
 * certificate; and the server counts its tickets' age by itself. */
static bool in_time(const struct mote_tls_resume *r, const struct mote_tls_verdict *v, int64_t came, uint32_t lifetime)
{
    int64_t now = v->unix_time, least = now != 0 ? now : (int64_t)mbedtls_time(NULL);
    if (v->pin == NULL && (least > v->valid_to || (now != 0 && now < v->valid_from))) {
        return false;
    }
    if (now == 0) {
        return true;
    }
    return (r->checked == 0 || (now >= r->checked && now - r->checked < WEEK_S)) &&
           (came == 0 || lifetime == 0 || (now >= came && now - came < (int64_t)lifetime));
}

/* mbedTLS counts the age of a ticket of TLS 1.3 on a clock that begins anew with each start. */
static void set_age(mbedtls_ssl_session *s, int64_t came, int64_t now)
{
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    s->MBEDTLS_PRIVATE(ticket_reception_time) = mbedtls_ms_time() - (came != 0 && now > came ? (now - came) * 1000 : 0);
#else
    (void)s, (void)came, (void)now;
#endif
}

static bool take_up(struct mote_tls_resume *r, struct mote_tls_mbedtls *t, const uint8_t *kept, size_t len)
{
    uint8_t check[SUM], bound[32];
    struct mote_tls_verdict *v = &t->verdict;
    mbedtls_ssl_session s;
    if (len <= SESSION + SUM || kept[0] != FORM || !sum(kept, len - SUM, check) ||
        memcmp(check, kept + len - SUM, SUM) != 0 || !bind(t, bound) ||
        memcmp(kept + BOUND, bound, sizeof bound) != 0 || kept[END_POINT] > sizeof v->end_point) {
        return false;
    }
    r->checked = get_time(kept + CHECKED);
    v->valid_from = get_time(kept + FROM);
    v->valid_to = get_time(kept + TO);
    v->end_point_len = kept[END_POINT];
    memcpy(v->end_point, kept + END_POINT + 1, sizeof v->end_point);
    mbedtls_ssl_session_init(&s);
    bool good = mbedtls_ssl_session_load(&s, kept + SESSION, len - SESSION - SUM) == 0;
    size_t ticket = good ? s.MBEDTLS_PRIVATE(ticket_len) : 0;
    if (ticket >= sizeof r->tail && in_time(r, v, get_time(kept + CAME), s.MBEDTLS_PRIVATE(ticket_lifetime))) {
        memcpy(r->tail, s.MBEDTLS_PRIVATE(ticket) + ticket - sizeof r->tail, sizeof r->tail);
        set_age(&s, get_time(kept + CAME), v->unix_time);
        r->offered = mbedtls_ssl_set_session(&t->ssl, &s) == 0;
    }
    mbedtls_ssl_session_free(&s);
    return r->offered;
}

static void start(struct mote_tls_mbedtls *t)
{
    struct mote_tls_resume *r = t->resume;
    uint8_t kept[MOTE_TLS_KEPT_MAX];
    r->offered = r->saved = false;
    ptrdiff_t len = r->load(r->ctx, kept, sizeof kept);
    t->lasting = true;
    if (len > 0 && ((size_t)len > sizeof kept || !take_up(r, t, kept, (size_t)len))) {
        forget(r);
    }
    t->lasting = false;
    mote_secret_wipe(kept, sizeof kept);
}

/* The verdict has what was kept. Otherwise mote__tls_verdict_begin has taken that out again, where the certificate had
 * its place in the handshake. */
static bool finished(struct mote_tls_mbedtls *t)
{
    struct mote_tls_resume *r = t->resume;
    struct mote_tls_verdict *v = &t->verdict;
    if (!r->offered || t->shown || v->leaf) {
        r->checked = v->unix_time;
        return false;
    }
    v->leaf = true;
    v->pinned = v->pin != NULL;
    return true;
}

/* A handshake with it has failed, whatever the reason: the next one goes without. */
static void broke(struct mote_tls_mbedtls *t)
{
    if (t->resume->offered) {
        forget(t->resume);
    }
}

/// Keeping it ///

/* All of mbedTLS's session but the server's certificate, which nobody needs any more and which is large. */
static bool write_session(mbedtls_ssl_session *s, uint8_t *out, size_t size, size_t *len)
{
#if defined(MBEDTLS_SSL_KEEP_PEER_CERTIFICATE)
    mbedtls_x509_crt *peer = s->MBEDTLS_PRIVATE(peer_cert);
    s->MBEDTLS_PRIVATE(peer_cert) = NULL;
#endif
    int r = mbedtls_ssl_session_save(s, out, size, len);
#if defined(MBEDTLS_SSL_KEEP_PEER_CERTIFICATE)
    s->MBEDTLS_PRIVATE(peer_cert) = peer;
#endif
    return r == 0;
}

/* The connection goes on without its ticket. */
static void drop_ticket(mbedtls_ssl_session *s)
{
    mote_secret_wipe(s->MBEDTLS_PRIVATE(ticket), s->MBEDTLS_PRIVATE(ticket_len));
    mbedtls_free(s->MBEDTLS_PRIVATE(ticket));
    s->MBEDTLS_PRIVATE(ticket) = NULL;
    s->MBEDTLS_PRIVATE(ticket_len) = 0;
}

static void keep(struct mote_tls_resume *r, const struct mote_tls_mbedtls *t, mbedtls_ssl_session *s)
{
    const struct mote_tls_verdict *v = &t->verdict;
    uint8_t kept[MOTE_TLS_KEPT_MAX] = {FORM};
    size_t len = 0;
    put_time(kept + FROM, v->valid_from);
    put_time(kept + TO, v->valid_to);
    put_time(kept + CHECKED, r->checked);
    put_time(kept + CAME, t->port->clock->unix_time(t->port->clock_ctx));
    kept[END_POINT] = v->end_point_len;
    memcpy(kept + END_POINT + 1, v->end_point, sizeof v->end_point);
    if (bind(t, kept + BOUND) && write_session(s, kept + SESSION, sizeof kept - SESSION - SUM, &len) &&
        sum(kept, SESSION + len, kept + SESSION + len)) {
        r->saved = true;
        r->save(r->ctx, kept, SESSION + len + SUM);
    }
    mote_secret_wipe(kept, sizeof kept);
}

/* There may be a ticket: at the end of a handshake of TLS 1.2, and whenever the server has sent one of TLS 1.3. The
 * first one of a connection is kept, so that a server that sends them without end wears out no flash. */
static void ticket(struct mote_tls_mbedtls *t)
{
    struct mote_tls_resume *r = t->resume;
    mbedtls_ssl_session *s = t->ssl.MBEDTLS_PRIVATE(session);
    size_t len = s != NULL ? s->MBEDTLS_PRIVATE(ticket_len) : 0;
    if (len < sizeof r->tail) {
        return;
    }
    bool old = r->offered &&
               memcmp(s->MBEDTLS_PRIVATE(ticket) + len - sizeof r->tail, r->tail, sizeof r->tail) == 0;
    if (!r->saved && !old) {
        keep(r, t, s);
    }
    drop_ticket(s);
}

void mote_tls_resume_attach(struct mote_tls_resume *r, struct mote_tls_mbedtls *t)
{
    static const struct mote__tls_resume_class type = {start, finished, ticket, broke};
    r->type = &type;
    t->resume = r;
    mote__tls_allow_tickets(t->config);
}

#endif
