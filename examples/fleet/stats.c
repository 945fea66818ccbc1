/* SPDX-License-Identifier: MIT
 * What fleet counts and measures, and how that is printed.
 */
#include "examples/fleet/stats.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/// Times ///

/* Times below 64 have a step each; above, there are 64 steps to each power of two. */
static unsigned step_of(uint64_t us)
{
    unsigned power = 0;
    while (us >> power >= 2 * TIMES_STEPS) {
        power++;
    }
    unsigned step = us < TIMES_STEPS ? (unsigned)us : (power + 1) * TIMES_STEPS + (unsigned)(us >> power) - TIMES_STEPS;
    return step < TIMES_STEPS * TIMES_POWERS ? step : TIMES_STEPS * TIMES_POWERS - 1;
}

static uint64_t us_of(unsigned step)
{
    unsigned power = step / TIMES_STEPS;
    return power == 0 ? step : (uint64_t)(step % TIMES_STEPS + TIMES_STEPS) << (power - 1);
}

void times_add(struct times *t, uint64_t us)
{
    t->count++;
    t->max = us > t->max ? us : t->max;
    t->steps[step_of(us)]++;
}

/* Returns the time, in milliseconds, than which that share of them took no longer. */
static double times_ms(const struct times *t, double share)
{
    double wanted = share * (double)t->count, seen = 0;
    for (unsigned i = 0; i < TIMES_STEPS * TIMES_POWERS; i++) {
        seen += t->steps[i];
        if (seen >= wanted && seen > 0) {
            return (double)us_of(i) / 1000;
        }
    }
    return 0;
}

/// Reasons and memory ///

void stats_reason(struct stats *s, const char *why)
{
    unsigned i = 0;
    while (i < REASONS - 1 && s->reasons[i].count > 0 && strncmp(s->reasons[i].text, why, REASON_TEXT - 1) != 0) {
        i++;
    }
    if (s->reasons[i].count++ == 0) {
        snprintf(s->reasons[i].text, REASON_TEXT, "%s", i < REASONS - 1 ? why : "other reasons");
    }
}

size_t stats_resident(void)
{
    unsigned long all = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f != NULL) {
        if (fscanf(f, "%lu %lu", &all, &resident) != 2) {
            resident = 0;
        }
        fclose(f);
    }
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static double kib_each(const struct stats *s)
{
    size_t grown = s->rss_online > s->rss_before ? s->rss_online - s->rss_before : 0;
    return s->most_online > 0 ? (double)grown / s->most_online / 1024 : 0;
}

/// Telling it ///

static bool moving;

void stats_progress(const struct stats *s, uint64_t now_us)
{
    if (!isatty(STDERR_FILENO)) {
        return;
    }
    double seconds = (double)(now_us - s->rounds[0].begin_us) / 1e6;
    moving = true;
    fprintf(stderr, "\r\033[K%6.0f s  %u of %u on line", seconds, s->online, s->count);
    if (s->given_up > 0 || s->lost > 0) {
        fprintf(stderr, ", %u gave up, %llu lost", s->given_up, (unsigned long long)s->lost);
    }
    if (s->sent > 0) {
        fprintf(stderr, ", %llu sent, %llu answered in %.1f ms (99 %%: %.1f ms)", (unsigned long long)s->sent,
                (unsigned long long)s->answered, times_ms(&s->answer, 0.5), times_ms(&s->answer, 0.99));
    }
}

void stats_progress_end(void)
{
    if (moving) {
        fputs("\r\033[K", stderr);
    }
}

static void report_times(const char *name, const struct times *t)
{
    printf("  %-10s 50 %% within %.1f ms, 90 %% %.1f, 99 %% %.1f, 99.9 %% %.1f, all %.1f\n", name, times_ms(t, 0.5),
           times_ms(t, 0.9), times_ms(t, 0.99), times_ms(t, 0.999), (double)t->max / 1000);
}

/* Seconds from the first login until all were on line; 0: never. */
static double login_seconds(const struct round *r)
{
    return r->all_us != 0 ? (double)(r->all_us - r->begin_us) / 1e6 : 0;
}

static void report_again(const struct stats *s, unsigned number)
{
    const struct round *r = &s->rounds[number];
    printf("again, %u: ", number);
    if (r->all_us != 0) {
        printf("all on line after %.1f s, %.0f logins a second", login_seconds(r), s->count / login_seconds(r));
    } else {
        printf("not all on line");
    }
    printf("; %llu by token, %llu with the TLS session of before\n", (unsigned long long)r->by_token,
           (unsigned long long)r->resumed_tls);
    if (r->login.count > 0) {
        report_times("login", &r->login);
    }
}

