/* SPDX-License-Identifier: MIT
 * Reads authorities from a file, and says of those that cannot be used why not.
 */
#include "port/tls/ca_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/base/text.h"
#include "port/base/phrase.h"

/* PIECE holds the longest certificate, with the text that some lists have in front of each. */
enum { PIECE = 32768, MARK = 32 };

/* What was found in a file. */
struct list {
    bool found;      /* there was a certificate that is trusted now */
    const char *why; /* why another certificate could not be used, or NULL */
};

static bool der_has(const char *der, size_t len, const char *oid, size_t oid_len)
{
    for (size_t i = 0; i + oid_len <= len; i++) {
        if (memcmp(der + i, oid, oid_len) == 0) {
            return true;
        }
    }
    return false;
}

/* Find out why mbedTLS, which does not tell, cannot use this certificate, by an identifier that stands in it. */
static const char *explain_der(const char *der, size_t len)
{
    static const struct {
        char oid[12];
        uint8_t len;
        const char *text;
    } kinds[] = {
        {"\x06\x03\x2b\x65\x70", 5, "a key or signature of Ed25519"},
        {"\x06\x03\x2b\x65\x71", 5, "a key or signature of Ed448"},
        {"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", 11, "an RSA key for PSS alone"},
        {"\x06\x03\x55\x1d\x1e", 5, "critical name constraints"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (der_has(der, len, kinds[i].oid, kinds[i].len)) {
            return kinds[i].text;
        }
    }
    return "a form or key of another kind";
}

static int add_der(struct mote_tls_mbedtls_config *c, const char *der, size_t len, struct list *list)
{
    int r = mote_tls_mbedtls_add_ca(c, der, len);
    list->found = list->found || r == 0;
    list->why = r == MOTE_ERR_CERT ? explain_der(der, len) : list->why;
    return r;
}

/* Add one certificate in base64, which is decoded in place. mbedTLS could decode it, but does so in constant time as
 * for a secret, which is 95 % of what reading the list of a distribution costs. Returns what mote_tls_mbedtls_add_ca
 * does. */
static int add_base64(struct mote_tls_mbedtls_config *c, char *text, const char *end, struct list *list)
{
    size_t len = 0;
    for (const char *p = text; p < end; p++) {
        if (*p != '\n' && *p != '\r' && *p != ' ' && *p != '\t') {
            text[len++] = *p;
        }
    }
    ptrdiff_t der = mote_base64_decode(text, len, text, len);
    return der > 0 ? add_der(c, text, (size_t)der, list) : MOTE_ERR_CERT;
}

/* Take the whole certificates out of text[0..*len); the beginning of another one stays. Those that mbedTLS cannot read
 * are passed over. Returns 0 or MOTE_ERR_FULL. */
static int add_piece(struct mote_tls_mbedtls_config *c, char *text, size_t *len, struct list *list)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----";
    char *rest = text, *from, *to;
    int r = 0;
    text[*len] = '\0';
    if (*len > 0 && text[0] == 0x30 && !list->found) { /* this is DER, and the whole file is one certificate */
        r = add_der(c, text, *len, list);
        rest = text + *len;
    }
    while (r != MOTE_ERR_FULL && (from = strstr(rest, begin)) != NULL && (to = strstr(from, end)) != NULL) {
        rest = to + sizeof end - 1;
        r = add_base64(c, from + sizeof begin - 1, to, list);
    }
    *len -= (size_t)(rest - text);
    memmove(text, rest, *len);
    return r == MOTE_ERR_FULL ? r : 0;
}

static int add_all(struct mote_tls_mbedtls_config *c, int fd, struct list *list)
{
    static char text[PIECE + 1];
    size_t len = 0;
    ssize_t n;
    while ((n = read(fd, text + len, PIECE - len)) > 0 || (n < 0 && errno == EINTR)) {
        len += n > 0 ? (size_t)n : 0;
        if (len == PIECE) {
            int r = add_piece(c, text, &len, list);
            if (r != 0) {
                return r;
            }
            if (len == PIECE) { /* no certificate is so long. It is something else, but one may begin at its end */
                len = MARK;
                memmove(text, text + PIECE - MARK, MARK);
            }
        }
    }
    return n < 0 ? MOTE_ERR_IO : add_piece(c, text, &len, list);
}

static int open_list(const char **path)
{
    static const char *const systems[] = {
        "/etc/ssl/certs/ca-certificates.crt", /* Debian, Ubuntu, Arch */
        "/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora */
        "/etc/ssl/ca-bundle.pem",             /* openSUSE */
        "/etc/ssl/cert.pem",                  /* Alpine, BSD */
    };
    if (*path != NULL) {
        return open(*path, O_RDONLY | O_CLOEXEC);
    }
    int fd = -1;
    for (size_t i = 0; fd < 0 && i < sizeof systems / sizeof systems[0]; i++) {
        *path = systems[i];
        fd = open(*path, O_RDONLY | O_CLOEXEC);
    }
    return fd;
}

int mote_tls_ca_file_add(struct mote_tls_mbedtls_config *c, const char *path, char *why, size_t why_size)
{
    bool asked = path != NULL;
    struct list list = {false, NULL};
    int fd = open_list(&path), r = MOTE_ERR_IO;
    if (fd >= 0) {
        r = add_all(c, fd, &list);
        int e = errno;
        close(fd);
        errno = e;
    }
    if (fd < 0 && !asked) {
        mote__phrase(why, why_size,
                     "no certificate authorities on this system: install ca-certificates, or name a file");
    } else if (r == MOTE_ERR_IO) {
        mote__phrase(why, why_size, "cannot read %s: %s", path, strerror(errno));
    } else if (r == MOTE_ERR_FULL) {
        mote__phrase(why, why_size, "not enough memory for the certificates in %s", path);
    } else if (!list.found && list.why != NULL) {
        mote__phrase(why, why_size, "the certificate in %s cannot be used here: it has %s", path, list.why);
        r = MOTE_ERR_CERT;
    } else if (!list.found) {
        mote__phrase(why, why_size, "there is no certificate in %s", path);
        r = MOTE_ERR_CERT;
    }
    return r;
}
