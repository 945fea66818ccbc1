/* SPDX-License-Identifier: MIT
 * mote unregister: the account is removed from the server, and then what is kept of it here.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/modules/account.h"
#include "examples/mote/files/small_file.h"
#include "examples/mote/link/session.h"
#include "examples/mote/link/tokens.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/out/out.h"

static struct mote_account account;
static int32_t ticket;
static bool answered;
static bool lost; /* some servers end the stream before they answer, or answer from where nobody was asked */
static int result;

enum { GONE = -9 }; /* differs from the negative codes of session.h */

static void on_event(const struct mote_event *event)
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

static int on_failure(int error, const char *why)
{
    return error == MOTE_ERR_AUTH ? GONE
                                  : fail(exit_of(error), why,
                                         "run it again: where the login is refused then, the account is gone",
                                         "it is not known whether the account %s was removed", cli.settings.jid);
}

/* Where the account is gone, nobody can log in to it. */
static int look(void)
{
    session.online = session.was_online = false;
    session.failed = on_failure;
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

static int tell(void)
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
    code = code == 0 ? session_open(0, on_event) : code;
    if (code == 0) {
        mote_account_attach(&account, &session.x);
        code = session_login();
    }
    code = code == 0 ? remove_account() : code;
    code = code == 0 ? tell() : code;
    return session_close(code);
}
