/* SPDX-License-Identifier: MIT
 * The command line of fleet, and the accounts of its devices.
 */
#include "examples/fleet/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "examples/fleet/stats.h"
#include "port/run/config_text.h"

enum { COUNT_MAX = 1000000, READERS_DEFAULT = 64 };

static const char help[] =
    "fleet: many XMPP devices in one process, to load a server that is yours\n"
    "\n"
    "  fleet --jid 'dev%d@example.org' --password-file FILE --count 1000 --post 50\n"
    "  fleet --accounts FILE --host 192.0.2.7 --tls direct --chat 20 --for 60\n"
    "\n"
    "who\n"
    "  --jid PATTERN         %d stands for the number of the device; without it all share one account\n"
    "  --first N             the first number, default 1\n"
    "  --users N             the numbers begin anew after so many accounts\n"
    "  --password-file FILE  the first line is the password of all; or the environment variable FLEET_PASSWORD\n"
    "  --accounts FILE       a line for each device: JID, blank, password\n"
    "  --count N             devices, default 100, or as many as there are lines\n"
    "where\n"
    "  --host HOST           default: the domain of the first JID; SRV records are not asked for\n"
    "  --port N              default 5223 for direct TLS, else 5222\n"
    "  --tls direct|starttls|clear   default direct; clear only on this very machine\n"
    "  --ca FILE             certificate authorities to trust, instead of the system's\n"
    "  --pin sha256:HEX      trust the server with this key only\n"
    "  --readers N           devices that receive at the same time, half as many log in; default 64: 18 KiB each\n"
    "what\n"
    "  --login-rate N        logins a second, default 50\n"
    "  --post RATE           posts a second to the devices' blogs, all together\n"
    "  --chat RATE           messages a second, each from a device to the next one\n"
    "  --service JID --node NAME   where posts go instead\n"
    "  --for SECONDS         how long, counted from when all are on line, default 10\n"
    "  --share-keys          try the first login's SCRAM keys for all, which spares PBKDF2 on a server with one salt\n"
    "  --tokens              log in by SASL2 where the server has it, and by the token it gives from then on\n"
    "  --tls-sessions        go on with the TLS session of before\n"
    "  --again N             log all out and in again, up to 7 times; --for and the work are those of each time\n"
    "  --json                the report as one JSON object\n"
    "\n"
    "Ends with 0 when every device got on line and nothing was lost or refused, else with 1; 2: wrong usage.\n";

__attribute__((format(printf, 1, 2))) static bool complain(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("fleet: ", stderr);
    vfprintf(stderr, format, args);
    fputs("\n", stderr);
    va_end(args);
    return false;
}

/// Values ///

static bool read_count(const char *name, const char *text, uint64_t least, uint64_t most, unsigned *out)
{
    uint64_t value;
    if (!mote_text_uint(text, most, &value) || value < least) {
        return complain("%s is a number from %llu to %llu, not \"%s\"", name, (unsigned long long)least,
                        (unsigned long long)most, text);
    }
    *out = (unsigned)value;
    return true;
}

static bool rate(const char *name, const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    if (end == text || *end != '\0' || !(*out > 0 && *out <= 1e6)) {
        return complain("%s is a number a second above 0, not \"%s\"", name, text);
    }
    return true;
}

static bool tls_mode(const char *text, enum fleet_tls *out)
{
    static const char *const names[] = {"direct", "starttls", "clear"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = (enum fleet_tls)i;
            return true;
        }
    }
    return complain("--tls is direct, starttls or clear, not \"%s\"", text);
}

static bool read_work(const char *name, const char *text, enum fleet_work kind, struct options *o)
{
    if (o->work != FLEET_IDLE) {
        return complain("--post and --chat exclude each other: run two fleets");
    }
    o->work = kind;
    return rate(name, text, &o->rate);
}

/// Accounts ///

