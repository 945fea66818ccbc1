/* SPDX-License-Identifier: MIT
 * What the command line asks for.
 */
#ifndef FLEET_OPTIONS_H
#define FLEET_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum fleet_tls { FLEET_DIRECT, FLEET_STARTTLS, FLEET_CLEAR };
enum fleet_work { FLEET_IDLE, FLEET_POST, FLEET_CHAT };

struct account {
    const char *jid, *password;
};

struct options {
    const char *host;     /* NULL: the domain of the first JID */
    uint16_t port;        /* 0: 5223 for direct TLS, else 5222 */
    enum fleet_tls tls;
    const char *ca;       /* NULL: the system's authorities */
    const uint8_t *pin;   /* 32 bytes, or NULL */
    struct account *accounts; /* one for each device */
    unsigned count;       /* devices */
    double login_rate;    /* logins begun a second */
    enum fleet_work work;
    double rate;          /* posts or messages a second, all devices together */
    unsigned seconds;     /* to stay once all are on line */
    const char *service, *node; /* where posts go; NULL: the own account, its microblog */
    unsigned readers;     /* pairs of receiving memory, shared by all */
    bool share_keys;      /* the first login's keys are tried by all */
    bool tokens;          /* log in by SASL2 where it is offered, and by a token from then on */
    bool tls_sessions;    /* go on with the TLS session of before */
    unsigned again;       /* so often all log out, and in again */
    bool json;            /* the report as one object */
};

enum options_result { OPTIONS_GO, OPTIONS_HELP, OPTIONS_WRONG };

/* Takes the arguments, reads password and accounts. WRONG: a line on standard error says what. */
enum options_result options_read(struct options *o, int argc, char **argv);

#endif
