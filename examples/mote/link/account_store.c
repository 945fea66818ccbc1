/* SPDX-License-Identifier: MIT
 * The store of an account: where it is, who may open it, and what the archive is attached to.
 */
#include "examples/mote/link/account_store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/text.h"
#include "examples/mote/files/small_file.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/out/out.h"
#include "examples/mote/link/receiver.h"
#include "port/store/file.h"
#include "examples/mote/link/session.h"

/* In bytes. BUFFER: the store's window; a larger one saves system calls. NOTES: the size of a store without a queue. */
enum { BUFFER = 4096, NOTES = 64 * 1024 };

static struct mote_store_file file = MOTE_STORE_FILE_NONE;
static uint8_t buffer[BUFFER];
static const struct mote_store_config config = {
    .flash = &file.flash,
    .buffer = buffer,
    .buffer_size = sizeof buffer,
    .dropped = mote_outbox_dropped,
    .ctx = &session.outbox,
};

/// Where ///

/* Writes `path` with `end` in the place of `old`, or behind it when it does not end with `old`. */
static const char *renamed(char out[PATH_MAX], const char *path, const char *old, const char *end)
{
    size_t len = strlen(path), old_len = strlen(old);
    if (len > old_len && strcmp(path + len - old_len, old) == 0) {
        len -= old_len;
    }
    if (len + strlen(end) >= PATH_MAX) {
        fail(EXIT_LOCAL, "the path is longer than the system allows", NULL, "cannot use %s", path);
        return NULL;
    }
    memcpy(out, path, len);
    memcpy(out + len, end, strlen(end) + 1);
    return out;
}

/* /etc is no place for what changes, so the store of /etc/mote/NAME.conf, which is that of the service mote@NAME, lies
 * in /var/lib. */
static const char *service_path(char out[PATH_MAX])
{
    static const char etc[] = "/etc/mote/", conf[] = ".conf";
    const char *name = cli.config + sizeof etc - 1;
    size_t len = strlen(cli.config);
    if (strncmp(cli.config, etc, sizeof etc - 1) != 0 || strchr(name, '/') != NULL ||
        len < sizeof etc + sizeof conf - 1 || strcmp(cli.config + len - (sizeof conf - 1), conf) != 0) {
        return NULL;
    }
    int n = snprintf(out, PATH_MAX, "/var/lib/mote/%.*s/mote.store", (int)(strlen(name) - (sizeof conf - 1)), name);
    return n < PATH_MAX ? out : NULL;
}

const char *keep_path(void)
{
    static char path[PATH_MAX];
    const char *service = service_path(path);
    return cli.settings.store[0] != '\0' ? cli.settings.store
           : service != NULL             ? service
                                         : renamed(path, cli.config, ".conf", ".store");
}

const char *keep_socket_path(void)
{
    static char path[PATH_MAX];
    const char *store = cli.settings.socket[0] == '\0' ? keep_path() : NULL;
    return cli.settings.socket[0] != '\0' ? cli.settings.socket
           : store != NULL                ? renamed(path, store, ".store", ".sock")
                                          : NULL;
}

/// Opening ///

static bool keeps_queue(void)
{
    return (session.needs & SESSION_OUTBOX) != 0;
}

/* Go on without a store: a verb that only listens needs it only after a crash. */
static int keep_nothing(const char *path, const char *why)
{
    note("cannot use %s: %s; what comes after a crash of this process may be lost", path, why);
    mote_store_file_close(&file);
    session.needs &= ~(unsigned)SESSION_GOES_ON;
    return 0;
}

static int refuse_store(const char *path, int error, const char *why)
{
    if (!keeps_queue()) {
        return keep_nothing(path, why);
    }
    const char *hint = error == MOTE_ERR_CONFIG
                           ? "a store is used by the version that made it, or moved away: what waits in "
                             "it would be lost"
                       : error == MOTE_ERR_SIZE ? "'store' in mote.conf names another file"
                                                : NULL;
    return fail(EXIT_LOCAL, why, hint, "cannot use the store %s", path);
}