/* Returns the whole file with a NUL behind it, which is never freed, or NULL after a complaint. */
static char *whole_file(const char *path)
{
    FILE *f = fopen(path, "re");
    long size = -1;
    char *text = NULL;
    if (f != NULL && fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0 && fseek(f, 0, SEEK_SET) == 0) {
        text = malloc((size_t)size + 1);
        size = text != NULL ? (long)fread(text, 1, (size_t)size, f) : -1;
    }
    if (text == NULL) {
        complain("cannot read %s: %s", path, strerror(errno));
    } else {
        text[size] = '\0';
    }
    if (f != NULL) {
        fclose(f);
    }
    return text;
}

static bool read_accounts(struct options *o, const char *path, bool counted)
{
    char *text = whole_file(path);
    unsigned lines = 0, used = 0;
    for (char *p = text; p != NULL && *p != '\0'; p++) {
        lines += *p == '\n' || p[1] == '\0';
    }
    o->accounts = text != NULL ? calloc(lines + 1u, sizeof *o->accounts) : NULL;
    if (o->accounts == NULL) {
        return text != NULL && complain("not enough memory for %u accounts", lines);
    }
    for (char *line = text, *end; *line != '\0'; line = end) {
        size_t len = strcspn(line, "\n");
        end = line + len + (line[len] == '\n');
        line[len] = '\0';
        line[strcspn(line, "\r")] = '\0';
        char *blank = strpbrk(line, " \t");
        if (line[0] == '\0' || line[0] == '#') {
            continue;
        }
        if (blank == NULL) {
            return complain("%s: \"%s\" has no password: write JID, blank, password", path, line);
        }
        *blank = '\0';
        o->accounts[used++] = (struct account){.jid = line, .password = blank + 1 + strspn(blank + 1, " \t")};
    }
    if (used == 0 || (counted && used < o->count)) {
        return complain("%s has %u accounts, and %u are needed", path, used, counted ? o->count : 1);
    }
    o->count = counted ? o->count : used;
    return true;
}

struct pattern {
    const char *jid, *password_file;
    unsigned first, users; /* users 0: as many as devices */
};

static const char *password_of_all(const char *path)
{
    char *text = path != NULL ? whole_file(path) : getenv("FLEET_PASSWORD");
    if (text != NULL && path != NULL) {
        text[strcspn(text, "\r\n")] = '\0';
    } else if (text == NULL && path == NULL) {
        complain("which password? give --password-file FILE, or the environment variable FLEET_PASSWORD");
    }
    return text;
}

static bool make_accounts(struct options *o, const struct pattern *p)
{
    const char *place = strstr(p->jid, "%d"), *password = password_of_all(p->password_file);
    size_t size = strlen(p->jid) + 12;
    if (password == NULL) {
        return false;
    }
    char *texts = malloc(o->count * size);
    o->accounts = calloc(o->count, sizeof *o->accounts);
    if (texts == NULL || o->accounts == NULL) {
        free(texts);
        return complain("not enough memory for %u accounts", o->count);
    }
    for (unsigned i = 0; i < o->count; i++) {
        char *jid = texts + i * size;
        unsigned n = p->first + (p->users > 0 ? i % p->users : i);
        if (place != NULL) {
            snprintf(jid, size, "%.*s%u%s", (int)(place - p->jid), p->jid, n, place + 2);
        } else {
            snprintf(jid, size, "%s", p->jid);
        }
        o->accounts[i] = (struct account){.jid = jid, .password = password};
    }
    return true;
}

/// The command line ///

struct asked {
    struct pattern pattern;
    const char *accounts;
    bool counted;
};

static bool take_pin(const char *value, struct options *o)
{
    static uint8_t pin[32];
    if (!mote_config_pin(value, pin)) {
        return complain("--pin is sha256: and 64 hexadecimal digits");
    }
    o->pin = pin;
    return true;
}

/* Take an option whose value is text as it is. False when the option is none of these. */
static bool take_text(const char *name, const char *value, struct options *o, struct asked *a)
{
    const struct {
        const char *name, **target;
    } rows[] = {
        {"--jid", &a->pattern.jid},
        {"--password-file", &a->pattern.password_file},
        {"--accounts", &a->accounts},
        {"--host", &o->host},
        {"--ca", &o->ca},
        {"--service", &o->service},
        {"--node", &o->node},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(name, rows[i].name) == 0) {
            *rows[i].target = value;
            return true;
        }
    }
    return false;
}

