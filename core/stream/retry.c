/* SPDX-License-Identifier: MIT
 * When to try again after an error: back-off, jitter, and what the server asked for.
 */
#include "core/stream/retry.h"

#include <stddef.h>
#include <string.h>

static const struct row {
    char name[24];
    uint8_t attempt; /* the condition counts as at least so many failures in a row */
    uint8_t more_s;  /* seconds that are added */
} rows[] = {
    {"system-shutdown", 3, 0}, {"policy-violation", 1, 30}, {"resource-constraint", 1, 30},
    {"host-unknown", 1, 60},   {"host-gone", 1, 60},        {"temporary-auth-failure", 1, 10},
};

/* The condition's name is its first word; the server's text may follow. */
static const struct row *find_condition(const char *condition)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = strlen(rows[i].name);
        if (strncmp(condition, rows[i].name, len) == 0 && (condition[len] == '\0' || condition[len] == ' ')) {
            return &rows[i];
        }
    }
    return NULL;
}

bool mote_retry_asked(const char *condition)
{
    return find_condition(condition) != NULL;
}

uint32_t mote_retry_delay_ms(unsigned attempt, uint32_t random)
{
    uint32_t ceiling = 2 * MOTE_RETRY_MIN_MS;
    while (attempt > 1 && ceiling < MOTE_RETRY_MAX_MS) {
        ceiling *= 2;
        attempt--;
    }
    if (ceiling > MOTE_RETRY_MAX_MS) {
        ceiling = MOTE_RETRY_MAX_MS;
    }
    return MOTE_RETRY_MIN_MS + random % (ceiling - MOTE_RETRY_MIN_MS + 1);
}

uint32_t mote_retry_after_ms(const char *condition, unsigned attempt, uint32_t random)
{
    const struct row *row = find_condition(condition);
    if (row == NULL) {
        return mote_retry_delay_ms(attempt, random);
    }
    return row->more_s * 1000u + mote_retry_delay_ms(attempt > row->attempt ? attempt : row->attempt, random);
}
