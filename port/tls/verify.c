/* SPDX-License-Identifier: MIT
 * Judges a chain of certificates: names, dates, pins; and makes tls-server-end-point of the server's own.
 */
#include "port/tls/verify.h"

#include <string.h>

#include <mbedtls/asn1.h>
#include <mbedtls/md.h>
#include <mbedtls/oid.h>
#include <mbedtls/sha256.h>

#include "core/base/text.h"
#include "port/base/phrase.h"
#include "port/tls/names.h"

/// Channel binding ///

/* Read RSASSA-PSS-params ::= SEQUENCE { hashAlgorithm [0] AlgorithmIdentifier DEFAULT sha1, ... } (RFC 4055 section
 * 3.1). */
static mbedtls_md_type_t pss_hash(const mbedtls_x509_buf *params)
{
    unsigned char *p = params->p, *end = params->p + params->len;
    mbedtls_md_type_t md = MBEDTLS_MD_SHA1;
    mbedtls_asn1_buf oid;
    size_t len;
    const int first = MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED;
    if (p != NULL && mbedtls_asn1_get_tag(&p, end, &len, first) == 0) {
        mbedtls_asn1_buf none;
        if (mbedtls_asn1_get_alg(&p, p + len, &oid, &none) != 0 || mbedtls_oid_get_md_alg(&oid, &md) != 0) {
            return MBEDTLS_MD_NONE;
        }
    }
    return md;
}

/* The hash that the certificate is signed with. mbedTLS knows it, but keeps it private. */
static mbedtls_md_type_t signature_hash(const mbedtls_x509_crt *crt)
{
    unsigned char *p = crt->tbs.p + crt->tbs.len, *end = crt->raw.p + crt->raw.len; /* signatureAlgorithm follows */
    mbedtls_asn1_buf oid, params = {0, 0, NULL};
    mbedtls_md_type_t md = MBEDTLS_MD_NONE;
    mbedtls_pk_type_t pk = MBEDTLS_PK_NONE;
    if (mbedtls_asn1_get_alg(&p, end, &oid, &params) != 0 || mbedtls_oid_get_sig_alg(&oid, &md, &pk) != 0) {
        return MBEDTLS_MD_NONE;
    }
    if (pk == MBEDTLS_PK_RSASSA_PSS) {
        /* mbedtls_asn1_get_alg leaves the SEQUENCE of the parameters opened: params is what stands inside. */
        return pss_hash(&params);
    }
    return md;
}

static void take_end_point(struct mote_tls_verdict *v, const mbedtls_x509_crt *crt)
{
    mbedtls_md_type_t md = signature_hash(crt);
    if (md == MBEDTLS_MD_MD5 || md == MBEDTLS_MD_SHA1) {
        md = MBEDTLS_MD_SHA256; /* RFC 5929 section 4.1 */
    }
    const mbedtls_md_info_t *info = mbedtls_md_info_from_type(md);
    v->end_point_len = 0;
    if (info != NULL && mbedtls_md_get_size(info) <= sizeof v->end_point &&
        mbedtls_md(info, crt->raw.p, crt->raw.len, v->end_point) == 0) {
        v->end_point_len = mbedtls_md_get_size(info);
    }
}

/// Sentences ///

/* 2025-01-01. A clock that tells an earlier time was never set, because this program is younger. */
#define CLOCK_LEAST 1735689600

enum weight { NOTHING, OTHER, WEAK, TIME, NAME, TRUST };

/* What is wrong, by weight. An unknown issuer weighs most, because then nothing else in the certificate can be
 * believed. */
static enum weight weigh(uint32_t flags)
{
    if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) {
        return TRUST;
    }
    if (flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) {
        return NAME;
    }
    if (flags & (MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE)) {
        return TIME;
    }
    if (flags & (MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY)) {
        return WEAK;
    }
    return flags != 0 ? OTHER : NOTHING;
}

