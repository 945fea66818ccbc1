/* SPDX-License-Identifier: MIT
 * mote put: one file to one client.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/xml/ns.h"
#include "core/base/text.h"
#include "examples/mote/daemon/enqueue.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/daemon/queue_client.h"
#include "examples/mote/files/text_input.h"
#include "examples/mote/out/out.h"
#include "examples/mote/link/receiver.h"
#include "examples/mote/out/progress.h"
#include "examples/mote/out/show.h"
#include "examples/mote/files/spool.h"
#include "examples/mote/web/media_type.h"
#include "examples/mote/web/upload.h"

/* DIRECT_MAX: larger files are uploaded where the server has a service for that, because every block of one that goes to a
 * client directly is a request and an answer through the server. */
enum { TIMEOUT_S = 60, AHEAD = 64 * 1024, SEEK_S = 5, DIRECT_MAX = 1024 * 1024, SETTLE_S = 30 };

static int fd = -1;
static int read_error;
static const char *name;
static char full[MOTE_JID_MAX + 1];
static int32_t ticket;
static bool begun, ended, room;
static int result;
static bool can_upload; /* there is a service for it, should the direct way fail */
static bool not_taken;  /* the client knows no such files, so it is uploaded */

/* The engine asks for a few hundred bytes at a time. They are buffered here, so that there is not a system call for
 * each. */
static struct {
    uint8_t bytes[AHEAD];
    uint64_t at; /* where in the file they lie */
    size_t len;
} ahead;

static ptrdiff_t read_file(void *ctx, uint64_t offset, void *buf, size_t len)
{
    (void)ctx;
    if (offset < ahead.at || offset - ahead.at >= ahead.len) {
        ssize_t n;
        do {
            n = pread(fd, ahead.bytes, sizeof ahead.bytes, (off_t)offset);
        } while (n < 0 && errno == EINTR);
        read_error = n < 0 ? errno : 0;
        ahead.at = offset;
        ahead.len = n > 0 ? (size_t)n : 0;
        if (n <= 0) {
            return n < 0 ? MOTE_ERR_IO : 0;
        }
    }
    size_t from = (size_t)(offset - ahead.at), left = ahead.len - from;
    len = len < left ? len : left;
    memcpy(buf, ahead.bytes + from, len);
    return (ptrdiff_t)len;
}

static int put_failed(const struct mote_event *e)
{
    if (read_error != 0) {
        errno = read_error;
        return fail_errno(NULL, "cannot read %s", cli.argv[0]);
    }
    bool unknown = mote_text_equal(e->condition, "service-unavailable") ||
                   mote_text_equal(e->condition, "feature-not-implemented");
    not_taken = unknown && can_upload;
    if (not_taken) {
        return 0;
    }
    const char *hint = unknown && !cli.raw ? "its client may know no Jingle: --raw does without" : NULL;
    return fail(exit_of(e->error), refusal(e), hint, "%s did not get %s", full, name);
}

/* All blocks were acknowledged. Whether the receiver has kept the file, only he can tell. */
static void done(const struct mote_file *file)
{
    show_file(&(struct shown_file){.from = mote_jid(&session.x),
                                   .to = full,
                                   .name = name,
                                   .path = cli.argv[0],
                                   .size = file->done,
                                   .sha256 = file->hashed ? file->sha256 : NULL,
                                   .verified = file->verified});
    if (!file->verified && !cli.raw) {
        result = fail(EXIT_TIMEOUT, "it took all of it, and did not say whether it has the whole file",
                      "some clients never say so; ask its owner whether the file is there", "%s did not confirm %s",
                      full, name);
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
    case MOTE_EV_FILE_PROGRESS: progress_show(name, mote_file_of(e), session_now()); break;
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

/* An offer names the size, so a file that does not know its own is read to its end first. */
static int know_size(const char *path, bool standard, struct stat *st)
{
    int whole = standard || spool_needed(st) ? spool_make(fd) : fd;
    time_t date = S_ISREG(st->st_mode) ? st->st_mtime : time(NULL);
    if (whole < 0 || fstat(whole, st) != 0) {
        return fail_errno(NULL, "cannot read %s", path);
    }
    fd = whole;
    st->st_mtime = date;
    return 0;
}

static int open_file(struct stat *st)
{
    bool standard = input_is_standard(cli.argv[0]);
    const char *path = standard ? "standard input" : cli.argv[0], *slash = strrchr(path, '/');
    name = standard ? "stdin" : slash != NULL ? slash + 1 : path;
    name = cli.name != NULL ? cli.name : name;
    if (standard && cli.password_stdin) {
        return fail(EXIT_USAGE, "the password is there, too", "use --password-file", "cannot take the file from %s",
                    path);
    }
    /* It is opened without waiting, so that a named pipe is refused below rather than waited for. */
    fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, st) != 0) {
        return fail_errno(NULL, "cannot read %s", path);
    }
    if (S_ISDIR(st->st_mode) || (!S_ISREG(st->st_mode) && !standard)) {
        return fail(EXIT_LOCAL, S_ISDIR(st->st_mode) ? "it is a folder" : "it is no file", NULL, "cannot read %s",
                    path);
    }
    if (strlen(name) > MOTE_FILE_NAME_MAX || mote_text_valid(name, strlen(name)) != strlen(name)) {
        return fail(EXIT_USAGE, "its name is longer than 255 bytes or not UTF-8", "--name tells another one",
                    "cannot give %s", path);
    }
    return know_size(path, standard, st);
}

