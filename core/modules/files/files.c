/* SPDX-License-Identifier: MIT
 * The files module: the calls of the application, what the engine calls, and whose turn it is to send.
 */
#include "core/modules/files/files.h"

#include <string.h>

#include "core/base/text.h"
#include "core/engine/engine.h"
#include "core/modules/files/ibb.h"
#include "core/modules/files/jingle.h"
#include "core/xml/ns.h"

/// Sending in turn ///

void mote__files_wake(struct mote_files *files)
{
    files->waiting = true;
    files->yielding = false;
    files->wake_free = 0;
}

/* Send one thing of each transfer in turn, until nothing is left or the ring is full. The transfer that found it full
 * has the next turn. */
void mote__files_pump(struct mote_files *files)
{
    struct mote *x = files->mod.x;
    if (!mote_online(x)) {
        mote__files_wake(files); /* it goes on once the link is back */
        return;
    }
    files->waiting = files->yielding = false;
    for (size_t idle = 0; idle < files->config.count;) {
        int result = mote__transfer_step(&files->config.transfers[files->turn]);
        if (result == MOTE_ERR_FULL) {
            files->waiting = true;
            files->wake_free = files->yielding ? 0 : mote__txring_free(&x->tx);
            return;
        }
        files->turn = (files->turn + 1) % files->config.count;
        idle = result > 0 ? 0 : idle + 1;
    }
}

/* Does something wait, and is the reason gone for which it had to? It must not be true while sending would fail again,
 * or the loop would never rest. */
static bool can_go_on(const struct mote_files *files)
{
    const struct mote *x = files->mod.x;
    bool yields = files->yielding && x->want_room && !mote__txring_idle(&x->tx);
    return files->waiting && !yields && mote_online(x) && mote__txring_free(&x->tx) > files->wake_free;
}

static uint64_t files_deadline(const struct mote_module *m)
{
    const struct mote_files *files = (const struct mote_files *)m;
    uint64_t first = can_go_on(files) ? 0 : UINT64_MAX;
    for (size_t i = 0; i < files->config.count; i++) {
        const struct mote_transfer *t = &files->config.transfers[i];
        first = t->deadline_ms < first ? t->deadline_ms : first;
        first = t->poll_ms != 0 && t->poll_ms < first ? t->poll_ms : first;
    }
    return first;
}

static void files_tick(struct mote_module *m, uint64_t now_ms)
{
    struct mote_files *files = (struct mote_files *)m;
    for (size_t i = 0; i < files->config.count; i++) {
        struct mote_transfer *t = &files->config.transfers[i];
        t->poll_ms = t->poll_ms <= now_ms ? 0 : t->poll_ms; /* mote__files_pump asks the source again */
        if (t->deadline_ms <= now_ms) {
            mote__transfer_tick(t);
        }
    }
    mote__files_pump(files);
}

struct mote_writer *mote__note_begin(struct mote_files *files, const char *to)
{
    struct mote_iq once = {0};
    return mote_iq_begin(&once, &files->mod, "set", to);
}

int mote__note_send(struct mote_files *files)
{
    mote_writer_put(&files->mod.x->tx.writer, "</iq>");
    return mote_module_answer(files->mod.x);
}

/// Received ///

static bool files_stanza(struct mote_module *m, const struct mote_xml *stanza)
{
    struct mote_files *files = (struct mote_files *)m;
    const char *type = mote_xml_attr(stanza, "type");
    bool iq = strcmp(stanza->name, "iq") == 0, message = strcmp(stanza->name, "message") == 0;
    if (iq ? !mote_text_equal(type, "set") : !message || mote_text_equal(type, "error")) {
        return false;
    }
    bool taken = (iq && mote__jingle_stanza(files, stanza)) || mote__ibb_stanza(files, stanza);
    if (taken) {
        mote__files_pump(files);
    }
    return taken;
}

static void files_phase(struct mote_module *m, enum mote_phase phase)
{
    struct mote_files *files = (struct mote_files *)m;
    for (size_t i = 0; phase == MOTE_PHASE_LOST && i < files->config.count; i++) {
        struct mote_transfer *t = &files->config.transfers[i];
        if (t->state == TRANSFER_CANCELLED) {
            mote__transfer_fail(t, MOTE_ERR_CANCELLED, "cancelled here", NULL);
        } else if (t->state != TRANSFER_FREE && t->state != TRANSFER_LEAVING) {
            mote__transfer_fail(t, MOTE_ERR_LOST, NULL, NULL);
        }
        mote__transfer_free(t);
    }
}

/// Calls ///

bool mote__files_full_jid(const char *jid)
{
    size_t len;
    return jid != NULL && mote_jid_valid(jid) && (mote_jid_resource(jid) != NULL || mote_jid_domain(jid, &len) == jid);
}

