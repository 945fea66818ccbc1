/* SPDX-License-Identifier: MIT
 * Finds out by presence and disco which client of somebody takes a file.
 */
#include "examples/mote/link/receiver.h"

#include <stdio.h>
#include <string.h>

#include "core/xml/ns.h"
#include "core/base/text.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/out/out.h"

/* FRESH_MS: a client that said that it takes files is believed for so long, then asked again. */
enum {
    CLIENTS = 256,
    SOUGHT = 16,
    PATIENCE_S = 5,
    AT_ONCE = 8,
    ANSWER_MS = 10000,
    SHOW_AGAIN_MS = 5000,
    FRESH_MS = 2000
};

/* The clients that are on line. When there is no room for a new one, the oldest is forgotten. */
enum state {
    SEEN,   /* it is on line, and was not asked what it can */
    WANTED, /* it is to be asked */
    ASKED,  /* it was asked, and has not answered yet */
    TAKES,  /* it takes files */
    LACKS   /* it takes none */
};
static struct client {
    char jid[MOTE_JID_MAX + 1]; /* the full JID */
    enum state state;
    uint64_t told_ms; /* when it said so, for TAKES */
} clients[CLIENTS];
static unsigned count;

static struct question {
    struct ask ask; /* it has to be the first field, for the answer comes with a pointer to it */
    char jid[MOTE_JID_MAX + 1];
} questions[AT_ONCE];

/* Those to whom our presence was shown. A new one takes the oldest place. */
static struct {
    uint64_t who, shown_ms; /* a hash of the bare JID, and when it was shown */
} sought[SOUGHT];
static unsigned sought_next;

static const char *only;    /* the JID of peer_find, or NULL when everybody is of interest */
static const char *feature = NS_JINGLE_FILE;
static char given[MOTE_JID_MAX + 1]; /* the client that a file was offered to last */
static bool found;
static bool own; /* is the session new? In a resumed one, nobody tells who was on line already */

/// The table ///

static struct client *client_of(const char *full)
{
    for (unsigned i = 0; i < count; i++) {
        if (mote_jid_equal(clients[i].jid, full)) {
            return &clients[i];
        }
    }
    return NULL;
}

/* Returns the first client of this bare JID, or of anybody (NULL), that is in this state, or NULL. */
static struct client *client_in(const char *bare, enum state state)
{
    for (unsigned i = 0; i < count; i++) {
        if (clients[i].state == state && (bare == NULL || mote_jid_bare_equal(clients[i].jid, bare))) {
            return &clients[i];
        }
    }
    return NULL;
}

static void forget_client(struct client *c)
{
    count--;
    memmove(c, c + 1, (count - (size_t)(c - clients)) * sizeof *c);
}

static void append_client(const char *full, enum state state)
{
    if (count == CLIENTS) {
        forget_client(clients);
    }
    if (mote_text_copy(clients[count].jid, sizeof clients[0].jid, full)) {
        clients[count++].state = state;
    }
}

static uint64_t hash_of(const char *jid)
{
    return mote_module_jid_hash(&session.x, jid, mote_jid_bare_len(jid));
}

static bool is_sought(const char *jid)
{
    uint64_t who = hash_of(jid);
    for (unsigned i = 0; i < SOUGHT; i++) {
        if (sought[i].shown_ms != 0 && sought[i].who == who) {
            return true;
        }
    }
    return false;
}

/* Show our presence to `jid`, because a client may answer only those that it sees. It is not shown again for every
 * file. */
static void show_us(const char *jid)
{
    uint64_t who = hash_of(jid), now = session_now() + 1;
    unsigned i = 0;
    while (i < SOUGHT && (sought[i].shown_ms == 0 || sought[i].who != who)) {
        i++;
    }
    if (i == SOUGHT) {
        i = sought_next++ % SOUGHT;
        sought[i].who = who;
        sought[i].shown_ms = 0;
    }
    if (sought[i].shown_ms == 0 || now - sought[i].shown_ms >= SHOW_AGAIN_MS) {
        sought[i].shown_ms = now;
        ask_show_presence(&session.ask, jid, "chat");
        if (!own) { /* the only case in which a client sends a probe (RFC 6121 section 4.3, XEP-0318) */
            mote_presence_send(&session.presence, jid, "probe");
        }
    }
}

/// Asking what they can ///

void peer_attach(struct mote *x)
{
    for (unsigned i = 0; i < AT_ONCE; i++) {
        ask_attach(&questions[i].ask, x);
    }
}

static void ask_next(void);

static void on_features(struct ask *ask, const struct mote_xml *reply, int error)
{
    struct client *c = client_of(((struct question *)ask)->jid);
    if (c != NULL && c->state == ASKED) { /* it may have gone off line meanwhile */
        bool answered = error == 0 || error == MOTE_ERR_REFUSED;
        c->state = error == 0 && ask_has(reply, feature) ? TAKES : answered ? LACKS : SEEN;
        detail(c->state == TAKES ? "%s takes files" : "%s does not take files", c->jid);
        if (c->state == TAKES) {
            c->told_ms = session_now();
            found = true;
            if ((session.needs & SESSION_OUTBOX) != 0) {
                mote_outbox_retry(&session.outbox);
            }
        }
    }
    ask_next();
}

static void ask_next(void)
{
    struct client *c;
    for (unsigned i = 0; i < AT_ONCE && (c = client_in(NULL, WANTED)) != NULL; i++) {
        struct question *q = &questions[i];
        if (!q->ask.iq.pending && mote_text_copy(q->jid, sizeof q->jid, c->jid) &&
            ask_features(&q->ask, c->jid, on_features) > 0) {
            q->ask.iq.deadline_ms = session_now() + ANSWER_MS;
            c->state = ASKED;
        }
    }
}

