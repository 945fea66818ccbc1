/* SPDX-License-Identifier: MIT
 * Files in the outbox, one at a time, in a transfer of the files module. The receiver's last word may be lost with the
 * link or in a restart. Then the file may have arrived: it is given again, and its event says maybe_twice.
 */
#include "core/modules/outbox_files.h"

#include <string.h>

#include "core/base/text.h"
#include "core/modules/files/jingle.h"
#include "core/modules/files/transfer.h"
#include "core/modules/outbox/item.h"
#include "core/xml/ns.h"

int32_t mote_files_queue(struct mote_files *files, const char *to, const char *name, const void *bytes, size_t len,
                         const struct mote_durable *durable)
{
    const struct mote_queued_files *q = files->queued;
    if (q == NULL) {
        return MOTE_ERR_STATE;
    }
    bool good = q->find != NULL ? to != NULL && mote_jid_valid(to) : mote__files_full_jid(to);
    if (!good || name == NULL || name[0] == '\0' || strlen(name) > MOTE_FILE_NAME_MAX) {
        return MOTE_ERR_ARG;
    }
    int error = mote__jingle_offer_fits(files, to, &(struct mote_file_info){.name = name, .size = len});
    if (error != 0) {
        return error; /* what is accepted as durable can be sent */
    }
    return mote_outbox_push(
        &q->carrier, &(struct mote_outbox_new){
                         .to = to, .id = name, .node = "", .durable = durable, .content = {{bytes, len}}, .pieces = 1});
}

/// Doubts ///

/* The store has the file that is on its way under this key: its ticket 4, the tickets of those in doubt 4 each, the id
 * of the Jingle session and NUL, the receiver and NUL. */
static const char key[] = "file";
enum { HEAD = 4 + 4 * MOTE_FILES_DOUBTS, VALUE_MAX = HEAD + MOTE_ID_MAX + 1 + MOTE_JID_MAX + 1 };

static unsigned find_doubt(const struct mote_queued_files *q, uint32_t seq)
{
    unsigned i = 0;
    while (i < MOTE_FILES_DOUBTS && q->doubts[i] != seq) {
        i++;
    }
    return i;
}

static void trust(struct mote_queued_files *q, uint32_t seq)
{
    unsigned i = find_doubt(q, seq);
    if (i < MOTE_FILES_DOUBTS) {
        q->doubts[i] = 0;
    }
}

/* Remember that this file may have arrived. It takes a free place, or the first if there is none. */
static void doubt(struct mote_queued_files *q, uint32_t seq)
{
    unsigned i = find_doubt(q, seq);
    i = i < MOTE_FILES_DOUBTS ? i : find_doubt(q, 0);
    q->doubts[i % MOTE_FILES_DOUBTS] = seq;
}

static void save(struct mote_queued_files *q, const struct mote_transfer *t)
{
    struct mote_store *s = q->carrier.outbox->config.store;
    uint8_t value[VALUE_MAX];
    size_t sid = strlen(t->sid) + 1, peer = strlen(t->peer) + 1;
    mote__outbox_put32(value, (uint32_t)q->ticket);
    for (size_t i = 0; i < MOTE_FILES_DOUBTS; i++) {
        mote__outbox_put32(value + 4 + 4 * i, q->doubts[i]);
    }
    memcpy(value + HEAD, t->sid, sid);
    memcpy(value + HEAD + sid, t->peer, peer);
    int e = mote_store_put(s, key, value, HEAD + sid + peer);
    mote__outbox_failed(q->carrier.outbox, e == 0 ? mote_store_sync(s) : e);
}

/* The receiver has ended the session that we named. So it still waited for the rest, and has thrown away what it had:
 * the file did not arrive. */
static void farewell_answered(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    struct mote_queued_files *q = ((struct mote_files *)iq->module)->queued;
    (void)reply;
    if (error == 0) {
        trust(q, q->before);
    }
}

/* Ask the receiver to end the session of the file that was on its way before a restart. Returns 0, or MOTE_ERR_FULL
 * when there is no room for that now. */
