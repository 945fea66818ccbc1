/* SPDX-License-Identifier: MIT
 * Catching up with the archive. The place moves with what is given, never past a message that was not given:
 *
 *     behind      a live message is not given, and only its hash is kept: it comes out of the archive in its turn
 *     caught up   live messages are given at once, and each moves the place on
 *
 * So nothing is given twice, however many come at a time. A link may be lost at any moment: what was not given yet
 * still lies behind the place.
 */
#include "core/modules/archive/archive.h"

#include <string.h>

#include "core/modules/archive/query.h"
#include "core/xml/ns.h"
#include "core/base/text.h"

enum {
    ROOM_MS = 1000,   /* until another try when the ring had no room for the question */
    RETRY_MS = 60000, /* until another try when the server gave no answer */
    TRIES = 3,        /* questions without an answer before it gives up */
    BROKEN = 3        /* streams that end because of a page before what is next in the archive is passed over */
};

/// The place ///

static uint64_t hash_id(const struct mote_archive *a, const char *id)
{
    uint64_t hash = mote_siphash(a->mod.x->key, id, strlen(id)) & ~(uint64_t)1;
    return hash != 0 ? hash : 2;
}

/* The entry of a message given or held a short while ago, or NULL. */
static uint64_t *recent(struct mote_archive *a, uint64_t hash)
{
    for (unsigned i = 0; i < MOTE_ARCHIVE_RECENT; i++) {
        if ((a->recent[i] & ~(uint64_t)1) == hash) {
            return &a->recent[i];
        }
    }
    return NULL;
}

static void remember(struct mote_archive *a, uint64_t hash, bool held)
{
    uint64_t *entry = recent(a, hash);
    if (entry == NULL) {
        entry = &a->recent[a->oldest];
        a->oldest = (uint8_t)((a->oldest + 1) % MOTE_ARCHIVE_RECENT);
    }
    *entry = hash | (held ? 1 : 0);
}

/* All up to the message `id` has been given. Returns false when the id is too long to be kept. */
static bool move(struct mote_archive *a, const char *id, int64_t time)
{
    if (mote_text_equal(id, a->last) && a->known) {
        return true;
    }
    a->known = mote_text_copy(a->last, sizeof a->last, id);
    a->time = time != 0 ? time : a->time;
    a->moved = true;
    return a->known;
}

static void tell_position(struct mote_archive *a, int kind, const struct mote_event *e)
{
    struct mote_archived place = {.id = a->last, .time = a->time, .messages = a->given};
    struct mote_event event = *e;
    event.kind = kind;
    event.data = &place;
    mote_module_emit(a->mod.x, &event);
}

static void tell_place(struct mote_archive *a)
{
    if (a->moved && a->known && a->works) {
        a->moved = false;
        tell_position(a, MOTE_EV_ARCHIVED, &(struct mote_event){0});
    }
}

/// Pages ///

/* Catching up has ended for this session: all that was there has been given, or `e` has the reason why not. */
static void stop(struct mote_archive *a, enum archive_state state, struct mote_event *e)
{
    a->covered = a->state == ARCHIVE_BEHIND ? a->time : 0;
    a->state = (uint8_t)state;
    a->held = 0;
    a->broken = 0;
    a->retry_ms = UINT64_MAX;
    tell_place(a);
    tell_position(a, MOTE_EV_CAUGHT_UP, e);
}

static void page_answered(struct mote_iq *iq, const struct mote_xml *reply, int error);

/* Ask for the next page, now or as soon as there is room. */
static void ask_page(struct mote_archive *a)
{
    bool newest = !a->known && a->config.since == 0;
    /* Once a page could not be read, one message at a time: then that one alone stays behind. */
    struct archive_range range = {.max = newest || a->broken > 0 ? 1 : a->config.page, .back = newest};
    a->state = newest ? ARCHIVE_NEWEST : ARCHIVE_BEHIND;
    if (a->known && a->last[0] != '\0') {
        range.mark = a->last;
    } else if (!a->known) {
        range.start = a->config.since;
    }
    a->retry_ms = mote__archive_ask(a, &a->catching, &range, page_answered) > 0 ? UINT64_MAX
                                                                                : mote_module_now(a->mod.x) + ROOM_MS;
}

/* Begin behind the newest message. If one came live meanwhile, it has moved the place already. */
static void begin_catch_up(struct mote_archive *a, const struct mote__archive_end *end)
{
    if (!a->known && !move(a, end->last != NULL ? end->last : "", a->time)) {
        stop(a, ARCHIVE_NONE, &(struct mote_event){.error = MOTE_ERR_SIZE, .why = "the archive's ids are too long"});
        return;
    }
    stop(a, ARCHIVE_CAUGHT_UP, &(struct mote_event){0});
}

