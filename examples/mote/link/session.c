/* SPDX-License-Identifier: MIT
 * One account on line: it makes engine, modules and port ready, waits, and ends in good order.
 */
#include "examples/mote/link/session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/text.h"
#include "examples/mote/link/credentials.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/link/account_store.h"
#include "examples/mote/link/route.h"
#include "examples/mote/out/out.h"
#include "examples/mote/link/new_password.h"
#include "examples/mote/link/receiver.h"
#include "port/tls/memory.h"
#include "examples/mote/link/resource.h"
#include "examples/mote/conf/secret.h"
#include "examples/mote/conf/trust.h"
#include "examples/mote/link/tls_session.h"
#include "examples/mote/link/tokens.h"

enum {
    ARENA = 128 * 1024, /* bytes, like those that follow; a received stanza takes half as much again as on the wire */
    XML = 2 * 1024 * 1024, /* more than servers let through: a tag that does not fit ends the stream */
    TX = 256 * 1024,       /* has room for a text whose every character is escaped */
    RECEIVE = 16384,
    TLS_MEMORY = 2 * 1024 * 1024, /* the authorities of a distribution take a quarter of it */
    HOLD = TEXT_MAX + 8192,
    LEAVE_MS = 1000,       /* for the word that a session can be resumed */
    SCRATCH = 65536,
    BLOCK_OUT = 4096, /* of a file; Prosody passes on small ones fastest */
    BLOCK_IN = 16384,
    IQ_TIMEOUT_S = 30,
    /* With an outbox we wait for longer: a request that is repeated would make a busy server only busier, and a dead
     * one is found by pings. */
    IQ_PATIENCE_S = 300,
    BRIDGE_MS = 20000,
    STORED = SESSION_OUTBOX | SESSION_GOES_ON
};

struct session session;

static uint8_t arena[ARENA], xml[XML], tx[TX], receive[RECEIVE], hold[HOLD];
static char scratch[SCRATCH];
static uint8_t tls_memory[TLS_MEMORY];
static struct mote_services services;
static struct mote_tls_mbedtls_config tls_config;

uint64_t session_now(void)
{
    return session.port->clock->ms(session.port->clock_ctx);
}

bool session_allows(const char *jid)
{
    return jid != NULL && (mote_jid_bare_equal(jid, cli.settings.jid) || mote_presence_allows(&session.presence, jid));
}

/// Signals ///

static int signal_pipe[2] = {-1, -1};
static volatile sig_atomic_t stopped, last_signal;

static void on_signal(int number)
{
    int e = errno;
    stopped = last_signal = number;
    (void)!write(signal_pipe[1], "", 1); /* a pipe, so that a wait which is about to begin ends, too */
    errno = e;
}

static int catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND}; /* a second one kills */
    struct sigaction before;
    sigemptyset(&action.sa_mask);
    if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
        return fail_errno(NULL, "cannot make a pipe");
    }
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    /* A terminal that is closed sends SIGHUP several times, and under nohup(1) it stays ignored. */
    action.sa_flags = 0;
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
        sigaction(SIGHUP, &action, NULL);
    }
    mote_posix_watch(&session.posix, signal_pipe[0]);
    return 0;
}

int session_signal(void)
{
    return last_signal;
}

/// Events ///

static void on_event(void *app, struct mote *x, const struct mote_event *event)
{
    (void)app;
    tokens_event(event); /* it knows whether there is a second try */
    switch (event->kind) {
    case MOTE_EV_KEYS: credentials_learn(event->keys); break;
    case MOTE_EV_ONLINE:
        if (session.was_online) {
            note("on line again as %s", mote_jid(x));
        } else {
            detail("on line as %s", mote_jid(x));
        }
        session.online = session.was_online = true;
        session.offline_ms = 0;
        credentials_worked();
        session.run.config.reconnect = (session.needs & (SESSION_RECONNECT | SESSION_PATIENT | SESSION_BRIDGE)) != 0;
        break;
    case MOTE_EV_RESUMED: /* the session may be that of a process before this one */
        note(session.was_online ? "on line again: the session goes on" : "on line: the session of before goes on");
        session.online = session.was_online = true;
        session.offline_ms = 0;
        credentials_worked();
        break;
    case MOTE_EV_OFFLINE:
        session.offline_ms = session.online ? session_now() : session.offline_ms;
        credentials_refresh();
        session.online = false;
        if (session.run.config.reconnect && event->error != MOTE_OK) {
            note("off line: %s", event->why != NULL ? event->why : mote_error_text(event->error));
            link_detail(event->ladder);
        }
        break;
    case MOTE_EV_OVERSIZE:
        note("skipped a stanza of %lu bytes from %s: it is too large", (unsigned long)event->size,
             event->from != NULL ? event->from : "the server");
        break;
    default: break;
    }
    tls_session_event(event);
    if ((session.needs & STORED) != 0) {
        keep_event(event);
    }
    if (session.on_event != NULL) {
        session.on_event(event);
    }
}

