/* SPDX-License-Identifier: MIT
 * mote: messages, blog posts and files from a shell. See docs/mote.1.
 */
#include <sys/prctl.h>

#include "examples/mote/command.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/out/out.h"

struct cli cli;

/* The configuration file is read first, so that the command line has the last word. */
static int configure(void)
{
    bool must = cli.config != NULL && (cli.verb->bit & VERB_SETS_UP) == 0 && cli.invite == NULL &&
                cli.invites == NULL;
    cli.config = settings_path(cli.config);
    if (cli.config == NULL) {
        return EXIT_LOCAL;
    }
    int code = settings_read(&cli.settings, cli.config, must);
    return code != 0 ? code : options_apply();
}

bool cli_stays(void)
{
    return (cli.verb->bit & (VERB_LISTEN | VERB_GET | VERB_RUN)) != 0 || cli.follow;
}

/* The exit code must not be 0 when a failure was told on standard error, such as a message that came back while we
 * logged out, because a script may read the code alone. Verbs that stay are the exception: they report what they could
 * not do and go on, so their code says how they ended. */
static int agreed(int code)
{
    if (!out_close() && code == 0) {
        return EXIT_LOCAL;
    }
    return code == 0 && !cli_stays() ? fail_code() : code;
}

int main(int argc, char **argv)
{
    (void)prctl(PR_SET_DUMPABLE, 0); /* no core file has a password, key or token, and nobody else reads our memory */
    out_init();
    int code = options_read(argc, argv);
    if (code != 0 || cli.verb == NULL) {
        return code;
    }
    code = configure();
    return agreed(code != 0 ? code : cli.verb->run());
}
