/* SPDX-License-Identifier: MIT
 * mote get: files.
 */
#include "core/base/text.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/files/inbox.h"
#include "examples/mote/out/out.h"
#include "examples/mote/verbs/listen.h"
#include "examples/mote/web/download.h"

enum { MAX_SIZE = 100 * 1024 * 1024 };

static bool done;

static void on_event(const struct mote_event *e)
{
    if (!done) {
        done = inbox_event(e);
    }
}

int verb_get(void)
{
    struct settings *s = &cli.settings;
    if (cli.argc > 0) {
        return download(cli.argv[0]);
    }
    if (cli.name != NULL || cli.hash != NULL) {
        return fail(EXIT_USAGE, "--name and --hash are for a file from a URL", NULL, "cannot take files that way");
    }
    s->max_size = s->max_size != 0 ? s->max_size : MAX_SIZE;
    int code = listen_check();
    code = code == 0 ? inbox_open() : code;
    unsigned needs = SESSION_FILES | SESSION_ASIDE | SESSION_SIGNALS | SESSION_RECONNECT | SESSION_GOES_ON;
    code = code == 0 ? session_open(needs, on_event) : code;
    code = code == 0 ? session_login() : code;
    if (code == 0) {
        note("taking files as %s", mote_jid(&session.x));
        code = session_wait(&done, 0);
    }
    code = code == 0 ? inbox_result() : code;
    inbox_close();
    return session_close(code);
}