/* Take an option whose value is a number as it is. *known is false when the option is none of these. */
static bool take_count(const char *name, const char *value, struct options *o, struct asked *a, bool *known)
{
    const struct {
        const char *name;
        unsigned least, most, *target;
    } rows[] = {
        {"--count", 1, COUNT_MAX, &o->count},
        {"--first", 0, COUNT_MAX, &a->pattern.first},
        {"--users", 1, COUNT_MAX, &a->pattern.users},
        {"--readers", 1, COUNT_MAX, &o->readers},
        {"--for", 0, 1000000, &o->seconds},
        {"--again", 0, ROUNDS - 1, &o->again},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(name, rows[i].name) == 0) {
            return read_count(name, value, rows[i].least, rows[i].most, rows[i].target);
        }
    }
    *known = false;
    return false;
}

static bool take_port(const char *name, const char *value, struct options *o)
{
    unsigned port = 0;
    bool good = read_count(name, value, 1, 65535, &port);
    o->port = good ? (uint16_t)port : 0;
    return good;
}

static bool take_option(const char *name, const char *value, struct options *o, struct asked *a)
{
    bool known = true;
    if (take_text(name, value, o, a)) {
        return true;
    }
    bool good = take_count(name, value, o, a, &known);
    if (known) {
        a->counted = a->counted || strcmp(name, "--count") == 0;
        return good;
    }
    if (strcmp(name, "--port") == 0) {
        return take_port(name, value, o);
    }
    if (strcmp(name, "--tls") == 0) {
        return tls_mode(value, &o->tls);
    }
    if (strcmp(name, "--pin") == 0) {
        return take_pin(value, o);
    }
    if (strcmp(name, "--login-rate") == 0) {
        return rate(name, value, &o->login_rate);
    }
    if (strcmp(name, "--post") == 0) {
        return read_work(name, value, FLEET_POST, o);
    }
    if (strcmp(name, "--chat") == 0) {
        return read_work(name, value, FLEET_CHAT, o);
    }
    return complain("%s is no option: fleet -h tells which there are", name);
}

static bool *flag_named(struct options *o, const char *name)
{
    return strcmp(name, "--json") == 0           ? &o->json
           : strcmp(name, "--share-keys") == 0   ? &o->share_keys
           : strcmp(name, "--tokens") == 0       ? &o->tokens
           : strcmp(name, "--tls-sessions") == 0 ? &o->tls_sessions
                                                 : NULL;
}

enum options_result options_read(struct options *o, int argc, char **argv)
{
    struct asked a = {.pattern.first = 1};
    *o = (struct options){.count = 100, .login_rate = 50, .seconds = 10, .readers = READERS_DEFAULT};
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i];
        if (strcmp(name, "-h") == 0 || strcmp(name, "--help") == 0) {
            fputs(help, stdout);
            return OPTIONS_HELP;
        }
        bool *flag = flag_named(o, name);
        if (flag != NULL) {
            *flag = true;
            continue;
        }
        if (i + 1 == argc) {
            complain(name[0] == '-' ? "%s needs a value, or is no option: see fleet -h" : "%s: see fleet -h", name);
            return OPTIONS_WRONG;
        }
        if (!take_option(name, argv[++i], o, &a)) {
            return OPTIONS_WRONG;
        }
    }
    if ((a.pattern.jid != NULL) == (a.accounts != NULL)) {
        complain("which accounts? give --jid PATTERN and a password, or --accounts FILE; fleet -h tells more");
        return OPTIONS_WRONG;
    }
    if (o->tls == FLEET_CLEAR && (o->tokens || o->tls_sessions)) {
        complain("--tokens and --tls-sessions need TLS: leave out --tls clear");
        return OPTIONS_WRONG;
    }
    bool good = a.accounts != NULL ? read_accounts(o, a.accounts, a.counted) : make_accounts(o, &a.pattern);
    return good ? OPTIONS_GO : OPTIONS_WRONG;
}