static void next_page(struct mote_archive *a, const struct mote__archive_end *end)
{
    bool stuck = end->last != NULL && a->known && strcmp(end->last, a->last) == 0 && !a->moved;
    if (end->last != NULL && !move(a, end->last, 0)) {
        stop(a, ARCHIVE_NONE, &(struct mote_event){.error = MOTE_ERR_SIZE, .why = "the archive's ids are too long"});
    } else if (!end->complete && stuck) {
        stop(a, ARCHIVE_NONE,
             &(struct mote_event){.error = MOTE_ERR_PROTOCOL, .why = "the archive gives the same page again"});
    } else if (!end->complete || (a->held != 0 && !a->once_more)) {
        /* At the end of the archive a message is still held. It came after the last page was put together, so the next
         * one has it; or the archive does not keep it, and it is not asked for a third time. */
        a->once_more = end->complete;
        tell_place(a);
        ask_page(a);
    } else {
        stop(a, ARCHIVE_CAUGHT_UP, &(struct mote_event){0});
    }
}

/* The query was refused. When the archive does not know the place any more, go on from its time, or from now if that is
 * not known. */
static void refused(struct mote_archive *a, const struct mote_xml *reply, int error)
{
    struct mote_event e = {0};
    mote_iq_explain(&e, reply, error);
    if (a->known && a->last[0] != '\0' && mote_text_equal(e.condition, "item-not-found")) {
        a->config.since = a->time != 0 ? a->time : a->config.since;
        mote_module_log(a->mod.x, MOTE_LOG_WARN, "the archive has forgotten where we were: going on from %s",
                   a->config.since != 0 ? "its time" : "now");
        a->known = false;
        a->last[0] = '\0';
        ask_page(a);
        return;
    }
    bool wait = error == MOTE_ERR_TIMEOUT || mote_xml_attr_is(mote_xml_inner(reply, "error"), "type", "wait");
    if (wait && ++a->tries < TRIES) {
        a->retry_ms = mote_module_now(a->mod.x) + RETRY_MS;
        return;
    }
    if (!a->works) { /* without an archive, the ids that moved the place were forged */
        a->known = a->moved = false;
    }
    stop(a, ARCHIVE_NONE, &e);
}

/* What the archive has next may end each stream that asks for it, for example by a TLS record for which there is no
 * memory, and would do so for ever. Its id and its time are not known, so after BROKEN such streams the place is now.
 */
static void page_lost(struct mote_archive *a)
{
    int64_t now = mote_module_unix_time(a->mod.x);
    a->broken = (uint8_t)(a->broken + a->mod.x->broke);
    if (a->broken >= BROKEN && now != 0) {
        mote_module_log(a->mod.x, MOTE_LOG_WARN, "what the archive has next cannot be read: going on from now");
        a->config.since = a->time = now;
        a->known = false;
        a->last[0] = '\0';
        a->broken = 0;
    }
}

static void page_answered(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    struct mote_archive *a = archive_of(iq->module);
    struct mote__archive_end end;
    if (error == MOTE_ERR_LOST) {
        a->state = ARCHIVE_IDLE; /* the next session goes on from the place */
        page_lost(a);
    } else if (error != 0) {
        refused(a, reply, error);
    } else if (!mote__archive_end(reply, &end)) {
        refused(a, reply, MOTE_ERR_PROTOCOL);
    } else {
        a->works = true;
        a->tries = 0;
        a->broken = a->broken > 0;
        a->state == ARCHIVE_NEWEST ? begin_catch_up(a, &end) : next_page(a, &end);
    }
}

/// Results ///

/* Is this message to be given? One that this account sent is only when another device sent it and MOTE_ARCHIVE_SENT
 * asks for it. */
static bool ours_to_give(const struct mote_archive *a, const struct mote_stanza_head *h, bool *sent)
{
    const char *resource = h->from != NULL ? mote_jid_resource(h->from) : NULL;
    *sent = h->from != NULL && mote_jid_bare_equal(h->from, a->mod.x->config.jid);
    if (!*sent) {
        return h->from != NULL;
    }
    bool self = h->to == NULL || mote_jid_bare_equal(h->to, a->mod.x->config.jid);
    *sent = !self; /* a message to oneself counts as received */
    if (self && resource == NULL) {
        return true; /* it is of the account itself, which the server speaks for */
    }
    return resource != NULL && !mote_text_equal(resource, mote_jid_resource(mote_jid(a->mod.x))) &&
           (self ||
            ((a->config.flags & MOTE_ARCHIVE_SENT) != 0 && mote__chat_recall(a->config.chat, h->id, h->to) == 0));
}

