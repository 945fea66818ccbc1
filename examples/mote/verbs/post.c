/* SPDX-License-Identifier: MIT
 * mote post: entries one after the other, each answered before the next, so that what a lost link leaves open can be
 * published again under the same id.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/base/text.h"
#include "examples/mote/daemon/enqueue.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/daemon/queue_client.h"
#include "examples/mote/files/text_input.h"
#include "examples/mote/out/out.h"
#include "examples/mote/out/show.h"
#include "examples/mote/web/attach.h"
#include "examples/mote/web/upload.h"

enum { TITLE_MAX = 256, ID_MAX = MOTE_ID_MAX };

static int32_t ticket;
static bool answered, room;
static int error;
static char why[512];
static char id[ID_MAX + 1]; /* the id of the entry that waits for its answer */
static struct mote_post entry;
static char service[MOTE_JID_MAX + 1];
static const struct mote_enclosure *attached;

static void on_event(const struct mote_event *e)
{
    upload_event(e);
    if (e->kind == MOTE_EV_ROOM) {
        room = true;
    }
    if (e->ticket == 0 || e->ticket != ticket) {
        return;
    }
    switch (e->kind) {
    case MOTE_EV_PUBLISHED:
        mote_text_copy(service, sizeof service, mote_post_of(e)->service);
        if (mote_post_of(e)->id != NULL) {
            mote_text_copy(id, sizeof id, mote_post_of(e)->id);
        }
        error = 0;
        answered = true;
        break;
    case MOTE_EV_RETRACTED:
        error = 0;
        answered = true;
        break;
    case MOTE_EV_REFUSED:
        error = e->error;
        snprintf(why, sizeof why, "%s", refusal(e));
        answered = true;
        break;
    default: break;
    }
}

static const char *or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

/* Skip the lines at the start that have nothing but blanks, because none of them is a title. */
static const char *first_line(const char *text)
{
    size_t blank = strspn(text, " \t\r\n");
    while (blank > 0 && text[blank - 1] != '\n' && text[blank - 1] != '\r') {
        blank--; /* keep the blanks with which the line itself begins */
    }
    return text + blank;
}

/* The title is a line of its own: --title, or the first line. What is left is the content. */
static void divide(const char *text, char title[TITLE_MAX + 1])
{
    text = cli.title == NULL ? first_line(text) : text;
    size_t len = strcspn(text, "\n"), end = len;
    entry.title = cli.title;
    entry.content = text;
    if (cli.title != NULL) {
        return;
    }
    if (len <= TITLE_MAX && text[len] == '\0') { /* a text of one line is a title without content */
        entry.title = text;
        entry.content = NULL;
        return;
    }
    if (end > TITLE_MAX) {
        for (end = TITLE_MAX - 3; end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80;) {
            end--;
        }
    }
    snprintf(title, TITLE_MAX + 1, "%.*s%s", (int)end, text, end < len ? "..." : "");
    entry.title = title;
    if (end == len) {
        entry.content = text + len + strspn(text + len, "\r\n");
        entry.content = entry.content[0] != '\0' ? entry.content : NULL;
    }
    title[strcspn(title, "\r")] = '\0';
}

/* Try until the request found room in the queue. */
static int queue(void)
{
    const struct settings *s = &cli.settings;
    while ((ticket = cli.retract != NULL ? mote_blog_retract(&session.blog, entry.service, entry.node, cli.retract)
                                         : mote_blog_publish(&session.blog, &entry)) < 0) {
        room = false;
        int code = 0;
        switch (ticket) {
        case MOTE_ERR_FULL:
        case MOTE_ERR_BUSY: code = session_wait(&room, 1); break;
        case MOTE_ERR_STATE: code = session_wait(&session.online, 0); break;
        default:
            return fail(exit_of(ticket), mote_error_text(ticket), hint_for(ticket, ""),
                        "cannot publish the text%s on %s", input_where(),
                        s->node[0] != '\0' ? s->node : "the microblog");
        }
        if (code != 0 && code != EXIT_TIMEOUT) {
            return code;
        }
    }
    return 0;
}

/* Publish `entry`, or retract one, and wait for the answer. When that is lost or too late, the service may have the
 * entry, so it is repeated under the same id, which replaces it. */
static int carry_out(void)
{
    id[0] = '\0';
    entry.id = cli.id;
    do {
        int code = session_wait(&session.online, 0);
        code = code == 0 ? queue() : code;
        if (code != 0) {
            return code;
        }
        const char *given = cli.retract == NULL ? mote_blog_id(&session.blog, ticket) : NULL;
        if (given != NULL && mote_text_copy(id, sizeof id, given)) {
            entry.id = id;
        }
        answered = false;
        code = session_wait(&answered, 0);
        if (code != 0) {
            return code;
        }
    } while (error == MOTE_ERR_LOST);
    if (error != 0) {
        return fail(exit_of(error), why, hint_for(error, why), "the entry%s was not %s", input_where(),
                    cli.retract != NULL ? "taken away" : "published");
    }
    return 0;
}