/* The common name of a distinguished name, else its organisation. */
static const mbedtls_x509_buf *title(const mbedtls_x509_name *name)
{
    const mbedtls_x509_buf *found = NULL;
    for (; name != NULL; name = name->next) {
        if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &name->oid) == 0) {
            return &name->val;
        }
        if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_ORGANIZATION, &name->oid) == 0) {
            found = &name->val;
        }
    }
    return found;
}

static bool self_signed(const mbedtls_x509_crt *crt)
{
    return crt->issuer_raw.len == crt->subject_raw.len &&
           memcmp(crt->issuer_raw.p, crt->subject_raw.p, crt->issuer_raw.len) == 0;
}

static void say_trust(struct mote_tls_verdict *v, const mbedtls_x509_crt *crt, int depth)
{
    const mbedtls_x509_buf *issuer = title(&crt->issuer);
    int len = issuer == NULL ? 0 : issuer->len < 60 ? (int)issuer->len : 60;
    if (depth == 0 && self_signed(crt)) {
        mote__phrase(v->why, MOTE_TLS_WHY, "the server's certificate is self-signed");
    } else if (len > 0) {
        mote__phrase(v->why, MOTE_TLS_WHY, "the server's certificate is from an issuer not trusted here: %.*s", len,
               (const char *)issuer->p);
    } else {
        mote__phrase(v->why, MOTE_TLS_WHY, "the server's certificate is from an unknown issuer");
    }
}

static void say_name(struct mote_tls_verdict *v, const mbedtls_x509_crt *crt)
{
    char names[140];
    if (mote__tls_names_list(crt, names, sizeof names)) {
        mote__phrase(v->why, MOTE_TLS_WHY, "the server's certificate is for %s, not for %s", names, v->domain);
    } else {
        mote__phrase(v->why, MOTE_TLS_WHY, "the server's certificate names no host in subjectAltName, so not %s",
                     v->domain);
    }
}

static void say_time(struct mote_tls_verdict *v, const mbedtls_x509_crt *crt, const char *whose, uint32_t flags)
{
    const mbedtls_x509_time *t = &crt->valid_to;
    if (flags & MBEDTLS_X509_BADCERT_EXPIRED) {
        mote__phrase(v->why, MOTE_TLS_WHY, "%s certificate expired on %04u-%02u-%02u", whose, (unsigned)t->year,
               (unsigned)t->mon, (unsigned)t->day);
        return;
    }
    char now[MOTE_DATE_LEN + 1];
    mote_date_write(v->unix_time, now);
    t = &crt->valid_from;
    if (v->unix_time < CLOCK_LEAST) {
        mote__phrase(v->why, MOTE_TLS_WHY,
                     "the clock here says %.*s and was never set, so no certificate can be checked", 10, now);
        return;
    }
    mote__phrase(v->why, MOTE_TLS_WHY,
                 "%s certificate is not valid before %04u-%02u-%02u, and the clock here says %.*s", whose,
                 (unsigned)t->year, (unsigned)t->mon, (unsigned)t->day, 10, now);
}

static void explain_chain(struct mote_tls_verdict *v, const mbedtls_x509_crt *crt, int depth, uint32_t flags)
{
    const char *whose = depth == 0 ? "the server's" : "an issuer's";
    enum weight weight = weigh(flags);
    if (depth == 0 && v->weight == TRUST && self_signed(crt)) {
        weight = TRUST; /* mbedTLS shows it twice, as its own issuer as well */
    }
    if (weight == NOTHING || weight < v->weight) {
        return;
    }
    v->weight = (uint8_t)weight;
    switch (weight) {
    case TRUST: say_trust(v, crt, depth); break;
    case NAME: say_name(v, crt); break;
    case TIME: say_time(v, crt, whose, flags); break;
    case WEAK:
        mote__phrase(v->why, MOTE_TLS_WHY, "%s certificate has a weak %s", whose,
               flags & MBEDTLS_X509_BADCERT_BAD_MD ? "signature hash (SHA-1 or older)" : "key");
        break;
    default: mote__tls_verdict_explain(v, flags); break;
    }
}

