/* SPDX-License-Identifier: MIT
 * How the board's memory is shared out.
 */
#ifndef BOARDS_LIMITS_H
#define BOARDS_LIMITS_H

enum {
#if defined(MOTE_TLS_ECDSA)
    LIMIT_TLS = 9728, /* bytes for mbedTLS: a handshake with ECDSA certificates */
#else
    LIMIT_TLS = 10496, /* bytes for mbedTLS: a handshake with RSA certificates up to 4096 bits */
#endif
    LIMIT_SETTINGS = 384, /* bytes of all settings together */
    LIMIT_LINE = 128      /* bytes of a typed line */
};

#endif
