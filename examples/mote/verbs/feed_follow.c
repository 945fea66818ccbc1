/* SPDX-License-Identifier: MIT
 * mote feed --follow: it subscribes, reads the page that is there, then prints what is notified.
 */
#include "examples/mote/verbs/feed_follow.h"

#include <string.h>

#include "core/xml/ns.h"
#include "core/base/text.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/out/out.h"
#include "examples/mote/out/show.h"

enum { SEEN = 1024, SEED = MOTE_BLOG_PAGE_MAX, AGAIN = SEED / 2 };
/* The time between two looks for a blog that is not there yet, which doubles each time. */
enum { FIRST_TRY_S = 2, LAST_TRY_S = 60 };

static const char *blog_service, *blog_node;
static int32_t ticket, fetching; /* tickets: of a subscription, and of an entry whose notification came without it */
static bool answered;
static bool missing; /* there is no such blog yet */
static int error;
static char why[300];
static enum { SEEDING, FIRST, LIVE } phase;
static bool again;      /* something has come, so the page has to be read again */
static bool wake;       /* ends the wait: `again` is set, or it is the end */
static unsigned fresh;  /* how many entries have come since then */
static bool subscribed; /* a subscription was there before, so it is left alone at the end */

/// What was printed already ///

static uint64_t seen[SEEN]; /* hashes of posts; the oldest is overwritten */
static unsigned next_seen;

static uint64_t hash_post(const struct mote_post *p)
{
    /* The key need not be secret: a collision does no more than hide one post. */
    static const uint64_t key[2] = {0x6d6f7465, 0x66656564};
    uint64_t h = mote_siphash(key, p->id, strlen(p->id)) ^ (uint64_t)p->updated;
    h = p->title != NULL ? h * 31 + mote_siphash(key, p->title, strlen(p->title)) : h;
    h = p->content != NULL ? h * 31 + mote_siphash(key, p->content, strlen(p->content)) : h;
    return h != 0 ? h : 1;
}

/* Was the post seen before? It is noted as seen from now on. */
static bool seen_before(const struct mote_post *p)
{
    uint64_t h = hash_post(p);
    for (unsigned i = 0; i < SEEN; i++) {
        if (seen[i] == h) {
            return true;
        }
    }
    seen[next_seen++ % SEEN] = h;
    return false;
}

bool follow_show(const struct mote_post *post)
{
    if (!cli.follow) {
        return show_post(post);
    }
    bool old = seen_before(post);
    if (phase == SEEDING || (phase == LIVE && old)) {
        return true;
    }
    fresh += phase == LIVE;
    return show_post(post);
}

/// Events ///

static bool enough(void)
{
    return cli.count != 0 && fresh >= cli.count;
}

static void read_again(void)
{
    again = wake = true;
}

/* Take a notification. True at the end. */
static bool on_post(const struct mote_post *post)
{
    if (!mote_jid_bare_equal(post->service, blog_service) || strcmp(post->node, blog_node) != 0) {
        return false; /* it is of another subscription of this account */
    }
    if (phase != LIVE) {
        again = true; /* it may be missing on the page that is being read, so read that again */
    } else if (post->entry) {
        return !follow_show(post) || enough();
    } else if (fetching == 0) {
        fetching = mote_blog_read(
            &session.blog, &(struct mote_blog_query){.service = blog_service, .node = blog_node, .id = post->id});
        if (fetching <= 0) {
            fetching = 0;
            read_again();
        }
    } else {
        read_again();
    }
    return false;
}

bool follow_event(const struct mote_event *e)
{
    bool end = false;
    if (e->kind == MOTE_EV_POST) {
        end = e->ticket == 0          ? on_post(mote_post_of(e))
              : e->ticket == fetching ? !follow_show(mote_post_of(e)) || enough()
                                      : false;
    } else if (e->kind == MOTE_EV_POST_RETRACTED && phase == LIVE &&
               mote_jid_bare_equal(mote_post_of(e)->service, blog_service) &&
               strcmp(mote_post_of(e)->node, blog_node) == 0) {
        end = !show_retracted(mote_post_of(e));
    } else if (e->kind == MOTE_EV_ONLINE && phase == LIVE) {
        read_again();
    } else if (e->ticket != 0 && e->ticket == fetching && (e->kind == MOTE_EV_PAGE || e->kind == MOTE_EV_REFUSED)) {
        fetching = 0;
    } else if (e->ticket != 0 && e->ticket == ticket) {
        error = e->kind == MOTE_EV_REFUSED ? e->error : 0;
        missing = error != 0 && mote_text_equal(e->condition, "item-not-found");
        mote_text_copy(why, sizeof why, e->kind == MOTE_EV_REFUSED ? refusal(e) : e->why);
        answered = true;
    }
    wake = wake || end;
    return end;
}