/* Give the message. Returns false when it had nothing to give. */
static bool give(struct mote_archive *a, struct mote__archive_result *r, bool fresh, bool sent)
{
    unsigned how = CHAT_STAMPED | (fresh ? CHAT_FRESH : 0u) | (sent ? CHAT_SENT : 0u);
    if (sent) { /* its receipts are between the other device and its peer */
        r->parts.part[CHAT_REQUEST] = r->parts.part[CHAT_RECEIVED] = NULL;
    }
    if (mote_text_equal(r->parts.head.type, "error")) {
        mote__chat_bounced(a->config.chat, r->message, &r->parts.head);
        return true;
    }
    return r->parts.carbon == NULL && mote__chat_give(a->config.chat, &r->parts, how);
}

static void on_result(struct mote_archive *a, struct mote__archive_result *r)
{
    uint64_t hash = hash_id(a, r->id), *entry = recent(a, hash);
    bool fresh = entry != NULL && (*entry & 1) != 0, sent;
    a->catching.iq.deadline_ms = 0; /* the answer has begun, so its time begins anew */
    if (a->state == ARCHIVE_NEWEST) {
        a->time = r->time; /* its id comes with the end */
        return;
    }
    a->held = hash == a->held ? 0 : a->held;
    if (r->message != NULL && (entry == NULL || fresh) && ours_to_give(a, &r->parts.head, &sent)) {
        a->given += give(a, r, fresh, sent);
    }
    remember(a, hash, false);
    move(a, r->id, r->time);
}

/// Live messages ///

/* The id that a live message has in our archive, or NULL. A server that has an archive takes away forged ids (XEP-0359
 * section 6). In a carbon it stands in the forwarded message. */
static const char *archive_id(const struct mote_archive *a, const struct mote_xml *message, struct chat_parts *p)
{
    const struct mote *x = a->mod.x;
    if (p->carbon != NULL) {
        message = mote_xml_child(mote_xml_child(p->carbon, NS_FORWARD, "forwarded"), NS_CLIENT, "message");
        if (message == NULL || !mote_module_is_own_bare(x, p->head.from) ||
            (a->config.chat->flags & MOTE_CHAT_CARBONS) == 0) {
            return NULL;
        }
    }
    for (const struct mote_xml *e = mote_xml_child(message, NS_SID, "stanza-id"); e != NULL; e = mote_xml_again(e)) {
        const char *by = mote_xml_attr(e, "by");
        if (by != NULL && mote_module_is_own_bare(x, by)) {
            return mote_xml_attr(e, "id");
        }
    }
    return NULL;
}

/* Did the server store this message while we were off line (XEP-0160), and was it given out of the archive, in this
 * session or an earlier one? */
static bool was_given(struct mote_archive *a, const struct chat_parts *p, uint64_t hash)
{
    const char *stamp = mote_xml_attr(mote__chat_delay(a->mod.x, p), "stamp");
    int64_t time;
    return stamp != NULL && p->carbon == NULL && mote_date_read(stamp, &time) &&
           (recent(a, hash) != NULL || (a->state == ARCHIVE_CAUGHT_UP && time < a->covered && time >= a->from));
}

static bool on_live(struct mote_archive *a, const struct mote_xml *stanza)
{
    struct chat_parts p;
    mote__chat_take_apart(stanza, &p);
    const char *id = archive_id(a, stanza, &p);
    if (id == NULL || a->state == ARCHIVE_NONE) {
        return false;
    }
    uint64_t hash = hash_id(a, id);
    bool event = p.part[CHAT_EVENT] != NULL, behind = a->state == ARCHIVE_BEHIND || a->state == ARCHIVE_IDLE;
    if (behind && a->works && !event) {
        if (recent(a, hash) == NULL) {
            remember(a, hash, true);
            a->held = hash;
            a->once_more = false;
        }
        return true;
    }
    if (was_given(a, &p, hash)) {
        return true;
    }
    bool taken = !event && mote__chat_receive(&a->config.chat->mod, stanza);
    remember(a, hash, false);
    if (!behind) {
        move(a, id, mote_module_unix_time(a->mod.x));
        tell_place(a);
    }
    return taken;
}

