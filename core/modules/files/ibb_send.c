/* SPDX-License-Identifier: MIT
 * The sending side of an in-band bytestream: <open/>, a window of blocks each awaiting its result, <close/>.
 *
 * A block is read from the source piece by piece straight into its record in the TX ring. Whether it will fit is known
 * before the first byte is read, so the source is never asked for the same bytes twice.
 */
#include <string.h>

#include "core/base/text.h"
#include "core/engine/engine.h"
#include "core/modules/files/ibb.h"
#include "core/xml/ns.h"

/* Blocks leave this much of the ring free: an eighth for answers (mote_module_send), and another for the application's
 * stanzas. */
static size_t reserve(const struct mote *x)
{
    return x->tx.size / 8 * 2;
}

enum { BLOCK_END = sizeof "</data></iq>" };

static void put_data(struct mote_writer *w, uint16_t seq, const char *sid)
{
    mote_writer_put(w, "<data xmlns='%s' seq='%u' sid='%s'>", NS_IBB, (unsigned)seq, sid);
}

uint16_t mote__ibb_send_limit(const struct mote_files *files, const char *to)
{
    const struct mote *x = files->mod.x;
    static const char id[] = "0123456789-";
    struct mote_writer w; /* it has no room, and so only counts */
    mote_writer_start(&w, NULL, 0);
    mote_writer_put(&w, "<iq type='set' id='%s' to='%s'>", id, to);
    put_data(&w, UINT16_MAX, id);
    size_t rest = w.need + BLOCK_END + TXRING_HEADER + reserve(x);
    size_t limit = x->tx.size > rest ? (x->tx.size - rest) / 4 * 3 : 0;
    size_t max = files->config.block_max != 0 ? files->config.block_max : BLOCK_DEFAULT;
    return (uint16_t)(limit < max ? limit : max);
}

/// Open and close ///

static void open_answered(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    struct mote_transfer *t = mote__transfer_of(iq);
    struct mote_files *files = t->files;
    if (error == 0) {
        mote__transfer_go_on(t, TRANSFER_SENDING);
        mote__transfer_emit(t, MOTE_EV_FILE_STARTED);
    } else {
        struct mote_event event = {0};
        mote_iq_explain(&event, reply, error);
        t->open = error == MOTE_ERR_TIMEOUT; /* an error stanza says that it is not open */
        bool busy = mote_xml_attr_is(mote_xml_inner(reply, "error"), "type", "wait");
        if (mote_text_equal(event.condition, "resource-constraint") && !busy && t->block / 2 >= BLOCK_MIN) {
            t->block /= 2; /* "would prefer a smaller block-size" (XEP-0047 section 2.1) */
            t->due |= DUE_OPEN;
        } else {
            mote__transfer_refused(t, reply, error);
        }
    }
    mote__files_pump(files);
}

int mote__ibb_send_open(struct mote_transfer *t)
{
    struct mote_files *files = t->files;
    mote_writer_put(mote__transfer_ask(t), "<open xmlns='%s' block-size='%u' sid='%s' stanza='iq'/>", NS_IBB,
                    (unsigned)t->block, t->stream);
    int32_t result = mote_iq_send(&t->iq, open_answered);
    if (result < 0) {
        return (int)result;
    }
    uint64_t wait_s = t->raw ? files->config.offer_timeout_s /* somebody is asked */ : files->config.idle_timeout_s;
    t->iq.deadline_ms = mote_module_now(files->mod.x) + wait_s * 1000;
    t->open = true;
    return 0;
}

static void close_answered(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    struct mote_transfer *t = mote__transfer_of(iq);
    struct mote_files *files = t->files;
    if (error == MOTE_ERR_LOST) {
        mote__transfer_refused(t, reply, error);
    } else if (t->raw) { /* an error means closed as well (XEP-0047 section 2.3), and all blocks were acknowledged */
        mote__transfer_done(t, false);
    } else {
        mote__transfer_enter(t, TRANSFER_SETTLING, SETTLE_MS);
    }
    mote__files_pump(files);
}

