/* SPDX-License-Identifier: MIT
 * mote password: another password for the account. The old keys are kept until a login with the new one has worked.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/modules/account.h"
#include "examples/mote/conf/secret.h"
#include "examples/mote/link/credentials.h"
#include "examples/mote/link/new_password.h"
#include "examples/mote/link/session.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/out/out.h"

static struct mote_account account;
static int32_t ticket;
static bool answered;
static int result; /* the exit code of a refusal */

static void on_event(const struct mote_event *event)
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

static void tell(const char *password)
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
    code = code == 0 ? session_open(0, on_event) : code;
    if (code == 0) {
        mote_account_attach(&account, &session.x);
        code = session_login();
    }
    code = code == 0 ? change() : code;
    if (code == 0) {
        tell(password);
    }
    mote_secret_wipe(password, sizeof password);
    return session_close(code);
}
