/* SPDX-License-Identifier: MIT
 * How the board's memory is shared out, in bytes. boards/linux/board_limits.h says what the first six are for.
 */
#ifndef MOTE_BOARD_LIMITS_H
#define MOTE_BOARD_LIMITS_H

enum {
#if defined(MOTE_TLS_ECDSA) /* 40 KiB of RAM in all */
    BOARD_ARENA = 2560,
    BOARD_XML = 8192,
    BOARD_TX = 2048,
    BOARD_NET = 512,
    BOARD_HOLD = 512,
    BOARD_TOKENS = 0,
    BOARD_INVITES = 0,
    LIMIT_TLS = 4288, /* for mbedTLS: what a connection with small records keeps. A handshake uses BOARD_XML as well */
#else
    BOARD_ARENA = 4096,
    BOARD_XML = 12288,
    BOARD_TX = 3072,
    BOARD_NET = 1024,
    BOARD_HOLD = 640,
    BOARD_TOKENS = 1,
    BOARD_INVITES = 1,
#if defined(MOTE_TLS_13) /* all of the RAM: TLS 1.3 keeps the server's chain, so nothing can be lent to it */
    LIMIT_TLS = 18432,
#else
    LIMIT_TLS = 10496, /* for mbedTLS: with BOARD_XML a handshake with RSA certificates up to 4096 bits */
#endif
#endif
    LIMIT_SETTINGS = 384, /* all settings together */
    LIMIT_LINE = 128      /* a typed line */
};

#endif