/// Opening ///

static int open_engine(void)
{
    const struct settings *s = &cli.settings;
    struct mote_config config = {
        .jid = session.jid,
        .services = &services,
        .arena = arena,
        .arena_size = sizeof arena,
        .xml = xml,
        .xml_size = sizeof xml,
        .tx = tx,
        .tx_size = sizeof tx,
        .on_event = on_event,
        .iq_timeout_s = (session.needs & SESSION_OUTBOX) != 0 ? IQ_PATIENCE_S : IQ_TIMEOUT_S,
    };
    const char *resource = (session.needs & SESSION_OFFLINE) == 0 ? resource_claim() : "";
    int n = snprintf(session.jid, sizeof session.jid, "%s%s%s", s->jid, resource[0] != '\0' ? "/" : "", resource);
    if (n >= (int)sizeof session.jid || !mote_jid_valid(session.jid)) {
        return fail(EXIT_USAGE, "name and resource make no address of at most 255 bytes", NULL, "cannot use %s/%s",
                    s->jid, resource);
    }
    int code =
        (session.needs & SESSION_OFFLINE) == 0 ? credentials_find(&config, (session.needs & SESSION_PASSWORD) != 0) : 0;
    if (code != 0) {
        return code;
    }
    int r = mote_init(&session.x, &config);
    return r == 0 ? 0 : fail(exit_of(r), mote_error_text(r), NULL, "cannot start");
}

static void attach_blog(void)
{
    const struct settings *s = &cli.settings;
    mote_blog_attach(&session.blog, &session.x,
                     &(struct mote_blog_config){.author_name = s->author[0] != '\0' ? s->author : NULL,
                                                .hold = hold,
                                                .hold_size = sizeof hold,
                                                .scratch = scratch,
                                                .scratch_size = sizeof scratch});
}

/* The files module with another class, which does not announce the features by which others choose a receiver. */
static void hide_files(void)
{
    static struct mote_module_class gives;
    gives = *session.files.mod.type;
    gives.features = NULL;
    session.files.mod.type = &gives;
}

static void attach_files(void)
{
    const struct settings *s = &cli.settings;
    mote_files_attach(&session.files, &session.x,
                      &(struct mote_files_config){.transfers = session.transfers,
                                                  .count = TRANSFERS_MAX,
                                                  .block_max = s->block != 0             ? s->block
                                                               : cli.verb->bit == VERB_PUT ? BLOCK_OUT
                                                                                           : BLOCK_IN,
                                                  .window = s->window,
                                                  .max_size = s->max_size});
    if ((session.needs & SESSION_GIVES) != 0) {
        hide_files();
    }
}

static void attach_modules(void)
{
    struct settings *s = &cli.settings;
    struct mote *x = &session.x;
    unsigned needs = session.needs;
    if ((needs & SESSION_OFFLINE) == 0) {
        tokens_attach();
    }
    ask_attach(&session.ask, x);
    mote_ping_attach(&session.ping, x, s->ping, 0);
    mote_clock_attach(&session.clock, x);
    if ((needs & SESSION_CHAT) != 0) {
        /* A verb that shows messages allows receipts itself: see verbs/listen.c. */
        mote_chat_attach(&session.chat, x,
                         MOTE_CHAT_NO_RECEIPTS | ((needs & SESSION_COPIES) != 0 ? MOTE_CHAT_CARBONS : 0u));
    }
    if ((needs & SESSION_BLOG) != 0) {
        attach_blog();
    }
    if ((needs & SESSION_FILES) != 0) {
        attach_files();
        peer_attach(x);
    }
    if ((needs & SESSION_UPLOAD) != 0) {
        mote_upload_attach(&session.upload, x);
    }
    mote_disco_attach(&session.disco, x, &(struct mote_identity){.type = "console"});
    session.presence.config.allow = s->allow;
    if ((needs & (SESSION_PRESENCE | SESSION_ASIDE)) != 0) {
        mote_presence_attach(
            &session.presence, x,
            &(struct mote_presence_config){.allow = s->allow, .priority = (needs & SESSION_ASIDE) != 0 ? -1 : 0});
    }
}

