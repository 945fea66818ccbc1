/* SPDX-License-Identifier: MIT
 * mote send: a message is sent when the server has looked at it, which the answer to a ping behind it tells, or, with
 * --receipt, when the receiver's client says that it has it.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/text.h"
#include "examples/mote/daemon/enqueue.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/daemon/queue_client.h"
#include "examples/mote/files/text_input.h"
#include "examples/mote/out/out.h"
#include "examples/mote/out/show.h"

enum { TIMEOUT_S = 30, SERVER_S = 5 };

static const char *to;
static int32_t waiting[MOTE_CHAT_SENT]; /* the tickets that have no receipt yet; 0 is a free place */
static unsigned waiting_count;
static bool changed; /* ends a wait: something has come that may be what is waited for */
static bool room;
static int result; /* becomes EXIT_REFUSED when a message came back */
static bool pinged;
static int ping_error;
static bool reachable;

static bool forget_ticket(int32_t ticket)
{
    for (unsigned i = 0; ticket != 0 && i < MOTE_CHAT_SENT; i++) {
        if (waiting[i] == ticket) {
            waiting[i] = 0;
            waiting_count--;
            changed = true;
            return true;
        }
    }
    return false;
}

/// Being reachable for receipts ///

static struct ask stored;

static void on_stored(struct ask *ask, const struct mote_xml *reply, int error)
{
    (void)ask, (void)reply;
    if (error != MOTE_ERR_LOST) {
        session.presence.config.priority = 0;
        (void)mote_presence_status(&session.presence, NULL);
        reachable = true;
    }
}

/* The server sends messages to the bare JID to resources with priority 0 and more, and with the first such presence
 * also those that it has stored. They are for a client that shows them, which this one does not. So the first presence
 * in a session has priority -1: some servers give out nothing stored after that, and others do not because they were
 * asked how many there are (XEP-0013). */
static void become_reachable(void)
{
    if (ask_stored(&stored, cli.settings.jid, on_stored) < 0) {
        reachable = true; /* even when something of it was refused, there is no more to be done */
    }
}

static int wait_until_reachable(void)
{
    return cli.receipt ? session_wait(&reachable, 0) : 0;
}

/// What came back ///

static struct ask server_of_to;
static const char *room_hint;  /* once that is known, and it is one */
static char bounce[512];       /* why, while it is asked what server that is */
static unsigned untold;        /* how many came back for that reason meanwhile */
static bool bounces_told = true;

static void tell_bounce(const char *why)
{
    result = fail(EXIT_REFUSED, why, room_hint, "%s did not get the message", to);
}

static void tell_bounces(void)
{
    for (; untold > 0; untold--) {
        tell_bounce(bounce);
    }
    bounces_told = true;
}

static void on_server(struct ask *ask, const struct mote_xml *reply, int error)
{
    (void)ask;
    room_hint = error == 0 && ask_is(reply, "conference")
                    ? "it is a chat room: those who have joined it may write there, and mote joins none"
                    : NULL;
    tell_bounces();
}

/* A room refuses those who are not in it as if nobody were there. So the first time it is asked what the server is. */
static void on_bounce(const struct mote_event *e)
{
    static char domain[256];
    size_t len;
    const char *why = refusal(e), *of = mote_jid_domain(to, &len);
    if (result == 0) {
        snprintf(domain, sizeof domain, "%.*s", (int)len, of);
        snprintf(bounce, sizeof bounce, "%s", why);
        bounces_told = ask_features(&server_of_to, domain, on_server) < 0;
    }
    result = EXIT_REFUSED;
    if (bounces_told || strcmp(why, bounce) != 0) {
        tell_bounce(why);
    } else {
        untold++;
    }
}

/* The answer may never come. */
static int settle_bounce(int code)
{
    int r = session_wait(&bounces_told, SERVER_S);
    tell_bounces();
    return code != 0 ? code : r == 0 || r == EXIT_TIMEOUT ? result : r;
}

static void on_event(const struct mote_event *e)
{
    switch (e->kind) {
    case MOTE_EV_ONLINE:
        if (cli.receipt) {
            become_reachable();
        }
        break;
    case MOTE_EV_OFFLINE: session.presence.config.priority = -1; break; /* of the first presence in the next session */
    case MOTE_EV_MESSAGE:
        if (!mote_message_of(e)->carbon) { /* it came to this session alone, so it is printed here or lost */
            note("message from %s: %s", mote_message_of(e)->from, mote_message_of(e)->body);
        }
        break;
    case MOTE_EV_RECEIPT:
        if (forget_ticket(e->ticket)) { /* the receipt of a second resource says nothing new */
            show_receipt(mote_receipt_of(e));
        }
        break;
    case MOTE_EV_REFUSED:
        on_bounce(e);
        forget_ticket(e->ticket);
        break;
    case MOTE_EV_ROOM: room = true; break;
    default: break;
    }
}

static void on_pong(struct ask *ask, const struct mote_xml *reply, int error)
{
    (void)ask, (void)reply;
    pinged = true;
    ping_error = error == MOTE_ERR_REFUSED ? 0 : error; /* a server that knows no ping has read it nevertheless */
}