void mote__tls_verdict_explain(struct mote_tls_verdict *v, uint32_t flags)
{
    if (v->why[0] != '\0') {
        return;
    }
    const uint32_t usage =
        MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE | MBEDTLS_X509_BADCERT_NS_CERT_TYPE;
    if (flags & usage) {
        mote__phrase(v->why, MOTE_TLS_WHY, "the server's certificate is not meant for servers");
    } else if (flags & MBEDTLS_X509_BADCERT_BAD_KEY) {
        mote__phrase(v->why, MOTE_TLS_WHY, "the server's certificate has a weak or unsupported key");
    } else if (!v->leaf) {
        mote__phrase(v->why, MOTE_TLS_WHY, "the server showed no certificate");
    } else {
        mote__phrase(v->why, MOTE_TLS_WHY, "the server's certificate was refused (reasons %x)", (unsigned)flags);
    }
}

/// Dates ///

static int64_t seconds_of(const mbedtls_x509_time *t)
{
    char text[MOTE_DATE_LEN + 1];
    int64_t seconds = 0;
    mote__phrase(text, sizeof text, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)t->year, (unsigned)t->mon,
                 (unsigned)t->day, (unsigned)t->hour, (unsigned)t->min, (unsigned)t->sec);
    (void)mote_date_read(text, &seconds);
    return seconds;
}

/* The whole chain is valid from the latest beginning to the earliest end. */
static void take_dates(struct mote_tls_verdict *v, const mbedtls_x509_crt *crt)
{
    int64_t from = seconds_of(&crt->valid_from), to = seconds_of(&crt->valid_to);
    v->valid_from = from > v->valid_from ? from : v->valid_from;
    v->valid_to = v->valid_to == 0 || to < v->valid_to ? to : v->valid_to;
}

bool mote__tls_verdict_dates(struct mote_tls_verdict *v, int64_t unix_time)
{
    if (v->pin != NULL || (unix_time >= v->valid_from && unix_time <= v->valid_to)) {
        return true;
    }
    bool early = unix_time < v->valid_from;
    char bound[MOTE_DATE_LEN + 1], now[MOTE_DATE_LEN + 1];
    mote_date_write(early ? v->valid_from : v->valid_to, bound);
    mote_date_write(unix_time, now);
    mote__phrase(v->why, MOTE_TLS_WHY, "the server's certificate %s %.*s, and by the server's own clock it is %.*s",
           early ? "is not valid before" : "expired on", 10, bound, 10, now);
    return false;
}

/// Deciding ///

static bool is_pinned(const struct mote_tls_verdict *v, const mbedtls_x509_crt *crt)
{
    uint8_t hash[32];
    return mbedtls_sha256(crt->pk_raw.p, crt->pk_raw.len, hash, 0) == 0 && memcmp(hash, v->pin, sizeof hash) == 0;
}

int mote__tls_verify(void *verdict, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    struct mote_tls_verdict *v = verdict;
    if (depth == 0) {
        v->leaf = true;
        take_end_point(v, crt);
    }
    if (v->pin != NULL) { /* only the key counts: issuer, dates and names do not matter */
        *flags = 0;
        if (depth == 0) {
            v->pinned = is_pinned(v, crt);
            *flags = v->pinned ? 0 : MBEDTLS_X509_BADCERT_OTHER;
        }
        if (*flags != 0) {
            mote__phrase(v->why, MOTE_TLS_WHY, "the server's key is not the pinned one");
        }
        return 0;
    }
    if (depth == 0) {
        /* mbedTLS takes the common name when there is no subjectAltName, and knows nothing of the names of XMPP. */
        *flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_CN_MISMATCH;
        if (!mote__tls_names_match(crt, v->domain)) {
            *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
        }
    }
    if (v->unix_time == 0) {
        /* mbedTLS was told the least that the time can be, so the beginning of a certificate may be past already. */
        *flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_FUTURE;
    }
    take_dates(v, crt);
    explain_chain(v, crt, depth, *flags);
    return 0;
}

bool mote__tls_verdict_good(const struct mote_tls_verdict *v, uint32_t flags)
{
    return v->leaf && (v->pin != NULL ? v->pinned : flags == 0);
}
