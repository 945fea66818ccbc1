/* SPDX-License-Identifier: MIT
 * What the files of the mote command share. One process runs one verb once, so what is large is static and nothing is
 * freed.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "examples/mote/conf/settings.h"

/* The exit codes. They are documented in docs/mote.1, so scripts rely on them: none of them ever changes. */
enum cli_exit {
    EXIT_DONE = 0,
    EXIT_REFUSED = 1, /* the peer or the server said no */
    EXIT_USAGE = 2,
    EXIT_CONNECTION = 3, /* there was no connection, or it broke */
    EXIT_TLS = 4,        /* certificate or TLS */
    EXIT_LOGIN = 5,
    EXIT_TIMEOUT = 6,
    EXIT_LOCAL = 7 /* the fault is of this machine: a file, the configuration, the disk, standard output */
};

enum { TAGS_MAX = MOTE_POST_TAGS, FROM_MAX = 16, SET_MAX = 16, ATTACH_MAX = 8 };

/* What the command line says beyond the settings. A field that is zero or NULL was not given. */
struct cli {
    struct settings settings;
    const struct verb *verb;
    int argc; /* what is left after the options */
    char **argv;
    bool json;
    int verbose; /* -1 for -q, 1 for -v, 2 for -v -v */

    bool password_stdin, allow_plain, require_binding, resource_given;
    bool pinned; /* kept keys say how good the login has to be */
    const char *config, *password_file;
    bool receipt, lines, follow, raw, why, queue, latest, upload;
    unsigned timeout_s, count, max, expire_s;
    const char *from[FROM_MAX + 1]; /* NULL-terminated */
    unsigned from_count;
    const char *title, *id, *retract, *name, *hash;
    const char *tags[TAGS_MAX];
    unsigned tag_count;
    const char *attach[ATTACH_MAX]; /* post */
    unsigned attach_count;
    const char *attachments; /* feed */
    const char *ca_page; /* provision */
    const char *set[SET_MAX];
    unsigned set_count;
    uint64_t size;
    bool force;
    bool flash;
    char *invite;                /* provision: as on the command line */
    const char *invites, *new_password_file;
    bool show_password, yes;     /* register, password; unregister */
};

extern struct cli cli;

/* Does the verb stay until it is told to end, rather than do one thing? */
bool cli_stays(void);

/// main.c, help.c ///

enum verb_bit {
    VERB_SETUP = 1u << 0,
    VERB_STATUS = 1u << 1,
    VERB_SEND = 1u << 2,
    VERB_LISTEN = 1u << 3,
    VERB_POST = 1u << 4,
    VERB_FEED = 1u << 5,
    VERB_PUT = 1u << 6,
    VERB_GET = 1u << 7,
    VERB_RUN = 1u << 8,
    VERB_PROVISION = 1u << 9,
    VERB_QUEUE = 1u << 10,
    VERB_REGISTER = 1u << 11,
    VERB_PASSWORD = 1u << 12,
    VERB_UNREGISTER = 1u << 13,
    VERB_SETS_UP = VERB_SETUP | VERB_REGISTER,
    VERB_ALL = (1u << 14) - 1
};

struct verb {
    const char *name;
    unsigned bit;
    int least, most; /* how many arguments it takes */
    int (*run)(void);
    const char *help;
};

int verb_setup(void);
int verb_status(void);
int verb_send(void);
int verb_listen(void);
int verb_post(void);
int verb_feed(void);
int verb_put(void);
int verb_get(void);
int verb_run(void);
int verb_provision(void);
int verb_queue(void);
int verb_register(void);
int verb_password(void);
int verb_unregister(void);

extern const struct verb verbs[]; /* ends with a row without name */
extern const char help_main[];

/// options.c ///

/* Fill in `cli` from the command line, except its settings. Returns 0, or an exit code after having said why; 0 and no
 * verb when the help or the version was asked for, and shown. */
int options_read(int argc, char **argv);

/* Put the options that have the name of a setting into the settings, over what the file says. */
int options_apply(void);

#endif