int mote__ibb_send_close(struct mote_transfer *t)
{
    struct mote_files *files = t->files;
    bool leaving = t->state == TRANSFER_LEAVING; /* then nobody waits for the answer */
    struct mote_writer *w = leaving ? mote__note_begin(files, t->peer) : mote__transfer_ask(t);
    mote_writer_put(w, "<close xmlns='%s' sid='%s'/>", NS_IBB, t->stream);
    int32_t result = leaving ? mote__note_send(files) : mote_iq_send(&t->iq, close_answered);
    t->open &= result < 0;
    return result < 0 ? (int)result : 0;
}

int mote__ibb_send_answer(struct mote_transfer *t)
{
    struct mote *x = t->files->mod.x;
    bool yes = t->state == TRANSFER_RECEIVING;
    mote_writer_put(mote_module_begin(x), "<iq type='%s' id='%s' to='%s'>", yes ? "result" : "error", t->sid, t->peer);
    mote_writer_put(&x->tx.writer, yes ? "</iq>" : "<error type='cancel'><not-acceptable xmlns='" NS_STANZA_ERROR
                                              "'/></error></iq>");
    int result = mote_module_answer(x);
    if (result == 0) {
        t->unanswered = false;
        if (yes) {
            mote__transfer_emit(t, MOTE_EV_FILE_STARTED);
        }
    }
    return result;
}

/// Blocks ///

static struct mote_transfer *find_block(struct mote_iq *iq, size_t *i)
{
    struct mote_files *files = (struct mote_files *)iq->module;
    for (size_t n = 0; n < files->config.count; n++) {
        struct mote_transfer *t = &files->config.transfers[n];
        for (*i = 0; t->state != TRANSFER_FREE && !t->incoming && *i < MOTE_FILES_WINDOW; ++*i) {
            if (&t->out.blocks[*i] == iq) {
                return t;
            }
        }
    }
    return NULL; /* this cannot be: a pending request is in a transfer */
}

static void block_answered(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    size_t i;
    struct mote_files *files = (struct mote_files *)iq->module;
    struct mote_transfer *t = find_block(iq, &i);
    if (t == NULL) {
        return;
    }
    if (error != 0) {
        mote__transfer_refused(t, reply, error);
    } else {
        t->done += t->out.lens[i];
        mote__transfer_moved(t);
        mote__transfer_emit(t, MOTE_EV_FILE_PROGRESS);
    }
    mote__files_pump(files);
}

static bool in_flight(const struct mote_transfer *t)
{
    bool any = false;
    for (size_t i = 0; i < MOTE_FILES_WINDOW; i++) {
        any |= t->out.blocks[i].pending;
    }
    return any;
}

/* Read up to n bytes into the record. Returns how many. *last is what the source returned last, which is positive when
 * it gave them all. */
static size_t fill_block(struct mote_transfer *t, struct mote_writer *w, size_t n, ptrdiff_t *last)
{
    const struct mote_services *s = t->files->mod.x->config.services;
    uint8_t piece[MOTE_FILES_PIECE];
    _Static_assert(sizeof piece % 3 == 0, "only the last piece of a block may need padding");
    size_t total = 0;
    *last = 1;
    while (total < n && *last > 0) {
        size_t want = n - total < sizeof piece ? n - total : sizeof piece, len = 0;
        while (len < want && *last > 0) {
            *last = t->read(t->ctx, t->at + total + len, piece + len, want - len);
            if (*last > (ptrdiff_t)(want - len)) {
                *last = MOTE_ERR_IO;
            }
            len += *last > 0 ? (size_t)*last : 0;
        }
        s->hash_feed(&t->hash, MOTE_SHA256, piece, len);
        mote_writer_base64(w, piece, len);
        total += len;
    }
    return total;
}

