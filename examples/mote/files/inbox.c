/* SPDX-License-Identifier: MIT
 * Files that are offered: which are accepted, where they are written, and how each one ends.
 */
#include "examples/mote/files/inbox.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/out/out.h"
#include "examples/mote/out/progress.h"
#include "examples/mote/out/show.h"
#include "examples/mote/files/partial_file.h"
#include "examples/mote/verbs/listen.h"

static struct slot {
    int32_t ticket; /* 0 when the slot is free */
    struct sink sink;
    char name[NAME_SIZE]; /* the one that it will have */
    char told[MOTE_FILE_NAME_MAX + 1];
    char from[MOTE_JID_MAX + 1];
} slots[TRANSFERS_MAX];

static int dir = -1;
static int result;
static unsigned taken;

static const char *folder(void)
{
    return cli.settings.directory[0] != '\0' ? cli.settings.directory : ".";
}

int inbox_open(void)
{
    dir = sink_folder(folder());
    unsigned left = dir >= 0 ? sink_clean(dir) : 0;
    if (left > 0) {
        note("removed %u part%s of files whose receiver died from %s", left, left > 1 ? "s" : "", folder());
    }
    return dir >= 0 ? 0 : fail_errno("--dir names the folder for received files", "cannot use the folder %s", folder());
}

int inbox_result(void)
{
    return result;
}

void inbox_close(void)
{
    progress_clear();
    for (size_t i = 0; i < TRANSFERS_MAX; i++) {
        int32_t ticket = slots[i].ticket;
        if (ticket != 0) {
            slots[i].ticket = 0; /* so that the event of the cancelling is not told */
            mote_files_cancel(&session.files, ticket);
            sink_drop(&slots[i].sink);
        }
    }
}

static struct slot *find_slot(int32_t ticket)
{
    for (size_t i = 0; i < TRANSFERS_MAX; i++) {
        if (slots[i].ticket == ticket) {
            return &slots[i];
        }
    }
    return NULL;
}

/* When a file cannot be written, mote get ends, because its user is there to see it. mote run has more to do, so it
 * cancels, reports, and goes on. Returns true when this is the end. */
static bool unwritable(int code)
{
    bool ends = cli.verb->bit == VERB_GET;
    result = ends ? code : result;
    return ends;
}

/// Offers ///

/* How many bytes may still be written, without those that are promised to other senders. */
static uint64_t free_room(void)
{
    uint64_t room = sink_room(dir), promised = 0;
    for (size_t i = 0; i < TRANSFERS_MAX; i++) {
        promised += slots[i].ticket != 0 ? sink_missing(&slots[i].sink) : 0;
    }
    return room > promised ? room - promised : 0;
}

static bool may_send(const char *jid)
{
    return session_allows(jid) || (cli.from_count > 0 && listen_wants(jid));
}

/* Why the offer is refused, or NULL. */
static const char *objection(const struct mote_event *e)
{
    const struct mote_file *f = mote_file_of(e);
    if (!may_send(e->from)) {
        return "its sender is not among those allowed";
    }
    if (f->size != MOTE_FILE_SIZE_UNKNOWN && f->size > free_room()) {
        return "there is no room for it on the disk";
    }
    return NULL;
}

static bool on_offer(const struct mote_event *e)
{
    const struct mote_file *f = mote_file_of(e);
    const char *why = objection(e);
    char word[12];
    struct slot *s = find_slot(0);
    if (why != NULL || s == NULL) {
        mote_files_refuse(&session.files, e->ticket);
        progress_clear();
        note("refused '%s' from %s: %s", f->name != NULL ? f->name : "a file", e->from,
             why != NULL ? why : "too many files at a time");
        return false;
    }
    name_make(f->name, session.port->clock->unix_time(session.port->clock_ctx), s->name);
    mote_text_copy(s->told, sizeof s->told, f->name);
    mote_text_copy(s->from, sizeof s->from, e->from);
    if (mote_module_random_id(&session.x, word) != 0 || sink_begin(&s->sink, dir, word) != 0) {
        int code = fail_errno(NULL, "cannot write in the folder %s", folder());
        mote_files_refuse(&session.files, e->ticket);
        return unwritable(code);
    }
    if (mote_files_accept(&session.files, e->ticket, sink_write, &s->sink) != 0) {
        sink_drop(&s->sink);
        return false;
    }
    s->sink.size = f->size != MOTE_FILE_SIZE_UNKNOWN ? f->size : 0;
    s->ticket = e->ticket;
    detail("%s from %s begins", s->name, s->from);
    return false;
}

/// The end of one ///

static bool on_done(const struct mote_event *e, struct slot *s)
{
    char name[NAME_SIZE], path[PATH_MAX + NAME_SIZE + 1];
    const struct mote_file *f = mote_file_of(e);
    progress_clear();
    s->ticket = 0;
    if (sink_keep(&s->sink, s->name, name) != 0) {
        return unwritable(fail_errno(NULL, "cannot keep %s from %s", s->name, s->from));
    }
    if (strcmp(folder(), ".") == 0) {
        mote_text_copy(path, sizeof path, name);
    } else {
        snprintf(path, sizeof path, "%s/%s", folder(), name);
    }
    bool shown = show_file(&(struct shown_file){.from = s->from,
                                                .to = mote_jid(&session.x),
                                                .name = s->told[0] != '\0' ? s->told : NULL,
                                                .path = path,
                                                .size = f->done,
                                                .sha256 = f->sha256,
                                                .incoming = true,
                                                .verified = f->verified});
    taken++;
    return !shown || (cli.count != 0 && taken == cli.count);
}

static bool on_failure(const struct mote_event *e, struct slot *s)
{
    progress_clear();
    s->ticket = 0;
    sink_drop(&s->sink);
    if (s->sink.error != 0) {
        errno = s->sink.error;
        return unwritable(fail_errno("make room, or name another folder with --dir", "cannot keep %s from %s in %s",
                                     s->name, s->from, folder()));
    }
    fail(exit_of(e->error), refusal(e), NULL, "%s from %s did not arrive", s->name, s->from);
    return false;
}

bool inbox_event(const struct mote_event *e)
{
    if (e->kind == MOTE_EV_FILE_OFFERED) {
        return on_offer(e);
    }
    if (e->kind == MOTE_EV_PRESENCE && mote_text_equal(mote_presence_of(e)->show, "chat") &&
        mote_jid_resource(e->from) != NULL && may_send(e->from) && !mote_jid_equal(e->from, mote_jid(&session.x))) {
        ask_show_presence(&session.ask, e->from, NULL); /* he has to find us: see link/receiver.h */
        return false;
    }
    struct slot *s = e->ticket != 0 ? find_slot(e->ticket) : NULL;
    if (s == NULL) {
        return false;
    }
    switch (e->kind) {
    case MOTE_EV_FILE_PROGRESS: progress_show(s->name, mote_file_of(e), session_now()); return false;
    case MOTE_EV_FILE_DONE: return on_done(e, s);
    case MOTE_EV_FILE_FAILED: return on_failure(e, s);
    default: return false;
    }
}