static void report_text(const struct stats *s, const char *what, double seconds)
{
    const struct round *first = &s->rounds[0];
    printf("%u of %u devices on line", s->most_online, s->count);
    if (first->all_us != 0) {
        printf(" after %.1f s, %.0f logins a second", login_seconds(first), s->count / login_seconds(first));
    }
    printf("; %llu sessions lost, %u devices gave up\n", (unsigned long long)s->lost, s->given_up);
    if (first->login.count > 0) {
        report_times("login", &first->login);
    }
    for (unsigned i = 1; i <= s->round; i++) {
        report_again(s, i);
    }
    if (s->sent > 0 || s->missed > 0) {
        printf("%llu %s sent, %llu answered, %llu refused or lost; %llu were due while all were waiting\n",
               (unsigned long long)s->sent, what, (unsigned long long)s->answered, (unsigned long long)s->refused,
               (unsigned long long)s->missed);
    }
    if (s->answer.count > 0) {
        report_times("answer", &s->answer);
    }
    if (s->starved > 0) {
        printf("%llu times a device waited for a reader: more --readers may be faster\n",
               (unsigned long long)s->starved);
    }
    if (s->rss_online > 0) {
        printf("RAM of each session: %.1f KiB (%.1f MiB more were resident); %.1f KiB of it in the pool, without TLS\n",
               kib_each(s), kib_each(s) * s->most_online / 1024, (double)s->static_each / 1024);
        printf("  shared by all: readers of %.1f MiB\n", (double)s->shared / (1 << 20));
    }
    for (unsigned i = 0; i < REASONS && s->reasons[i].count > 0; i++) {
        printf("%6llu times: %s\n", (unsigned long long)s->reasons[i].count, s->reasons[i].text);
    }
    printf("in all %.1f s\n", seconds);
}

/* A reason may hold a server's words, so it is escaped. */
static void json_text(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            putchar('\\');
        }
        putchar((unsigned char)*text < ' ' ? ' ' : *text);
    }
    putchar('"');
}

static void json_times(const char *name, const struct times *t)
{
    printf(", \"%s_ms\": {\"count\": %llu, \"p50\": %.3f, \"p90\": %.3f, \"p99\": %.3f, \"p999\": %.3f, \"max\": %.3f}",
           name, (unsigned long long)t->count, times_ms(t, 0.5), times_ms(t, 0.9), times_ms(t, 0.99),
           times_ms(t, 0.999), (double)t->max / 1000);
}

static void json_again(const struct stats *s)
{
    for (unsigned i = 1; i <= s->round; i++) {
        const struct round *r = &s->rounds[i];
        printf("%s{\"login_s\": %.3f, \"by_token\": %llu, \"resumed_tls\": %llu", i > 1 ? ", " : "", login_seconds(r),
               (unsigned long long)r->by_token, (unsigned long long)r->resumed_tls);
        json_times("login", &r->login);
        putchar('}');
    }
}

static void report_json(const struct stats *s, double seconds)
{
    printf("{\"devices\": %u, \"online\": %u, \"lost\": %llu, \"gave_up\": %u, \"login_s\": %.3f", s->count,
           s->most_online, (unsigned long long)s->lost, s->given_up, login_seconds(&s->rounds[0]));
    printf(", \"sent\": %llu, \"answered\": %llu, \"refused\": %llu, \"missed\": %llu, \"starved\": %llu",
           (unsigned long long)s->sent, (unsigned long long)s->answered, (unsigned long long)s->refused,
           (unsigned long long)s->missed, (unsigned long long)s->starved);
    json_times("login", &s->rounds[0].login);
    json_times("answer", &s->answer);
    printf(", \"rss_before\": %zu, \"rss_online\": %zu, \"session_kib\": %.2f, \"pool_bytes\": %zu, \"readers_bytes\": "
           "%zu",
           s->rss_before, s->rss_online, kib_each(s), s->static_each, s->shared);
    fputs(", \"again\": [", stdout);
    json_again(s);
    printf("], \"seconds\": %.3f, \"reasons\": {", seconds);
    for (unsigned i = 0; i < REASONS && s->reasons[i].count > 0; i++) {
        fputs(i > 0 ? ", " : "", stdout);
        json_text(s->reasons[i].text);
        printf(": %llu", (unsigned long long)s->reasons[i].count);
    }
    puts("}}");
}

void stats_report(const struct stats *s, const char *what, uint64_t now_us, bool json)
{
    double seconds = (double)(now_us - s->rounds[0].begin_us) / 1e6;
    if (json) {
        report_json(s, seconds);
    } else {
        report_text(s, what, seconds);
    }
}