static int mount(const char *path)
{
    int r = mote_store_mount(&session.store, &config);
    if (r == MOTE_STORE_NONE && !file.blank) {
        return refuse_store(path, MOTE_ERR_SIZE, "it is something else than a store, or damaged beyond use");
    }
    if (r == MOTE_STORE_NONE) {
        uint64_t salt;
        const struct mote_services *s = session.x.config.services;
        r = s->random(s->ctx, (uint8_t *)&salt, sizeof salt) == 0 ? mote_store_format(&session.store, &config, salt)
                                                                  : MOTE_ERR_ENTROPY;
    }
    const char *device = mote_store_file_why(&file), *why = mote_store_why(&session.store);
    return r == 0 ? 0 : refuse_store(path, r, r == MOTE_ERR_IO && device[0] != '\0' ? device : why);
}

static const char archive_key[] = "archive", session_key[] = "outbox";

static void forget_session(void)
{
    (void)mote_store_delete(&session.store, archive_key);
    (void)mote_store_delete(&session.store, session_key);
}

/* What waits is sent in the name of the account that it was queued for, or not at all. */
static int check_account(const char *path)
{
    static const char key[] = "account";
    char owner[MOTE_JID_MAX + 1] = "";
    const char *jid = cli.settings.jid;
    struct mote_store_info info;
    ptrdiff_t n = mote_store_get(&session.store, key, owner, sizeof owner - 1);
    mote_store_info(&session.store, &info);
    if (n > 0 && mote_jid_bare_equal(owner, jid)) {
        return 0;
    }
    if (n > 0 && info.count > 0 && cli.verb->bit == VERB_QUEUE) {
        return 0; /* `mote queue` only looks or drops, and sends nothing in anybody's name */
    }
    if (n > 0 && info.count > 0) {
        char why[MOTE_JID_MAX + 64];
        snprintf(why, sizeof why, "what waits in it is of %s", owner);
        return fail(EXIT_LOCAL, why, "--store names another one; 'mote queue drop all' empties it",
                    "cannot use the store %s", path);
    }
    if (n > 0) { /* what is kept of a session and an archive is the other account's */
        forget_session();
    }
    int r = mote_store_put(&session.store, key, jid, mote_jid_bare_len(jid));
    return r == 0 || r == MOTE_ERR_FULL ? 0 : refuse_store(path, r, keep_why(r));
}

/* The store of the session alone lies beside mote.store, one for each verb: mote.listen, mote.get. */
static const char *notes_path(void)
{
    static char path[PATH_MAX];
    const char *store = keep_path();
    return store != NULL ? renamed(path, store, ".store", cli.verb->bit == VERB_GET ? ".get" : ".listen") : NULL;
}

int keep_open(void)
{
    const char *path = keeps_queue() ? keep_path() : notes_path();
    if (path == NULL) {
        return EXIT_LOCAL;
    }
    if (file_make_folder(path) != 0) {
        return keeps_queue() ? fail_errno("'store' in mote.conf names another file", "cannot use the store %s", path)
                             : keep_nothing(path, strerror(errno));
    }
    int r = mote_store_file_open(&file, path, keeps_queue() ? 0 : NOTES);
    if (r == MOTE_ERR_BUSY) {
        session.needs &= ~(unsigned)SESSION_GOES_ON;
        return keeps_queue() ? KEEP_BUSY : 0; /* another one listens already, and loses nothing */
    }
    int code = r == 0 ? mount(path) : refuse_store(path, r, mote_store_file_why(&file));
    return code == 0 && file.fd >= 0 ? check_account(path) : code;
}

static void on_testimony(void *ctx, uint32_t ticket, enum mote_archive_testimony testimony)
{
    static const enum mote_outbox_testimony words[] = {
        [MOTE_ARCHIVE_FOUND] = MOTE_OUTBOX_FOUND,
        [MOTE_ARCHIVE_NOT_FOUND] = MOTE_OUTBOX_NOT_FOUND,
        [MOTE_ARCHIVE_CANNOT_TELL] = MOTE_OUTBOX_CANNOT_TELL,
    };
    (void)ctx;
    mote_outbox_witnessed(&session.outbox, ticket, words[testimony]);
}

static int attach_archive(void)
{
    static char last[MOTE_ARCHIVE_ID_MAX + 1];
    struct mote_archive_config c = {.chat = &session.chat, .answer = on_testimony};
    mote_archive_load(&session.store, archive_key, &c, last);
    return mote_archive_attach(&session.archive, &session.x, &c);
}

