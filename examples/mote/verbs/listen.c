/* SPDX-License-Identifier: MIT
 * mote listen, and what mote run has in common with it.
 */
#include "examples/mote/verbs/listen.h"

#include <string.h>

#include "core/base/text.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/out/out.h"
#include "examples/mote/out/show.h"

static bool finished;
static unsigned heard;

/* In a list of addresses and @domains; an empty list is everybody. */
bool listen_wants(const char *jid)
{
    size_t len;
    const char *domain = mote_jid_domain(jid, &len);
    for (unsigned i = 0; i < cli.from_count; i++) {
        const char *from = cli.from[i];
        if (from[0] == '@'               ? mote_text_equal_n(domain, len, from + 1)
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
        const char *from = cli.from[i];
        if (check_jid(from + (from[0] == '@'), "listen to") != 0) {
            return EXIT_USAGE;
        }
    }
    return 0;
}

static void tell_subscription(const struct mote_presence_info *p)
{
    if (strcmp(p->type, "subscribe") == 0) {
        note(p->allowed ? "%s may see our presence now"
                        : "%s wants to see our presence; --allow, or 'allow' in "
                          "mote.conf, permits it",
             p->from);
    }
}

static void on_message(const struct mote_message *m)
{
    bool wanted = !finished && m->from != NULL && listen_wants(m->from);
    bool shown = wanted && show_message(m);
    /* What is not printed was not read by anybody: no receipt for that. chat.c answers when this returns. */
    session.chat.flags = shown ? 0u : (uint32_t)MOTE_CHAT_NO_RECEIPTS;
    heard += shown;
    finished = finished || shown != wanted || (cli.count != 0 && heard == cli.count);
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
    code = code == 0 ? session_open(SESSION_CHAT | SESSION_PRESENCE | SESSION_RECONNECT | SESSION_SIGNALS, on_event)
                     : code;
    code = code == 0 ? session_login() : code;
    if (code == 0) {
        note("listening as %s", mote_jid(&session.x));
        code = session_wait(&finished, 0);
    }
    return session_close(code);
}
