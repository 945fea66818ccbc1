/* SPDX-License-Identifier: MIT
 * The command line. The input is the arguments, with NULs between them.
 */
/* For its list of what was given, which a process reads once and a fuzzer empties. */
#include "examples/mote/conf/options.c"
#include "examples/mote/conf/invitation.h"
#include "examples/mote/link/session.h"
#include "tests/fuzz/fuzz.h"

struct cli cli;
struct session session;

static int nothing(void)
{
    return 0;
}

/* As in help.c, without the texts. */
const char help_main[] = "";
const struct verb verbs[] = {{"setup", VERB_SETUP, 0, 1, nothing, ""},
                             {"status", VERB_STATUS, 0, 0, nothing, ""},
                             {"send", VERB_SEND, 1, 2, nothing, ""},
                             {"listen", VERB_LISTEN, 0, 0, nothing, ""},
                             {"post", VERB_POST, 0, 1, nothing, ""},
                             {"feed", VERB_FEED, 0, 1, nothing, ""},
                             {"put", VERB_PUT, 1, 2, nothing, ""},
                             {"get", VERB_GET, 0, 0, nothing, ""},
                             {"run", VERB_RUN, 0, 0, nothing, ""},
                             {"queue", VERB_QUEUE, 0, 2, nothing, ""},
                             {"provision", VERB_PROVISION, 1, 1, nothing, ""},
                             {"register", VERB_REGISTER, 1, 2, nothing, ""},
                             {"password", VERB_PASSWORD, 0, 0, nothing, ""},
                             {"unregister", VERB_UNREGISTER, 0, 0, nothing, ""},
                             {NULL, 0, 0, 0, NULL, NULL}};

void __wrap_err_print(const char *format, ...);
void __wrap_err_print(const char *format, ...)
{
    must(strlen(format) > 0, "a message says something");
}

enum { ARGUMENTS = 40, BYTES = 4096 };

/* What stands behind `register`. */
static void check_invitation(void)
{
    struct invitation i;
    const char *wrong = invitation_read(&i, cli.argv[0]);
    must(wrong == NULL || strlen(wrong) > 0, "what is wrong with an invitation is said");
    if (wrong != NULL) {
        return;
    }
    must(mote_jid_valid(i.jid) && i.named == (strchr(i.jid, '@') != NULL), "an invitation is to a JID or a domain");
    must(strpbrk(i.token, " \r\n\t") == NULL, "a token is one word");
    if (cli.argc > 1 && invitation_name(&i, cli.argv[1]) == NULL) {
        must(mote_jid_valid(i.jid) && i.named, "a name makes it an address");
    }
}

static void check(int code)
{
    must(code == 0 || code == EXIT_USAGE || code == EXIT_LOCAL, "an exit code that the manual knows");
    if (code != 0 || cli.verb == NULL) {
        return;
    }
    must(cli.argc >= cli.verb->least && cli.argc <= cli.verb->most, "a verb gets as many arguments as it takes");
    must(cli.tag_count <= TAGS_MAX && cli.from_count <= FROM_MAX, "lists hold what they can hold");
    must(cli.timeout_s <= 86400 && cli.max <= 1000, "numbers within their bounds");
    for (unsigned i = 0; i < cli.tag_count; i++) {
        must(cli.tags[i] != NULL, "a tag has a text");
    }
    if (cli.verb->bit == VERB_REGISTER) {
        check_invitation();
    }
    code = options_apply();
    must(code == 0 || code == EXIT_USAGE, "an exit code that the manual knows");
    must(cli.settings.jid[0] == '\0' || mote_jid_valid(cli.settings.jid), "an address that was taken is one");
}

/* What is shown goes nowhere, either. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    if (freopen("/dev/null", "w", stdout) == NULL) {
        return -1;
    }
    out_init();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char bytes[BYTES], *argv[ARGUMENTS + 2], name[] = "mote";
    struct input in = {data, size < BYTES ? size : BYTES - 1};
    char *at = bytes;
    int argc = 0;
    argv[argc++] = name;
    while (in.left > 0 && argc <= ARGUMENTS) {
        argv[argc] = at;
        input_string(&in, at, (size_t)(bytes + sizeof bytes - at));
        at += strlen(argv[argc++]) + 1;
    }
    argv[argc] = NULL;
    memset(&cli, 0, sizeof cli);
    given_count = 0;
    check(options_read(argc, argv));
    return 0;
}
