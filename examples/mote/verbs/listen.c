/* SPDX-License-Identifier: MIT
 * mote listen, and what mote run has in common with it.
 */
#include "examples/mote/verbs/listen.h"

#include <string.h>

#include "core/base/text.h"
#include "examples/mote/link/account_store.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/out/out.h"
#include "examples/mote/out/show.h"

enum { ASKERS = 10, ASKERS_MS = 60000 };

static bool finished;
static unsigned heard;
/* A message could not be printed. Later ones are not printed either until this one was read again, to keep the
 * order. */
static bool behind;

/* Is the JID in a list of addresses and @domains? Everybody is in an empty list. */
bool listen_wants(const char *jid)
{
    size_t len;
    const char *domain = mote_jid_domain(jid, &len);
    for (unsigned i = 0; i < cli.from_count; i++) {
        const char *from = cli.from[i];
        if (from[0] == '@'               ? strlen(from + 1) == len && mote_text_equal_folded(domain, from + 1, len)
            : mote_jid_resource(from) != NULL ? mote_jid_equal(jid, from)
                                         : mote_jid_bare_equal(jid, from)) {
            return true;
        }
    }
    return cli.from_count == 0;
}

int listen_check(void)
{
    for (unsigned i = 0; i < cli.from_count; i++) {
        if (check_jid(&cli.from[i], true, "listen to") != 0) {
            return EXIT_USAGE;
        }
    }
    return 0;
}

/* May this JID learn that we are here? Those who see our presence, or are named in the configuration, may. */
static bool known(void *ctx, const char *jid)
{
    (void)ctx;
    return session_allows(jid) || roster_has(&session.roster, jid) || (cli.from_count > 0 && listen_wants(jid));
}

unsigned listen_needs(void)
{
    return SESSION_CHAT | SESSION_PRESENCE | SESSION_RECONNECT | SESSION_SIGNALS |
           (cli.settings.receipts == RECEIPTS_KNOWN ? SESSION_CONTACTS : 0u);
}

void listen_begin(void)
{
    mote_chat_receipts_to(&session.chat, known, NULL);
}

bool listen_knows(const char *jid)
{
    return cli.settings.receipts == RECEIPTS_ALL || known(NULL, jid);
}

/* A stranger may send thousands of subscription requests, each in another name, so only some are printed each minute,
 * and how many more there were. */
static bool tell_this_one(void)
{
    static uint64_t until_ms;
    static unsigned told, more;
    uint64_t now = session_now();
    if (now >= until_ms) {
        if (more > 0) {
            note("%u more wanted to see our presence", more);
        }
        until_ms = now + ASKERS_MS;
        told = more = 0;
    }
    more += told >= ASKERS;
    return told < ASKERS && ++told > 0;
}

static void tell_subscription(const struct mote_presence_info *p)
{
    if (strcmp(p->type, "subscribe") == 0 && (p->allowed || tell_this_one())) {
        note(p->allowed ? "%s may see our presence now"
                        : "%s wants to see our presence; --allow, or 'allow' in "
                          "mote.conf, permits it",
             p->from);
    }
}

static void on_message(const struct mote_message *m)
{
    bool wanted = !finished && listen_wants(m->from);
    bool good = !wanted || behind || (show_message(m) && show_links(m));
    bool shown = wanted && good && !behind && !out_dropped();
    enum settings_receipts whose = cli.settings.receipts;
    /* What is not printed was read by nobody, so it has no receipt. The chat module sends that when this returns. */
    session.chat.flags = whose == RECEIPTS_ALL ? MOTE_CHAT_RECEIPTS_TO_ALL : 0u;
    if (!shown || whose == RECEIPTS_NONE) {
        session.chat.flags = MOTE_CHAT_NO_RECEIPTS;
    }
    heard += shown;
    if (!shown && (finished || wanted)) {
        keep_passed_over();
    }
    behind = behind || (wanted && good && !shown);
    finished = finished || !good || (cli.count != 0 && heard == cli.count);
}

bool listen_turn(void)
{
    bool waits = out_turn();
    if (!behind || !out_has_room()) {
        return waits || behind;
    }
    enum keep_again again = keep_read_again();
    behind = again == KEEP_LATER;
    if (!behind) {
        note(again == KEEP_READS ? "reading the messages again that could not be printed"
                                 : "messages that could not be printed are lost: the server has no archive of them");
    }
    return waits || behind;
}

bool listen_event(const struct mote_event *e)
{
    switch (e->kind) {
    case MOTE_EV_MESSAGE: on_message(mote_message_of(e)); break;
    case MOTE_EV_SUBSCRIPTION: tell_subscription(mote_presence_of(e)); break;
    case MOTE_EV_RECEIPT: detail("%s received a message", e->from); break;
    default: break;
    }
    return finished;
}

static void on_event(const struct mote_event *e)
{
    listen_event(e);
}

int verb_listen(void)
{
    int code = listen_check();
    code = code == 0 ? session_open(listen_needs() | SESSION_GOES_ON, on_event) : code;
    if (code == 0) {
        listen_begin();
        code = session_login();
    }
    if (code == 0) {
        note("listening as %s", mote_jid(&session.x));
        code = session_wait(&finished, 0);
    }
    return session_close(code);
}
