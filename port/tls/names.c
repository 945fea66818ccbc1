/* SPDX-License-Identifier: MIT
 * Compares the names of a certificate with a domain.
 */
#include "port/tls/names.h"

#include <string.h>

#include <mbedtls/asn1.h>

#include "port/net/address.h"
#include "port/base/phrase.h"

/* A piece of the certificate. It is not NUL-terminated, and may hold NULs. */
struct name {
    enum { NAME_NONE, NAME_DNS, NAME_SRV, NAME_XMPP, NAME_IP } kind;
    const char *text;
    size_t len;
};

/// Reading subjectAltName ///

/* Read an OtherName ::= SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY } (RFC 5280 section 4.2.1.6).
 * `buf` is what stands inside the SEQUENCE. */
static struct name other_name(const mbedtls_x509_buf *buf)
{
    static const unsigned char xmpp_addr[] = {0x2b, 6, 1, 5, 5, 7, 8, 5}; /* id-on-xmppAddr 1.3.6.1.5.5.7.8.5 */
    static const unsigned char dns_srv[] = {0x2b, 6, 1, 5, 5, 7, 8, 7};   /* id-on-dnsSRV 1.3.6.1.5.5.7.8.7 */
    unsigned char *p = buf->p, *end = buf->p + buf->len, *oid;
    struct name n = {NAME_NONE, NULL, 0};
    size_t len;
    if (mbedtls_asn1_get_tag(&p, end, &len, MBEDTLS_ASN1_OID) != 0 || len != sizeof dns_srv) {
        return n;
    }
    oid = p;
    p += len;
    if (mbedtls_asn1_get_tag(&p, end, &len, MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED) != 0) {
        return n;
    }
    bool xmpp = memcmp(oid, xmpp_addr, sizeof xmpp_addr) == 0;
    if ((!xmpp && memcmp(oid, dns_srv, sizeof dns_srv) != 0) ||
        mbedtls_asn1_get_tag(&p, end, &len, xmpp ? MBEDTLS_ASN1_UTF8_STRING : MBEDTLS_ASN1_IA5_STRING) != 0) {
        return n;
    }
    n.kind = xmpp ? NAME_XMPP : NAME_SRV;
    n.text = (const char *)p;
    n.len = len;
    return n;
}

static struct name read_name(const mbedtls_x509_buf *buf)
{
    /* The tags are context-specific and numbered by GeneralName. */
    switch (buf->tag & (MBEDTLS_ASN1_TAG_CLASS_MASK | MBEDTLS_ASN1_TAG_VALUE_MASK)) {
    case MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_X509_SAN_DNS_NAME:
        return (struct name){NAME_DNS, (const char *)buf->p, buf->len};
    case MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_X509_SAN_IP_ADDRESS:
        return (struct name){buf->len == 4 || buf->len == 16 ? NAME_IP : NAME_NONE, (const char *)buf->p, buf->len};
    case MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_X509_SAN_OTHER_NAME: return other_name(buf);
    default: return (struct name){NAME_NONE, NULL, 0};
    }
}

/* Write an address as RFC 5952 does, which a JID has to do as well (RFC 7622 section 3.2). Returns its length. */
static size_t ip_text(const struct name *n, char out[MOTE_ADDRESS_TEXT])
{
    struct mote_port_address a = {.family = n->len == 4 ? 4 : 6};
    memcpy(a.bytes, n->text, n->len);
    mote_address_text(&a, out);
    return strcspn(out, " "); /* the port follows behind a blank, and does not count */
}

bool mote__tls_names_literal(const char *domain)
{
    return strchr(domain, ':') != NULL || domain[strspn(domain, "0123456789.")] == '\0';
}

/// Comparing ///

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* It compares by length, so that a NUL inside never ends it early. */
static bool same_name(const char *a, size_t a_len, const char *b, size_t b_len)
{
    if (a_len != b_len) {
        return false;
    }
    for (size_t i = 0; i < a_len; i++) {
        if (lower(a[i]) != lower(b[i])) {
            return false;
        }
    }
    return true;
}

