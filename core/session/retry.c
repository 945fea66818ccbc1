/* SPDX-License-Identifier: MIT */
#include "core/session/retry.h"

uint32_t retry_delay_ms(unsigned attempt, uint32_t random)
{
    uint32_t ceiling = 2 * RETRY_MIN_MS;
    while (attempt > 1 && ceiling < RETRY_MAX_MS) {
        ceiling *= 2;
        attempt--;
    }
    if (ceiling > RETRY_MAX_MS) {
        ceiling = RETRY_MAX_MS;
    }
    return RETRY_MIN_MS + random % (ceiling - RETRY_MIN_MS + 1);
}
