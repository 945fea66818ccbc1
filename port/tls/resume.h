/* SPDX-License-Identifier: MIT
 * TLS sessions that go on in the next connection: tickets of TLS 1.2 (RFC 5077) and PSKs of TLS 1.3 (RFC 8446 section
 * 2.2). A handshake that resumes one shows and checks no certificate, so what the check had found is kept with the
 * session, and the session is of use only for the same host under the same trust:
 *
 *     static struct mote_tls_resume resume = {.load = load, .save = save};
 *     mote_tls_resume_attach(&resume, &posix.tls);      before the first connection
 *
 * What is kept is a secret like the password's keys. It is not used any more, and forgotten, when host, authorities,
 * pin or own certificate are others than before, when the server's chain has expired, when the server's own bound has
 * passed, a week after the certificate was checked, and after a handshake with it has failed. Nothing of the
 * application is ever sent in the handshake (0-RTT).
 */
#ifndef MOTE_PORT_TLS_RESUME_H
#define MOTE_PORT_TLS_RESUME_H

#include "port/tls/mbedtls.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(MBEDTLS_SSL_SESSION_TICKETS) /* else there is nothing to attach */
/* Bytes of a session that is kept: its ticket, and all else. A server whose tickets are larger than
 * MBEDTLS_SSL_TICKET_MAX of the configuration is not resumed with. */
enum { MOTE_TLS_KEPT_MAX = MBEDTLS_SSL_TICKET_MAX + 488 };

void mote_tls_resume_attach(struct mote_tls_resume *r, struct mote_tls_mbedtls *t);
#endif

struct mote_tls_resume {
    /* Copy what was saved last into `bytes`, which has MOTE_TLS_KEPT_MAX. Returns its length; 0 or negative: nothing.
     * It need not be what was saved: damage is found. */
    ptrdiff_t (*load)(void *ctx, void *bytes, size_t size);

    /* Keep these bytes instead, as a whole or not at all. len 0: forget what was saved. It is called once a connection
     * at most, but to forget. */
    void (*save)(void *ctx, const void *bytes, size_t len);
    void *ctx;

    /* private */
    const struct mote__tls_resume_class *type;
    int64_t checked;     /* when a whole handshake has shown the certificate, or 0 */
    uint8_t tail[8];     /* of the ticket that was offered */
    bool offered, saved; /* on this connection */
};

#ifdef __cplusplus
}
#endif

#endif