static int clear_up(struct mote_files *files)
{
    struct mote_queued_files *q = files->queued;
    struct mote_store *s = q->carrier.outbox->config.store;
    struct mote_outbox_stored item;
    uint8_t value[VALUE_MAX];
    ptrdiff_t len = mote_store_get(s, key, value, sizeof value);
    const char *sid = (const char *)value + HEAD;
    const uint8_t *nul = len > HEAD && value[len - 1] == '\0' ? memchr(value + HEAD, '\0', (size_t)len - HEAD) : NULL;
    if (nul != NULL && nul != value + len - 1) {
        q->before = mote__outbox_get32(value);
        for (size_t i = 0; i < MOTE_FILES_DOUBTS; i++) {
            q->doubts[i] = mote__outbox_get32(value + 4 + 4 * i);
        }
        if (mote_outbox_item_at(s, (int32_t)q->before, &item) > 0) {
            mote_writer_put(mote_iq_begin(&q->farewell, &files->mod, "set", (const char *)nul + 1),
                            "<jingle xmlns='" NS_JINGLE
                            "' action='session-terminate' sid='%s'><reason><gone/></reason></jingle>",
                            sid);
            if (mote_iq_send(&q->farewell, farewell_answered) == MOTE_ERR_FULL) {
                return MOTE_ERR_FULL;
            }
            q->before =
                find_doubt(q, q->before) < MOTE_FILES_DOUBTS ? 0 : q->before; /* of that try alone it can tell */
            doubt(q, mote__outbox_get32(value));
        }
    }
    q->unclear = false;
    return 0;
}

/// One transfer ///

static mote_file_ended_fn queued_ended;

/* The transfer of the outbox's file, or NULL. */
static struct mote_transfer *current(struct mote_files *files)
{
    for (size_t i = 0; i < files->config.count; i++) {
        struct mote_transfer *t = &files->config.transfers[i];
        if (t->state != TRANSFER_FREE && t->state != TRANSFER_LEAVING && t->ended == queued_ended) {
            return t;
        }
    }
    return NULL;
}

static ptrdiff_t read_queued(void *ctx, uint64_t offset, void *buf, size_t len)
{
    struct mote_files *files = ctx;
    struct mote_queued_files *q = files->queued;
    struct mote_store *s = q->carrier.outbox->config.store;
    const struct mote_transfer *t = current(files);
    struct mote_outbox_stored item;
    if (mote_outbox_item_at(s, q->ticket, &item) <= 0) {
        return MOTE_ERR_IO; /* it was taken out of the queue */
    }
    if (t != NULL && offset == t->start) { /* the receiver has accepted it: from here on it may arrive */
        q->begun = true;
        save(q, t);
    }
    size_t left = offset < item.content_len ? item.content_len - (size_t)offset : 0;
    len = len < left ? len : left;
    return len == 0 || mote_outbox_read(&item, (uint32_t)offset, buf, len) ? (ptrdiff_t)len : MOTE_ERR_IO;
}

/* May another try do better? It may when nobody was there, or the peer was busy, broke off, or began anew. */
static bool passes(const struct mote_event *e)
{
    return e->error == MOTE_ERR_TIMEOUT || e->error == MOTE_ERR_HASH || e->error == MOTE_ERR_BUSY ||
           e->error == MOTE_ERR_CANCELLED || mote_text_equal(e->condition, "service-unavailable") ||
           mote_text_equal(e->condition, "recipient-unavailable") || mote_text_equal(e->condition, "item-not-found") ||
           mote_text_equal(e->condition, "remote-server-timeout") ||
           mote_text_equal(e->condition, "remote-server-not-found");
}

/* May the file have arrived? It may when all of it was acknowledged, or was sent and nobody can tell: a receiver that
 * has all bytes may keep them as a file. */
static bool may_have_arrived(const struct mote_files *files, const struct mote_event *e)
{
    bool silent = e->error == MOTE_ERR_LOST || e->error == MOTE_ERR_TIMEOUT;
    bool refused = e->error == MOTE_ERR_CANCELLED || e->error == MOTE_ERR_HASH;
    uint64_t under_way = silent ? (uint64_t)files->config.window * mote_file_of(e)->block_size : 0;
    return files->queued->begun && !refused && mote_file_of(e)->size - mote_file_of(e)->done <= under_way;
}

