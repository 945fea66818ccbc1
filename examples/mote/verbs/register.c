/* SPDX-License-Identifier: MIT
 * mote register: make an account, by an invitation or where a server makes them for everybody, and set it up.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/register.h"
#include "examples/mote/conf/invitation.h"
#include "examples/mote/files/small_file.h"
#include "examples/mote/link/credentials.h"
#include "examples/mote/link/new_password.h"
#include "examples/mote/link/session.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/out/out.h"
#include "examples/mote/verbs/setup.h"
#include "port/store/keys_file.h"

enum { TRIES = 3 };

static struct invitation invitation;
static struct mote_register registrar;
static unsigned lost;
static bool made;

/// What is asked for ///

static int misuse(const char *wrong, const char *what)
{
    char why[192];
    snprintf(why, sizeof why, "it %s", wrong);
    return fail(EXIT_USAGE, why, "'mote register -h' tells what it takes", "cannot use the %s", what);
}

static int read_arguments(void)
{
    static char text[INVITATION_TEXT_MAX + 1];
    if (cli.password_stdin || cli.password_file != NULL) {
        return fail(EXIT_USAGE, "it is made here", "'mote setup' takes the password of an account that there is",
                    "cannot take a password");
    }
    int code = invitation_argument(cli.argv[0], text);
    if (code != 0) {
        return code;
    }
    const char *wrong = invitation_read(&invitation, text);
    bool link = strncmp(text, "xmpp:", 5) == 0;
    mote_secret_wipe(text, sizeof text);
    if (wrong != NULL) {
        return misuse(wrong, link ? "invitation" : "address or invitation");
    }
    if (cli.argc > 1 && (wrong = invitation_name(&invitation, cli.argv[1])) != NULL) {
        return misuse(wrong, "address");
    }
    return invitation.named
               ? 0
               : fail(EXIT_USAGE, "the invitation leaves the name to you",
                      "name it behind the invitation, such as pump7@example.org", "which account is to be made on %s?",
                      invitation.jid);
}

/* A configuration is of one account. That of another is not overwritten: its keys may be all that there is of it. */
static int check_free(void)
{
    struct settings *s = &cli.settings;
    struct mote_keys keys;
    const char *path = settings_keys_path(cli.config);
    const char *owner = new_password_owner();
    if (path == NULL) {
        return EXIT_LOCAL;
    }
    if (owner[0] != '\0' && !mote_jid_bare_equal(owner, invitation.jid)) {
        return fail(EXIT_LOCAL, "it has a password in it that may be in force",
                    "'mote register' with that address finishes it; --config FILE is for another account",
                    "%s is of %s", new_password_path(), owner);
    }
    bool set_up = s->jid[0] != '\0' && (access(path, F_OK) == 0 || s->password_file[0] != '\0');
    if (set_up && mote_jid_bare_equal(s->jid, invitation.jid) && mote_keys_file_load(path, s->jid, &keys)) {
        mote_secret_wipe(&keys, sizeof keys);
        return fail(EXIT_REFUSED, "it has keys of it", "'mote status' logs in with them", "%s is set up in %s already",
                    invitation.jid, cli.config);
    }
    if (set_up) {
        return fail(EXIT_LOCAL, "it is not overwritten", "--config FILE names another file for the new account",
                    "%s is of %s", cli.config, s->jid);
    }
    const char *wrong = settings_set(s, "jid", invitation.jid);
    return wrong == NULL ? 0 : misuse(wrong, "address");
}

/// What becomes of it ///

static const char *hint(const char *why)
{
    static char text[MOTE_JID_MAX + 64];
    const char *jid = cli.settings.jid;
    size_t local = mote_jid_local_len(jid);
    if (strstr(why, "conflict") != NULL) {
        snprintf(text, sizeof text, "somebody has this name: try another, such as %.*s-2%s", (int)local, jid,
                 jid + local);
        return text;
    }
    if (strstr(why, "refuses the invitation") != NULL) {
        return "it is mistyped, too old, or was used: ask who invited you for another one";
    }
    if (strstr(why, "resource-constraint") != NULL) {
        return "the server makes few accounts at a time: try again in some minutes";
    }
    if (strstr(why, "invitation") == NULL && invitation.token[0] == '\0' &&
        (strstr(why, "makes no accounts") != NULL || strstr(why, "not-acceptable") != NULL ||
         strstr(why, "not-allowed") != NULL || strstr(why, "forbidden") != NULL)) {
        return "ask the server's operator for an account, or for an invitation";
    }
    return strstr(why, "CAPTCHA") != NULL || strstr(why, "web page") != NULL || strstr(why, "form asks") != NULL
               ? "make the account with another client or a web browser, then run 'mote setup'"
               : NULL;
}