static int offer(const struct stat *st)
{
    struct mote_file_info info = {
        .name = name, .date = st->st_mtime, .size = (uint64_t)st->st_size, .flags = cli.raw ? MOTE_FILE_RAW : 0};
    while ((ticket = mote_files_offer(&session.files, full, &info, read_file, NULL)) == MOTE_ERR_FULL) {
        room = false;
        int code = session_wait(&room, 0);
        if (code != 0) {
            return code;
        }
    }
    return ticket > 0 ? 0 : fail(exit_of(ticket), mote_error_text(ticket), NULL, "cannot offer %s to %s", name, full);
}

/* With --queue the file goes into the store, and is sent when somebody is on line who takes it. */
static int queue(const char *to)
{
    struct stat st;
    int code = enqueue_check();
    code = code == 0 ? open_file(&st) : code;
    code = code == 0 ? enqueue_file(to, name, fd) : code;
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
        code = fail(EXIT_TIMEOUT, why, NULL, "%s did not get %s", full, name);
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
    struct mote_chat_message m = {.to = to, .body = u->url, .more = mote_sharing_write, .more_ctx = &file};
    shared = mote_chat_send(&session.chat, &m);
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

static int give_by_url(const char *to, const struct stat *st)
{
    static struct upload u;
    u = (struct upload){.name = name, .type = media_type(name), .size = (uint64_t)st->st_size, .read = read_file};
    int code = upload_file(&u);
    code = code == 0 && to != NULL ? share(to, &u) : code;
    if (code == 0) {
        show_upload(&(struct shown_upload){
            .to = to, .name = u.name, .type = u.type, .url = u.url, .size = u.size, .sha256 = u.sha256});
    }
    return code;
}

/// Which way ///

static int give_directly(const char *to, const struct stat *st)
{
    int code = peer_find(to, cli.raw ? NS_IBB : NS_JINGLE_FILE, cli.timeout_s, full);
    code = code == 0 ? offer(st) : code;
    code = code == 0 ? wait_for_end() : code;
    if (code == 0 && not_taken) {
        note("%s did not take %s, so it is uploaded", full, name);
        return give_by_url(to, st);
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
                    "cannot upload %s", name);
    }
    if (code != 0) {
        detail("%s goes to a client of %s directly: %s", name, to != NULL ? to : "nobody", upload_why());
        return code == EXIT_REFUSED ? 0 : code;
    }
    if (to == NULL || cli.upload) {
        return 0;
    }
    if (size > DIRECT_MAX) {
        note("%s is uploaded, and %s gets its URL: it is large for the way through the server", name, to);
        return 0;
    }
    code = peer_seek(to, NS_JINGLE_FILE, SEEK_S);
    *upload = code == EXIT_TIMEOUT;
    note(code == 0 ? "%s goes to %s directly: one of its clients is on line and takes files"
                   : "%s is uploaded, and %s gets its URL: none of its clients that are on line takes files",
         name, to);
    return *upload ? 0 : code;
}

static int give(const char *to, const struct stat *st)
{
    bool upload = false;
    bool named = to != NULL && (mote_jid_resource(to) != NULL || strchr(to, '@') == NULL); /* this very client */
    int code = cli.raw || (named && !cli.upload) ? 0 : choose(to, (uint64_t)st->st_size, &upload);
    return code != 0 ? code : upload ? give_by_url(to, st) : give_directly(to, st);
}

int verb_put(void)
{
    struct stat st;
    const char *to = cli.argc > 1 ? cli.argv[1] : NULL;
    if (to != NULL && check_jid(&to, false, "give a file to") != 0) {
        return EXIT_USAGE;
    }
    bool queued = cli.queue || cli.expire_s != 0;
    if ((cli.upload && (cli.raw || queued)) || (to == NULL && (cli.raw || queued))) {
        return fail(EXIT_USAGE, to == NULL ? "without a JID it is uploaded" : "an upload is neither raw nor queued", NULL,
                    "cannot put %s that way", cli.argv[0]);
    }
    if (queued) {
        return queue(to);
    }
    cli.timeout_s = cli.timeout_s != 0 ? cli.timeout_s : TIMEOUT_S;
    unsigned needs = SESSION_FILES | SESSION_CHAT | SESSION_UPLOAD | SESSION_ASIDE | SESSION_SIGNALS | SESSION_BRIDGE;
    int code = open_file(&st);
    code = code == 0 ? session_open(needs, on_event) : code;
    code = code == 0 ? session_login() : code;
    code = code == 0 ? give(to, &st) : code;
    if (ticket > 0 && !ended) { /* after a signal, or without an answer: tell the other side */
        ended = true;
        progress_clear();
        mote_files_cancel(&session.files, ticket);
    }
    return session_close_broken(code);
}
