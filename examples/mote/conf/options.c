/* SPDX-License-Identifier: MIT
 * The command line: one table of options, each with the verbs that take it. An option whose name is a key of the
 * configuration is set as that key is. boards/linux/package/completions.awk reads the rows, too: one row is one line.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "examples/mote/command.h"
#include "core/xml/stanza.h"
#include "core/base/text.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/out/out.h"

enum { SETTING = 1, FLAG, NUMBER, SIZE, DURATION, TEXT, LIST, HELP, VERSION, VERBOSE, QUIET, PASSWORD };

#define GLOBAL VERB_ALL
#define HEARS (VERB_LISTEN | VERB_GET | VERB_RUN)
#define BLOGS (VERB_POST | VERB_FEED)
#define QUEUES (VERB_SEND | VERB_POST | VERB_PUT)
#define KEEPS (QUEUES | VERB_QUEUE | VERB_RUN)

static const struct row {
    const char *name;
    char letter;
    unsigned char kind;
    unsigned verbs;
    void *target;    /* a bool, an unsigned, a const char *, or the first of a list of these */
    unsigned *count; /* LIST: how many there are */
    unsigned most;   /* LIST: how many there may be; NUMBER: the largest */
    const char *value; /* as -h calls what stands behind it, or words with "|" between them; NULL for nothing */
} rows[] = {
    {"help", 'h', HELP, GLOBAL, NULL, NULL, 0, NULL},
    {"version", 0, VERSION, GLOBAL, NULL, NULL, 0, NULL},
    {"verbose", 'v', VERBOSE, GLOBAL, NULL, NULL, 0, NULL},
    {"quiet", 'q', QUIET, GLOBAL, NULL, NULL, 0, NULL},
    {"config", 'c', TEXT, GLOBAL, &cli.config, NULL, 0, "FILE"},
    {"json", 0, FLAG, GLOBAL, &cli.json, NULL, 0, NULL},
    {"jid", 0, SETTING, GLOBAL, NULL, NULL, 0, "JID"},
    {"resource", 0, SETTING, GLOBAL, NULL, NULL, 0, "NAME"},
    {"host", 0, SETTING, GLOBAL, NULL, NULL, 0, "NAME"},
    {"port", 0, SETTING, GLOBAL, NULL, NULL, 0, "N"},
    {"ca", 0, SETTING, GLOBAL, NULL, NULL, 0, "FILE"},
    {"tls", 0, SETTING, GLOBAL, NULL, NULL, 0, "direct|starttls"},
    {"proxy", 0, SETTING, GLOBAL, NULL, NULL, 0, "URL"},
    {"pin", 0, SETTING, GLOBAL, NULL, NULL, 0, "sha256:KEY"},
    {"allow-plain", 0, FLAG, GLOBAL, &cli.allow_plain, NULL, 0, NULL},
    {"require-binding", 0, FLAG, GLOBAL, &cli.require_binding, NULL, 0, NULL},
    {"password-file", 0, TEXT, GLOBAL, &cli.password_file, NULL, 0, "FILE"},
    {"password-stdin", 0, FLAG, GLOBAL, &cli.password_stdin, NULL, 0, NULL},
    {"password", 0, PASSWORD, GLOBAL, NULL, NULL, 0, NULL},
    {"why", 0, FLAG, VERB_STATUS, &cli.why, NULL, 0, NULL},
    {"receipt", 0, FLAG, VERB_SEND, &cli.receipt, NULL, 0, NULL},
    {"lines", 0, FLAG, VERB_SEND | VERB_POST, &cli.lines, NULL, 0, NULL},
    {"queue", 0, FLAG, QUEUES, &cli.queue, NULL, 0, NULL},
    {"expire", 0, DURATION, QUEUES, &cli.expire_s, NULL, 365 * 86400, "TIME"},
    {"latest", 0, FLAG, VERB_SEND | VERB_POST, &cli.latest, NULL, 0, NULL},
    {"store", 0, SETTING, KEEPS, NULL, NULL, 0, "FILE"},
    {"socket", 0, SETTING, KEEPS, NULL, NULL, 0, "FILE"},
    {"timeout", 0, NUMBER, VERB_SEND | VERB_PUT, &cli.timeout_s, NULL, 86400, "S"},
    {"from", 0, LIST, HEARS, cli.from, &cli.from_count, FROM_MAX, "JID"},
    {"count", 0, NUMBER, HEARS | VERB_FEED, &cli.count, NULL, 1000000000, "N"},
    {"allow", 0, SETTING, HEARS, NULL, NULL, 0, "JID"},
    {"receipts", 0, SETTING, VERB_LISTEN | VERB_RUN, NULL, NULL, 0, "WHO"},
    {"dir", 0, SETTING, VERB_GET | VERB_RUN, NULL, NULL, 0, "DIR"},
    {"max-size", 0, SETTING, VERB_GET | VERB_RUN | VERB_FEED, NULL, NULL, 0, "N"},
    {"ca-page", 0, TEXT, VERB_PROVISION, &cli.ca_page, NULL, 0, "FILE"},
    {"set", 0, LIST, VERB_PROVISION, cli.set, &cli.set_count, SET_MAX, "NAME=VALUE"},
    {"size", 0, SIZE, VERB_PROVISION, &cli.size, NULL, 0, "N"},
    {"force", 0, FLAG, VERB_PROVISION, &cli.force, NULL, 0, NULL},
    {"flash", 0, FLAG, VERB_PROVISION, &cli.flash, NULL, 0, NULL},
    {"invite", 0, TEXT, VERB_PROVISION, &cli.invite, NULL, 0, "URI"},
    {"invites", 0, TEXT, VERB_PROVISION, &cli.invites, NULL, 0, "FILE"},
    {"show-password", 0, FLAG, VERB_REGISTER | VERB_PASSWORD, &cli.show_password, NULL, 0, NULL},
    {"new-password-file", 0, TEXT, VERB_PASSWORD, &cli.new_password_file, NULL, 0, "FILE"},
    {"yes", 0, FLAG, VERB_UNREGISTER, &cli.yes, NULL, 0, NULL},
    {"title", 0, TEXT, VERB_POST, &cli.title, NULL, 0, "TITLE"},
    {"tag", 0, LIST, VERB_POST, cli.tags, &cli.tag_count, TAGS_MAX, "TAG"},
    {"attach", 0, LIST, VERB_POST, cli.attach, &cli.attach_count, ATTACH_MAX, "FILE"},
    {"attachments", 0, TEXT, VERB_FEED, &cli.attachments, NULL, 0, "DIR"},
    {"id", 0, TEXT, VERB_POST, &cli.id, NULL, 0, "ID"},
    {"retract", 0, TEXT, VERB_POST, &cli.retract, NULL, 0, "ID"},
    {"author", 0, SETTING, VERB_POST, NULL, NULL, 0, "NAME"},
    {"service", 0, SETTING, BLOGS, NULL, NULL, 0, "JID"},
    {"node", 0, SETTING, BLOGS, NULL, NULL, 0, "NODE"},
    {"follow", 0, FLAG, VERB_FEED, &cli.follow, NULL, 0, NULL},
    {"max", 0, NUMBER, VERB_FEED, &cli.max, NULL, 1000, "N"},
    {"name", 0, TEXT, VERB_PUT | VERB_GET, &cli.name, NULL, 0, "NAME"},
    {"hash", 0, TEXT, VERB_GET, &cli.hash, NULL, 0, "HEX"},
    {"raw", 0, FLAG, VERB_PUT, &cli.raw, NULL, 0, NULL},
    {"upload", 0, FLAG, VERB_PUT, &cli.upload, NULL, 0, NULL},
    {"block-size", 0, SETTING, VERB_PUT | VERB_GET | VERB_RUN, NULL, NULL, 0, "N"},
    {"window", 0, SETTING, VERB_PUT, NULL, NULL, 0, "N"},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

/* Options that are settings wait here until the file was read, because they have the last word. */
static struct {
    const struct row *row;
    const char *value;
} given[32];
static unsigned given_count;

static int misuse(const char *why, const char *what)
{
    char hint[64];
    snprintf(hint, sizeof hint, "'mote %s%s-h' tells how it is used", cli.verb != NULL ? cli.verb->name : "",
             cli.verb != NULL ? " " : "");
    return fail(EXIT_USAGE, why, hint, "%s", what);
}

/// One option ///

static int too_many(const struct row *row, unsigned most)
{
    char why[64];
    snprintf(why, sizeof why, "it may be given %u times at most", most);
    return misuse(why, row->name);
}

static int set_number(const struct row *row, const char *value)
{
    uint64_t number = 0;
    if (!mote_text_uint(value, row->most, &number) || number == 0) {
        char why[128];
        snprintf(why, sizeof why, "--%s needs a number from 1 to %u", row->name, row->most);
        return misuse(why, value);
    }
    *(unsigned *)row->target = (unsigned)number;
    return 0;
}

static int set_size(const struct row *row, const char *value)
{
    const char *wrong = settings_size(row->target, value);
    if (wrong == NULL) {
        return 0;
    }
    char what[64], why[96];
    snprintf(what, sizeof what, "cannot use --%s '%.30s'", row->name, value);
    snprintf(why, sizeof why, "it %s", wrong);
    return misuse(why, what);
}

/* Read a number of seconds, or with m, h or d behind it, of minutes, hours or days. */
static int set_duration(const struct row *row, const char *value)
{
    static const struct {
        char letter;
        unsigned seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    char digits[16];
    size_t len = strlen(value);
    uint64_t number = 0, unit = 1;
    for (size_t i = 0; i < sizeof units / sizeof units[0] && len > 1; i++) {
        if (value[len - 1] == units[i].letter) {
            unit = units[i].seconds;
            len--;
            break;
        }
    }
    bool fits = len < sizeof digits;
    snprintf(digits, sizeof digits, "%.*s", fits ? (int)len : 0, value);
    if (!fits || !mote_text_uint(digits, row->most / unit, &number) || number == 0) {
        char why[128];
        snprintf(why, sizeof why, "--%s needs a time such as 90, 30m, 12h or 7d, of a year at most", row->name);
        return misuse(why, value);
    }
    *(unsigned *)row->target = (unsigned)(number * unit);
    return 0;
}

static int apply(const struct row *row, const char *value)
{
    switch (row->kind) {
    case FLAG: *(bool *)row->target = true; return 0;
    case TEXT: *(const char **)row->target = value; return 0;
    case NUMBER: return set_number(row, value);
    case SIZE: return set_size(row, value);
    case DURATION: return set_duration(row, value);
    case VERBOSE: cli.verbose = cli.verbose < 0 ? 1 : cli.verbose + 1; return 0;
    case QUIET: cli.verbose = -1; return 0;
    case LIST:
        if (*row->count == row->most) {
            return too_many(row, row->most);
        }
        ((const char **)row->target)[(*row->count)++] = value;
        return 0;
    case SETTING:
        if (given_count == sizeof given / sizeof given[0]) {
            return too_many(row, given_count);
        }
        given[given_count].row = row;
        given[given_count++].value = value;
        return 0;
    case PASSWORD:
        return misuse("every user of this machine can read the arguments of a process; use --password-stdin, "
                      "--password-file FILE, or the prompt of 'mote setup'",
                      "a password is not taken from the command line");
    default: return 0;
    }
}

/* The account of the command line is on another server, so the file's settings of where the server is, and of who
 * vouches for it, do not hold. */
static void leave_server(const char *jid)
{
    struct settings *s = &cli.settings;
    size_t old_len, new_len;
    const char *old = mote_jid_domain(s->jid, &old_len), *new = mote_jid_domain(jid, &new_len);
    if (old_len == 0 || (old_len == new_len && strncasecmp(old, new, old_len) == 0)) {
        return;
    }
    s->host[0] = s->ca[0] = s->resource[0] = s->password_file[0] = '\0';
    s->port = 0;
    s->tls = MOTE_RUN_ANY;
    s->has_pin = s->allow_plain = false;
}

/* An address may have a resource, be it that of --jid, of setup or of the file. Split it into the bare address and the
 * setting 'resource', unless --resource was given, which has the last word. */
static int take_resource(void)
{
    struct settings *s = &cli.settings;
    const char *resource = mote_jid_resource(s->jid);
    if (resource != NULL && !cli.resource_given) {
        for (unsigned i = 0; i < given_count; i++) {
            cli.resource_given = cli.resource_given || strcmp(given[i].row->name, "jid") == 0;
        }
        const char *wrong = settings_set(s, "resource", resource);
        if (wrong != NULL) {
            char why[128];
            snprintf(why, sizeof why, "its resource %s", wrong);
            return misuse(why, s->jid);
        }
    }
    s->jid[mote_jid_bare_len(s->jid)] = '\0';
    return 0;
}

int options_apply(void)
{
    struct settings *s = &cli.settings;
    for (unsigned i = 0; i < given_count; i++) {
        if (strcmp(given[i].row->name, "jid") == 0) {
            const char *jid = given[i].value;
            if (jid_argument(&jid, false) == NULL) { /* else it is refused below */
                leave_server(jid);
            }
        }
    }
    for (unsigned i = 0; i < given_count; i++) {
        const char *name = given[i].row->name;
        cli.resource_given = cli.resource_given || strcmp(name, "resource") == 0;
        const char *wrong = settings_set(s, strcmp(name, "dir") == 0 ? "directory" : name, given[i].value);
        if (wrong != NULL) {
            char what[300];
            bool jid = strcmp(name, "jid") == 0; /* setup has it as an argument */
            snprintf(what, sizeof what, "cannot use %s%s '%.200s'", jid ? "the address" : "--", jid ? "" : name,
                     given[i].value);
            char why[128];
            snprintf(why, sizeof why, "it %s", wrong);
            return misuse(why, what);
        }
    }
    s->allow_plain = s->allow_plain || cli.allow_plain;
    s->require_binding = s->require_binding || cli.require_binding;
    return take_resource();
}

/// All of them ///

static struct option longs[ROWS + 1];
/* For getopt_long: with its "+" it stops at the first argument that is no option; from shorts[1] on it does not. */
static char shorts[3 + 2 * ROWS];

static void make_tables(void)
{
    size_t n = 0;
    shorts[n++] = '+';
    shorts[n++] = ':';
    for (int i = 0; i < ROWS; i++) {
        bool value = rows[i].value != NULL;
        longs[i] = (struct option){rows[i].name, value ? required_argument : no_argument, NULL, 256 + i};
        if (rows[i].kind == PASSWORD) {
            longs[i].has_arg = optional_argument; /* refused with as well as without */
        }
        if (rows[i].letter != 0) {
            shorts[n++] = rows[i].letter;
            if (value) {
                shorts[n++] = ':';
            }
        }
    }
    longs[ROWS] = (struct option){0};
    shorts[n] = '\0';
}

static const struct row *find_row(int c)
{
    if (c >= 256) {
        return &rows[c - 256];
    }
    for (int i = 0; i < ROWS; i++) {
        if (rows[i].letter == c) {
            return &rows[i];
        }
    }
    return NULL;
}

static const struct row *find_row_named(const char *name)
{
    const struct row *row = rows;
    while (strcmp(row->name, name) != 0) {
        row++;
    }
    return row;
}

static const struct verb *find_verb(const char *name)
{
    const struct verb *v = verbs;
    while (v->name != NULL && strcmp(v->name, name) != 0) {
        v++;
    }
    return v->name != NULL ? v : NULL;
}

/* getopt tells which option was wrong by optopt, a letter or the number of a row, or else by the argument that it has
 * just read. */
static int misread(int c, const char *arg)
{
    char letter[] = {'-', (char)optopt, '\0'};
    bool is_letter = optopt > 0 && optopt < 256 && strncmp(arg, "--", 2) != 0;
    if (c == ':') {
        char why[64];
        const struct row *row = find_row(optopt);
        snprintf(why, sizeof why, "this option needs a value: %s", row != NULL ? row->value : "none is given");
        return misuse(why, is_letter ? letter : arg);
    }
    return misuse(optopt >= 256 ? "this option takes no value" : "there is no such option", is_letter ? letter : arg);
}

/* Read the options: all of them when the verb is known, else those before the first argument that is none. */
static int read_some(int argc, char **argv, bool *shown)
{
    optind = 0; /* getopt begins anew */
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, cli.verb == NULL ? shorts : shorts + 1, longs, NULL)) != -1;) {
        const struct row *row = c == '?' || c == ':' ? NULL : find_row(c);
        if (row == NULL) {
            return misread(c, argv[optind - 1]);
        }
        if (cli.verb == NULL ? row->verbs != GLOBAL : (row->verbs & cli.verb->bit) == 0) {
            char what[40];
            snprintf(what, sizeof what, "--%s", row->name);
            return misuse(cli.verb == NULL ? "this option comes behind its verb" : "this verb does not take the option",
                          what);
        }
        if (row->kind == HELP || row->kind == VERSION) {
            fputs(row->kind == VERSION ? "mote " MOTE_VERSION "\n"
                  : cli.verb != NULL   ? cli.verb->help
                                       : help_main,
                  stdout);
            *shown = true;
            return 0;
        }
        int code = apply(row, optarg);
        if (code != 0) {
            return code;
        }
    }
    return 0;
}

