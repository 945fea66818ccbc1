/* SPDX-License-Identifier: MIT
 * The one loop: epoll for the sockets, a heap for the timers, and the pace of logins and of work.
 */
#include <stdio.h>
#include <sys/epoll.h>
#include <time.h>

#include "examples/fleet/fleet.h"

/* What a timer calls may be a whole PBKDF2, so only a few are served before the sockets are looked at again. */
enum { EVENTS = 256, TIMERS = 16, PROGRESS_US = 250000, BYE_US = 10 * 1000 * 1000, BURST = 64 };

uint64_t fleet_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

uint64_t fleet_ms(void)
{
    return fleet_us() / 1000;
}

/// Timers ///

static uint64_t due(const struct fleet *f, unsigned place)
{
    return fleet_device(f, f->timers[place])->due_ms;
}

static void put_device(struct fleet *f, unsigned place, uint32_t number)
{
    f->timers[place] = number;
    fleet_device(f, number)->place = place;
}

static void swap(struct fleet *f, unsigned a, unsigned b)
{
    uint32_t number = f->timers[a];
    put_device(f, a, f->timers[b]);
    put_device(f, b, number);
}

static void settle_place(struct fleet *f, unsigned place)
{
    while (place > 0 && due(f, place) < due(f, (place - 1) / 2)) {
        swap(f, place, (place - 1) / 2);
        place = (place - 1) / 2;
    }
    for (;;) {
        unsigned least = place, child = 2 * place + 1;
        for (unsigned i = child; i < f->timer_count && i < child + 2; i++) {
            least = due(f, i) < due(f, least) ? i : least;
        }
        if (least == place) {
            return;
        }
        swap(f, place, least);
        place = least;
    }
}

void timer_set(struct fleet *f, struct device *d, uint64_t due_ms)
{
    d->due_ms = due_ms;
    settle_place(f, d->place);
}

/// Sockets ///

static uint8_t interest(const struct device *d)
{
    bool shaking = d->state == DEVICE_SHAKING && !d->queued;
    bool stream = d->state == DEVICE_STREAM && !d->queued && (mote_wants(&d->x, 0) & MOTE_WANT_READ) != 0;
    bool write = d->state == DEVICE_CONNECTING ? !d->queued : d->net.full;
    return (uint8_t)((shaking || stream ? EPOLLIN : 0) | (write ? EPOLLOUT : 0));
}

void watch(struct fleet *f, struct device *d, bool fresh)
{
    if (d->net.fd < 0 || d->x.config.jid == NULL) {
        return; /* closing it took it out of epoll */
    }
    uint8_t now = interest(d);
    if (!fresh && now == d->interest) {
        return;
    }
    struct epoll_event e = {.events = now, .data.u32 = d->number};
    d->interest = now;
    epoll_ctl(f->epoll, fresh ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, d->net.fd, &e);
}

/// Pace ///

static void begin_logins(struct fleet *f, uint64_t now_us)
{
    double since = (double)(now_us - f->stats.rounds[f->stats.round].begin_us) / 1e6;
    double due_by_now = since * f->options.login_rate + 1;
    for (int i = 0; i < BURST && f->started < f->options.count && f->started < due_by_now && !fleet_busy(f); i++) {
        struct device *d = fleet_device(f, f->started);
        d->number = f->started;
        d->due_ms = UINT64_MAX;
        put_device(f, f->timer_count++, f->started++);
        device_start(f, d);
    }
}

/* Work begins when all are on line or have given up. Each piece goes to the next device that waits for no answer. */
static void begin_work(struct fleet *f, uint64_t now_us)
{
    const struct stats *s = &f->stats;
    if (f->paced_us == 0 && f->started == f->options.count && s->online + s->given_up >= s->count) {
        f->paced_us = now_us;
        f->stats.rss_online = stats_resident();
    }
    if (f->paced_us == 0 || f->options.work == FLEET_IDLE || s->online == 0) {
        return;
    }
    double due_by_now = (double)(now_us - f->paced_us) / 1e6 * f->options.rate;
    for (int burst = 0; burst < BURST && (double)f->paced < due_by_now; burst++) {
        bool done = false;
        for (unsigned i = 0; i < f->options.count && !done; i++) {
            done = work_do(f, fleet_device(f, f->turn));
            f->turn = (f->turn + 1) % f->options.count;
        }
        f->paced++;
        f->stats.missed += !done;
    }
}