static int open_connection(void)
{
    const struct settings *s = &cli.settings;
    mote_tls_memory_use(tls_memory, sizeof tls_memory);
    int r = mote_tls_mbedtls_config_init(&tls_config, &services);
    int code = r == 0 ? trust_load(&tls_config, s) : fail(exit_of(r), mote_error_text(r), NULL, "cannot start TLS");
    if (code != 0) {
        return code;
    }
    session.port = mote_posix_init(&session.posix, &tls_config, NULL);
    tls_session_attach();
    struct mote_run_config config = {
        .x = &session.x,
        .port = session.port,
        .host = s->host[0] != '\0' ? s->host : NULL,
        .port_number = (uint16_t)s->port,
        .tls = s->tls,
        .reconnect = (session.needs & SESSION_PATIENT) != 0 || tokens_early(),
        .buffer = receive,
        .buffer_size = sizeof receive,
    };
    code = link_prepare(&config);
    if (code != 0) {
        return code;
    }
    mote_run_init(&session.run, &config);
    return (session.needs & SESSION_SIGNALS) != 0 ? catch_signals() : 0;
}

int session_open(unsigned needs, void (*handler)(const struct mote_event *event))
{
    struct settings *s = &cli.settings;
    if (s->jid[0] == '\0') {
        return fail(EXIT_USAGE, NULL, "'mote setup JID' makes one known; --jid JID names one", "no account is set up");
    }
    session.needs = needs;
    session.on_event = handler;
    mote_posix_services(&services, NULL);
    services.log = out_log;
    int code = open_engine();
    code = code == 0 && (needs & STORED) != 0 ? keep_open() : code;
    if (code != 0) {
        return code;
    }
    attach_modules();
    code = (session.needs & STORED) != 0 ? keep_attach() : 0;
    if (code != 0) {
        return code;
    }
    if ((needs & SESSION_CONTACTS) != 0) {
        roster_attach(&session.roster, &session.x);
    }
    if ((needs & SESSION_OFFLINE) == 0 || (needs & SESSION_WEB) != 0) {
        return open_connection();
    }
    if (session.port == NULL) { /* off line, only its clock is used */
        session.port = mote_posix_init(&session.posix, NULL, NULL);
    }
    return 0;
}

/// Waiting ///

/* The run has ended without having been asked to, or it has tried for long enough: say why, and return the exit
 * code. */
static int ended(void)
{
    int error = session.run.error != 0 ? session.run.error : MOTE_ERR_LOST;
    const char *why = session.run.why[0] != '\0' ? session.run.why : mote_error_text(error);
    const char *hint = hint_for(error, why);
    int code = exit_of(error);
    if (cli.why) {
        link_tell(&session.run);
    }
    if (session.failed != NULL && !session.was_online) {
        return session.failed(error, why);
    }
    if (session.was_online) {
        return fail(code, why, hint, "the connection to %s broke", mote_domain(&session.x));
    }
    if (error == MOTE_ERR_DNS || error == MOTE_ERR_CONNECT) {
        return fail(code, why, hint, "cannot connect to %s", mote_domain(&session.x));
    }
    return fail(code, why, hint, "cannot log in as %s", cli.settings.jid);
}

/* When trying to reconnect has taken too long. */
static uint64_t bridge_end(void)
{
    bool bridging = (session.needs & SESSION_BRIDGE) != 0 && session.offline_ms != 0;
    return bridging ? session.offline_ms + BRIDGE_MS : UINT64_MAX;
}

