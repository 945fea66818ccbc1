/* SPDX-License-Identifier: MIT
 * The receiving side of an in-band bytestream. A block is decoded where it lies, in the arena, and written from there.
 */
#include <string.h>

#include "core/modules/files/ibb.h"
#include "core/xml/ns.h"
#include "core/base/text.h"

uint16_t mote__ibb_receive_limit(const struct mote_files *files, const char *from)
{
    const struct mote *x = files->mod.x;
    /* What the stanza takes beside its text: iq, data and the text node; ten attributes, of which servers may add
     * three; their names and values, of which two JIDs are the longest. */
    size_t tree = 3 * sizeof(struct mote_xml) + 10 * sizeof(struct mote_attr) + 256;
    size_t rest = x->reader.root_mark + tree + strlen(from) + strlen(mote_jid(x));
    size_t limit = x->reader.arena.size > rest ? (x->reader.arena.size - rest) / 4 * 3 : 0;
    size_t max = files->config.block_max != 0 ? files->config.block_max : UINT16_MAX;
    return (uint16_t)(limit < max ? limit : max);
}

/* Wait for the next block, with the whole idle time; or when all bytes are there, for the <close/>. */
static void await_more(struct mote_transfer *t)
{
    bool all = t->done == t->size;
    mote__transfer_enter(t, TRANSFER_RECEIVING, all ? CHECKSUM_WAIT_MS : t->files->config.idle_timeout_s * 1000ull);
}

static const char *sender(const struct mote_xml *stanza)
{
    return mote_xml_attr(stanza, "from");
}

/// <open/> ///

/* A bytestream that no Jingle session announced: a file without name, size and hash. */
static void offer_raw(struct mote_files *files, const struct mote_xml *iq, const char *sid, uint16_t block)
{
    struct mote *x = files->mod.x;
    const char *from = sender(iq), *id = mote_xml_attr(iq, "id");
    if (id == NULL || strlen(id) > MOTE_ID_MAX || strlen(sid) > MOTE_ID_MAX || strlen(from) > MOTE_JID_MAX) {
        mote_module_answer_error(x, iq, "modify", "policy-violation");
        return;
    }
    bool fits = block <= mote__ibb_receive_limit(files, from);
    struct mote_transfer *t = fits ? mote__transfer_take(files) : NULL;
    if (t == NULL) { /* the block is too large, or no transfer is free */
        mote_module_answer_error(x, iq, fits ? "wait" : "modify", "resource-constraint");
        return;
    }
    mote_text_copy(t->peer, sizeof t->peer, from);
    mote_text_copy(t->sid, sizeof t->sid, id);
    mote_text_copy(t->stream, sizeof t->stream, sid);
    t->block = block;
    t->incoming = t->raw = t->in_band = t->unanswered = true;
    t->ticket = mote_module_ticket(x);
    mote__transfer_enter(t, TRANSFER_ASKED, files->config.offer_timeout_s * 1000ull);
    mote__transfer_emit_offer(t, NULL);
}

/* The stream that a Jingle session agreed on. */
static void open_agreed(struct mote_transfer *t, const struct mote_xml *iq, uint16_t block)
{
    struct mote_files *files = t->files;
    if (t->state != TRANSFER_ACCEPTED || (t->due & (DUE_ACCEPT | DUE_TRANSPORT)) != 0) {
        mote_module_answer_error(files->mod.x, iq, "cancel", "not-acceptable");
        return;
    }
    if (block > t->block) { /* XEP-0261 section 2.3 */
        mote_module_answer_error(files->mod.x, iq, "modify", "resource-constraint");
        return;
    }
    mote_iq_cancel(&t->iq); /* whoever opens has our session-accept */
    mote_module_answer_empty(files->mod.x, iq);
    t->block = block;
    t->open = true;
    await_more(t);
    mote__transfer_emit(t, MOTE_EV_FILE_STARTED);
}

static void on_open(struct mote_files *files, struct mote_transfer *t, const struct mote_xml *iq,
                    const struct mote_xml *open)
{
    const char *sid = mote_xml_attr(open, "sid");
    uint64_t block;
    if (sid == NULL || sid[0] == '\0' || mote_xml_attr(open, "block-size") == NULL) {
        mote_module_answer_error(files->mod.x, iq, "modify", "bad-request");
        return;
    }
    if (!mote_xml_attr_uint(open, "block-size", 65535, &block) || block == 0) {
        mote_module_answer_error(files->mod.x, iq, "cancel", "not-acceptable");
        return;
    }
    if (t != NULL) {
        open_agreed(t, iq, (uint16_t)block);
    } else {
        offer_raw(files, iq, sid, (uint16_t)block);
    }
}

/// <data/> ///

/* The block cannot be taken: answer with an error, and end the transfer (XEP-0047 section 2.2). */
static void refuse_block(struct mote_transfer *t, const struct mote_xml *stanza, const char *condition, int error,
                         const char *why, const char *reason)
{
    mote_module_answer_error(t->files->mod.x, stanza, "cancel", condition);
    mote__transfer_fail(t, error, why, reason);
}