static bool archive_stanza(struct mote_module *m, const struct mote_xml *stanza)
{
    struct mote_archive *a = archive_of(m);
    const struct mote_xml *result = mote_xml_child(stanza, NS_ARCHIVE, "result");
    const char *from = mote_xml_attr(stanza, "from");
    struct mote__archive_result r;
    if (result == NULL) {
        return on_live(a, stanza);
    }
    if (!mote_module_is_own_bare(m->x, from)) { /* XEP-0313 section 9.2; CVE-2019-16237 */
        mote_module_log(m->x, MOTE_LOG_WARN, "ignored what %.80s says is of an archive", from);
    } else if (mote__archive_result(&a->catching, result, &r)) {
        on_result(a, &r);
    } else if (mote__archive_result(&a->finding, result, &r)) {
        a->finder->result(a, &r);
    } else {
        mote_module_log(m->x, MOTE_LOG_WARN, "ignored a message of the archive that was not asked for");
    }
    return true;
}

/// Life ///

/* The question goes out before our presence: some servers then do not send what they stored for us, since the archive
 * has it (XEP-0313 section 6.1). Without a place, catching up begins behind the newest message and would not give what
 * was stored: so the question goes out after the presence, and the server sends it. */
static void archive_phase(struct mote_module *m, enum mote_phase phase)
{
    struct mote_archive *a = archive_of(m);
    bool newest = !a->known && a->config.since == 0;
    bool begins = phase == (newest ? MOTE_PHASE_READY : MOTE_PHASE_ONLINE);
    if (phase == MOTE_PHASE_ONLINE) {
        a->given = a->tries = 0;
        a->find_ms = a->finder != NULL ? mote_module_now(m->x) : UINT64_MAX;
    }
    if (begins || (phase == MOTE_PHASE_RESUMED && a->state == ARCHIVE_IDLE)) {
        ask_page(a);
    }
    if (phase == MOTE_PHASE_LOST) {
        a->state = ARCHIVE_IDLE;
        a->retry_ms = UINT64_MAX;
        if (a->finder != NULL) {
            a->finder->again(a);
        }
    }
}

static uint64_t archive_deadline(const struct mote_module *m)
{
    const struct mote_archive *a = (const void *)m;
    return !mote_online(m->x) ? UINT64_MAX : a->retry_ms < a->find_ms ? a->retry_ms : a->find_ms;
}

static void archive_tick(struct mote_module *m, uint64_t now_ms)
{
    struct mote_archive *a = archive_of(m);
    if (a->retry_ms <= now_ms) {
        ask_page(a);
    }
    if (a->find_ms <= now_ms) {
        a->finder->tick(a);
    }
}

bool mote_archive_last(const struct mote_archive *a, struct mote_archived *place)
{
    *place = (struct mote_archived){.id = a->last, .time = a->time, .messages = a->given};
    return a->known;
}

int mote_archive_again(struct mote_archive *a, const struct mote_archived *place)
{
    if (!mote_online(a->mod.x) || a->state != ARCHIVE_CAUGHT_UP) {
        return MOTE_ERR_STATE;
    }
    if (!mote_text_copy(a->last, sizeof a->last, place->id)) {
        return MOTE_ERR_SIZE;
    }
    memset(a->recent, 0, sizeof a->recent); /* those are given again as well */
    a->known = true;
    a->time = place->time;
    a->tries = 0;
    ask_page(a);
    return 0;
}

bool mote_archive_caught_up(const struct mote_archive *a)
{
    return a->state >= ARCHIVE_CAUGHT_UP;
}

static const struct mote_module_class archive_class = {.name = "archive",
                                                       .takes = MOTE_TAKES_MESSAGE,
                                                       .stanza = archive_stanza,
                                                       .phase = archive_phase,
                                                       .deadline = archive_deadline,
                                                       .tick = archive_tick};

int mote_archive_attach(struct mote_archive *a, struct mote *x, const struct mote_archive_config *config)
{
    memset(a, 0, sizeof *a);
    a->config = *config;
    a->config.page = config->page == 0 ? MOTE_ARCHIVE_PAGE : config->page > 250 ? 250 : config->page;
    a->time = config->since;
    a->retry_ms = a->find_ms = UINT64_MAX;
    a->known = a->works = config->last != NULL;
    a->from = config->last == NULL ? config->since : 0;
    if (config->chat == NULL || (config->last != NULL && !mote_text_copy(a->last, sizeof a->last, config->last))) {
        return MOTE_ERR_ARG;
    }
    /* It goes in front of the others, to see a message before chat does, and to ask before presence is sent. */
    a->mod = (struct mote_module){.type = &archive_class, .x = x, .next = x->modules};
    x->modules = &a->mod;
    if (a->last[0] != '\0') {
        remember(a, hash_id(a, a->last), false);
    }
    return 0;
}