/* Do one step of the loop. Returns 0 to go on waiting; any other code ends the wait. */
static int turn_loop(uint64_t until_ms, const bool *done)
{
    if (stopped != 0) {
        return SESSION_STOPPED;
    }
    uint64_t now = session_now();
    if (now >= until_ms) {
        return EXIT_TIMEOUT;
    }
    if (now >= bridge_end()) {
        return ended();
    }
    /* It is told at each step, because the system's clock may be set while we run, and an item that is queued between
     * two steps needs the time of day. */
    mote_set_unix_time(&session.x, session.port->clock->unix_time(session.port->clock_ctx), now);
    session.turn_ms = session.on_turn != NULL ? session.on_turn() : UINT64_MAX;
    bool goes_on = mote_run_step(&session.run);
    link_keep();
    if ((session.needs & STORED) != 0) {
        keep_turn();
    }
    /* When what was waited for failed with the connection, that was told already: to say that the connection broke
     * would be a second complaint. */
    return goes_on || (done != NULL && *done) ? 0 : ended();
}

static void wait_until(uint64_t until_ms)
{
    uint64_t end_ms = bridge_end() < until_ms ? bridge_end() : until_ms;
    end_ms = session.turn_ms < end_ms ? session.turn_ms : end_ms;
    uint64_t now = session_now(), left = end_ms > now ? end_ms - now : 0;
    mote_run_wait(&session.run, left < UINT32_MAX ? (uint32_t)left : UINT32_MAX);
}

int session_wait(const bool *done, unsigned timeout_s)
{
    uint64_t until_ms = timeout_s != 0 ? session_now() + timeout_s * 1000ull : UINT64_MAX;
    for (;;) {
        if (done != NULL && *done) {
            return 0;
        }
        int code = turn_loop(until_ms, done);
        if (done != NULL && *done) {
            return 0;
        }
        if (code != 0) {
            return code;
        }
        wait_until(until_ms);
    }
}

int session_wait_input(int fd, const bool *done)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int code = 0;
    while (code == 0 && !*done && (!session.online || poll(&p, 1, 0) <= 0)) {
        code = turn_loop(UINT64_MAX, done);
        if (code != 0 || *done) {
            break;
        }
        if (session.online) { /* off line, input that nobody reads would wake us without end */
            mote_posix_watch(&session.posix, fd);
        }
        wait_until(UINT64_MAX);
        mote_posix_unwatch(&session.posix, fd);
    }
    return code;
}

int session_login(void)
{
    return session_wait(&session.online, 0);
}

int session_login_again(void)
{
    static const struct mote_token none;
    session.online = false;
    session.run.config.reconnect = true;
    mote_sasl2_use(&session.sasl2, &none, false);
    mote_fail(&session.x, MOTE_ERR_LOST, "logging in anew");
    return session_login();
}

/// The end ///

void session_resume(void)
{
    stopped = 0;
}

static int close_all(int code, bool orderly)
{
    resource_release();
    tokens_release();
    keep_close(orderly);
    secret_forget();
    new_password_forget();
    mote_secret_wipe(&session.keys, sizeof session.keys);
    if (!out_flush() && code == 0) {
        code = EXIT_LOCAL;
    }
    return code == SESSION_STOPPED ? EXIT_DONE : code;
}

/* A round trip is saved. The server has read the end of the stream before it can see that of the connection, so the
 * session does not stay behind. */
static bool end_is_out(void)
{
    return !mote_online(&session.x) && mote_error(&session.x) == MOTE_OK &&
           (mote_wants(&session.x, 0) & MOTE_WANT_WRITE) == 0;
}

int session_close(int code)
{
    if (session.run.state != MOTE_RUN_IDLE) {
        mote_run_stop(&session.run);
        while (mote_run_step(&session.run)) {
            if (session.settled && end_is_out()) {
                mote_run_leave(&session.run);
                break;
            }
            mote_run_wait(&session.run, UINT32_MAX);
        }
    }
    return close_all(code, (code == 0 || code == SESSION_STOPPED) && session.run.error == MOTE_OK);
}

/* The server has yet to say whether the session can be resumed. */
static bool session_is_new(void)
{
    struct mote_status s;
    mote_status(&session.x, &s);
    return mote_online(&session.x) && s.stream_management && !s.resumable;
}

int session_leave(int code)
{
    /* What comes until the next start is lost with a session that was never known to be one that can be left. */
    uint64_t end = session_now() + LEAVE_MS;
    while (session_is_new() && session_now() < end && mote_run_step(&session.run)) {
        mote_run_wait(&session.run, LEAVE_MS);
    }
    mote_run_leave(&session.run);
    return close_all(code, false);
}

int session_close_broken(int code)
{
    int number = last_signal, end = session_close(code);
    if (code == SESSION_STOPPED) {
        signal(number, SIG_DFL);
        raise(number);
    }
    return end;
}
