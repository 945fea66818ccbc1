/* SPDX-License-Identifier: MIT
 * Looks for messages of ours in the archive. It is walked backwards, because they were sent a short while ago, and one
 * walk answers all questions that wait. A message that is not there was not handled by the server only if the archive
 * would have it: it must not be too old, and the preferences must not leave its receiver out (XEP-0441).
 */
#include "core/modules/archive/query.h"

#include <string.h>

#include "core/xml/ns.h"
#include "core/base/text.h"

enum {
    ROOM_MS = 1000,
    PAGES = 10,        /* that a walk looks through at most */
    SLACK_S = 300,     /* by so much our clock and the server's may differ */
    SURE_S = 24 * 3600 /* no archive forgets a message so soon */
};

/* The hash of a message: of its id, and the bare JID that it went to. */
static uint64_t hash_message(const struct mote *x, const char *id, uint64_t receiver)
{
    uint64_t key[2] = {receiver, x->key[1]};
    return mote_siphash(key, id, strlen(id));
}

/* The hash of the bare JID. */
static uint64_t hash_receiver(const struct mote *x, const char *to)
{
    return mote_module_jid_hash(x, to, mote_jid_bare_len(to));
}

static void answer(struct mote_archive *a, struct mote__archive_question *q, enum mote_archive_testimony testimony)
{
    q->state = ARCHIVE_FREE; /* first, because the application may ask again from within */
    a->config.answer(a->config.answer_ctx, q->tag, testimony);
}

/* Give the same answer to all questions in this state. */
static void answer_all(struct mote_archive *a, enum archive_question_state state, enum mote_archive_testimony testimony)
{
    for (unsigned i = 0; i < MOTE_ARCHIVE_ASKED; i++) {
        if (a->questions[i].state == state) {
            answer(a, &a->questions[i], testimony);
        }
    }
}

static bool any(const struct mote_archive *a, enum archive_question_state state)
{
    for (unsigned i = 0; i < MOTE_ARCHIVE_ASKED; i++) {
        if (a->questions[i].state == state) {
            return true;
        }
    }
    return false;
}

/// The walk ///

static void page_answered(struct mote_iq *iq, const struct mote_xml *reply, int error);

/* The walk has broken off: all questions wait for another one. */
static void find_again(struct mote_archive *a)
{
    a->find_ms = UINT64_MAX;
    for (unsigned i = 0; i < MOTE_ARCHIVE_ASKED; i++) {
        struct mote__archive_question *q = &a->questions[i];
        q->state = q->state == ARCHIVE_WALKS ? ARCHIVE_WAITS : q->state;
    }
}

/* Ask for the page that ends before `mark`, or with NULL for the newest. When there is no room for the query, the walk
 * begins anew in a while. */
static void walk(struct mote_archive *a, const char *mark)
{
    struct archive_range range = {.mark = mark, .back = true, .max = a->config.page};
    range.start = a->find_since > SLACK_S ? a->find_since - SLACK_S : 0;
    a->find_ms = UINT64_MAX;
    if (mote__archive_ask(a, &a->finding, &range, page_answered) < 0) {
        find_again(a);
        a->find_ms = mote_module_now(a->mod.x) + ROOM_MS;
    }
}

static void find_tick(struct mote_archive *a)
{
    a->find_ms = UINT64_MAX;
    a->pages = 0;
    a->find_since = INT64_MAX;
    for (unsigned i = 0; i < MOTE_ARCHIVE_ASKED; i++) {
        struct mote__archive_question *q = &a->questions[i];
        if (q->state == ARCHIVE_WAITS) {
            q->state = ARCHIVE_WALKS;
            a->find_since = q->since < a->find_since ? q->since : a->find_since;
        }
    }
    if (any(a, ARCHIVE_WALKS)) {
        walk(a, NULL);
    }
}

/* The walk is over: begin another one if questions came meanwhile. */
static void walk_ended(struct mote_archive *a)
{
    if (any(a, ARCHIVE_WAITS) && !a->finding.iq.pending) {
        a->find_ms = mote_module_now(a->mod.x);
    }
}

static void find_result(struct mote_archive *a, const struct mote__archive_result *r)
{
    const struct mote_stanza_head *h = &r->parts.head;
    const struct mote *x = a->mod.x;
    const char *origin = mote_xml_attr(mote_xml_child(r->message, NS_SID, "origin-id"), "id");
    a->finding.iq.deadline_ms = 0; /* the answer has begun, so its time begins anew */
    if (r->message == NULL || h->from == NULL || h->to == NULL || !mote_jid_bare_equal(h->from, x->config.jid)) {
        return;
    }
    uint64_t receiver = hash_receiver(x, h->to);
    uint64_t by_id = h->id != NULL ? hash_message(x, h->id, receiver) : 0;
    uint64_t by_origin = origin != NULL ? hash_message(x, origin, receiver) : by_id;
    for (unsigned i = 0; i < MOTE_ARCHIVE_ASKED; i++) {
        struct mote__archive_question *q = &a->questions[i];
        if (q->state == ARCHIVE_WALKS && (q->message == by_id || q->message == by_origin)) {
            answer(a, q, MOTE_ARCHIVE_FOUND);
        }
    }
}