static int on_failure(int error, const char *why)
{
    char words[320];
    if (error == MOTE_ERR_AUTH && registrar.refused && credentials_are_wrong()) {
        snprintf(words, sizeof words, "there is an account of this name, and our password is not its: conflict");
        new_password_settle();
        return fail(EXIT_REFUSED, words, hint(words), "cannot make the account %s", cli.settings.jid);
    }
    if (error == MOTE_ERR_REFUSED || !registrar.config.may_exist) {
        new_password_settle(); /* it was never sent, or not taken */
        return fail(exit_of(error), why, error == MOTE_ERR_REFUSED ? hint(why) : hint_for(error, why),
                    "cannot make the account %s", cli.settings.jid);
    }
    return fail(exit_of(error), why, "run it again: the password is kept, and is tried then", made
                    ? "the account %s is made, but cannot be logged in to"
                    : "it is not known whether the account %s was made", cli.settings.jid);
}

static void on_event(const struct mote_event *event)
{
    if (event->kind == MOTE_EV_REGISTERED) {
        made = true;
        note("the account %s is made", cli.settings.jid);
    } else if (event->kind == MOTE_EV_OFFLINE && !session.was_online && !registrar.refused) {
        /* The link broke on the way: whether there is an account by now shows when we ask again. */
        lost += registrar.config.may_exist || made;
        session.run.config.reconnect = (registrar.config.may_exist || made) && lost < TRIES;
    }
}

/* Without keys the password itself has to be read at each login. */
static int keep_password(void)
{
    struct settings *s = &cli.settings;
    static char path[PATH_MAX];
    const char *password = new_password_load(s->jid), *waiting = new_password_path();
    char line[MOTE_PASSWORD_MAX + 2];
    if (session.keys.version != 0 || password == NULL || waiting == NULL) {
        return 0;
    }
    snprintf(path, sizeof path, "%.*s.password", (int)(strlen(waiting) - sizeof ".new-password" + 1), waiting);
    int n = snprintf(line, sizeof line, "%s\n", password);
    int r = file_write(path, line, (size_t)n);
    mote_secret_wipe(line, sizeof line);
    return r == 0 && mote_text_copy(s->password_file, sizeof s->password_file, path)
               ? 0
               : fail_errno(NULL, "cannot write %s", path);
}

static void tell(const char *password)
{
    if (cli.json) {
        json_begin("registered");
        json_string("jid", cli.settings.jid);
        json_string("config", cli.config);
        json_string("keys", session.keys.version != 0 ? settings_keys_path(cli.config) : NULL);
        json_bool("made", made);
        if (cli.show_password) {
            json_string("password", password);
        }
        json_end();
        return;
    }
    note("%s is set up in %s; %s", cli.settings.jid, cli.config,
         session.keys.version != 0 ? "keys are kept, not the password" : "its password is kept beside it");
    if (cli.show_password) {
        out_print("%s\n", password);
    }
}

static int make_account(void)
{
    struct mote_services services;
    const char *waits = new_password_load(cli.settings.jid);
    bool before = waits != NULL;
    mote_posix_services(&services, NULL);
    if (!before && new_password_keep(&services, cli.settings.jid, NULL) == NULL) {
        return EXIT_LOCAL;
    }
    int code = session_open(0, on_event);
    if (code != 0) {
        return code;
    }
    session.failed = on_failure;
    mote_register_attach(&registrar, &session.x,
                         &(struct mote_register_config){.token = invitation.token[0] != '\0' ? invitation.token : NULL,
                                                        .may_exist = before});
    return session_login();
}

int verb_register(void)
{
    char password[MOTE_PASSWORD_MAX + 1] = "";
    int code = read_arguments();
    code = code == 0 ? check_free() : code;
    code = code == 0 ? setup_take_options() : code;
    code = code == 0 ? make_account() : code;
    if (code == 0) {
        const char *fresh = new_password_load(cli.settings.jid);
        (void)mote_text_copy(password, sizeof password, fresh != NULL ? fresh : "");
        code = keep_password();
        code = code == 0 ? setup_keep() : code;
    }
    if (code == 0) {
        tell(password);
    }
    mote_secret_wipe(password, sizeof password);
    mote_secret_wipe(&invitation, sizeof invitation);
    return session_close(code);
}
