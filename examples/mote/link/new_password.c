/* SPDX-License-Identifier: MIT
 * The file of a password that is on its way.
 */
#include "examples/mote/link/new_password.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/base/text.h"
#include "examples/mote/command.h"
#include "examples/mote/files/small_file.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/out/out.h"

enum { LINE = 16 + MOTE_JID_MAX + MOTE_PASSWORD_MAX + 4, OLD_S = 300 };

static const char magic[] = "MOTEPASSWORD1 ";
static char password[MOTE_PASSWORD_MAX + 1], owner[MOTE_JID_MAX + 1];
static time_t written;

const char *new_password_path(void)
{
    static char path[PATH_MAX];
    const char *keys = settings_keys_path(cli.config);
    size_t len = keys != NULL ? strlen(keys) : 0;
    if (len < 5 || len + sizeof ".new-password" > sizeof path) {
        return NULL;
    }
    snprintf(path, sizeof path, "%.*s.new-password", (int)(len - 5), keys); /* without .keys */
    return path;
}

/* A blank may be in a password, but not in an address. */
static void read_file(void)
{
    char line[LINE];
    const char *path = new_password_path();
    size_t start = sizeof magic - 1;
    owner[0] = password[0] = '\0';
    if (path == NULL || file_read_kept(path, line, sizeof line, &written) <= 0 || strncmp(line, magic, start) != 0) {
        return;
    }
    char *jid = line + start, *blank = strchr(jid, ' '), *end = strchr(jid, '\n');
    if (blank != NULL && end != NULL && blank < end && end[1] == '\0') {
        *blank = *end = '\0';
        if (mote_text_copy(owner, sizeof owner, jid)) {
            mote_text_copy(password, sizeof password, blank + 1);
        }
    }
    mote_secret_wipe(line, sizeof line);
}

const char *new_password_load(const char *jid)
{
    read_file();
    return password[0] != '\0' && mote_jid_bare_equal(owner, jid) ? password : NULL;
}

const char *new_password_owner(void)
{
    read_file();
    return owner;
}

static bool make(const struct mote_services *s)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    enum { LETTERS = sizeof letters - 1 };
    for (size_t n = 0; n < NEW_PASSWORD_LEN;) {
        uint8_t byte;
        if (s->random(s->ctx, &byte, 1) != 0) {
            return false;
        }
        if (byte < 256 / LETTERS * LETTERS) { /* else some letters would come more often */
            password[n++] = letters[byte % LETTERS];
        }
    }
    password[NEW_PASSWORD_LEN] = '\0';
    return true;
}

const char *new_password_keep(const struct mote_services *s, const char *jid, const char *given)
{
    char line[LINE];
    const char *path = new_password_path();
    if (path == NULL) {
        return NULL;
    }
    if (given != NULL ? !mote_text_copy(password, sizeof password, given) : !make(s)) {
        fail(EXIT_LOCAL, "the random source failed", NULL, "cannot make a password");
        return NULL;
    }
    int n = snprintf(line, sizeof line, "%s%.*s %s\n", magic, (int)mote_jid_bare_len(jid), jid, password);
    bool kept =
        n > 0 && (size_t)n < sizeof line && file_make_folder(path) == 0 && file_write(path, line, (size_t)n) == 0;
    mote_secret_wipe(line, sizeof line);
    if (!kept) {
        fail_errno(NULL, "cannot write %s, and without it a lost link could lose the account", path);
        new_password_forget();
        return NULL;
    }
    mote_text_copy(owner, sizeof owner, jid);
    written = time(NULL);
    return password;
}

void new_password_settle(void)
{
    const char *path = new_password_path();
    if (path != NULL && owner[0] != '\0' && file_remove(path) != 0 && errno != ENOENT) {
        note("cannot remove %s, in which a password stands", path);
    }
    owner[0] = '\0';
}

bool new_password_is_old(void)
{
    return owner[0] != '\0' && time(NULL) - written > OLD_S;
}

void new_password_forget(void)
{
    mote_secret_wipe(password, sizeof password);
}
