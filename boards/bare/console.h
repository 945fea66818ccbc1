/* SPDX-License-Identifier: MIT */
#ifndef MOTE_BARE_CONSOLE_H
#define MOTE_BARE_CONSOLE_H

#include <stdbool.h>

/* Take what was typed. True when the application has something to look at. */
bool mote__console_input(void);

void mote_board_learn_time(void); /* boards/bare/board.c: called at each turn */

#endif