/// Events ///

static void on_presence(const struct mote_presence_info *p)
{
    struct client *c = client_of(p->from);
    bool there = strcmp(p->type, "available") == 0;
    if (mote_jid_resource(p->from) == NULL || mote_jid_equal(p->from, mote_jid(&session.x)) ||
        (only != NULL && !mote_jid_bare_equal(p->from, only))) {
        return;
    }
    if (!there && c != NULL) {
        forget_client(c);
    } else if (there && c == NULL) {
        append_client(p->from, is_sought(p->from) ? WANTED : SEEN);
    } else if (there && c->state == LACKS) { /* what the client can may have changed with its presence */
        c->state = is_sought(p->from) ? WANTED : SEEN;
    }
    ask_next();
}

void peer_event(const struct mote_event *e)
{
    struct client *c;
    switch (e->kind) {
    case MOTE_EV_ONLINE: /* in a new session all who are on line will say so, and nobody sees us yet */
        own = true;
        count = 0;
        memset(sought, 0, sizeof sought);
        break;
    case MOTE_EV_PRESENCE: on_presence(mote_presence_of(e)); break;
    case MOTE_EV_DELIVERED:
        c = mote_outbox_item_of(e)->kind == MOTE_OUTBOX_FILE ? client_of(given) : NULL;
        if (c != NULL) {
            c->state = TAKES;
            c->told_ms = session_now();
        }
        break;
    default: break;
    }
}

/// mote run ///

/* Ask a client again, because its link may be dead while the server keeps its session. */
static void forget_stale(const char *to)
{
    for (unsigned i = 0; i < count; i++) {
        struct client *c = &clients[i];
        if (c->state == TAKES && session_now() - c->told_ms > FRESH_MS && mote_jid_bare_equal(c->jid, to)) {
            c->state = WANTED;
        }
    }
}

bool peer_now(void *ctx, const char *to, char full[MOTE_JID_MAX + 1])
{
    (void)ctx;
    struct client *c;
    forget_stale(to);
    c = client_in(to, TAKES);
    show_us(to);
    if (mote_jid_resource(to) != NULL || strchr(to, '@') == NULL) {
        return mote_text_copy(full, MOTE_JID_MAX + 1, to);
    }
    if (c != NULL) { /* if it does not take the file, it is asked again, after the other clients */
        mote_text_copy(given, sizeof given, c->jid);
        mote_text_copy(full, MOTE_JID_MAX + 1, c->jid);
        forget_client(c);
        append_client(given, SEEN);
        return true;
    }
    while ((c = client_in(to, SEEN)) != NULL) {
        c->state = WANTED;
    }
    ask_next();
    return false;
}

/// mote put ///

static int nobody(unsigned timeout_s)
{
    char why[96];
    snprintf(why, sizeof why, "none of its clients showed that it is on line within %u s", timeout_s);
    return fail(EXIT_TIMEOUT, why,
                "give a full JID, as name@example.org/phone; 'mote get' prints its own; --queue waits",
                "cannot give a file to %s", only);
}

/* Returns a client that takes files; else one that has not answered yet, because it may later; else one that does not
 * take them, whose refusal tells the user why. */
static const struct client *best_client(void)
{
    static const enum state order[] = {TAKES, SEEN, WANTED, ASKED};
    for (unsigned i = 0; i < sizeof order / sizeof order[0]; i++) {
        const struct client *c = client_in(NULL, order[i]);
        if (c != NULL) {
            return c;
        }
    }
    return &clients[0];
}

/* Ask all clients of `jid` that are on line. */
static void begin_search(const char *jid, const char *with)
{
    only = jid;
    feature = with;
    show_us(jid);
    for (unsigned i = count; i-- > 0;) {
        if (!mote_jid_bare_equal(clients[i].jid, jid)) {
            forget_client(&clients[i]);
        } else if (clients[i].state == SEEN) {
            clients[i].state = WANTED;
        }
    }
    ask_next();
}

int peer_seek(const char *jid, const char *with, unsigned timeout_s)
{
    begin_search(jid, with);
    int code = session_wait(&found, timeout_s);
    bool asked = client_in(NULL, WANTED) != NULL || client_in(NULL, ASKED) != NULL;
    /* One that is there has the time that any answer has: the machine or the line may be busy. */
    return code == EXIT_TIMEOUT && asked ? session_wait(&found, ANSWER_MS / 1000) : code;
}

int peer_find(const char *jid, const char *with, unsigned timeout_s, char full[MOTE_JID_MAX + 1])
{
    if (mote_jid_resource(jid) != NULL || strchr(jid, '@') == NULL) {
        only = jid;
        feature = with;
        show_us(jid);
        mote_text_copy(full, MOTE_JID_MAX + 1, jid);
        return 0;
    }
    begin_search(jid, with);
    int code = session_wait(&found, timeout_s < PATIENCE_S ? timeout_s : PATIENCE_S);
    /* Clients that are on line had their time to answer. When there is none, it is worth waiting on. */
    while (code == EXIT_TIMEOUT && count == 0 && timeout_s > PATIENCE_S) {
        if (timeout_s == cli.timeout_s) {
            note("waiting for %s to show that it is on line", only);
        }
        timeout_s -= PATIENCE_S;
        show_us(jid);
        code = session_wait(&found, timeout_s < PATIENCE_S ? timeout_s : PATIENCE_S);
    }
    if (code == EXIT_TIMEOUT && count == 0) {
        return nobody(cli.timeout_s);
    }
    if (code != 0 && code != EXIT_TIMEOUT) {
        return code;
    }
    mote_text_copy(full, MOTE_JID_MAX + 1, best_client()->jid);
    detail("to %s", full);
    return 0;
}
