/* SPDX-License-Identifier: MIT
 * What the peer says in a Jingle session of one file over an in-band bytestream.
 *
 * Every request is answered at once, by an empty result or an error. What we have to say about it is another request.
 */
#include "core/modules/files/jingle.h"

#include <string.h>

#include "core/modules/files/ibb.h"
#include "core/xml/ns.h"
#include "core/base/text.h"

#define NOT_IN_BAND "the peer does not take in-band transfers"

/* No file has 2^63 bytes or more: an offer of one is malformed. */
#define SIZE_MAX_OFFERED ((uint64_t)INT64_MAX)

/// Parts ///

/* Take the first SHA-256 from the <hash/> children of `file`, and notice when one is announced (XEP-0300). Other
 * algorithms are ignored: the weak ones prove nothing, and there is no code for the others. */
static void read_hashes(struct mote_transfer *t, const struct mote_xml *file)
{
    t->awaits_hash |= mote_xml_attr_is(mote_xml_child(file, NS_HASHES, "hash-used"), "algo", "sha-256");
    for (const struct mote_xml *h = mote_xml_child(file, NS_HASHES, "hash"); h != NULL; h = mote_xml_again(h)) {
        uint8_t digest[64];
        size_t len;
        const char *text = mote_xml_text(h, &len);
        if (!mote_xml_attr_is(h, "algo", "sha-256") || t->has_hash) {
            continue;
        }
        ptrdiff_t n = mote_base64_decode(text, len, digest, sizeof digest);
        if (n == 32) {
            memcpy(t->in.sha256, digest, 32);
            t->has_hash = true;
        } else if (len == 0) { /* empty: it will be told (XEP-0234 section 5) */
            t->awaits_hash = true;
        } else {
            t->awaits_hash = false;
            mote_module_log(t->files->mod.x, MOTE_LOG_WARN, "%.80s gave %s for a SHA-256: its file stays unverified",
                       t->peer, n == 64 ? "base64 of hex text, as Libervia does," : "something else");
        }
    }
}

/* Read a number that may be absent: then *value stays as it is. */
static bool optional_uint(const struct mote_xml *e, const char *name, uint64_t max, uint64_t *value)
{
    return mote_xml_attr(e, name) == NULL || mote_xml_attr_uint(e, name, max, value);
}

/* Read an IBB <transport/>. Returns false when it is missing, or its block size or sid is impossible. */
static bool read_transport(const struct mote_xml *content, uint16_t *block, const char **sid)
{
    uint64_t size;
    const struct mote_xml *transport = mote_xml_child(content, NS_JINGLE_IBB, "transport");
    *sid = mote_xml_attr(transport, "sid");
    if (!mote_xml_attr_uint(transport, "block-size", 65535, &size) || size == 0 || *sid == NULL || (*sid)[0] == '\0' ||
        strlen(*sid) > MOTE_ID_MAX) {
        return false;
    }
    *block = (uint16_t)size;
    return true;
}

/// session-initiate ///

/* Read an offer into `t`. Returns NULL, or the reason for which it is turned away. */
static const char *read_offer(struct mote_transfer *t, const struct mote_xml *jingle, const struct mote_xml **info)
{
    const struct mote_files_config *config = &t->files->config;
    const struct mote_xml *content = mote_xml_inner(jingle, "content");
    const struct mote_xml *file = mote_xml_inner(mote_xml_child(content, NS_JINGLE_FILE, "description"), "file");
    const struct mote_xml *range = mote_xml_inner(file, "range");
    const char *senders = mote_xml_attr(content, "senders"), *size = mote_xml_inner_text(file, "size");
    const char *name = mote_xml_inner_text(file, "name"), *stream;
    uint64_t offset = 0;
    if (file == NULL || mote_xml_again(content) != NULL) {
        return REASON_NO_APPLICATION;
    }
    if (mote_xml_child(content, NULL, "security") != NULL) { /* the bytes would be encrypted, which we cannot undo */
        return REASON_SECURITY;
    }
    if (senders != NULL && strcmp(senders, "initiator") != 0 && strcmp(senders, "both") != 0) {
        return REASON_APPLICATION; /* the peer requests a file, and we offer none */
    }
    if (size != NULL && !mote_text_uint(size, SIZE_MAX_OFFERED, &t->size)) {
        return REASON_APPLICATION;
    }
    if (t->size > config->max_size && t->size != MOTE_FILE_SIZE_UNKNOWN) {
        return REASON_TOO_LARGE;
    }
    if (mote_xml_attr(range, "length") != NULL || !optional_uint(range, "offset", 0, &offset)) {
        return REASON_APPLICATION; /* it is a part of a file, and we do not have the rest */
    }
    const char *label = mote_xml_attr(content, "name");
    if (label == NULL || !mote_text_copy(t->in.content, sizeof t->in.content, label)) {
        return REASON_APPLICATION;
    }
    t->in_band = mote_xml_child(content, NS_JINGLE_IBB, "transport") != NULL;
    if (t->in_band && (!read_transport(content, &t->block, &stream) ||
        mote__transfer_by_stream(t->files, t->peer, stream) != NULL)) {
        return REASON_TRANSPORT;
    }
    if (!t->in_band) {
        stream = mote_xml_attr(mote_xml_child(content, NS_JINGLE_S5B, "transport"), "sid");
        t->socks5 = stream != NULL && stream[0] != '\0' && strlen(stream) <= MOTE_ID_MAX;
    }
    if (t->in_band || t->socks5) {
        mote_text_copy(t->stream, sizeof t->stream, stream);
    }
    mote_text_copy(t->in.name, sizeof t->in.name, name); /* a name that is too long becomes "" */
    read_hashes(t, file);
    *info = file;
    return NULL;
}

