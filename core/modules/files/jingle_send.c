/* SPDX-License-Identifier: MIT
 * What we say in a Jingle session of one file over an in-band bytestream.
 */
#include "core/modules/files/jingle.h"

#include <string.h>

#include "core/base/text.h"
#include "core/engine/engine.h"
#include "core/modules/files/ibb.h"
#include "core/xml/ns.h"

static void put_hash(struct mote_writer *w, const uint8_t digest[32])
{
    mote_writer_put(w, "<hash xmlns='" NS_HASHES "' algo='sha-256'>");
    mote_writer_base64(w, digest, 32);
    mote_writer_put(w, "</hash>");
}

/// Parts ///

/* Write <jingle> without the end of its tag. */
static void begin_jingle(struct mote_writer *w, const char *action, const char *sid)
{
    mote_writer_put(w, "<jingle xmlns='" NS_JINGLE "' action='%s' sid='%s'", action, sid);
}

/* Send the request that was composed; mote__jingle_request_answered gets its answer. */
static int send_request(struct mote_transfer *t)
{
    return (int)mote_iq_send(&t->iq, mote__jingle_request_answered);
}

/* The name of the content. Ours is always the same, because a session has only one. */
static const char own_content[] = "file";

static const char *content_name(const struct mote_transfer *t)
{
    return t->incoming ? t->in.content : own_content;
}

static void put_content(struct mote_writer *w, const char *name)
{
    mote_writer_put(w, "><content creator='initiator' name='%s' senders='initiator'>", name);
}

static void begin_content(struct mote_transfer *t, struct mote_writer *w)
{
    put_content(w, content_name(t));
}

static void put_ibb(struct mote_writer *w, unsigned block, const char *stream)
{
    mote_writer_put(w, "<transport xmlns='%s' block-size='%u' sid='%s'/></content></jingle>", NS_JINGLE_IBB, block,
                    stream);
}

/* Write <transport/> and all end tags. */
static void end_content(struct mote_transfer *t, struct mote_writer *w)
{
    if (t->socks5) {
        mote_writer_put(w, "<transport xmlns='" NS_JINGLE_S5B "' sid='%s'/></content></jingle>", t->stream);
        return;
    }
    put_ibb(w, t->block, t->stream);
}

static void begin_file(struct mote_writer *w)
{
    mote_writer_put(w, "<description xmlns='%s'><file>", NS_JINGLE_FILE);
}

static void put_size(struct mote_writer *w, uint64_t size)
{
    if (size != MOTE_FILE_SIZE_UNKNOWN) {
        mote_writer_put(w, "<size>");
        mote_writer_uint(w, size);
        mote_writer_put(w, "</size>");
    }
}

/// Stanzas ///

/* What is offered is a session of our own, whose content has the name that ours always have. */
static void put_offer(struct mote_writer *w, const char *own, const char *sid, const struct mote_file_info *info)
{
    begin_jingle(w, "session-initiate", sid);
    mote_writer_attr(w, "initiator", own);
    put_content(w, own_content);
    begin_file(w);
    mote_writer_element(w, "media-type", info->media_type != NULL ? info->media_type : "application/octet-stream");
    mote_writer_element(w, "name", info->name);
    mote_writer_element(w, "desc", info->desc != NULL ? info->desc : ""); /* Libervia 0.9 fails without one */
    if (info->date != 0) {
        char date[MOTE_DATE_LEN + 1];
        mote_date_write(info->date, date);
        mote_writer_element(w, "date", date);
    }
    put_size(w, info->size);
    if (info->sha256 != NULL) {
        put_hash(w, info->sha256);
    } else {
        mote_writer_put(w, "<hash-used xmlns='" NS_HASHES "' algo='sha-256'/>");
    }
    mote_writer_put(w, "</file></description>");
}

int mote__jingle_send_offer(struct mote_transfer *t, const struct mote_file_info *info)
{
    struct mote_writer *w = mote__transfer_ask(t);
    put_offer(w, mote_jid(t->files->mod.x), t->sid, info);
    end_content(t, w);
    return send_request(t);
}

/* Bytes for the resource of a JID that has none yet. */
static size_t resource_of(const char *jid)
{
    return mote_jid_resource(jid) == NULL ? 64 : 0;
}