static bool passed_over; /* a message behind the place in the archive was given to nobody */
static bool place_due;   /* the place has moved, and is not written yet */

/* The place in the archive when the first message was passed over. */
static bool has_place;
static struct mote_archived place;
static char place_id[MOTE_ARCHIVE_ID_MAX + 1];

void keep_passed_over(void)
{
    if (!passed_over && (session.needs & SESSION_CHAT) != 0) {
        has_place = mote_archive_last(&session.archive, &place) && mote_text_copy(place_id, sizeof place_id, place.id);
        place.id = place_id;
    }
    if (!passed_over && has_place) {
        (void)mote_archive_save(&session.store, archive_key, &place); /* it may not be written yet */
    }
    passed_over = true;
    place_due = false;
}

enum keep_again keep_read_again(void)
{
    if (!session.online || !mote_archive_caught_up(&session.archive)) {
        return KEEP_LATER;
    }
    passed_over = false;
    return has_place && mote_archive_again(&session.archive, &place) == 0 ? KEEP_READS : KEEP_CANNOT;
}

/* The place is written without waiting for the disk: after a power cut a message may be given again, but no message has
 * to wait for a write. It is written after each of the first PLACES messages in a row. When more come, somebody floods
 * us, so it is written once in PLACE_MS, and after a crash some messages of the flood may be given again. */
enum { PLACES = 512, PLACE_MS = 5000 };
static unsigned places_left = PLACES;
static uint64_t place_ms; /* when places_left was last counted up */

static void note_place(void)
{
    uint64_t now = session_now(), more = place_ms != 0 ? (now - place_ms) / PLACE_MS : 0;
    struct mote_archived last;
    place_ms = place_ms != 0 ? place_ms + more * PLACE_MS : now;
    places_left = more < PLACES - places_left ? places_left + (unsigned)more : PLACES;
    if (!place_due || places_left == 0 || !mote_archive_last(&session.archive, &last)) {
        return;
    }
    places_left--;
    place_due = false;
    if (mote_archive_save(&session.store, archive_key, &last) != 0) {
        detail("cannot keep the place in the archive: %s", mote_store_why(&session.store));
    }
}

void keep_event(const struct mote_event *e)
{
    place_due = (place_due || e->kind == MOTE_EV_ARCHIVED) && !passed_over;
    if (e->kind == MOTE_EV_ARCHIVED) {
        note_place();
    }
}

void keep_turn(void)
{
    if (place_due) {
        note_place();
    }
}

int keep_attach(void)
{
    struct mote_outbox_config c = {.store = &session.store, .keep_idle_session = true};
    int r = 0;
    if ((session.needs & SESSION_OFFLINE) == 0 && (session.needs & SESSION_CHAT) != 0) {
        c.witness = mote_archive_witness;
        c.witness_ctx = &session.archive;
        r = attach_archive();
    }
    r = r == 0 ? mote_outbox_attach(&session.outbox, &session.x, &c) : r;
    if (r != 0) {
        return refuse_store(keep_path(), r, keep_why(r) != NULL ? keep_why(r) : mote_error_text(r));
    }
    if (!keeps_queue()) {
        return 0;
    }
    if ((session.needs & SESSION_CHAT) != 0) {
        mote_chat_durable(&session.chat, &session.outbox);
    }
    if ((session.needs & SESSION_BLOG) != 0) {
        mote_blog_durable(&session.blog, &session.outbox);
    }
    if ((session.needs & SESSION_FILES) != 0) {
        mote_files_durable(&session.files, &session.queued_files, &session.outbox);
        mote_files_find(&session.files, peer_now, NULL);
    }
    return 0;
}

void keep_close(bool orderly)
{
    if (file.fd >= 0 && place_due) {
        places_left = 1;
        note_place();
    }
    if (orderly && file.fd >= 0 && !keeps_queue() && !passed_over) {
        forget_session();
        (void)mote_store_sync(&session.store);
    }
    mote_store_file_close(&file);
}

const char *keep_why(int error)
{
    switch (error) {
    case MOTE_ERR_FULL: return "the store is full";
    case MOTE_ERR_SIZE: return "it is larger than the store takes";
    case MOTE_ERR_IO:
        return mote_store_file_why(&file)[0] != '\0' ? mote_store_file_why(&file) : mote_store_why(&session.store);
    default: return NULL;
    }
}
