/* SPDX-License-Identifier: MIT
 * The life of a transfer: finding it, its states and time-outs, its end, and what it sends next.
 */
#include "core/modules/files/transfer.h"

#include <string.h>

#include "core/modules/files/ibb.h"
#include "core/modules/files/jingle.h"
#include "core/xml/ns.h"
#include "core/base/text.h"

/// The table ///

struct mote_transfer *mote__transfer_take(struct mote_files *files)
{
    const struct mote_services *s = files->mod.x->config.services;
    for (size_t i = 0; i < files->config.count; i++) {
        struct mote_transfer *t = &files->config.transfers[i];
        if (t->state == TRANSFER_FREE) {
            memset(t, 0, sizeof *t);
            t->files = files;
            t->deadline_ms = UINT64_MAX;
            t->size = t->end = MOTE_FILE_SIZE_UNKNOWN;
            s->hash_start(&t->hash, MOTE_SHA256);
            return t;
        }
    }
    return NULL;
}

void mote__transfer_free(struct mote_transfer *t)
{
    t->state = TRANSFER_FREE;
    t->due = 0;
    t->deadline_ms = UINT64_MAX;
}

static bool alive(const struct mote_transfer *t)
{
    return t->state != TRANSFER_FREE && t->state != TRANSFER_CANCELLED && t->state != TRANSFER_LEAVING;
}

struct mote_transfer *mote__transfer_by_ticket(struct mote_files *files, int32_t ticket)
{
    for (size_t i = 0; i < files->config.count; i++) {
        if (alive(&files->config.transfers[i]) && files->config.transfers[i].ticket == ticket) {
            return &files->config.transfers[i];
        }
    }
    return NULL;
}

struct mote_transfer *mote__transfer_of(struct mote_iq *iq)
{
    return (void *)((char *)iq - offsetof(struct mote_transfer, iq));
}

static struct mote_transfer *find_transfer(struct mote_files *files, const char *peer, const char *sid, bool stream)
{
    for (size_t i = 0; peer != NULL && i < files->config.count; i++) {
        struct mote_transfer *t = &files->config.transfers[i];
        const char *own = stream ? t->stream : t->raw ? "" : t->sid; /* of a raw one sid is something else */
        if (alive(t) && own[0] != '\0' && mote_text_equal(own, sid) && mote_jid_equal(t->peer, peer)) {
            return t;
        }
    }
    return NULL;
}

struct mote_transfer *mote__transfer_by_session(struct mote_files *files, const char *peer, const char *sid)
{
    return find_transfer(files, peer, sid, false);
}

struct mote_transfer *mote__transfer_by_stream(struct mote_files *files, const char *peer, const char *sid)
{
    return find_transfer(files, peer, sid, true);
}

struct mote_writer *mote__transfer_ask(struct mote_transfer *t)
{
    return mote_iq_begin(&t->iq, &t->files->mod, "set", t->peer);
}

void mote__transfer_enter(struct mote_transfer *t, enum transfer_state state, uint64_t timeout_ms)
{
    t->state = (uint8_t)state;
    t->deadline_ms = mote_module_now(t->files->mod.x) + timeout_ms;
}

void mote__transfer_go_on(struct mote_transfer *t, enum transfer_state state)
{
    mote__transfer_enter(t, state, t->files->config.idle_timeout_s * 1000ull);
}

void mote__transfer_moved(struct mote_transfer *t)
{
    mote__transfer_go_on(t, (enum transfer_state)t->state);
}

void mote__transfer_digest(const struct mote_transfer *t, uint8_t digest[32])
{
    struct mote_hash copy = t->hash; /* ending it ends the copy */
    t->files->mod.x->config.services->hash_end(&copy, MOTE_SHA256, digest);
}

/// Events ///

static void describe(const struct mote_transfer *t, struct mote_file *file)
{
    *file = (struct mote_file){
        .name = t->incoming && t->in.name[0] != '\0' ? t->in.name : NULL,
        .size = t->size,
        .done = t->done,
        .block_size = t->block,
        .incoming = t->incoming,
        .raw = t->raw,
    };
}

void mote__transfer_emit(struct mote_transfer *t, int kind)
{
    struct mote_file file;
    if (t->ended != NULL) {
        return;
    }
    describe(t, &file);
    mote_module_tell(t->files->mod.x, kind, t->ticket, t->peer, &file);
}