int mote__jingle_offer_fits(const struct mote_files *files, const char *to, const struct mote_file_info *info)
{
    const struct mote *x = files->mod.x;
    static const char id[] = "0123456789-";
    const char *own = mote_jid(x);
    struct mote_writer w; /* it has no room, and so only counts */
    mote_writer_start(&w, NULL, 0);
    mote_writer_put(&w, "<iq type='set' id='%s' to='%s'>", id, to);
    put_offer(&w, own, id, info);
    put_ibb(&w, UINT16_MAX, id);
    mote_writer_put(&w, "</iq>");
    size_t need = w.need + resource_of(to) + resource_of(own) + TXRING_HEADER + x->tx.size / 8;
    bool fits = need <= x->tx.size && mote__ibb_send_limit(files, to) >= BLOCK_MIN;
    return w.error != 0 ? w.error : fits ? 0 : MOTE_ERR_SIZE;
}

/* The file is repeated without what we do not support, such as ranges. */
int mote__jingle_send_accept(struct mote_transfer *t)
{
    struct mote_writer *w = mote__transfer_ask(t);
    begin_jingle(w, "session-accept", t->sid);
    mote_writer_attr(w, "responder", mote_jid(t->files->mod.x));
    begin_content(t, w);
    begin_file(w);
    mote_writer_element(w, "name", t->in.name[0] != '\0' ? t->in.name : NULL);
    put_size(w, t->size);
    mote_writer_put(w, "</file></description>");
    end_content(t, w);
    return send_request(t);
}

static void put_transport(struct mote_transfer *t, struct mote_writer *w, const char *action)
{
    begin_jingle(w, action, t->sid);
    begin_content(t, w);
    end_content(t, w);
}

int mote__jingle_send_replace(struct mote_transfer *t)
{
    put_transport(t, mote__transfer_ask(t), "transport-replace");
    return send_request(t);
}

/* Behind a session-accept with SOCKS5, say that none of the candidates can be reached. We offer none either, so the
 * initiator replaces the transport (XEP-0260 section 3). */
int mote__jingle_send_error(struct mote_transfer *t)
{
    struct mote_writer *w = mote__note_begin(t->files, t->peer);
    begin_jingle(w, "transport-info", t->sid);
    begin_content(t, w);
    mote_writer_put(w, "<transport xmlns='" NS_JINGLE_S5B "' sid='%s'><candidate-error/></transport>", t->stream);
    mote_writer_put(w, "</content></jingle>");
    return mote__note_send(t->files);
}

int mote__jingle_send_transport(struct mote_transfer *t)
{
    put_transport(t, mote__note_begin(t->files, t->peer), "transport-accept");
    return mote__note_send(t->files);
}

int mote__jingle_send_reject(struct mote_transfer *t)
{
    put_transport(t, mote__note_begin(t->files, t->peer), "transport-reject");
    return mote__note_send(t->files);
}

/* When only a part of the file was asked for, its hash goes into <range/> (XEP-0234 section 8.2). */
int mote__jingle_send_checksum(struct mote_transfer *t)
{
    uint8_t digest[32];
    bool part = t->start > 0 || t->end != t->size;
    mote__transfer_digest(t, digest);
    struct mote_writer *w = mote__note_begin(t->files, t->peer);
    begin_jingle(w, "session-info", t->sid);
    mote_writer_put(w, "><checksum xmlns='%s' creator='initiator' name='%s'><file>", NS_JINGLE_FILE,
               content_name(t));
    if (part) {
        mote_writer_put(w, "<range offset='");
        mote_writer_uint(w, t->start);
        mote_writer_put(w, "' length='");
        mote_writer_uint(w, t->at - t->start);
        mote_writer_put(w, "'>");
    }
    put_hash(w, digest);
    if (part) {
        mote_writer_put(w, "</range>");
    }
    mote_writer_put(w, "</file></checksum></jingle>");
    return mote__note_send(t->files);
}

static int terminate(struct mote_files *files, const char *to, const char *sid, const char *reason)
{
    struct mote_writer *w = mote__note_begin(files, to);
    begin_jingle(w, "session-terminate", sid);
    mote_writer_put(w, "><reason>");
    mote_writer_raw(w, reason, strlen(reason)); /* markup of ours */
    mote_writer_put(w, "</reason></jingle>");
    return mote__note_send(files);
}

int mote__jingle_send_terminate(struct mote_transfer *t)
{
    int result = terminate(t->files, t->peer, t->sid, t->reason);
    t->session &= result != 0;
    return result;
}

void mote__jingle_turn_away(struct mote_files *files, const char *to, const char *sid, const char *reason)
{
    mote_module_log(files->mod.x, MOTE_LOG_INFO, "turned a Jingle session of %.80s away: %.80s", to, reason);
    terminate(files, to, sid, reason);
}
