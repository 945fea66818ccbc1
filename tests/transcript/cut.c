/* SPDX-License-Identifier: MIT
 * Each transcript again, with the link cut after every byte that the server sends: once the link is known to be gone (a FIN
 * or an RST, the engine sees no difference), once all is silent from there on. Of the first the engine has to come back and
 * log in anew on the next connection; of the second it has to find out by itself, within QUIET_MS of virtual time.
 */
#include <stdio.h>
#include <string.h>

#include "tests/transcript/transcript.h"

/* The longest patience is that of the ping module: five minutes, and a minute for the answer. */
enum { QUIET_MS = 15 * 60 * 1000 };

/* Not every case can log in the short way: that takes PLAIN and a password. */
static bool can_log_in(const struct play *p)
{
    return p->config.keys == NULL && p->config.password != NULL && !p->no_entropy &&
           (p->config.flags & (MOTE_REQUIRE_BINDING | MOTE_ALLOW_EXTERNAL)) == 0;
}

static void lost(struct play *p)
{
    mote_lost(&p->x, MOTE_ERR_LOST, NULL, p->now_ms);
    if (mote_online(&p->x) || mote_wants(&p->x, 0) != 0) {
        play_fail(p, "cut after byte %zu: not off line", p->cut_at);
    }
    p->output_len = 0;
    p->output[0] = '\0';
    p->cut_at = 0;
    p->x.sm.id[0] = '\0'; /* the short login offers no resumption */
    if (can_log_in(p)) {
        play_login(p, false, false);
    }
}

static void silent(struct play *p)
{
    uint64_t end = p->now_ms + QUIET_MS;
    size_t at = p->cut_at;
    while (p->now_ms < end && (mote_wants(&p->x, 0) & MOTE_WANT_CLOSE) == 0) {
        uint64_t next = mote_deadline(&p->x);
        p->now_ms = next > p->now_ms ? next : p->now_ms + 1;
        if (next == UINT64_MAX) {
            break;
        }
        mote_tick(&p->x, p->now_ms);
        p->output_len = 0;
        play_collect(p);
    }
    unsigned wants = mote_wants(&p->x, 0);
    if (wants != 0 && (wants & (MOTE_WANT_CLOSE | MOTE_WANT_STARTTLS)) == 0) { /* a handshake has its time from the port */
        play_fail(p, "silence after byte %zu: nobody finds out", at);
    }
}

unsigned long cut_everywhere(struct play *p, const char *file, size_t places, bool *good)
{
    unsigned long tried = 0;
    *good = play(p, file, SIZE_MAX, 0);
    size_t all = p->received, step = all / places + 1;
    for (size_t at = 1; *good && at < all; at += step) {
        for (int how = 0; *good && how < 2; how++) {
            *good = play(p, file, SIZE_MAX, at);
            if (*good && p->started) {
                how == 0 ? lost(p) : silent(p);
                *good = !p->failed;
                tried++;
            }
        }
    }
    return tried;
}