static void on_initiate(struct mote_files *files, const struct mote_xml *iq, const struct mote_xml *jingle,
                        const char *from, const char *sid)
{
    struct mote *x = files->mod.x;
    if (strlen(from) > MOTE_JID_MAX || strlen(sid) > MOTE_ID_MAX || mote__ibb_receive_limit(files, from) < BLOCK_MIN) {
        mote_module_answer_error(x, iq, "modify", "policy-violation");
        return;
    }
    mote_module_answer_empty(x, iq);
    struct mote_transfer *t = mote__transfer_take(files);
    const struct mote_xml *info = NULL;
    const char *away = REASON_BUSY;
    if (t != NULL) {
        mote_text_copy(t->peer, sizeof t->peer, from);
        mote_text_copy(t->sid, sizeof t->sid, sid);
        t->incoming = t->session = true;
        away = read_offer(t, jingle, &info);
    } else if (mote_xml_child(mote_xml_inner(jingle, "content"), NS_JINGLE_FILE, "description") == NULL) {
        away = REASON_NO_APPLICATION;
    }
    if (away != NULL) {
        mote__jingle_turn_away(files, from, sid, away);
        return;
    }
    t->ticket = mote_module_ticket(x);
    mote__transfer_enter(t, TRANSFER_ASKED, files->config.offer_timeout_s * 1000ull);
    mote__transfer_emit_offer(t, info);
}

/// session-accept, and answers to requests, which say only that the request was understood ///

/* Read which part of the file the receiver asks for (XEP-0234 section 6.1). */
static bool read_range(struct mote_transfer *t, const struct mote_xml *content)
{
    const struct mote_xml *file = mote_xml_inner(mote_xml_child(content, NS_JINGLE_FILE, "description"), "file");
    const struct mote_xml *range = mote_xml_inner(file, "range");
    uint64_t offset = 0, length = t->size;
    if (!optional_uint(range, "offset", t->size, &offset) || !optional_uint(range, "length", UINT64_MAX, &length)) {
        return false;
    }
    t->end = length < t->size - offset ? offset + length : t->size;
    t->start = t->at = t->done = offset;
    return true;
}

static void on_accept(struct mote_transfer *t, const struct mote_xml *jingle)
{
    const struct mote_xml *content = mote_xml_inner(jingle, "content");
    const char *sid;
    uint16_t block;
    if (!read_transport(content, &block, &sid)) {
        mote__transfer_fail(t, MOTE_ERR_PROTOCOL, "the peer accepted without an in-band transport", REASON_TRANSPORT);
        return;
    }
    if (!read_range(t, content)) {
        mote__transfer_fail(t, MOTE_ERR_PROTOCOL, "the peer asked for an impossible part of the file",
                            REASON_APPLICATION);
        return;
    }
    t->block = block < t->block ? block : t->block;
    mote_iq_cancel(&t->iq); /* whoever accepts has our session-initiate */
    t->due |= DUE_OPEN;
    mote__transfer_go_on(t, TRANSFER_OPENING);
}

void mote__jingle_request_answered(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    struct mote_transfer *t = mote__transfer_of(iq);
    struct mote_files *files = t->files;
    if (error != 0) {
        t->session = error == MOTE_ERR_TIMEOUT; /* an error stanza says that there is no session */
        mote__transfer_refused(t, reply, error);
        mote__files_pump(files);
    }
}

/// session-terminate ///

