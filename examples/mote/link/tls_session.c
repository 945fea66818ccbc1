/* SPDX-License-Identifier: MIT
 * A file that several processes may read and replace at a time: each takes what is there, and the last one's stays.
 */
#include "examples/mote/link/tls_session.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "examples/mote/command.h"
#include "examples/mote/files/small_file.h"
#include "examples/mote/link/session.h"
#include "examples/mote/out/out.h"
#include "port/tls/resume.h"

static char path[PATH_MAX];
static struct mote_tls_resume resume;
static bool failed; /* a handshake that was to go on with it */
static bool again;  /* there was a second try for it, and we were not on line since */

static ptrdiff_t load(void *ctx, void *bytes, size_t size)
{
    static char text[MOTE_TLS_KEPT_MAX + 2]; /* a NUL comes behind; a file that is too large is damaged */
    time_t written;
    (void)ctx;
    ssize_t len = file_read_kept(path, text, sizeof text, &written);
    bool damaged = len > (ssize_t)size || (len < 0 && errno == EFBIG);
    if (len > 0 && !damaged) {
        memcpy(bytes, text, (size_t)len);
    }
    mote_secret_wipe(text, sizeof text);
    return damaged ? (ptrdiff_t)size + 1 : (ptrdiff_t)len;
}

static void save(void *ctx, const void *bytes, size_t len)
{
    (void)ctx;
    if (len == 0) {
        /* Where the server has shown a certificate, it had its reasons for what came then. */
        failed = resume.offered && !session.posix.tls.shown;
        (void)file_remove(path);
    } else if (file_write(path, bytes, len) != 0) {
        detail("cannot write %s: the next connection checks the server's certificate anew", path);
    }
}

void tls_session_attach(void)
{
    const char *keys = settings_keys_path(cli.config);
    size_t len = keys != NULL ? strlen(keys) : 0;
    /* As with tokens: an account that is only tried out, or whose keys are not kept, leaves nothing behind. */
    if ((cli.verb->bit & VERB_SETS_UP) != 0 || cli.password_file != NULL || cli.password_stdin || len < 5 ||
        len + sizeof ".tls" > sizeof path) {
        return;
    }
    snprintf(path, sizeof path, "%.*s.tls", (int)(len - 5), keys); /* without .keys */
    resume = (struct mote_tls_resume){.load = load, .save = save};
    mote_tls_resume_attach(&resume, &session.posix.tls);
}

/* A server that breaks off where a session is taken up, because it has another version of TLS now or knows it no more,
 * costs a second connection, also in a verb that has only one. */
void tls_session_event(const struct mote_event *event)
{
    bool once = failed && !again;
    if (event->kind == MOTE_EV_ONLINE || event->kind == MOTE_EV_RESUMED) {
        again = false;
    } else if (event->kind == MOTE_EV_OFFLINE) {
        if (once) {
            session.run.config.reconnect = again = true;
        } else if (again && !session.was_online && (session.needs & SESSION_PATIENT) == 0) {
            session.run.config.reconnect = false; /* it was set for that second try alone */
        }
        failed = false;
    }
}