static bool time_over(struct fleet *f, uint64_t now_us)
{
    return f->paced_us != 0 && now_us - f->paced_us >= f->options.seconds * 1000000ull;
}

static int until_next(const struct fleet *f, uint64_t now_ms)
{
    bool paced = f->started < f->options.count || (f->paced_us != 0 && f->options.work != FLEET_IDLE);
    uint64_t first = f->timer_count > 0 ? due(f, 0) : UINT64_MAX;
    uint64_t wait = first <= now_ms ? 0 : first - now_ms;
    uint64_t most = paced ? 1 : 100;
    return (int)(wait < most ? wait : most);
}

/// The loop ///

static void turn_loop(struct fleet *f)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(f->epoll, events, EVENTS, until_next(f, fleet_ms()));
    for (int i = 0; i < n; i++) {
        struct device *d = fleet_device(f, events[i].data.u32);
        if ((events[i].events & EPOLLOUT) != 0) {
            d->net.full = false;
        }
        device_step(f, d, true);
    }
    uint64_t now_ms = fleet_ms();
    for (unsigned i = 0; i < TIMERS && f->timer_count > 0 && due(f, 0) <= now_ms; i++) {
        device_step(f, fleet_device(f, f->timers[0]), true);
    }
    while (f->free != NULL && f->first != NULL) {
        struct device *d = f->first;
        f->first = d->next;
        f->last = f->first != NULL ? f->last : NULL;
        d->queued = false;
        device_step(f, d, true);
    }
}

/* Wait for what is under way, then log out all devices, for at most 10 s each. */
static void finish(struct fleet *f)
{
    struct stats *s = &f->stats;
    uint64_t limit = fleet_us() + BYE_US;
    while (s->answered + s->refused < s->sent && s->online > 0 && fleet_us() < limit) {
        turn_loop(f);
    }
    limit = fleet_us() + BYE_US;
    f->ending = true;
    for (unsigned i = 0; i < f->started; i++) {
        device_stop(f, fleet_device(f, i));
        if (i % BURST == 0) {
            turn_loop(f);
        }
    }
    while ((s->online > 0 || f->under_way > 0) && fleet_us() < limit) {
        turn_loop(f);
    }
}

/* All are on line, or have given up, for as long as was asked for; then they log out. */
static void run_round(struct fleet *f, const volatile int *asked_to_end)
{
    uint64_t shown_us = 0;
    f->stats.rounds[f->stats.round].begin_us = fleet_us();
    while (*asked_to_end == 0) {
        uint64_t now_us = fleet_us();
        turn_loop(f);
        if (time_over(f, now_us) || f->stats.given_up == f->stats.count) {
            break;
        }
        begin_logins(f, now_us);
        begin_work(f, now_us);
        if (now_us - shown_us >= PROGRESS_US) {
            shown_us = now_us;
            stats_progress(&f->stats, now_us);
        }
    }
    if (f->stats.rss_online == 0) {
        f->stats.rss_online = stats_resident();
    }
    finish(f);
}

/* False when a device is not logged out, or will not log in any more. */
static bool begin_anew(struct fleet *f)
{
    if (f->stats.given_up > 0) {
        return false;
    }
    for (unsigned i = 0; i < f->options.count; i++) {
        struct device *d = fleet_device(f, i);
        if (d->state != DEVICE_OVER || d->queued) {
            return false;
        }
        d->state = DEVICE_OFF;
        d->attempt = 0;
    }
    f->timer_count = f->started = 0;
    f->paced_us = f->paced = 0;
    f->ending = false;
    f->stats.round++;
    return true;
}

void fleet_run(struct fleet *f, const volatile int *asked_to_end)
{
    f->stats.rss_before = stats_resident();
    do {
        run_round(f, asked_to_end);
    } while (*asked_to_end == 0 && f->stats.round < f->options.again && begin_anew(f));
    stats_progress_end();
}
