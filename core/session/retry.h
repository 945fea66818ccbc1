/* SPDX-License-Identifier: MIT
 * How long to wait before the next try: full jitter between 1 s and a ceiling that doubles, as a pure function.
 */
#ifndef MOTE_RETRY_H
#define MOTE_RETRY_H

#include <stdint.h>

enum { RETRY_MIN_MS = 1000, RETRY_MAX_MS = 300000 };

/* `attempt` counts failures in a row from 1; `random` is any 32 random bits. Result in RETRY_MIN_MS..RETRY_MAX_MS. */
uint32_t retry_delay_ms(unsigned attempt, uint32_t random);

#endif