/* The names of reasons, each followed by what it means. */
#define REASONS "cancel\0the peer cancelled\0" \
                "gone\0the peer goes off line\0" \
                "timeout\0the peer waited too long\0" \
                "expired\0the peer waited too long\0" \
                "success\0the peer ended before all was transferred\0" \
                "busy\0the peer is busy\0" \
                "decline\0the peer declined\0" \
                "media-error\0the peer cannot use what it received\0" \
                "unsupported-applications\0the peer does not take files\0" \
                "unsupported-transports\0" NOT_IN_BAND "\0" \
                "connectivity-error\0" NO_FALL_BACK "\0" \
                "failed-transport\0the transport failed, says the peer\0"

static void fail_for(struct mote_transfer *t, const struct mote_xml *reason)
{
    static const int8_t errors[] = {MOTE_ERR_CANCELLED, MOTE_ERR_LOST, MOTE_ERR_TIMEOUT, MOTE_ERR_TIMEOUT,
                                    MOTE_ERR_PROTOCOL,  MOTE_ERR_BUSY}; /* of the first ones */
    const char *name = mote_xml_condition(reason, NS_JINGLE), *why = name;
    int i = name != NULL ? mote_text_index(REASONS, name) : 0;
    int error = i >= 0 && i / 2 < (int)sizeof errors ? errors[i / 2] : MOTE_ERR_REFUSED;
    if (name == NULL) {
        why = "the peer ended the session";
    } else if (i >= 0) {
        why = mote_text_nth(REASONS, (unsigned)i + 1);
    }
    if (mote_xml_child(reason, NS_JINGLE_FILE_ERRORS, "file-too-large") != NULL) {
        why = "the file is too large for the peer";
    }
    const char *text = mote_xml_inner_text(reason, "text");
    mote__transfer_fail(t, error, text != NULL && text[0] != '\0' ? text : why, NULL);
}

static bool all_acknowledged(const struct mote_transfer *t)
{
    return !t->incoming && (t->state == TRANSFER_CLOSING || (t->state == TRANSFER_SETTLING && t->error == 0));
}

static void on_terminate(struct mote_transfer *t, const struct mote_xml *jingle)
{
    const struct mote_xml *reason = mote_xml_inner(jingle, "reason");
    bool success = mote_xml_inner(reason, "success") != NULL;
    t->session = false;
    if (success && all_acknowledged(t)) {
        t->open = false;
        mote__transfer_done(t, true);
    } else if (success && t->incoming && (t->state == TRANSFER_RECEIVING || t->state == TRANSFER_CHECKING)) {
        mote__transfer_received(t, true);
    } else if (success && t->error != 0) {
        mote__transfer_fail(t, t->error, t->why, NULL);
    } else {
        fail_for(t, reason);
    }
}

/// session-info ///

/* Do we know what this session-info is about? An empty one is a sign of life. */
static bool known_info(const struct mote_xml *jingle)
{
    const struct mote_xml *e = mote_xml_child(jingle, NULL, NULL);
    return e == NULL || mote_xml_child(jingle, NS_JINGLE_FILE, "checksum") != NULL ||
           mote_xml_child(jingle, NS_JINGLE_FILE, "received") != NULL;
}

static void on_info(struct mote_transfer *t, const struct mote_xml *jingle)
{
    const struct mote_xml *checksum = mote_xml_child(jingle, NS_JINGLE_FILE, "checksum");
    if (checksum != NULL && t->incoming) {
        read_hashes(t, mote_xml_inner(checksum, "file"));
        if (t->state == TRANSFER_CHECKING && (t->has_hash || !t->awaits_hash)) {
            mote__transfer_received(t, false);
        }
    }
    if (mote_xml_child(jingle, NS_JINGLE_FILE, "received") != NULL && all_acknowledged(t)) {
        mote__transfer_done(t, true);
    }
}

/// Transports: in-band is the only one, and replaces all others ///

static void on_transport_info(struct mote_transfer *t, const struct mote_xml *jingle)
{
    (void)t, (void)jingle; /* it has candidates of transports that we do not take */
}

static void on_replace(struct mote_transfer *t, const struct mote_xml *jingle)
{
    const char *sid;
    uint16_t block;
    const struct mote_transfer *same;
    bool early = t->state == TRANSFER_ASKED || t->state == TRANSFER_REPLACING || t->state == TRANSFER_ACCEPTED ||
                 (t->state == TRANSFER_FALLING_BACK && (t->due & DUE_ACCEPT) == 0);
    if (!early || !read_transport(mote_xml_inner(jingle, "content"), &block, &sid) ||
        ((same = mote__transfer_by_stream(t->files, t->peer, sid)) != NULL && same != t)) {
        t->due |= DUE_REJECT;
        return;
    }
    uint16_t limit = mote__ibb_receive_limit(t->files, t->peer);
    t->block = block < limit ? block : limit;
    t->in_band = true;
    t->socks5 = false;
    mote_text_copy(t->stream, sizeof t->stream, sid);
    t->due |= DUE_TRANSPORT;
    if (t->state == TRANSFER_REPLACING) { /* both asked at a time: the initiator's counts (XEP-0166 section 7.2.16) */
        mote_iq_cancel(&t->iq);
        t->due = DUE_TRANSPORT | DUE_ACCEPT;
        mote__transfer_go_on(t, TRANSFER_ACCEPTED);
    } else if (t->state == TRANSFER_FALLING_BACK) {
        mote_iq_cancel(&t->iq); /* a peer that falls back has our session-accept */
        t->due = DUE_TRANSPORT;
        mote__transfer_go_on(t, TRANSFER_ACCEPTED);
    }
}

