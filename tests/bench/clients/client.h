/* SPDX-License-Identifier: MIT
 * What the clients of the bench share: one contract, so that they can be compared.
 *
 *     CLIENT MODE PORT TLS USER [N [WINDOW]]
 *       MODE  once     send a chat message, publish an entry, wait for its result, log out
 *             hello    send a chat message, log out
 *             connect  log in, wait for the own presence to come back, end at once
 *             send     send N chat messages to bob@localhost/bench, 64 between two looks at the connection, and end
 *                      when a message comes back that says "done"
 *             recv     receive N messages of any kind, and answer "done" to the sender of the last
 *             pub      publish N Atom entries on node sensor-17 of pubsub.localhost, at most WINDOW without an answer
 *             fleet    keep N sessions in one process, of the accounts dev1...devN
 *       TLS   0 none, 1 STARTTLS, 2 direct
 *
 * For Mote, examples/fleet does `fleet`, and the command does `hello`. USER has the password "secret" on localhost,
 * which is at 127.0.0.1.
 */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define BODY "temperature 21.5 C, node 17 ok, seq %d"
#define WHEN "2026-11-21T01:00:00Z"

struct bench {
    const char *mode, *user;
    int port, tls, count, window;
    double wall0, cpu0, begin;
};

static inline double bench_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static inline double bench_cpu(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) + (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e-6;
}

static inline long bench_rss_kib(void)
{
    long all = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f != NULL) {
        resident = fscanf(f, "%ld %ld", &all, &resident) == 2 ? resident : 0;
        fclose(f);
    }
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static inline struct bench bench_arguments(int argc, char **argv)
{
    struct bench b;
    memset(&b, 0, sizeof b); /* C++ reads this, too */
    if (argc < 5) {
        fprintf(stderr, "usage: %s MODE PORT TLS USER [N [WINDOW]]\n", argv[0]);
        exit(2);
    }
    b.mode = argv[1];
    b.port = atoi(argv[2]);
    b.tls = atoi(argv[3]);
    b.user = argv[4];
    b.count = argc > 5 ? atoi(argv[5]) : 1;
    b.window = argc > 6 ? atoi(argv[6]) : 1;
    b.begin = bench_now();
    return b;
}

static inline int bench_is(const struct bench *b, const char *mode)
{
    return strcmp(b->mode, mode) == 0;
}

/* The clock of what is measured runs from here, */
static inline void bench_start(struct bench *b)
{
    b->wall0 = bench_now();
    b->cpu0 = bench_cpu();
}

/* to here: one line of JSON. */
static inline void bench_report(const struct bench *b)
{
    printf("{\"mode\": \"%s\", \"n\": %d, \"wall\": %.6f, \"cpu\": %.6f, \"ready\": %.6f}\n", b->mode, b->count,
           bench_now() - b->wall0, bench_cpu() - b->cpu0, b->wall0 - b->begin);
    fflush(stdout);
}

static inline void bench_report_fleet(int up, long base_kib)
{
    printf("{\"mode\": \"fleet\", \"n\": %d, \"session_kib\": %.2f}\n", up,
           (double)(bench_rss_kib() - base_kib) / (up - 10));
    fflush(stdout);
}

#endif