static bool matches(const struct name *n, const char *domain, size_t len)
{
    static const char service[] = "_xmpp-client.";
    const size_t prefix = sizeof service - 1;
    switch (n->kind) {
    case NAME_XMPP: { /* in the letters that people see (RFC 6120 section 13.7.1.4), and ours are those of DNS */
        char seen[256], ascii[256];
        bool fits = n->len < sizeof seen && memchr(n->text, '\0', n->len) == NULL;
        memcpy(seen, n->text, fits ? n->len : 0);
        seen[fits ? n->len : 0] = '\0';
        return fits && mote_host_to_ascii(seen, ascii, sizeof ascii) && same_name(ascii, strlen(ascii), domain, len);
    }
    case NAME_SRV:
        return n->len > prefix && same_name(n->text, prefix, service, prefix) &&
               same_name(n->text + prefix, n->len - prefix, domain, len);
    case NAME_DNS: {
        const char *dot = memchr(domain, '.', len);
        /* A star before a single label ("*.org") is never accepted: nobody owns all that it stands for. */
        bool star = n->len > 2 && n->text[0] == '*' && n->text[1] == '.' &&
                    memchr(n->text + 2, '.', n->len - 2) != NULL;
        if (star && dot != NULL && dot != domain) {
            return same_name(n->text + 1, n->len - 1, dot, len - (size_t)(dot - domain));
        }
        return same_name(n->text, n->len, domain, len);
    }
    case NAME_IP: {
        char text[MOTE_ADDRESS_TEXT];
        return same_name(text, ip_text(n, text), domain, len);
    }
    default: return false;
    }
}

bool mote__tls_names_match(const mbedtls_x509_crt *crt, const char *domain)
{
    size_t len = strlen(domain);
    bool literal = mote__tls_names_literal(domain);
    if (literal && len > 2 && domain[0] == '[' && domain[len - 1] == ']') {
        domain++;
        len -= 2;
    }
    if (len == 0) {
        return false;
    }
    for (const mbedtls_x509_sequence *s = &crt->subject_alt_names; s != NULL; s = s->next) {
        struct name n = read_name(&s->buf);
        if ((n.kind == NAME_IP) == literal && matches(&n, domain, len)) {
            return true;
        }
    }
    return false;
}

bool mote__tls_names_list(const mbedtls_x509_crt *crt, char *out, size_t size)
{
    enum { SHOWN = 2 };
    struct name shown[SHOWN] = {{NAME_NONE, NULL, 0}, {NAME_NONE, NULL, 0}};
    char addresses[SHOWN][MOTE_ADDRESS_TEXT];
    unsigned count = 0;
    for (const mbedtls_x509_sequence *s = &crt->subject_alt_names; s != NULL; s = s->next) {
        struct name n = read_name(&s->buf);
        if (n.kind == NAME_NONE) {
            continue;
        }
        if (count < SHOWN && n.kind == NAME_IP) {
            n.len = ip_text(&n, addresses[count]);
            n.text = addresses[count];
        }
        if (count < SHOWN) {
            n.len = n.len < 60 ? n.len : 60;
            shown[count] = n;
        }
        count++;
    }
    if (count == 0) {
        out[0] = '\0';
    } else if (count == 1) {
        mote__phrase(out, size, "%.*s", (int)shown[0].len, shown[0].text);
    } else if (count == SHOWN) {
        mote__phrase(out, size, "%.*s and %.*s", (int)shown[0].len, shown[0].text, (int)shown[1].len, shown[1].text);
    } else {
        mote__phrase(out, size, "%.*s, %.*s and %u more", (int)shown[0].len, shown[0].text, (int)shown[1].len,
                     shown[1].text, count - SHOWN);
    }
    return count > 0;
}
