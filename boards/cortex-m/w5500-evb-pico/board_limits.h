/* SPDX-License-Identifier: MIT
 * How the board's memory is shared out, in bytes. boards/linux/board_limits.h says what the first five are for.
 */
#ifndef MOTE_BOARD_LIMITS_H
#define MOTE_BOARD_LIMITS_H

enum {
    BOARD_ARENA = 8192,
    BOARD_XML = 16384,
    BOARD_TX = 8192,
    BOARD_NET = 2048,
    BOARD_HOLD = 1024,
    BOARD_TOKENS = 1,
    BOARD_INVITES = 1,
    LIMIT_TLS = 40960,     /* for mbedTLS */
    LIMIT_SETTINGS = 1024, /* all settings together */
    LIMIT_LINE = 256       /* a typed line */
};

#endif
