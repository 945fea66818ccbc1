/* SPDX-License-Identifier: MIT
 * What mbedTLS found out about a chain of certificates, what it does not check by itself, and a sentence about that.
 */
#ifndef MOTE_PORT_TLS_VERIFY_H
#define MOTE_PORT_TLS_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include <mbedtls/x509_crt.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { MOTE_TLS_WHY = 200 }; /* bytes of a sentence fragment about TLS */

struct mote_tls_verdict {
    const char *domain;    /* that the certificate has to be valid for */
    const uint8_t *pin;    /* SHA-256 of the SubjectPublicKeyInfo, or NULL */
    int64_t unix_time;     /* what our clock says, 0 when it is not known; used for the sentence only */
    int64_t valid_from, valid_to; /* when the whole chain is valid, in seconds since 1970 */
    bool leaf;             /* the server's own certificate was looked at */
    bool pinned;           /* its key is the pinned one */
    uint8_t weight;        /* of the reason in why: the heaviest reason is kept */
    uint8_t end_point_len; /* of tls-server-end-point (RFC 5929 section 4.1), 0 when it is not defined here */
    uint8_t end_point[64];
    char *why;             /* MOTE_TLS_WHY bytes: a sentence fragment, "" when nothing is wrong */
};

/* Nothing is known of the certificate that will be looked at now. */
static inline void mote__tls_verdict_begin(struct mote_tls_verdict *v)
{
    v->valid_from = v->valid_to = 0;
    v->end_point_len = 0;
}

/* The callback for mbedtls_ssl_set_verify; `verdict` is a struct mote_tls_verdict. mbedTLS calls it for each
 * certificate of the chain, and for the server's own last. */
int mote__tls_verify(void *verdict, mbedtls_x509_crt *crt, int depth, uint32_t *flags);

/* Is the server the right one? Asked after the handshake; `flags` is mbedtls_ssl_get_verify_result. */
bool mote__tls_verdict_good(const struct mote_tls_verdict *v, uint32_t flags);

/* Is the chain valid at this time? For a time that is known only after the handshake. When it returns false, `why` says
 * why not. */
bool mote__tls_verdict_dates(struct mote_tls_verdict *v, int64_t unix_time);

/* Put a reason into `why` when no single certificate gave one, such as a wrong key usage. */
void mote__tls_verdict_explain(struct mote_tls_verdict *v, uint32_t flags);

#ifdef __cplusplus
}
#endif

#endif