/* Wait for receipts until at most `left` are missing. */
static int wait_for_receipts(unsigned left)
{
    unsigned timeout = cli.timeout_s != 0 ? cli.timeout_s : TIMEOUT_S;
    int code = 0;
    while (code == 0 && waiting_count > left) {
        changed = false;
        code = session_wait(&changed, timeout);
    }
    if (code == EXIT_TIMEOUT) {
        char why[64];
        snprintf(why, sizeof why, "no receipt came within %u s", timeout);
        fail(code, why,
             "the message may have arrived all the same: not every client sends receipts, and stored "
             "messages wait for their reader",
             "%s did not confirm the message", to);
    }
    return code;
}

static int send_one(const char *text)
{
    struct mote_chat_message m = {.to = to, .body = text, .receipt = cli.receipt};
    int32_t ticket;
    int code = cli.receipt ? wait_for_receipts(MOTE_CHAT_SENT - 1) : 0;
    if (code != 0) {
        return code;
    }
    while ((ticket = mote_chat_send(&session.chat, &m)) == MOTE_ERR_FULL) {
        room = false;
        code = session_wait(&room, 0);
        if (code != 0) {
            return code;
        }
    }
    if (ticket < 0) {
        return fail(exit_of(ticket), mote_error_text(ticket), hint_for(ticket, ""), "cannot send the text%s to %s",
                    input_where(), to);
    }
    for (unsigned i = 0; cli.receipt && i < MOTE_CHAT_SENT; i++) {
        if (waiting[i] == 0) {
            waiting[i] = ticket;
            waiting_count++;
            break;
        }
    }
    return 0;
}

static int queue_one(const char *text)
{
    return enqueue_message(to, text);
}

/* What cannot be given to a user of the own server comes back before the answer to the ping. From other servers it may
 * come as late as during the logout, so that is waited for. */
static bool is_local(void)
{
    size_t len;
    const char *domain = mote_jid_domain(to, &len);
    return strncasecmp(domain, mote_domain(&session.x), len) == 0 && mote_domain(&session.x)[len] == '\0';
}

/* Wait until the server has looked at all that was sent, which it has when a ping behind it is answered. */
static int settle_code(void)
{
    int code = cli.receipt ? wait_for_receipts(0) : 0;
    ping_error = cli.receipt && result == 0 ? 0 : MOTE_ERR_LOST;
    while (code == 0 && ping_error == MOTE_ERR_LOST) {
        pinged = false;
        code = session_wait(&session.online, 0);
        if (code == 0 && ask_ping(&session.ask, NULL, on_pong) > 0) {
            code = session_wait(&pinged, 0);
        } else if (code == 0) { /* there is no room in the ring */
            room = false;
            code = session_wait(&room, 1);
            code = code == EXIT_TIMEOUT ? 0 : code;
        }
    }
    if (code == 0 && ping_error != 0) {
        code = fail(exit_of(ping_error), mote_error_text(ping_error), NULL, "%s did not say that it took the message",
                    mote_domain(&session.x));
    }
    session.settled = code == 0 && result == 0 && !cli.receipt && is_local();
    return code != 0 ? code : result;
}

/* A receipt may be sent to this session, or to the bare JID. In the second case the server picks who gets it, so we
 * have to be one of those, or get a copy of it. */
static unsigned needs(void)
{
    return SESSION_CHAT | (cli.lines ? SESSION_RECONNECT : 0u) |
           (cli.receipt ? SESSION_ASIDE | SESSION_COPIES : 0u);
}

int verb_send(void)
{
    int code = 0, sent;
    bool given = cli.argc > 1 && !input_is_standard(cli.argv[1]);
    const char *text = NULL;
    to = cli.argv[0];
    if (check_jid(&to, false, "send to") != 0 || enqueue_check() != 0) {
        return EXIT_USAGE;
    }
    if (cli.lines && given) {
        return fail(EXIT_USAGE, "--lines takes them from standard input", NULL, "a text is given as well");
    }
    if (cli.password_stdin && !given) {
        return fail(EXIT_USAGE, "the password is there, too", "give the text as an argument, or use --password-file",
                    "cannot take the text from standard input");
    }
    if (given) {
        text = input_good(cli.argv[1], strlen(cli.argv[1]), &code) ? cli.argv[1] : NULL;
    } else if (!cli.lines) {
        text = input_all(&code);
    }
    if (cli.queue) {
        code = code != 0 ? code : cli.lines ? input_each_line(queue_one) : queue_one(text);
        return handover_close(code);
    }
    code = code == 0 ? session_open(needs(), on_event) : code;
    if (code == 0) {
        ask_attach(&stored, &session.x);
        ask_attach(&server_of_to, &session.x);
        code = session_login();
    }
    code = code == 0 ? wait_until_reachable() : code;
    if (code == 0) {
        sent = cli.lines ? input_each_line(send_one) : send_one(text);
        /* Wait for what was sent even when other lines could not be. */
        code = sent == 0 || (cli.lines && sent == EXIT_REFUSED) ? settle_code() : sent;
        code = settle_bounce(code == 0 ? sent : code);
    }
    return session_close(code);
}
