/* SPDX-License-Identifier: MIT
 * Finds what the login is made with. Kept keys say how strong the last login was, and a weaker one is not accepted
 * later, so they are read even when a password is given. But then the password alone logs in, be it right or wrong.
 */
#include "examples/mote/link/credentials.h"

#include <string.h>
#include <unistd.h>

#include "core/base/text.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/out/out.h"
#include "port/store/keys_file.h"
#include "examples/mote/conf/secret.h"
#include "examples/mote/link/new_password.h"
#include "examples/mote/link/session.h"

static struct mote_keys kept; /* as they are in the file; with version 0 there are none */
static bool learns;           /* are new ones kept? */
static bool by_keys;          /* no password was given */
static const char *fresh;     /* a new password that may or may not be in force by now; or NULL */
static bool fresh_works;      /* it has left keys, which are kept */

/* Use them only as a measure of the login's strength: without a salt they fit no challenge. */
static void keep_as_measure(struct mote_keys *keys)
{
    keys->salt_len = 0;
    mote_secret_wipe(keys->client_key, sizeof keys->client_key);
    mote_secret_wipe(keys->server_key, sizeof keys->server_key);
}

int credentials_find(struct mote_config *config, bool asks)
{
    const struct settings *s = &cli.settings;
    int code = 0;
    config->flags |= MOTE_PREPARED | (s->allow_plain ? MOTE_ALLOW_PLAIN : 0u) |
                     (s->require_binding ? MOTE_REQUIRE_BINDING : 0u);
    config->password = asks ? secret_password(s->jid, &code) : secret_given_password(&code);
    learns = false;
    if (code != 0 || asks) {
        return code;
    }
    if (cli.verb->bit == VERB_REGISTER) {
        config->password = new_password_load(s->jid);
        return 0;
    }
    const char *path = settings_keys_path(cli.config);
    if (path == NULL) {
        return EXIT_LOCAL;
    }
    bool there = access(path, F_OK) == 0, found = mote_keys_file_load(path, s->jid, &session.keys);
    /* Keys and a new password: the salt of the server's challenge tells which of them is in force. */
    fresh = config->password == NULL ? new_password_load(s->jid) : NULL;
    if (!found && config->password == NULL && fresh == NULL) {
        const char *why = there ? "the kept keys are damaged, or another account's" : "no keys are kept for it";
        return fail(EXIT_LOCAL, why, "'mote setup JID' keeps them; --password-file and --password-stdin do without",
                    "cannot log in as %s", s->jid);
    }
    if (!found) {
        session.keys.version = 0;
    }
    kept = session.keys;
    cli.pinned = found;
    learns = cli.password_file == NULL && !cli.password_stdin && (found || !there);
    by_keys = config->password == NULL;
    if (by_keys) {
        config->password = fresh;
    } else {
        keep_as_measure(&session.keys);
    }
    config->keys = &session.keys;
    return 0;
}

void credentials_learn(const struct mote_keys *keys)
{
    const char *path = learns ? settings_keys_path(cli.config) : NULL;
    session.keys = *keys;
    if (path == NULL || memcmp(&kept, keys, sizeof kept) == 0) {
        return;
    }
    bool other = kept.version == 0 || kept.salt_len != keys->salt_len ||
                 memcmp(kept.salt, keys->salt, keys->salt_len) != 0; /* not only what is known of the server */
    kept = *keys;
    if (mote_keys_file_save(path, cli.settings.jid, keys) == 0) {
        fresh_works = fresh != NULL && (fresh_works || other);
    } else {
        detail("cannot write %s: what this login has shown of the server is not known to the next", path);
    }
}

bool credentials_renewed(void)
{
    return fresh_works;
}

void credentials_worked(void)
{
    if (fresh != NULL && (fresh_works || new_password_is_old())) {
        new_password_settle();
        fresh = NULL;
    }
}

bool credentials_are_wrong(void)
{
    static const char wrong[] = "not-authorized";
    const char *why = mote_why(&session.x);
    return strncmp(mote_condition(&session.x), wrong, sizeof wrong - 1) == 0 || strstr(why, "kept keys") != NULL ||
           strcmp(why, "the server refused the user name or password") == 0;
}

void credentials_refresh(void)
{
    struct mote_keys keys;
    const char *path = learns && by_keys ? settings_keys_path(cli.config) : NULL;
    if (path == NULL || fresh != NULL) {
        return;
    }
    fresh = new_password_load(cli.settings.jid); /* first, for it is removed when the keys are there */
    if (mote_keys_file_load(path, cli.settings.jid, &keys)) {
        kept = session.keys = keys;
    }
    mote_set_credentials(&session.x, fresh, &session.keys);
}