static void tell_posted(void)
{
    if (cli.retract != NULL) {
        show_retracted(&(struct mote_post){.service = entry.service != NULL ? entry.service : cli.settings.jid,
                                           .node = entry.node,
                                           .id = cli.retract});
        return;
    }
    if (!cli.json) {
        out_print("%s\n", cli.id != NULL ? cli.id : id);
        out_flush();
        return;
    }
    entry.service = service;
    entry.id = cli.id != NULL ? cli.id : id;
    entry.author = cli.settings.jid;
    entry.author_verified = true;
    show_post(&entry);
}

static int publish(const char *text)
{
    char title[TITLE_MAX + 1];
    struct settings *s = &cli.settings;
    entry = (struct mote_post){
        .service = or_null(s->service),
        .node = s->node[0] != '\0' ? s->node : "urn:xmpp:microblog:0",
        .updated = (int64_t)time(NULL),
        .tag_count = cli.tag_count,
        .more = attached != NULL ? mote_enclosure_write : NULL,
        .more_ctx = attached,
    };
    memcpy(entry.tags, cli.tags, sizeof entry.tags);
    if (text != NULL && cli.title == NULL && text[strspn(text, " \t\r\n")] == '\0') {
        return fail(EXIT_USAGE, "it has nothing but blanks", NULL, "cannot publish this text");
    }
    if (text != NULL) {
        divide(text, title);
    }
    if (cli.queue) {
        entry.id = cli.id;
        entry.author_name = or_null(s->author);
        return enqueue_post(&entry); // NOLINT(clang-analyzer-core.StackAddressEscape): filled anew for the next
    }
    int code = carry_out();
    if (code == 0) {
        tell_posted();
    }
    return code;
}

/* Which of the options cannot go together, as a sentence, or NULL. */
static const char *conflict(bool given)
{
    bool retracts = cli.retract != NULL;
    const struct {
        bool is;
        const char *what;
    } rows[] = {
        {cli.lines && given, "--lines takes entries from standard input, not from an argument"},
        {cli.lines && cli.id != NULL, "with --lines every entry would replace the one before, for --id is the same"},
        {retracts && (cli.argc > 0 || cli.lines), "--retract takes an entry away, so there is no text"},
        {retracts && cli.queue, "--retract takes an entry away at once, and is not queued"},
        {cli.attach_count > 0 && (cli.lines || retracts || cli.queue),
         "--attach uploads a file for one entry, which is published at once"},
        {cli.password_stdin && !given && !retracts,
         "standard input cannot be the password and the text: use --password-file"},
        {cli.settings.service[0] != '\0' && cli.settings.node[0] == '\0', "--service needs a --node"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].is) {
            return rows[i].what;
        }
    }
    return NULL;
}

int verb_post(void)
{
    int code = 0;
    bool given = cli.argc > 0 && !input_is_standard(cli.argv[0]);
    const char *text = NULL, *wrong = conflict(given);
    if (wrong != NULL) {
        return fail(EXIT_USAGE, wrong, NULL, "cannot do both");
    }
    if (enqueue_check() != 0) {
        return EXIT_USAGE;
    }
    if (cli.id != NULL && strlen(cli.id) > ID_MAX) {
        return fail(EXIT_USAGE, "it is longer than 63 bytes", NULL, "cannot use the id '%s'", cli.id);
    }
    if (given) {
        text = input_good(cli.argv[0], strlen(cli.argv[0]), &code) ? cli.argv[0] : NULL;
    } else if (!cli.lines && cli.retract == NULL) {
        text = input_all(&code);
    }
    if (cli.queue) {
        code = code != 0 ? code : cli.lines ? input_each_line(publish) : publish(text);
        return handover_close(code);
    }
    /* ejabberd does not notify contacts that follow by +notify of an entry that a session without presence
     * publishes. */
    unsigned needs = SESSION_BLOG | SESSION_ASIDE | (cli.lines ? SESSION_RECONNECT : 0u) |
                     (cli.attach_count > 0 ? SESSION_UPLOAD : 0u);
    code = code == 0 ? session_open(needs, on_event) : code;
    code = code == 0 ? session_login() : code;
    code = code == 0 ? attach_upload(&attached) : code;
    if (code == 0) {
        code = cli.lines ? input_each_line(publish) : publish(text);
    }
    return session_close(code);
}