void mote__transfer_emit_offer(struct mote_transfer *t, const struct mote_xml *info)
{
    struct mote_file file;
    describe(t, &file);
    file.media_type = mote_xml_inner_text(info, "media-type");
    file.desc = mote_xml_inner_text(info, "desc");
    const char *date = mote_xml_inner_text(info, "date");
    if (date == NULL || !mote_date_read(date, &file.date)) {
        file.date = 0;
    }
    file.hashed = t->has_hash;
    memcpy(file.sha256, t->in.sha256, sizeof file.sha256);
    mote_module_tell(t->files->mod.x, MOTE_EV_FILE_OFFERED, t->ticket, t->peer, &file);
}

/// The end ///

/* Forget all requests without answer. */
static void forget_session(struct mote_transfer *t)
{
    t->poll_ms = 0;
    mote_iq_cancel(&t->iq);
    for (size_t i = 0; !t->incoming && i < MOTE_FILES_WINDOW; i++) {
        mote_iq_cancel(&t->out.blocks[i]);
    }
}

void mote__transfer_leave(struct mote_transfer *t, const char *reason)
{
    forget_session(t);
    t->due = t->session ? DUE_TERMINATE : 0u; /* before <close/>, so that the peer learns the reason first */
    t->due |= t->unanswered ? DUE_ANSWER : t->open ? DUE_CLOSE : 0u;
    t->reason = reason != NULL ? reason : REASON_CANCEL;
    mote__transfer_enter(t, TRANSFER_LEAVING, LEAVE_MS);
    mote__files_wake(t->files);
}

void mote__transfer_say_farewell(struct mote_transfer *t)
{
    while (mote__transfer_step(t) > 0) {
    }
}

/* Give the last event of a transfer. What the transfer knows is copied first, because its place may be taken from
 * within. */
static void end_transfer(struct mote_transfer *t, struct mote_event *event, struct mote_file *file, const char *reason)
{
    struct mote_files *files = t->files;
    mote_file_ended_fn *ended = t->ended;
    char peer[sizeof t->peer], name[sizeof t->in.name];
    mote_text_copy(peer, sizeof peer, t->peer);
    if (file->name != NULL) {
        mote_text_copy(name, sizeof name, file->name);
        file->name = name;
    }
    event->ticket = t->ticket;
    event->from = peer;
    event->data = file;
    mote__transfer_leave(t, reason);
    mote__transfer_say_farewell(t);
    // NOLINTBEGIN(clang-analyzer-core.StackAddressEscape): nobody looks at the event behind this
    if (ended != NULL) {
        ended(files, event);
    } else {
        mote_module_emit(files->mod.x, event);
    }
    // NOLINTEND(clang-analyzer-core.StackAddressEscape)
}

void mote__transfer_fail(struct mote_transfer *t, int error, const char *why, const char *reason)
{
    struct mote_event event = {.kind = MOTE_EV_FILE_FAILED, .error = error};
    struct mote_file file;
    event.why = why != NULL ? why : mote_error_text(error);
    describe(t, &file);
    end_transfer(t, &event, &file, reason);
}

void mote__transfer_refused(struct mote_transfer *t, const struct mote_xml *reply, int error)
{
    struct mote_event event = {.kind = MOTE_EV_FILE_FAILED};
    struct mote_file file;
    mote_iq_explain(&event, reply, error);
    describe(t, &file);
    end_transfer(t, &event, &file, error == MOTE_ERR_TIMEOUT ? REASON_TIMEOUT : REASON_TRANSPORT);
}

void mote__transfer_done(struct mote_transfer *t, bool verified)
{
    struct mote_event event = {.kind = MOTE_EV_FILE_DONE};
    struct mote_file file;
    describe(t, &file);
    mote__transfer_digest(t, file.sha256);
    file.hashed = true;
    file.verified = verified;
    end_transfer(t, &event, &file, REASON_SUCCESS);
}

void mote__transfer_settle(struct mote_transfer *t, int error, const char *why)
{
    forget_session(t);
    t->open = false;
    t->due = 0;
    if (!t->session) {
        mote__transfer_fail(t, error, why, NULL);
        return;
    }
    t->error = error;
    t->why = why;
    mote__transfer_enter(t, TRANSFER_SETTLING, REASON_WAIT_MS);
}

/* Compare the hashes. memcmp will do, because a digest is no secret: it came from the peer, or is told to it. */
static void check_hash(struct mote_transfer *t)
{
    uint8_t digest[32];
    mote__transfer_digest(t, digest);
    if (t->has_hash && memcmp(digest, t->in.sha256, sizeof digest) != 0) {
        mote__transfer_fail(t, MOTE_ERR_HASH, NULL, REASON_MEDIA);
    } else {
        mote__transfer_done(t, t->has_hash);
    }
}

