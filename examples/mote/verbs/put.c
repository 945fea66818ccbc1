/* SPDX-License-Identifier: MIT
 * mote put: one file to one client.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/xml/ns.h"
#include "examples/mote/daemon/enqueue.h"
#include "examples/mote/daemon/queue_client.h"
#include "examples/mote/files/file_source.h"
#include "examples/mote/link/receiver.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/out/out.h"
#include "examples/mote/out/progress.h"
#include "examples/mote/out/show.h"
#include "examples/mote/web/media_type.h"
#include "examples/mote/web/upload.h"

/* DIRECT_MAX: larger files are uploaded where the server has a service for that, because every block of one that goes
 * to a client directly is a request and an answer through the server. */
enum { TIMEOUT_S = 60, SEEK_S = 5, DIRECT_MAX = 1024 * 1024, SETTLE_S = 30 };

static struct source source;
static char full[MOTE_JID_MAX + 1];
static int32_t ticket;
static bool begun, ended, room;
static int result;
static bool can_upload; /* there is a service for it, should the direct way fail */
static bool not_taken;  /* the client knows no such files, so it is uploaded */

static int put_failed(const struct mote_event *e)
{
    if (source_error() != 0) {
        errno = source_error();
        return fail_errno(NULL, "cannot read %s", cli.argv[0]);
    }
    bool unknown = mote_text_equal(e->condition, "service-unavailable") ||
                   mote_text_equal(e->condition, "feature-not-implemented");
    not_taken = unknown && can_upload;
    if (not_taken) {
        return 0;
    }
    const char *hint = unknown && !cli.raw ? "its client may know no Jingle: --raw does without" : NULL;
    return fail(exit_of(e->error), refusal(e), hint, "%s did not get %s", full, source.name);
}

/* All blocks were acknowledged. Whether the receiver has kept the file, only he can tell. */
static void done(const struct mote_file *file)
{
    show_file(&(struct shown_file){.from = mote_jid(&session.x),
                                   .to = full,
                                   .name = source.name,
                                   .path = cli.argv[0],
                                   .size = file->done,
                                   .sha256 = file->hashed ? file->sha256 : NULL,
                                   .verified = file->verified});
    if (!file->verified && !cli.raw) {
        result = fail(EXIT_TIMEOUT, "it took all of it, and did not say whether it has the whole file",
                      "some clients never say so; ask its owner whether the file is there", "%s did not confirm %s",
                      full, source.name);
    }
}

static int32_t shared; /* ticket of the message with the URL */

static void on_event(const struct mote_event *e)
{
    peer_event(e);
    upload_event(e);
    if (e->kind == MOTE_EV_REFUSED && shared > 0 && e->ticket == shared) {
        result = fail(EXIT_REFUSED, refusal(e), NULL, "%s did not get the URL", cli.argv[1]);
    }
    if (e->kind == MOTE_EV_ROOM) {
        room = true;
    }
    if (e->ticket == 0 || e->ticket != ticket) {
        return;
    }
    switch (e->kind) {
    case MOTE_EV_FILE_STARTED: begun = true; break;
    case MOTE_EV_FILE_PROGRESS: progress_show(source.name, mote_file_of(e), session_now()); break;
    case MOTE_EV_FILE_DONE:
        progress_clear();
        done(mote_file_of(e));
        begun = ended = true;
        break;
    case MOTE_EV_FILE_FAILED:
    case MOTE_EV_REFUSED:
        progress_clear();
        result = ended ? result : put_failed(e); /* when we cancelled it, the reason was told already */
        begun = ended = true;
        break;
    default: break;
    }
}

static int offer(void)
{
    struct mote_file_info info = {
        .name = source.name, .date = source.date, .size = source.size, .flags = cli.raw ? MOTE_FILE_RAW : 0};
    while ((ticket = mote_files_offer(&session.files, full, &info, source_read, NULL)) == MOTE_ERR_FULL) {
        room = false;
        int code = session_wait(&room, 0);
        if (code != 0) {
            return code;
        }
    }
    return ticket > 0
               ? 0
               : fail(exit_of(ticket), mote_error_text(ticket), NULL, "cannot offer %s to %s", source.name, full);
}

/* With --queue the file goes into the store, and is sent when somebody is on line who takes it. */
static int queue(const char *to)
{
    int code = enqueue_check();
    code = code == 0 ? source_open(&source, cli.argv[0]) : code;
    code = code == 0 ? enqueue_file(to, source.name, source_fd()) : code;
    return handover_close(code);
}

/* Wait until the transfer is over, or the receiver has not accepted in time. */
static int wait_for_end(void)
{
    int code = session_wait(&begun, cli.timeout_s);
    if (code == 0) {
        return session_wait(&ended, 0);
    }
    bool timed_out = code == EXIT_TIMEOUT;
    if (timed_out && can_upload) {
        ended = not_taken = true;
        mote_files_cancel(&session.files, ticket);
        return 0;
    }
    if (timed_out) {
        char why[64];
        snprintf(why, sizeof why, "it was not accepted within %u s", cli.timeout_s);
        code = fail(EXIT_TIMEOUT, why, NULL, "%s did not get %s", full, source.name);
    }
    return code;
}

