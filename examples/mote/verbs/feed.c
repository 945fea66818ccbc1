/* SPDX-License-Identifier: MIT
 * mote feed: the newest entries of a blog, oldest first, and what comes after them.
 *
 * Pages are read from the newest back, without printing, until there are enough; then once more from the oldest on, now
 * printing. One page, which is the rule, is printed at once.
 */
#include <string.h>

#include "core/base/text.h"
#include "core/modules/enclosure.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/out/out.h"
#include "examples/mote/out/show.h"
#include "examples/mote/verbs/feed_follow.h"
#include "examples/mote/web/download.h"

enum { URLS_MAX = 256, URL_SIZE = 2048 };
enum { ENTRIES = 10, PAGES_MAX = 1000 / MOTE_BLOG_PAGE_MAX + 1, MARK_MAX = 255 };

static const char *service, *node;
static int32_t ticket; /* the request for the page that is being read */
static bool answered, silent;
static int result;                          /* the exit code */
static char marks[PAGES_MAX][MARK_MAX + 1]; /* where each page begins, which is where the next older one ends */
static unsigned page_count;
static bool complete;
static unsigned posts;
static bool done;

static void on_page(const struct mote_page *page)
{
    answered = true;
    posts = page->posts;
    complete = page->complete || page->posts == 0 || page->first == NULL;
    if (silent && page->first == NULL && page->posts == MOTE_BLOG_PAGE_MAX) {
        note("%s does not page through its blogs (XEP-0059): only the newest entries are shown", page->service);
    }
    if (silent && !complete && !mote_text_copy(marks[page_count], sizeof marks[0], page->first)) {
        complete = true; /* the mark finds no room, so what is older cannot be asked for */
    }
}

/// Attachments: they are fetched when all has been read ///

static char urls[URLS_MAX][URL_SIZE];
static unsigned url_count;

static bool is_known(const char *url)
{
    unsigned i = 0;
    while (i < url_count && strcmp(urls[i], url) != 0) {
        i++;
    }
    return i < url_count;
}

static void note_enclosures(const struct mote_post *post)
{
    struct mote_enclosure e;
    for (unsigned n = 0; cli.attachments != NULL && mote_enclosure_read(post, n, &e); n++) {
        if (!is_known(e.href) && url_count < URLS_MAX && mote_text_copy(urls[url_count], URL_SIZE, e.href)) {
            url_count++;
        }
    }
}

/* One that cannot be had is told, and the others are fetched all the same. */
static int fetch_attachments(void)
{
    int code = 0;
    for (unsigned i = 0; i < url_count; i++) {
        int one = download_beside(urls[i]);
        if (one == SESSION_STOPPED) {
            return one;
        }
        code = code == 0 ? one : code;
    }
    return code;
}

static void on_event(const struct mote_event *e)
{
    bool ours = e->ticket != 0 && e->ticket == ticket;
    if (ours && e->kind == MOTE_EV_POST && !silent) {
        note_enclosures(mote_post_of(e));
        done = !follow_show(mote_post_of(e)) || done;
    } else if (ours && e->kind == MOTE_EV_PAGE) {
        on_page(mote_page_of(e));
    } else if (ours && e->kind == MOTE_EV_REFUSED && e->error == MOTE_ERR_LOST) {
        result = SESSION_AGAIN;
        answered = cli.follow; /* without --follow, the wait tells that the connection broke */
    } else if (ours && e->kind == MOTE_EV_REFUSED) {
        bool nothing = mote_text_equal(e->condition, "item-not-found");
        posts = 0;
        complete = answered = true;
        if (nothing && cli.follow) {
            return; /* there is no post yet; feed_follow waits for the first one */
        }
        /* An answer that is too large is no fault of this machine. */
        int code = e->error == MOTE_ERR_SIZE ? EXIT_REFUSED : exit_of(e->error);
        result = fail(code, nothing ? "nothing was ever published there (item-not-found)" : refusal(e), NULL,
                      "cannot read the blog of %s", service);
    } else if (e->kind == MOTE_EV_MESSAGE) {
        /* It came to this session alone, so it is printed here or lost. */
        note("message from %s: %s", mote_message_of(e)->from, mote_message_of(e)->body);
    } else if (cli.follow && follow_event(e)) {
        done = true;
    }
}

/* Read one page: the newest one, or the one before `before`. */
static int read_page(const char *before, unsigned max)
{
    struct mote_blog_query query = {.service = service, .node = node, .before = before, .max = max};
    answered = false;
    result = 0;
    ticket = mote_blog_read(&session.blog, &query);
    if (ticket < 0) {
        return fail(exit_of(ticket), mote_error_text(ticket), NULL, "cannot read the blog of %s", service);
    }
    int code = session_wait(&answered, 0);
    return code != 0 ? code : result;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

int feed_read(unsigned wanted)
{
    unsigned left = wanted, sizes[PAGES_MAX];
    int code = 0;
    page_count = 0;
    complete = false;
    silent = wanted > MOTE_BLOG_PAGE_MAX;
    while (silent && code == 0 && left > 0 && !complete && page_count < PAGES_MAX) {
        sizes[page_count] = least(left, MOTE_BLOG_PAGE_MAX);
        code = read_page(page_count > 0 ? marks[page_count - 1] : NULL, sizes[page_count]);
        left -= least(left, posts);
        page_count += posts > 0;
    }
    if (!silent) {
        return read_page(NULL, wanted);
    }
    silent = false;
    while (code == 0 && page_count-- > 0) {
        code = read_page(page_count > 0 ? marks[page_count - 1] : NULL, sizes[page_count]);
    }
    return code;
}

int verb_feed(void)
{
    struct settings *s = &cli.settings;
    unsigned wanted = cli.max != 0 ? cli.max : ENTRIES;
    const char *whose = cli.argc > 0 ? cli.argv[0] : NULL;
    if (whose != NULL && check_jid(&whose, false, "read") != 0) {
        return EXIT_USAGE;
    }
    if (cli.attachments != NULL &&
        (cli.follow || !mote_text_copy(s->directory, sizeof s->directory, cli.attachments))) {
        return fail(EXIT_USAGE,
                    cli.follow ? "with --follow there is no end, at which files are fetched" : "it is too long", NULL,
                    "cannot use --attachments %s", cli.attachments);
    }
    if (whose != NULL && s->service[0] != '\0' && strcmp(s->service, whose) != 0) {
        s->service[0] = '\0'; /* the configured service is not meant then */
    }
    service = whose != NULL ? whose : s->service[0] != '\0' ? s->service : s->jid;
    node = s->node[0] != '\0' ? s->node : "urn:xmpp:microblog:0";
    unsigned needs = cli.follow ? SESSION_BLOG | SESSION_CHAT | SESSION_PRESENCE | SESSION_RECONNECT | SESSION_SIGNALS
                                : SESSION_BLOG;
    int code = session_open(needs, on_event);
    code = code == 0 ? session_login() : code;
    if (code == 0) {
        code = cli.follow ? follow(service, node, wanted, &done) : feed_read(wanted);
        code = code == 0 ? fetch_attachments() : code;
    }
    return session_close(code);
}