static void queued_ended(struct mote_files *files, const struct mote_event *e)
{
    struct mote_queued_files *q = files->queued;
    bool done = e->kind == MOTE_EV_FILE_DONE;
    if (done || (e->error != MOTE_ERR_LOST && !passes(e))) {
        if (find_doubt(q, (uint32_t)q->ticket) < MOTE_FILES_DOUBTS) {
            mote_outbox_doubt(q->carrier.outbox, q->ticket);
        }
        trust(q, (uint32_t)q->ticket);
        mote_outbox_done(q->carrier.outbox, q->ticket, NULL, done ? 0 : e->error, done ? NULL : e->why);
        return;
    }
    if (may_have_arrived(files, e)) {
        doubt(q, (uint32_t)q->ticket);
    }
    if (e->error == MOTE_ERR_LOST) {
        mote_outbox_again(q->carrier.outbox, q->ticket, 0);
    } else {
        mote_outbox_later(q->carrier.outbox, q->ticket, MOTE_QUEUE_FILE_PAUSE_S * 1000);
    }
}

static void abandoned(struct mote_files *files, const struct mote_event *e)
{
    (void)files, (void)e;
}

/* Cancel the transfer of a file that was taken out of the queue on its way, or its end would be taken for that of the
 * next one. */
static void leave_others(struct mote_files *files)
{
    for (size_t i = 0; i < files->config.count; i++) {
        struct mote_transfer *t = &files->config.transfers[i];
        if (t->state != TRANSFER_FREE && t->ended == queued_ended) {
            t->ended = abandoned;
            mote_files_cancel(files, t->ticket);
        }
    }
}

/* Nobody is there: wait until the next turn, or until the file's expiry, if that comes first and has to be told. */
static int wait_for_receiver(struct mote_files *files, const struct mote_outbox_stored *item)
{
    struct mote_outbox *outbox = files->queued->carrier.outbox;
    int64_t now = mote_module_unix_time(files->mod.x), left_s = item->expiry - now;
    bool ends = item->expiry != 0 && now != 0 && left_s < MOTE_QUEUE_FILE_PAUSE_S;
    mote_outbox_later(outbox, item->ticket, (ends ? (uint32_t)left_s + 1u : MOTE_QUEUE_FILE_PAUSE_S) * 1000u);
    return 0;
}

static int send_file(struct mote_module *m, const struct mote_outbox_stored *item)
{
    struct mote_files *files = (struct mote_files *)m;
    struct mote_queued_files *q = files->queued;
    char to[MOTE_JID_MAX + 1], full[MOTE_JID_MAX + 1], name[MOTE_FILE_NAME_MAX + 1];
    if (!mote_outbox_to(item, to, sizeof to) || !mote_outbox_id(item, name, sizeof name)) {
        return MOTE_ERR_IO;
    }
    if (q->find != NULL) {
        if (!q->find(q->find_ctx, to, full)) {
            return wait_for_receiver(files, item);
        }
        mote_text_copy(to, sizeof to, full);
    }
    leave_others(files);
    struct mote_file_info info = {.name = name, .size = item->content_len};
    int32_t ticket = q->unclear ? clear_up(files) : 0;
    ticket = ticket == 0 ? mote_files_offer(files, to, &info, read_queued, files) : ticket;
    if (ticket < 0) {
        return ticket;
    }
    mote__transfer_by_ticket(files, ticket)->ended = queued_ended;
    q->ticket = item->ticket;
    q->begun = false;
    return 0;
}

/* The second string of a file is its name, the third is "". */
static const struct mote_outbox_kind file_kind = {MOTE_OUTBOX_FILE, MOTE_OUTBOX_MEETING, "file", send_file};

void mote_files_durable(struct mote_files *files, struct mote_queued_files *queued, struct mote_outbox *outbox)
{
    *queued = (struct mote_queued_files){.unclear = true};
    files->queued = queued;
    mote_outbox_carry(outbox, &queued->carrier, &file_kind, &files->mod);
}

void mote_files_find(struct mote_files *files, mote_files_find_fn *find, void *ctx)
{
    files->queued->find = find;
    files->queued->find_ctx = ctx;
}