static int count_arguments(void)
{
    const struct verb *v = cli.verb;
    if (cli.argc < v->least) {
        return misuse("an argument is missing", v->name);
    }
    if (cli.argc > v->most) {
        return misuse("one argument too many; text with blanks stands in quotes", cli.argv[v->most]);
    }
    return 0;
}

int options_read(int argc, char **argv)
{
    bool shown = false;
    make_tables();
    int code = read_some(argc, argv, &shown);
    if (code != 0 || shown) {
        return code != 0 ? code : out_flush() ? 0 : EXIT_LOCAL;
    }
    if (optind >= argc) {
        return misuse("no verb is given", "nothing to do");
    }
    argc -= optind;
    argv += optind;
    cli.verb = find_verb(argv[0]);
    if (cli.verb == NULL) {
        return misuse("there is no such verb", argv[0]);
    }
    code = read_some(argc, argv, &shown);
    if (code != 0 || shown) {
        cli.verb = NULL;
        return code != 0 ? code : out_flush() ? 0 : EXIT_LOCAL;
    }
    cli.argc = argc - optind;
    cli.argv = argv + optind;
    code = count_arguments();
    if (code == 0 && cli.verb->bit == VERB_SETUP && cli.argc > 0) {
        code = apply(find_row_named("jid"), cli.argv[0]);
    }
    return code;
}
