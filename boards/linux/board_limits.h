/* SPDX-License-Identifier: MIT
 * What memory an example may take on this machine, in bytes. It is the same for all examples, so that each of them fits
 * on each board.
 */
#ifndef MOTE_BOARD_LIMITS_H
#define MOTE_BOARD_LIMITS_H

enum {
    BOARD_ARENA = 4096, /* for struct mote_config: arena, xml, tx */
    BOARD_XML = 12288,
    BOARD_TX = 3072,
    BOARD_NET = 1024,   /* for struct mote_run_config: buffer */
    BOARD_HOLD = 640,   /* for struct mote_blog_config: hold */
    BOARD_TOKENS = 0    /* 1: there is room for a struct mote_token_store, too (port/store/token_store.h) */
};

#endif