/// What is not there ///

/* Do the preferences name the receiver in this list? */
static bool listed(const struct mote *x, const struct mote_xml *list, uint64_t receiver)
{
    for (const struct mote_xml *j = mote_xml_inner(list, "jid"); j != NULL; j = mote_xml_again(j)) {
        if (hash_receiver(x, mote_xml_text(j, NULL)) == receiver) {
            return true;
        }
    }
    return false;
}

/* A server without preferences has to keep all messages (XEP-0313 section 6.1.1). */
static void preferences_answered(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    struct mote_archive *a = archive_of(iq->module);
    const struct mote_xml *prefs = mote_xml_child(reply, NS_ARCHIVE, "prefs");
    bool all = error == MOTE_ERR_REFUSED || mote_xml_attr_is(prefs, "default", "always");
    if (error == MOTE_ERR_LOST) {
        return;
    }
    for (unsigned i = 0; i < MOTE_ARCHIVE_ASKED; i++) {
        struct mote__archive_question *q = &a->questions[i];
        bool kept = all ? !listed(a->mod.x, mote_xml_inner(prefs, "never"), q->receiver)
                        : listed(a->mod.x, mote_xml_inner(prefs, "always"), q->receiver);
        if (q->state == ARCHIVE_WALKS) {
            answer(a, q, kept ? MOTE_ARCHIVE_NOT_FOUND : MOTE_ARCHIVE_CANNOT_TELL);
        }
    }
    walk_ended(a);
}

/* The walk is at its end and these were not there. Of those that are too old the archive cannot tell; of the rest it
 * can, if its preferences do not leave out the receiver. */
static void not_there(struct mote_archive *a)
{
    int64_t now = mote_module_unix_time(a->mod.x);
    for (unsigned i = 0; i < MOTE_ARCHIVE_ASKED; i++) {
        struct mote__archive_question *q = &a->questions[i];
        if (q->state == ARCHIVE_WALKS && (q->since == 0 || now == 0 || now - q->since > SURE_S)) {
            answer(a, q, MOTE_ARCHIVE_CANNOT_TELL);
        }
    }
    if (!any(a, ARCHIVE_WALKS)) {
        return;
    }
    mote_writer_put(mote_iq_begin(&a->finding.iq, &a->mod, "get", NULL), "<prefs xmlns='" NS_ARCHIVE "'/>");
    if (mote_iq_send(&a->finding.iq, preferences_answered) < 0) {
        answer_all(a, ARCHIVE_WALKS, MOTE_ARCHIVE_CANNOT_TELL);
    }
}

static void page_answered(struct mote_iq *iq, const struct mote_xml *reply, int error)
{
    struct mote_archive *a = archive_of(iq->module);
    struct mote__archive_end end;
    if (error == MOTE_ERR_LOST) {
        return; /* find_again follows */
    }
    if (any(a, ARCHIVE_WALKS)) {
        if (error != 0 || !mote__archive_end(reply, &end) || (!end.complete && ++a->pages >= PAGES) ||
            (end.complete && end.unstable)) {
            answer_all(a, ARCHIVE_WALKS, MOTE_ARCHIVE_CANNOT_TELL);
        } else if (!end.complete) {
            walk(a, end.first);
        } else {
            not_there(a);
        }
    }
    walk_ended(a);
}

static const struct mote__archive_finder finder = {find_result, find_tick, find_again};

int mote_archive_witness(void *archive, const char *to, const char *id, int64_t since, uint32_t tag)
{
    struct mote_archive *a = archive;
    struct mote *x = a->mod.x;
    if (to == NULL || !mote_jid_valid(to) || id == NULL || id[0] == '\0' || strlen(id) > MOTE_ID_MAX) {
        return MOTE_ERR_ARG;
    }
    if (!mote_online(x) || a->config.answer == NULL) {
        return MOTE_ERR_STATE;
    }
    struct mote__archive_question asked = {
        .receiver = hash_receiver(x, to), .since = since, .tag = tag, .state = ARCHIVE_WAITS};
    struct mote__archive_question *place = NULL;
    asked.message = hash_message(x, id, asked.receiver);
    for (unsigned i = 0; i < MOTE_ARCHIVE_ASKED; i++) {
        struct mote__archive_question *q = &a->questions[i];
        if (q->state != ARCHIVE_FREE && q->tag == tag && q->message == asked.message) {
            return 0; /* it has waited since an earlier session */
        }
        place = place == NULL && q->state == ARCHIVE_FREE ? q : place;
    }
    if (place == NULL) {
        return MOTE_ERR_BUSY;
    }
    *place = asked;
    a->finder = &finder;
    a->find_ms = a->finding.iq.pending ? a->find_ms : mote_module_now(x);
    return 0;
}