/// By its URL ///

static void on_pong(struct ask *ask, const struct mote_xml *reply, int error)
{
    (void)ask, (void)reply, (void)error;
    room = true;
}

/* Tell `to` the URL. The server has looked at the message when it answers a ping behind it; it bounces before that when
 * there is nobody. */
static int share(const char *to, const struct upload *u)
{
    struct mote_shared_file file = {
        .url = u->url, .name = u->name, .type = u->type, .size = u->size, .sha256 = u->sha256};
    shared = mote_sharing_send(&session.chat, to, &file);
    if (shared < 0) {
        return fail(exit_of(shared), mote_error_text(shared), NULL, "cannot send the URL to %s", to);
    }
    room = ask_ping(&session.ask, NULL, on_pong) < 0;
    int code = session_wait(&room, SETTLE_S);
    return code == EXIT_TIMEOUT ? fail(code, "it does not answer", NULL, "%s did not say that it took the message",
                                       mote_domain(&session.x))
           : code != 0          ? code
                                : result;
}

static int give_by_url(const char *to)
{
    static struct upload u;
    u = (struct upload){.name = source.name, .type = media_type(source.name), .size = source.size, .read = source_read};
    int code = upload_file(&u);
    code = code == 0 && to != NULL ? share(to, &u) : code;
    if (code == 0) {
        show_upload(&(struct shown_upload){
            .to = to, .name = u.name, .type = u.type, .url = u.url, .size = u.size, .sha256 = u.sha256});
    }
    return code;
}

/// Which way ///

static int give_directly(const char *to)
{
    int code = peer_find(to, cli.raw ? NS_IBB : NS_JINGLE_FILE, cli.timeout_s, full);
    code = code == 0 ? offer() : code;
    code = code == 0 ? wait_for_end() : code;
    if (code == 0 && not_taken) {
        note("%s did not take %s, so it is uploaded", full, source.name);
        return give_by_url(to);
    }
    return code == 0 ? result : code;
}

/* Is the file to be uploaded? Says which way it takes, and why. Returns 0 or an exit code. */
static int choose(const char *to, uint64_t size, bool *upload)
{
    int code = upload_find(size);
    can_upload = code == 0;
    *upload = can_upload;
    if (code == EXIT_REFUSED && (to == NULL || cli.upload)) {
        return fail(code, upload_why(), "'mote put FILE JID' gives a file to a client that is on line",
                    "cannot upload %s", source.name);
    }
    if (code != 0) {
        detail("%s goes to a client of %s directly: %s", source.name, to != NULL ? to : "nobody", upload_why());
        return code == EXIT_REFUSED ? 0 : code;
    }
    if (to == NULL || cli.upload) {
        return 0;
    }
    if (size > DIRECT_MAX) {
        note("%s is uploaded, and %s gets its URL: it is large for the way through the server", source.name, to);
        return 0;
    }
    code = peer_seek(to, NS_JINGLE_FILE, SEEK_S);
    *upload = code == EXIT_TIMEOUT;
    note(code == 0 ? "%s goes to %s directly: one of its clients is on line and takes files"
                   : "%s is uploaded, and %s gets its URL: none of its clients that are on line takes files",
         source.name, to);
    return *upload ? 0 : code;
}

static int give(const char *to)
{
    bool upload = false;
    bool named = to != NULL && (mote_jid_resource(to) != NULL || strchr(to, '@') == NULL); /* this very client */
    int code = cli.raw || (named && !cli.upload) ? 0 : choose(to, source.size, &upload);
    return code != 0 ? code : upload ? give_by_url(to) : give_directly(to);
}

int verb_put(void)
{
    const char *to = cli.argc > 1 ? cli.argv[1] : NULL;
    if (to != NULL && check_jid(&to, false, "give a file to") != 0) {
        return EXIT_USAGE;
    }
    bool queued = cli.queue || cli.expire_s != 0;
    if ((cli.upload && (cli.raw || queued)) || (to == NULL && (cli.raw || queued))) {
        return fail(EXIT_USAGE, to == NULL ? "without a JID it is uploaded" : "an upload is neither raw nor queued",
                    NULL, "cannot put %s that way", cli.argv[0]);
    }
    if (queued) {
        return queue(to);
    }
    cli.timeout_s = cli.timeout_s != 0 ? cli.timeout_s : TIMEOUT_S;
    unsigned needs = SESSION_FILES | SESSION_CHAT | SESSION_UPLOAD | SESSION_ASIDE | SESSION_SIGNALS | SESSION_BRIDGE;
    int code = source_open(&source, cli.argv[0]);
    code = code == 0 ? session_open(needs, on_event) : code;
    code = code == 0 ? session_login() : code;
    code = code == 0 ? give(to) : code;
    if (ticket > 0 && !ended) { /* after a signal, or without an answer: tell the other side */
        ended = true;
        progress_clear();
        mote_files_cancel(&session.files, ticket);
    }
    return session_close_broken(code);
}
