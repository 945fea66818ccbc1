/* SPDX-License-Identifier: MIT
 * The console of a board, as its main loop sees it.
 */
#ifndef MOTE_BARE_CONSOLE_H
#define MOTE_BARE_CONSOLE_H

#include <stdbool.h>

/* Take what was typed. Returns true when there is something for the application. */
bool mote__console_input(void);

void mote_board_learn_time(void); /* boards/bare/board.c: called at each turn */

#endif