void mote__transfer_received(struct mote_transfer *t, bool final)
{
    t->open = false;
    if (t->size != MOTE_FILE_SIZE_UNKNOWN && t->done != t->size) {
        const char *why = "the sender ended before the size that it had offered";
        if (final) {
            mote__transfer_fail(t, MOTE_ERR_PROTOCOL, why, NULL);
        } else {
            mote__transfer_settle(t, MOTE_ERR_PROTOCOL, why);
        }
    } else if (t->awaits_hash && !t->has_hash && !final) {
        mote__transfer_enter(t, TRANSFER_CHECKING, CHECKSUM_WAIT_MS);
    } else {
        check_hash(t);
    }
}

void mote__transfer_date(struct mote_transfer *t)
{
    t->deadline_ms = 0;
    t->iq.deadline_ms = UINT64_MAX;
}

/* Set the deadline that mote__transfer_date left open. */
static void set_dates(struct mote_transfer *t)
{
    const struct mote *x = t->files->mod.x;
    bool asked = t->state == TRANSFER_OFFERED || (t->raw && t->state == TRANSFER_OPENING); /* somebody is */
    uint64_t seconds = asked ? t->files->config.offer_timeout_s : t->files->config.idle_timeout_s;
    mote__transfer_enter(t, (enum transfer_state)t->state, t->state == TRANSFER_LEAVING ? LEAVE_MS : seconds * 1000);
    t->iq.deadline_ms = t->raw ? t->deadline_ms : mote_module_now(x) + x->config.iq_timeout_s * 1000ull;
}

void mote__transfer_tick(struct mote_transfer *t)
{
    if (t->deadline_ms == 0) {
        set_dates(t);
        return;
    }
    switch ((enum transfer_state)t->state) {
    case TRANSFER_RECEIVING:
        if (t->done != t->size) {
            mote__transfer_fail(t, MOTE_ERR_TIMEOUT, "nothing came any more", REASON_TIMEOUT);
        } else { /* all is there; some senders leave the rest to the receiver */
            mote__transfer_received(t, false);
        }
        break;
    case TRANSFER_CHECKING:
        check_hash(t);
        break;
    case TRANSFER_SETTLING:
        if (t->error != 0) {
            mote__transfer_fail(t, t->error, t->why, REASON_MEDIA);
        } else {
            mote__transfer_done(t, false); /* all was acknowledged */
        }
        break;
    case TRANSFER_LEAVING:
        mote__transfer_free(t);
        break;
    case TRANSFER_ASKED:
        mote__transfer_fail(t, MOTE_ERR_TIMEOUT, "nobody answered the offer", REASON_TIMEOUT);
        break;
    case TRANSFER_OFFERED:
        mote__transfer_fail(t, MOTE_ERR_TIMEOUT, "the peer did not answer the offer", REASON_TIMEOUT);
        break;
    case TRANSFER_FALLING_BACK:
        mote__transfer_fail(t, MOTE_ERR_TIMEOUT, NO_FALL_BACK, REASON_CONNECTIVITY);
        break;
    case TRANSFER_CANCELLED:
    case TRANSFER_FREE:
        t->deadline_ms = UINT64_MAX;
        break;
    default:
        mote__transfer_fail(t, MOTE_ERR_TIMEOUT, "the transfer has stopped moving", REASON_TIMEOUT);
        break;
    }
}

/// Sending what is due ///

int mote__transfer_step(struct mote_transfer *t)
{
    static int (*const senders[])(struct mote_transfer *) = {
        mote__ibb_send_answer,      mote__jingle_send_replace,   mote__jingle_send_transport,
        mote__jingle_send_accept,   mote__jingle_send_error,     mote__jingle_send_reject,
        mote__ibb_send_open,        mote__jingle_send_checksum,  mote__jingle_send_terminate,
        mote__ibb_send_close}; /* as enum transfer_due */
    if (t->state == TRANSFER_CANCELLED) {
        mote__transfer_fail(t, MOTE_ERR_CANCELLED, "cancelled here", REASON_CANCEL);
        return 1;
    }
    for (unsigned i = 0; t->due != 0 && i < sizeof senders / sizeof senders[0]; i++) {
        unsigned bit = t->due & 1u << i;
        if (bit == 0) {
            continue;
        }
        t->due &= ~bit;
        int result = senders[i](t);
        if (result == MOTE_ERR_FULL) {
            t->due |= bit;
            return result;
        }
        if (result < 0 && t->state != TRANSFER_LEAVING) {
            mote__transfer_fail(t, result, NULL, REASON_GENERAL);
        }
        return 1;
    }
    if (t->state == TRANSFER_LEAVING) {
        mote__transfer_free(t);
    }
    return t->state == TRANSFER_SENDING ? mote__ibb_send_block(t) : 0;
}
