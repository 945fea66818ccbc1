/* SPDX-License-Identifier: MIT
 * What test_blog.c and test_blog_publish.c share: the module in a world, and a service that answers.
 */
#ifndef UNIT_BLOG_H
#define UNIT_BLOG_H

#include <stdio.h>

#include "core/modules/blog/blog.h"
#include "core/xml/ns.h"
#include "tests/unit/unit.h"
#include "tests/unit/world.h"

#define PUBSUB(content) "<pubsub xmlns='http://jabber.org/protocol/pubsub'>" content "</pubsub>"

static struct world w;
static struct mote_blog blog;
static struct mote_blog_config config;
static char hold[512];
static struct mote_post reading;
static char ids[512];         /* of the posts in the events, with a blank behind each */
static struct mote_page page; /* of the last event; its strings are gone */

static void note(struct world *world, const struct mote_event *e)
{
    (void)world;
    bool has_post = e->kind == MOTE_EV_POST || e->kind == MOTE_EV_POST_RETRACTED || e->kind == MOTE_EV_PUBLISHED ||
                    e->kind == MOTE_EV_RETRACTED || (e->kind == MOTE_EV_REFUSED && mote_post_of(e) != NULL);
    if (has_post) {
        strcat(strcat(ids, mote_post_of(e)->id != NULL ? mote_post_of(e)->id : "(none)"), " ");
    }
    page = e->kind == MOTE_EV_PAGE ? *mote_page_of(e) : page;
}

static void start(void)
{
    world_start(&w);
    w.also = note;
    mote_blog_attach(&blog, &w.x, &config);
    mote_set_unix_time(&w.x, 1795219200, w.now_ms);
    world_login(&w);
    ids[0] = '\0';
}

static int setup(void **state)
{
    (void)state;
    config = (struct mote_blog_config){.hold = hold, .hold_size = sizeof hold};
    reading = (struct mote_post){.id = "r1", .title = "21.5 C", .lean = true};
    start();
    return 0;
}

/* Answer the n-th request (from 0) of those in w.out; `from` NULL for the own account. */
static void answer_nth(unsigned n, const char *type, const char *from, const char *content)
{
    char stanza[4096];
    const char *at = w.out;
    for (unsigned i = 0; i <= n; i++) {
        at = strstr(i > 0 ? at + 1 : at, "<iq type='");
        assert_non_null(at);
    }
    at = strstr(at, "id='") + 4;
    snprintf(stanza, sizeof stanza, "<iq type='%s' id='%.11s'%s%s%s>%s</iq>", type, at, from != NULL ? " from='" : "",
             from != NULL ? from : "", from != NULL ? "'" : "", content);
    world_in(&w, stanza);
}

/* Answer the first one. What is sent then replaces what was. */
static void answer(const char *type, const char *content)
{
    answer_nth(0, type, reading.service, content);
    w.out_len = 0;
    w.out[0] = '\0';
    world_take(&w, SIZE_MAX);
}

static void expect(int kind, int32_t ticket, int error)
{
    assert_int_equal(w.count, 1);
    assert_int_equal(w.events[0].kind, kind);
    assert_int_equal(w.events[0].ticket, ticket);
    assert_int_equal(w.events[0].error, error);
    w.count = 0;
}

#endif