int32_t mote_files_offer(struct mote_files *files, const char *to, const struct mote_file_info *info,
                         mote_file_read_fn *read, void *ctx)
{
    struct mote *x = files->mod.x;
    if (!mote__files_full_jid(to) || info == NULL || read == NULL) {
        return MOTE_ERR_ARG;
    }
    if (!mote_online(x)) {
        return MOTE_ERR_STATE;
    }
    struct mote_transfer *t = mote__transfer_take(files);
    if (t == NULL) {
        return MOTE_ERR_BUSY;
    }
    t->read = read;
    t->ctx = ctx;
    t->raw = (info->flags & MOTE_FILE_RAW) != 0;
    t->size = t->end = info->size;
    t->checksum = !t->raw && info->sha256 == NULL && (info->flags & MOTE_FILE_NO_CHECKSUM) == 0;
    t->block = mote__ibb_send_limit(files, to);
    mote_text_copy(t->peer, sizeof t->peer, to);
    if (t->block < BLOCK_MIN) {
        return MOTE_ERR_SIZE;
    }
    if (mote_module_random_id(x, t->sid) != 0 || mote_module_random_id(x, t->stream) != 0) {
        return MOTE_ERR_ENTROPY;
    }
    int32_t result = t->raw ? mote__ibb_send_open(t) : mote__jingle_send_offer(t, info);
    if (result < 0) {
        return result; /* still free */
    }
    t->ticket = t->iq.ticket;
    t->session = !t->raw;
    t->state = t->raw ? TRANSFER_OPENING : TRANSFER_OFFERED;
    mote__transfer_date(t);
    return t->ticket;
}

int mote_files_accept(struct mote_files *files, int32_t ticket, mote_file_write_fn *write, void *ctx)
{
    struct mote_transfer *t = mote__transfer_by_ticket(files, ticket);
    if (write == NULL) {
        return MOTE_ERR_ARG;
    }
    if (t == NULL || t->state != TRANSFER_ASKED) {
        return MOTE_ERR_STATE;
    }
    uint16_t limit = mote__ibb_receive_limit(files, t->peer);
    t->write = write;
    t->ctx = ctx;
    t->block = t->in_band && t->block < limit ? t->block : limit;
    if (!t->in_band && !t->socks5 && mote_module_random_id(files->mod.x, t->stream) != 0) {
        return MOTE_ERR_ENTROPY;
    }
    t->open = t->raw;
    if (t->raw) {
        t->due |= DUE_ANSWER;
        t->state = TRANSFER_RECEIVING;
    } else if (t->socks5) {
        t->due |= DUE_ACCEPT | DUE_ERROR;
        t->state = TRANSFER_FALLING_BACK;
    } else {
        t->due |= t->in_band ? DUE_ACCEPT : DUE_REPLACE;
        t->state = t->in_band ? TRANSFER_ACCEPTED : TRANSFER_REPLACING;
    }
    mote__transfer_date(t);
    mote__files_wake(files);
    return 0;
}

int mote_files_refuse(struct mote_files *files, int32_t ticket)
{
    struct mote_transfer *t = mote__transfer_by_ticket(files, ticket);
    if (t == NULL || t->state != TRANSFER_ASKED) {
        return MOTE_ERR_STATE;
    }
    mote__transfer_leave(t, REASON_DECLINE);
    mote__transfer_date(t);
    mote__transfer_say_farewell(t);
    return 0;
}

int mote_files_cancel(struct mote_files *files, int32_t ticket)
{
    struct mote_transfer *t = mote__transfer_by_ticket(files, ticket);
    if (t == NULL) {
        return MOTE_ERR_STATE;
    }
    mote__transfer_leave(t, REASON_CANCEL);
    mote__transfer_say_farewell(t); /* now: the application may be about to close the stream */
    t->state = TRANSFER_CANCELLED; /* the event comes from the next tick */
    t->deadline_ms = UINT64_MAX;
    mote__files_wake(files);
    return 0;
}

/// The row ///

static const char *const features[] = {NS_JINGLE, NS_JINGLE_FILE, NS_JINGLE_IBB, NS_IBB, NS_HASHES,
                                       "urn:xmpp:hash-function-text-names:sha-256", NULL};
static const struct mote_module_class files_class = {.name = "files",
                                                     .features = features,
                                                     .takes = MOTE_TAKES_MESSAGE | MOTE_TAKES_IQ,
                                                     .by_jid = true,
                                                     .stanza = files_stanza,
                                                     .phase = files_phase,
                                                     .deadline = files_deadline,
                                                     .tick = files_tick};

int mote_files_attach(struct mote_files *files, struct mote *x, const struct mote_files_config *config)
{
    bool block = config->block_max == 0 || (config->block_max >= BLOCK_MIN && config->block_max <= UINT16_MAX);
    if (config->transfers == NULL || config->count == 0 || !block || config->window > MOTE_FILES_WINDOW) {
        return MOTE_ERR_ARG;
    }
    memset(files, 0, sizeof *files);
    files->config = *config;
    struct mote_files_config *c = &files->config;
    c->window = c->window != 0 ? c->window : MOTE_FILES_WINDOW;
    c->max_size = c->max_size != 0 ? c->max_size : UINT64_MAX;
    c->idle_timeout_s = c->idle_timeout_s != 0 ? c->idle_timeout_s : 60;
    c->offer_timeout_s = c->offer_timeout_s != 0 ? c->offer_timeout_s : 300;
    memset(c->transfers, 0, c->count * sizeof *c->transfers);
    for (size_t i = 0; i < c->count; i++) {
        mote__transfer_free(&c->transfers[i]);
    }
    mote_module_attach(&files->mod, x, &files_class);
    return 0;
}
