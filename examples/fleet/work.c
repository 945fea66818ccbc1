/* SPDX-License-Identifier: MIT
 * What devices do once they are on line: post to their blog and wait for the result, or send a message to the next
 * device and wait until it has arrived there. One at a time each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "examples/fleet/fleet.h"

enum { PATIENCE_US = 60 * 1000 * 1000 }; /* then a message that nobody acknowledged counts as lost */

size_t work_size(enum fleet_work work)
{
    return work == FLEET_POST ? sizeof(struct mote_blog) : work == FLEET_CHAT ? sizeof(struct mote_chat) : 0;
}

void work_attach(struct fleet *f, struct device *d)
{
    void *place = d + 1;
    _Static_assert(sizeof(struct device) % _Alignof(struct mote_blog) == 0, "the module lies behind the device");
    if (f->options.work == FLEET_POST) {
        d->work.blog = place;
        /* Without options for the node a post fits in the smallest ring. */
        mote_blog_attach(d->work.blog, &d->x, &(struct mote_blog_config){.flags = MOTE_BLOG_NO_OPTIONS});
    } else if (f->options.work == FLEET_CHAT) {
        d->work.chat = place;
        mote_chat_attach(d->work.chat, &d->x, MOTE_CHAT_NO_RECEIPTS);
    }
}

static struct device *neighbour(const struct fleet *f, const struct device *d)
{
    return fleet_device(f, (d->number + 1) % f->options.count);
}

static int32_t post(struct fleet *f, struct device *d)
{
    char title[48];
    snprintf(title, sizeof title, "device %u: %llu", (unsigned)d->number, (unsigned long long)f->paced);
    struct mote_post p = {
        .title = title, .updated = time(NULL), .service = f->options.service, .node = f->options.node};
    return mote_blog_publish(d->work.blog, &p);
}

static int32_t message(struct fleet *f, struct device *d)
{
    char body[64];
    const struct device *to = neighbour(f, d);
    if (!to->online) {
        return MOTE_ERR_STATE;
    }
    snprintf(body, sizeof body, "fleet %u %llu", (unsigned)d->number, (unsigned long long)d->begun_us);
    return mote_chat_send(d->work.chat, &(struct mote_chat_message){.to = mote_jid(&to->x), .body = body});
}

bool work_do(struct fleet *f, struct device *d)
{
    if (d->begun_us != 0 && f->options.work == FLEET_CHAT && fleet_us() - d->begun_us > PATIENCE_US) {
        d->begun_us = 0;
        f->stats.refused++;
        stats_reason(&f->stats, "a message did not arrive within 60 s");
    }
    if (!device_idle(d)) {
        return false;
    }
    d->begun_us = fleet_us();
    d->ticket = f->options.work == FLEET_POST ? post(f, d) : message(f, d);
    if (d->ticket <= 0) {
        d->begun_us = 0;
        if (d->ticket != MOTE_ERR_FULL && d->ticket != MOTE_ERR_BUSY && d->ticket != MOTE_ERR_STATE) {
            f->stats.refused++; /* and would be refused each time */
            stats_reason(&f->stats, mote_error_text(d->ticket));
        }
        return false;
    }
    f->stats.sent++;
    device_step(f, d, false);
    return true;
}

/// Answers ///

static void post_answered(struct fleet *f, struct device *d)
{
    if (d->begun_us != 0) {
        times_add(&f->stats.answer, fleet_us() - d->begun_us);
        f->stats.answered++;
    }
    d->begun_us = 0;
}

/* A message is "fleet NUMBER TIME". Sender and receiver are one process, so the time is of this clock. */
static void message_arrived(struct fleet *f, const char *body)
{
    char *end;
    unsigned long number = strncmp(body, "fleet ", 6) == 0 ? strtoul(body + 6, &end, 10) : ULONG_MAX;
    if (number >= f->options.count) {
        return;
    }
    struct device *from = fleet_device(f, (uint32_t)number);
    if (from->begun_us != 0 && strtoull(end, NULL, 10) == from->begun_us) {
        post_answered(f, from);
    }
}

void work_event(struct fleet *f, struct device *d, const struct mote_event *e)
{
    if (e->kind == MOTE_EV_PUBLISHED && e->ticket == d->ticket) {
        post_answered(f, d);
    } else if (e->kind == MOTE_EV_MESSAGE && !mote_message_of(e)->delayed) {
        message_arrived(f, mote_message_of(e)->body);
    } else if (e->kind == MOTE_EV_REFUSED && e->ticket == d->ticket && d->begun_us != 0) {
        d->begun_us = 0;
        f->stats.refused++;
        stats_reason(&f->stats, e->why != NULL ? e->why : mote_error_text(e->error));
    }
}
