/* SPDX-License-Identifier: MIT
 * mote: messages, blog posts and files from a shell. See docs/mote.1.
 */
#include "examples/mote/command.h"
#include "examples/mote/out/out.h"

struct cli cli;

/* The configuration file first, so that the command line has the last word. */
static int configure(void)
{
    bool must = cli.config != NULL && cli.verb->bit != VERB_SETUP;
    cli.config = settings_path(cli.config);
    if (cli.config == NULL) {
        return EXIT_LOCAL;
    }
    int code = settings_read(&cli.settings, cli.config, must);
    return code != 0 ? code : options_apply();
}

int main(int argc, char **argv)
{
    out_init();
    int code = options_read(argc, argv);
    if (code != 0 || cli.verb == NULL) {
        return code;
    }
    code = configure();
    return code != 0 ? code : cli.verb->run();
}
