/* SPDX-License-Identifier: MIT
 * mote run: it stays on line for ever, and sends what is in the queue. boards/linux/mote@.service.in starts it.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "examples/mote/daemon/queue_server.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/files/inbox.h"
#include "examples/mote/link/account_store.h"
#include "examples/mote/out/out.h"
#include "examples/mote/link/receiver.h"
#include "examples/mote/daemon/service_manager.h"
#include "examples/mote/out/show.h"
#include "examples/mote/verbs/listen.h"

enum { MAX_SIZE = 100 * 1024 * 1024, STORE_WAIT_MS = 10000, PAUSE_MS = 20, LOOK_MS = 100 };

static bool done, files; /* files: are they taken? They are sent in any case */
static char why[256]; /* why it is off line, or "" when that is not known */

/// The service manager ///

static void tell_state(void)
{
    char text[512], queue[64] = "";
    uint32_t count = mote_outbox_count(&session.outbox);
    if (count > 0) {
        snprintf(queue, sizeof queue, "; %lu waiting to be sent", (unsigned long)count);
    }
    if (session.online) {
        snprintf(text, sizeof text, "on line as %s%s", mote_jid(&session.x), queue);
    } else {
        snprintf(text, sizeof text, "off line%s%s%s", why[0] != '\0' ? ": " : "", why, queue);
    }
    service_status(text);
}

static uint64_t on_turn(void)
{
    uint64_t now = session_now();
    uint64_t next_ms = control_turn(now), beat_ms = service_beat(now);
    tell_state();
    next_ms = beat_ms < next_ms ? beat_ms : next_ms;
    return listen_turn() && now + LOOK_MS < next_ms ? now + LOOK_MS : next_ms;
}

/// Events ///

/* We do not announce that we take files, so one that is offered all the same is refused at once. */
static void turn_away(const struct mote_event *e)
{
    if (!files) {
        note("refused '%s' from %s: --dir takes files",
             mote_file_of(e)->name != NULL ? mote_file_of(e)->name : "a file", e->from);
        mote_files_refuse(&session.files, e->ticket);
    }
}

static void on_event(const struct mote_event *e)
{
    peer_event(e);
    switch (e->kind) {
    case MOTE_EV_OFFLINE: snprintf(why, sizeof why, "%s", e->why != NULL ? e->why : mote_error_text(e->error)); break;
    case MOTE_EV_DELIVERED:
    case MOTE_EV_UNDELIVERABLE:
    case MOTE_EV_EXPIRED: done = !show_outcome(e) || done; break;
    case MOTE_EV_FILE_OFFERED: turn_away(e); break;
    case MOTE_EV_RECEIPT: /* strangers may send any number of receipts for what they were not sent */
        done = (cli.json && (e->ticket != 0 || listen_knows(e->from)) && !show_receipt(mote_receipt_of(e))) || done;
        break;
    default: break;
    }
    if (files && !done) {
        done = inbox_event(e);
    }
    if (listen_event(e)) {
        done = true;
    }
}

/// Beginning and end ///

/* Another process that queues something has the store for a moment, so wait for it. */
static int open_all(void)
{
    unsigned needs = listen_needs() | SESSION_BLOG | SESSION_OUTBOX | SESSION_PATIENT | SESSION_FILES |
                     (files ? 0u : SESSION_GIVES);
    int code;
    for (int waited_ms = 0; (code = session_open(needs, on_event)) == KEEP_BUSY; waited_ms += PAUSE_MS) {
        if (waited_ms >= STORE_WAIT_MS) {
            return fail(EXIT_LOCAL, "another process has it", "is there a 'mote run' for this account already?",
                        "cannot use the store %s", keep_path());
        }
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000}, NULL);
    }
    if (code == 0) {
        listen_begin();
    }
    const char *path = code == 0 ? keep_socket_path() : NULL;
    return code == 0 && path != NULL ? control_open(path) : code != 0 ? code : EXIT_LOCAL;
}

static int stay(void)
{
    service_tell("READY=1");
    session.on_turn = on_turn;
    int code = session_login();
    if (code == 0) {
        note(files ? "on line as %s; taking files" : "on line as %s", mote_jid(&session.x));
        code = session_wait(&done, 0);
    }
    return code == 0 ? inbox_result() : code;
}

int verb_run(void)
{
    struct settings *s = &cli.settings;
    s->max_size = s->max_size != 0 ? s->max_size : MAX_SIZE;
    files = s->directory[0] != '\0';
    out_never_wait();
    service_open();
    int code = listen_check();
    code = code == 0 && files ? inbox_open() : code;
    code = code == 0 ? open_all() : code;
    code = code == 0 ? stay() : code;
    service_tell("STOPPING=1");
    control_close();
    inbox_close();
    /* A service that is stopped may be started again soon, so its session is left open: what is on its way, and what
     * comes meanwhile, waits in it. A person who stops it at the keyboard means to log out. */
    bool leave = code == SESSION_STOPPED && (session_signal() == SIGTERM || session_signal() == SIGHUP);
    return leave ? session_leave(code) : session_close(code);
}
