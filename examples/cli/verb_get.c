/* SPDX-License-Identifier: MIT
 * mote get: files. mote run: files and messages, and never giving up.
 */
#include "core/wire/text.h"
#include "fail.h"
#include "inbox.h"
#include "out.h"
#include "verb_listen.h"

enum { MAX_SIZE = 100 * 1024 * 1024 };

static bool done, files, messages;

static void on_event(const struct mote_event *e)
{
    if (files && !done) {
        done = inbox_event(e);
    }
    if (messages && listen_event(e)) {
        done = true;
    }
}

static int stay(unsigned needs)
{
    struct settings *s = &cli.settings;
    s->max_size = s->max_size != 0 ? s->max_size : MAX_SIZE;
    int code = listen_check();
    code = code == 0 && files ? inbox_open() : code;
    code = code == 0 ? session_open(needs | SESSION_SIGNALS | SESSION_RECONNECT, on_event) : code;
    code = code == 0 ? session_login() : code;
    if (code == 0) {
        note(files ? messages ? "on line as %s; taking files" : "taking files as %s" : "on line as %s",
             mote_jid(&session.x));
        code = session_wait(&done, 0);
    }
    code = code == 0 ? inbox_result() : code;
    inbox_close();
    return session_close(code);
}

int verb_get(void)
{
    files = true;
    return stay(SESSION_FILES | SESSION_ASIDE);
}

int verb_run(void)
{
    files = cli.settings.directory[0] != '\0';
    messages = true;
    return stay(SESSION_CHAT | SESSION_PRESENCE | SESSION_PATIENT | (files ? SESSION_FILES : 0u));
}