/// Subscribing, reading, waiting ///

static void on_subscriptions(struct ask *ask, const struct mote_xml *reply, int result)
{
    (void)ask;
    const char *condition = mote_xml_condition(mote_xml_inner(reply, "error"), NS_STANZA_ERROR);
    /* Where the service does not tell whether there was a subscription before, there may have been one, so it is left
     * alone at the end. A blog that is not there has none. */
    subscribed = reply == NULL || result != 0 ? !mote_text_equal(condition, "item-not-found")
                                              : ask_is_subscribed(reply, cli.settings.jid, blog_node);
    answered = true;
}

static int look_up_subscription(void)
{
    answered = false;
    if (ask_subscriptions(&session.ask, blog_service, blog_node, on_subscriptions) < 0) {
        subscribed = true;
        return 0;
    }
    return session_wait(&answered, 0);
}

static int subscribe(bool on)
{
    answered = missing = false;
    ticket = on ? mote_blog_subscribe(&session.blog, blog_service, blog_node)
                : mote_blog_unsubscribe(&session.blog, blog_service, blog_node);
    error = ticket < 0 ? ticket : 0;
    int code = ticket < 0 ? 0 : session_wait(&answered, 0);
    if (code != 0 || !on || missing || error == MOTE_ERR_LOST) {
        return code;
    }
    if (error != 0) {
        return fail(exit_of(error), why[0] != '\0' ? why : mote_error_text(error), NULL, "cannot follow the blog of %s",
                    blog_service);
    }
    if (why[0] != '\0') {
        note("the blog of %s: %s", blog_service, why);
    }
    return 0;
}

/* A blog exists from its first entry on, and cannot be subscribed to before that, so it is tried again until somebody
 * publishes. A lost connection is no answer, so it does not end the wait. */
static int subscribe_to_what_comes(bool *waited)
{
    int code = subscribe(true);
    for (unsigned pause_s = FIRST_TRY_S; code == 0 && (missing || error == MOTE_ERR_LOST);) {
        if (!*waited) {
            note("the blog of %s has no entry yet: waiting for the first", blog_service);
            *waited = true;
        }
        code = session_wait(NULL, pause_s);
        code = code == EXIT_TIMEOUT ? session_wait(&session.online, 0) : code;
        code = code == 0 ? subscribe(true) : code;
        pause_s = pause_s * 2 < LAST_TRY_S ? pause_s * 2 : LAST_TRY_S;
    }
    return code;
}

/* Read the page once, again after each lost connection. */
static int read_entries(unsigned count)
{
    int code;
    do {
        again = wake = false;
        code = session_wait(&session.online, 0);
        code = code == 0 ? feed_read(count) : code;
    } while (code == SESSION_AGAIN);
    return code;
}

/* Print the page that is there. Before that, all that a later reading may show is noted as seen, so that later readings
 * print only what is new, in whatever order the service gives it. What is published meanwhile is notified as well. */
static int read_first(unsigned wanted)
{
    phase = SEEDING;
    int code = wanted < SEED ? read_entries(SEED) : 0;
    bool missed = again;
    phase = FIRST;
    code = code == 0 ? read_entries(wanted) : code;
    phase = LIVE;
    again = wake = again || missed;
    return code;
}

int follow(const char *service, const char *node, unsigned wanted, bool *done)
{
    blog_service = service;
    blog_node = node;
    bool waited = false;
    int code = look_up_subscription();
    code = code == 0 ? subscribe_to_what_comes(&waited) : code;
    bool ours = code == 0 && !subscribed;
    if (code == 0 && waited) { /* the blog was made while we waited, so all of it is new */
        phase = LIVE;
        code = read_entries(SEED);
        *done = *done || enough();
    } else {
        code = code == 0 ? read_first(wanted) : code;
    }
    while (code == 0 && !*done) {
        code = session_wait(&wake, 0);
        wake = false;
        if (code == 0 && again && !*done) {
            code = read_entries(AGAIN);
            *done = *done || enough();
        }
    }
    if (ours && session.online) {
        session_resume();
        int last = subscribe(false);
        code = code == 0 ? last : code;
    }
    return code;
}
