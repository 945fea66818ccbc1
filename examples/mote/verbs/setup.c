/* SPDX-License-Identifier: MIT
 * mote setup: nothing is written until the login has worked.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/text.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/files/small_file.h"
#include "examples/mote/out/out.h"
#include "port/store/keys_file.h"
#include "examples/mote/link/new_password.h"
#include "examples/mote/link/session.h"
#include "examples/mote/verbs/setup.h"

/* The path is made absolute, because what the file says has to hold in any working folder. */
static int make_absolute(char path[PATH_MAX])
{
    char whole[PATH_MAX];
    if (path[0] == '\0' || path[0] == '/') {
        return 0;
    }
    if (realpath(path, whole) == NULL) {
        return fail_errno(NULL, "cannot find %s", path);
    }
    memcpy(path, whole, strlen(whole) + 1);
    return 0;
}

int setup_take_options(void)
{
    struct settings *s = &cli.settings;
    /* Name the password file in the configuration only when there are no keys to keep. */
    if (cli.password_file == NULL) {
        s->password_file[0] = '\0';
    } else if (!mote_text_copy(s->password_file, sizeof s->password_file, cli.password_file)) {
        return fail(EXIT_USAGE, "its path is longer than the system allows", NULL, "cannot use the password file");
    }
    int code = make_absolute(s->ca);
    return code != 0 ? code : make_absolute(s->password_file);
}

int setup_keep(void)
{
    struct settings *s = &cli.settings;
    bool keys = session.keys.version != 0;
    const char *path = settings_keys_path(cli.config);
    if (path == NULL) {
        return EXIT_LOCAL;
    }
    if (keys) {
        s->password_file[0] = '\0';
        s->allow_plain = false;
    } else if (s->password_file[0] == '\0') {
        return fail(EXIT_LOGIN, "the server has SASL PLAIN only, which needs the password itself each time",
                    "with --password-file FILE the name of that file is kept", "there are no keys to keep");
    }
    if (file_make_folder(cli.config) != 0) {
        return fail_errno(NULL, "cannot make the folder for %s", cli.config);
    }
    if (keys && mote_keys_file_save(path, s->jid, &session.keys) != 0) {
        return fail_errno(NULL, "cannot write %s", path);
    }
    int code = settings_write(s, cli.config);
    if (code == 0 && new_password_load(s->jid) != NULL) {
        new_password_settle(); /* what logged in now is what counts */
    }
    new_password_forget();
    if (code == 0 && !keys) {
        file_remove(path); /* they are of another account, or of a time when the server had SCRAM */
    }
    return code;
}

static int tell_account(void)
{
    if (cli.json) {
        json_begin("setup");
        json_string("jid", cli.settings.jid);
        json_string("config", cli.config);
        json_string("keys", session.keys.version != 0 ? settings_keys_path(cli.config) : NULL);
        json_end();
    } else if (session.keys.version != 0) {
        note("%s is set up in %s; keys are kept, not the password", cli.settings.jid, cli.config);
    } else {
        note("%s is set up in %s; the password is read from %s at each login", cli.settings.jid, cli.config,
             cli.settings.password_file);
    }
    return 0;
}

int verb_setup(void)
{
    int code = setup_take_options();
    code = code == 0 ? session_open(SESSION_PASSWORD, NULL) : code;
    code = code == 0 ? session_login() : code;
    code = code == 0 ? setup_keep() : code;
    code = code == 0 ? tell_account() : code;
    return session_close(code);
}
