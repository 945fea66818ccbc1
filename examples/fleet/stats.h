/* SPDX-License-Identifier: MIT
 * What is counted, and how it is told: a line that moves on a terminal, and a report at the end.
 */
#ifndef FLEET_STATS_H
#define FLEET_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Times ///

/* Microseconds, kept in steps of at most 1.6 %: 64 to each power of two. */
enum { TIMES_STEPS = 64, TIMES_POWERS = 30 };

struct times {
    uint64_t count, max;
    uint32_t steps[TIMES_STEPS * TIMES_POWERS];
};

void times_add(struct times *t, uint64_t us);

/// The rest ///

enum { REASONS = 12, REASON_TEXT = 160, ROUNDS = 8 };

struct round { /* of logins, of all devices */
    uint64_t begin_us, all_us;      /* first login, all on line (0: never) */
    uint64_t by_token, resumed_tls; /* logins */
    struct times login;
};

struct stats {
    unsigned count;             /* devices */
    unsigned online, given_up;  /* now */
    unsigned most_online;
    uint64_t logins;            /* that succeeded */
    uint64_t lost;              /* sessions that ended against our will */
    uint64_t sent, answered, refused; /* posts or messages */
    uint64_t missed;            /* that were due while every device still waited for an answer */
    uint64_t starved;           /* how often a device had to wait for a reader */
    struct times answer;
    struct round rounds[ROUNDS];
    unsigned round;             /* that is under way */
    struct {
        uint64_t count;
        char text[REASON_TEXT];
    } reasons[REASONS];         /* the last one gathers what has no room */
    size_t rss_before;          /* bytes resident, before the first login */
    size_t rss_online;          /* and while the most were on line */
    size_t static_each;         /* bytes of the pool for each device, without what is shared */
    size_t shared;              /* bytes of the readers */
};

void stats_reason(struct stats *s, const char *why);
size_t stats_resident(void); /* bytes of this process in RAM; 0 where that is not known */

void stats_progress(const struct stats *s, uint64_t now_us); /* nothing, unless standard error is a terminal */
void stats_progress_end(void);
void stats_report(const struct stats *s, const char *what, uint64_t now_us, bool json);

#endif