/* Check and write the block. `bytes` is its base64 text, which is decoded in place. */
static void take_block(struct mote_transfer *t, const struct mote_xml *stanza, char *bytes, size_t text_len)
{
    struct mote_files *files = t->files;
    const struct mote_services *s = files->mod.x->config.services;
    ptrdiff_t n = mote_base64_decode(bytes, text_len, bytes, text_len);
    if (n < 0) {
        refuse_block(t, stanza, "bad-request", MOTE_ERR_PROTOCOL, "a block that is not base64", REASON_TRANSPORT);
        return;
    }
    size_t len = (size_t)n;
    if (len > t->block) {
        refuse_block(t, stanza, "bad-request", MOTE_ERR_PROTOCOL, "a block larger than agreed", REASON_TRANSPORT);
        return;
    }
    if (len > t->size - t->done) {
        refuse_block(t, stanza, "not-acceptable", MOTE_ERR_PROTOCOL, "more bytes than were offered", REASON_TOO_LARGE);
        return;
    }
    if (len > files->config.max_size - t->done) {
        refuse_block(t, stanza, "not-acceptable", MOTE_ERR_POLICY, "the file grows beyond the limit", REASON_TOO_LARGE);
        return;
    }
    if (len > 0) {
        if (t->write(t->ctx, t->done, bytes, len) < 0) {
            refuse_block(t, stanza, "resource-constraint", MOTE_ERR_IO, "writing the file failed", REASON_GENERAL);
            return;
        }
        s->hash_feed(&t->hash, MOTE_SHA256, bytes, len);
        t->done += len;
        await_more(t); /* empty blocks are no progress */
    }
    t->seq++;
    if (strcmp(stanza->name, "iq") == 0) {
        mote_module_answer_empty(files->mod.x, stanza);
    }
    if (len > 0) {
        mote__transfer_emit(t, MOTE_EV_FILE_PROGRESS);
    }
}

static void on_data(struct mote_files *files, struct mote_transfer *t, const struct mote_xml *stanza,
                    const struct mote_xml *data)
{
    if (t == NULL || !t->open) {
        mote_module_answer_error(files->mod.x, stanza, "cancel", "item-not-found");
        return;
    }
    if (!t->incoming || t->unanswered) { /* the other direction is not for us (XEP-0047 section 3) */
        mote_module_answer_error(files->mod.x, stanza, "cancel", "not-acceptable");
        return;
    }
    uint64_t seq;
    size_t len;
    const char *text = mote_xml_text(data, &len);
    if (!mote_xml_attr_uint(data, "seq", 65535, &seq) || (data->first != NULL && len == 0)) {
        refuse_block(t, stanza, "bad-request", MOTE_ERR_PROTOCOL, "a malformed block", REASON_TRANSPORT);
    } else if (seq != t->seq) {
        refuse_block(t, stanza, "unexpected-request", MOTE_ERR_PROTOCOL, "a block out of sequence", REASON_TRANSPORT);
    } else {
        take_block(t, stanza, (char *)text, len); /* of the arena, which is ours to write, or empty */
    }
}

/// <close/> ///

static void on_close(struct mote_files *files, struct mote_transfer *t, const struct mote_xml *iq,
                     const struct mote_xml *close)
{
    (void)close;
    bool crossing = t != NULL && t->state == TRANSFER_CLOSING; /* with ours */
    if (t == NULL || (!t->open && !t->unanswered && !crossing)) {
        mote_module_answer_error(files->mod.x, iq, "cancel", "item-not-found");
        return;
    }
    mote_module_answer_empty(files->mod.x, iq);
    if (!t->incoming) {
        mote__ibb_receiver_closed(t);
    } else if (t->unanswered) {
        mote__transfer_fail(t, MOTE_ERR_CANCELLED, "the sender gave up", NULL);
    } else {
        mote__transfer_received(t, false);
    }
}

bool mote__ibb_stanza(struct mote_files *files, const struct mote_xml *stanza)
{
    static void (*const handlers[])(struct mote_files *files, struct mote_transfer *t, const struct mote_xml *stanza,
                                    const struct mote_xml *e) = {on_data, on_open, on_close};
    static const char names[][6] = {"data", "open", "close"};
    size_t known = strcmp(stanza->name, "iq") == 0 ? 3 : 1; /* messages may carry data alone */
    for (size_t i = 0; i < known; i++) {
        const struct mote_xml *e = mote_xml_child(stanza, NS_IBB, names[i]);
        if (e == NULL) {
            continue;
        }
        if (sender(stanza) == NULL) {
            mote_module_answer_error(files->mod.x, stanza, "modify", "bad-request");
        } else {
            handlers[i](files, mote__transfer_by_stream(files, sender(stanza), mote_xml_attr(e, "sid")), stanza, e);
        }
        return true;
    }
    return false;
}