/* The source gave less than was asked for: see why. Returns false when the transfer has failed. */
static bool source_stopped(struct mote_transfer *t, ptrdiff_t last, size_t len)
{
    if (last == MOTE_ERR_BUSY) {
        t->poll_ms = mote_module_now(t->files->mod.x) + MOTE_FILES_POLL_MS;
        return true;
    }
    t->eof = last == 0 && (t->end == MOTE_FILE_SIZE_UNKNOWN || t->at + len == t->end);
    if (!t->eof) {
        mote__transfer_fail(t, MOTE_ERR_IO,
                            last == 0 ? "the file is shorter than it was offered" : "reading the file failed",
                            REASON_GENERAL);
    }
    return t->eof;
}

static int all_read(struct mote_transfer *t)
{
    if (in_flight(t)) {
        return 0;
    }
    mote__transfer_go_on(t, TRANSFER_CLOSING);
    t->due = t->checksum ? DUE_CHECKSUM | DUE_CLOSE : DUE_CLOSE;
    return 1;
}

/* Is there room for a record of `need` bytes? In an empty ring it says yes, so that mote_iq_send can say that the
 * record never fits. */
static bool has_room(const struct mote *x, size_t need)
{
    size_t room = mote__txring_free(&x->tx);
    return need + reserve(x) <= room || room == x->tx.size - TXRING_HEADER;
}

int mote__ibb_send_block(struct mote_transfer *t)
{
    struct mote_files *files = t->files;
    struct mote *x = files->mod.x;
    size_t i = 0;
    uint64_t left = t->end - t->at;
    size_t len = left < t->block ? (size_t)left : t->block;
    t->eof |= left == 0;
    if (t->eof) {
        return all_read(t);
    }
    while (i < files->config.window && t->out.blocks[i].pending) {
        i++;
    }
    if (i == files->config.window || t->poll_ms != 0) {
        return 0;
    }
    if (x->want_room && !mote__txring_idle(&x->tx)) { /* the application's stanza goes first */
        files->yielding = true;
        return MOTE_ERR_FULL;
    }
    struct mote_writer *w = mote_iq_begin(&t->out.blocks[i], &files->mod, "set", t->peer);
    put_data(w, t->seq, t->stream);
    if (!has_room(x, w->need + MOTE_BASE64_LEN(len) + BLOCK_END)) {
        return MOTE_ERR_FULL;
    }
    ptrdiff_t last;
    len = fill_block(t, w, len, &last);
    if (last <= 0 && !source_stopped(t, last, len)) {
        return 1;
    }
    if (len == 0) {
        return t->eof;
    }
    mote_writer_put(w, "</data>");
    int32_t result = mote_iq_send(&t->out.blocks[i], block_answered);
    if (result < 0) { /* the block was read and hashed, so it cannot be tried again */
        mote__transfer_fail(t, (int)result, NULL, REASON_GENERAL);
        return 1;
    }
    /* It may stand behind many others on a slow link, so only config.idle_timeout_s counts. */
    t->out.blocks[i].deadline_ms = UINT64_MAX;
    t->out.lens[i] = (uint16_t)len;
    t->at += len;
    t->seq++;
    return 1;
}

void mote__ibb_receiver_closed(struct mote_transfer *t)
{
    bool complete = t->state == TRANSFER_CLOSING || (t->state == TRANSFER_SENDING && t->eof && !in_flight(t));
    if (!complete) {
        mote__transfer_settle(t, MOTE_ERR_CANCELLED, "the receiver closed the byte stream");
        return;
    }
    t->open = false;
    mote_iq_cancel(&t->iq);
    t->due = t->state == TRANSFER_CLOSING ? t->due & DUE_CHECKSUM : t->checksum ? DUE_CHECKSUM : 0u;
    if (t->raw) {
        mote__transfer_done(t, false);
    } else {
        mote__transfer_enter(t, TRANSFER_SETTLING, SETTLE_MS);
    }
}