static void on_transport_accept(struct mote_transfer *t, const struct mote_xml *jingle)
{
    const char *sid;
    uint16_t block;
    if (read_transport(mote_xml_inner(jingle, "content"), &block, &sid) && block < t->block) {
        t->block = block;
    }
    mote_iq_cancel(&t->iq);
    t->due |= DUE_ACCEPT;
    mote__transfer_go_on(t, TRANSFER_ACCEPTED);
}

static void on_transport_reject(struct mote_transfer *t, const struct mote_xml *jingle)
{
    (void)jingle;
    mote__transfer_fail(t, MOTE_ERR_REFUSED, NOT_IN_BAND, REASON_TRANSPORT);
}

/// Actions ///

enum { ANY = 0xffff };

static const struct {
    char name[18];
    uint16_t states; /* in which the action is in order: bits 1u << enum transfer_state */
    void (*handle)(struct mote_transfer *t, const struct mote_xml *jingle); /* called once it was answered */
} actions[] = {
    {"session-accept", 1u << TRANSFER_OFFERED, on_accept},
    {"session-terminate", ANY, on_terminate},
    {"session-info", ANY, on_info},
    {"transport-info", ANY, on_transport_info},
    {"transport-replace", ANY, on_replace},
    {"transport-accept", 1u << TRANSFER_REPLACING, on_transport_accept},
    {"transport-reject", 1u << TRANSFER_REPLACING, on_transport_reject},
    {"content-remove", ANY, on_terminate}, /* it removes the only content */
};
#define NOT_SUPPORTED "description-info\0security-info\0content-add\0"
/* These are never in order in a session that exists. */
#define NEVER "session-initiate\0content-accept\0content-modify\0content-reject\0"

static void on_action(struct mote_transfer *t, const struct mote_xml *iq, const struct mote_xml *jingle)
{
    struct mote *x = t->files->mod.x;
    const char *action = mote_xml_attr(jingle, "action");
    const size_t count = sizeof actions / sizeof actions[0];
    size_t i = 0;
    while (i < count && strcmp(actions[i].name, action) != 0) {
        i++;
    }
    if (i < count ? (actions[i].states & 1u << t->state) == 0 : mote_text_index(NEVER, action) >= 0) {
        mote_module_answer_error_of(x, iq, "wait", "unexpected-request", "out-of-order", NS_JINGLE_ERRORS);
    } else if (i == count && mote_text_index(NOT_SUPPORTED, action) < 0) {
        mote_module_answer_error(x, iq, "modify", "bad-request");
    } else if (i == count || (actions[i].handle == on_info && !known_info(jingle))) {
        mote_module_answer_error_of(x, iq, "modify", "feature-not-implemented", "unsupported-info", NS_JINGLE_ERRORS);
    } else {
        mote_module_answer_empty(x, iq);
        actions[i].handle(t, jingle);
    }
}

bool mote__jingle_stanza(struct mote_files *files, const struct mote_xml *iq)
{
    struct mote *x = files->mod.x;
    const struct mote_xml *jingle = mote_xml_child(iq, NS_JINGLE, "jingle");
    const char *from = mote_xml_attr(iq, "from"), *sid = mote_xml_attr(jingle, "sid"),
               *action = mote_xml_attr(jingle, "action");
    if (jingle == NULL) {
        return false;
    }
    struct mote_transfer *t = mote__transfer_by_session(files, from, sid);
    if (from == NULL || sid == NULL || sid[0] == '\0' || action == NULL) {
        mote_module_answer_error(x, iq, "modify", "bad-request");
    } else if (t == NULL && strcmp(action, "session-initiate") == 0) {
        on_initiate(files, iq, jingle, from, sid);
    } else if (t == NULL) {
        mote_module_answer_error_of(x, iq, "cancel", "item-not-found", "unknown-session", NS_JINGLE_ERRORS);
    } else {
        on_action(t, iq, jingle);
    }
    return true;
}
