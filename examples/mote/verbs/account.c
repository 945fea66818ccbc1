/* SPDX-License-Identifier: MIT
 * mote password: another password for the account. The old keys are kept until a login with the new one has worked.
 * mote unregister: the account is removed from the server, and then what is kept of it here.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/modules/account.h"
#include "examples/mote/conf/secret.h"
#include "examples/mote/files/small_file.h"
#include "examples/mote/link/credentials.h"
#include "examples/mote/link/new_password.h"
#include "examples/mote/link/session.h"
#include "examples/mote/link/tokens.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/out/out.h"

static struct mote_account account;
static int32_t ticket;
static bool answered;
static int result; /* the exit code of a refusal */

/// Another password ///

static void on_password(const struct mote_event *event)
{
    if (event->kind == MOTE_EV_PASSWORD_CHANGED) {
        answered = true;
    } else if (event->kind == MOTE_EV_REFUSED && event->ticket == ticket && ticket != 0) {
        answered = true;
        if (event->error == MOTE_ERR_REFUSED) {
            new_password_settle(); /* the server has not taken it, so the old one is in force */
            result = fail(EXIT_REFUSED, refusal(event), NULL, "the server keeps the old password");
        } else {
            result = fail(exit_of(event->error), mote_error_text(event->error),
                          "run it again: old keys and new password are both kept, and it will show which is in force",
                          "it is not known whether the password was changed");
        }
    }
}

static int prepare(void)
{
    struct mote_services services;
    const char *jid = cli.settings.jid, *given = NULL;
    int code = 0;
    if (cli.password_stdin || cli.password_file != NULL || cli.settings.password_file[0] != '\0') {
        return fail(EXIT_USAGE, "its password is in a file of yours, which is not written here",
                    "'mote setup' keeps keys, which this verb replaces", "cannot change the password of %s", jid);
    }
    bool waits = new_password_load(jid) != NULL;
    if (cli.new_password_file != NULL && waits) {
        return fail(EXIT_USAGE, "an earlier change of it is not finished",
                    "'mote password' without --new-password-file finishes it", "cannot change the password of %s", jid);
    }
    if (cli.new_password_file != NULL && (given = secret_from(cli.new_password_file, &code)) == NULL) {
        return code;
    }
    mote_posix_services(&services, NULL);
    if (!waits && new_password_keep(&services, jid, given) == NULL) {
        code = EXIT_LOCAL;
    }
    secret_forget();
    return code;
}

static int change(void)
{
    if (credentials_renewed()) {
        note("the password was changed before, and is in force");
        return 0;
    }
    ticket = mote_account_set_password(&account, new_password_load(cli.settings.jid));
    if (ticket <= 0) {
        return fail(exit_of(ticket), mote_error_text(ticket), NULL, "cannot ask for another password");
    }
    int code = session_wait(&answered, 0);
    code = code == 0 ? result : code;
    code = code == 0 ? session_login_again() : code;
    return code != 0 || credentials_renewed()
               ? code
               : fail(EXIT_REFUSED, "the old keys log in as before", "the server's operator has to know why",
                      "the server said that it changed the password, but did not");
}

static void tell_password(const char *password)
{
    if (cli.json) {
        json_begin("password");
        json_string("jid", cli.settings.jid);
        json_string("keys", settings_keys_path(cli.config));
        if (cli.show_password) {
            json_string("password", password);
        }
        json_end();
        return;
    }
    note("%s has another password; its keys are kept", cli.settings.jid);
    if (cli.show_password) {
        out_print("%s\n", password);
    }
}

int verb_password(void)
{
    char password[MOTE_PASSWORD_MAX + 1] = "";
    int code = cli.settings.jid[0] != '\0' ? prepare() : 0; /* session_open says that there is no account */
    if (code == 0 && cli.settings.jid[0] != '\0') {
        (void)mote_text_copy(password, sizeof password, new_password_load(cli.settings.jid));
    }
    code = code == 0 ? session_open(0, on_password) : code;
    if (code == 0) {
        mote_account_attach(&account, &session.x);
        code = session_login();
    }
    code = code == 0 ? change() : code;
    if (code == 0) {
        tell_password(password);
    }
    mote_secret_wipe(password, sizeof password);
    return session_close(code);
}

/// No account any more ///

static bool lost; /* some servers end the stream before they answer, or answer from where nobody was asked */

enum { GONE = -9 }; /* differs from the negative codes of session.h */

static void on_removal(const struct mote_event *event)
{
    if (event->kind == MOTE_EV_ACCOUNT_REMOVED) {
        answered = true;
    } else if (event->kind == MOTE_EV_REFUSED && event->ticket == ticket && ticket != 0) {
        answered = true;
        lost = event->error != MOTE_ERR_REFUSED;
        result = lost ? 0
                      : fail(EXIT_REFUSED, refusal(event), NULL, "the server keeps the account %s", cli.settings.jid);
    }
}

static int on_refused_login(int error, const char *why)
{
    return error == MOTE_ERR_AUTH && credentials_are_wrong()
               ? GONE
               : fail(exit_of(error), why, "run it again: where the login is refused then, the account is gone",
                      "it is not known whether the account %s was removed", cli.settings.jid);
}

/* Where the account is gone, nobody can log in to it. */
static int look(void)
{
    session.online = session.was_online = false;
    session.failed = on_refused_login;
    session.run.config.reconnect = false;
    mote_run_init(&session.run, &session.run.config);
    int code = session_login();
    return code == GONE ? 0
           : code != 0  ? code
                        : fail(EXIT_REFUSED, "it can still be logged in to", NULL, "the server keeps the account %s",
                               cli.settings.jid);
}

static int confirm(void)
{
    char line[16] = "";
    if (cli.yes) {
        return 0;
    }
    if (!isatty(STDIN_FILENO)) {
        return fail(EXIT_USAGE, "nobody is there to be asked", "--yes removes it without asking", "%s is not removed",
                    cli.settings.jid);
    }
    err_print("Remove the account %s from its server, with all that is stored for it there? [y/N] ", cli.settings.jid);
    bool yes = fgets(line, sizeof line, stdin) != NULL && (line[0] == 'y' || line[0] == 'Y');
    return yes ? 0 : fail(EXIT_REFUSED, "it was not confirmed", NULL, "%s is not removed", cli.settings.jid);
}

static int remove_account(void)
{
    ticket = mote_account_remove(&account);
    if (ticket <= 0) {
        return fail(exit_of(ticket), mote_error_text(ticket), NULL, "cannot ask for the removal");
    }
    int code = session_wait(&answered, 0);
    code = code == 0 ? result : code;
    return code == 0 && lost ? look() : code;
}

static int tell_removal(void)
{
    const char *keys = settings_keys_path(cli.config);
    tokens_remove();
    if (keys != NULL && access(keys, F_OK) == 0 && file_remove(keys) != 0) {
        return fail_errno(NULL, "cannot remove %s", keys);
    }
    if (cli.json) {
        json_begin("unregistered");
        json_string("jid", cli.settings.jid);
        json_end();
    } else {
        note("the account %s is removed, and its keys; %s stays", cli.settings.jid, cli.config);
    }
    return 0;
}

int verb_unregister(void)
{
    int code = cli.settings.jid[0] != '\0' ? confirm() : 0; /* session_open says that there is no account */
    code = code == 0 ? session_open(0, on_removal) : code;
    if (code == 0) {
        mote_account_attach(&account, &session.x);
        code = session_login();
    }
    code = code == 0 ? remove_account() : code;
    code = code == 0 ? tell_removal() : code;
    return session_close(code);
}
