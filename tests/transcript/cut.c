/* SPDX-License-Identifier: MIT
 * Plays each transcript again, with the link cut after every byte that the server sends. Once the engine is told that
 * the link is gone (a FIN and an RST look the same to it), and has to log in anew on the next connection. Once all is
 * silent from there on, and it has to find that out by itself, within QUIET_MS of virtual time.
 *
 * A case is played only once, because an engine is all in one block of memory, without a heap: a copy of that block is
 * put back after each cut.
 */
#include <stdio.h>
#include <string.h>

#include "tests/transcript/transcript.h"

/* The longest patience is that of the ping module: five minutes, and a minute for the answer. */
enum { QUIET_MS = 15 * 60 * 1000 };

/* Not every case can log in the short way: that takes PLAIN and a password, and an account is made under TLS only. */
static bool can_log_in(const struct play *p)
{
    return p->config.keys == NULL && !p->with_register && p->config.password != NULL && !p->no_entropy &&
           (p->config.flags & (MOTE_REQUIRE_BINDING | MOTE_ALLOW_EXTERNAL)) == 0;
}

static void lost(struct play *p)
{
    mote_lost(&p->x, MOTE_ERR_LOST, NULL, p->now_ms);
    if (mote_online(&p->x) || mote_wants(&p->x, 0) != 0) {
        play_fail(p, "cut after byte %zu: not off line", p->received);
    }
    p->output_len = 0;
    p->output[0] = '\0';
    p->x.sm.id[0] = '\0'; /* the short login offers no resumption */
    if (can_log_in(p)) {
        play_login(p, false, false);
    }
}

static void silent(struct play *p)
{
    uint64_t end = p->now_ms + QUIET_MS;
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
    if (wants != 0 &&
        (wants & (MOTE_WANT_CLOSE | MOTE_WANT_STARTTLS)) == 0) { /* a handshake has its time from the port */
        play_fail(p, "silence after byte %zu: nobody finds out", p->received);
    }
}

/* What of a case lies in its place, without what is not in use. */
static void copy(struct play *to, const struct play *from)
{
    memcpy(to, from, offsetof(struct play, arena));
    memcpy(to->arena, from->arena, from->arena_size);
    memcpy(to->xml, from->xml, from->xml_size);
    memcpy(to->tx, from->tx, from->tx_size);
    memcpy(to->output, from->output, from->output_len + 1);
    memcpy(to->events, from->events, from->events_len + 1);
    memcpy(to->sink, from->sink, from->sink_len);
    memcpy(to->hold, from->hold, sizeof to->hold);
    if (from->device.flash.block_count != 0) {
        flash_ram_copy(&to->device, &from->device);
    }
}

static struct play saved;
static unsigned long tried;

static void cut_here(struct play *p)
{
    static void (*const ways[])(struct play *p) = {lost, silent};
    if (!p->started) {
        return;
    }
    copy(&saved, p);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0] && !p->failed; i++) {
        p->each_byte = NULL;
        ways[i](p);
        bool failed = p->failed;
        copy(p, &saved);
        p->failed = failed;
        tried++;
    }
}

unsigned long cut_everywhere(struct play *p, const char *file, bool *good)
{
    tried = 0;
    *good = play(p, file, SIZE_MAX, cut_here);
    return tried;
}
