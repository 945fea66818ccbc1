/* SPDX-License-Identifier: MIT
 * Through an HTTP proxy (RFC 9110 section 9.3.6, CONNECT): it is told the name of the server and passes bytes on; TLS
 * is with the server itself, whose certificate is checked as ever.
 *
 *     static struct mote_run_proxy proxy;
 *     if (!mote_run_proxy_init(&proxy, "http://user:secret@proxy.example.org:3128")) ...
 *     proxy.always = true;
 */
#ifndef MOTE_PORT_RUN_PROXY_H
#define MOTE_PORT_RUN_PROXY_H

#include "port/run/run.h"

enum { RUN_PROXY_LOGIN = 256 }; /* bytes of "user:password" */

struct mote_run_proxy {
    bool always;   /* every connection goes through it; else it comes last, when no other way is open */
    bool skip;     /* not for this server: mote_run_proxy_skips */
    uint16_t port; /* private from here on */
    char host[MOTE_PORT_HOST_MAX + 1];
    char login[(RUN_PROXY_LOGIN + 2) / 3 * 4 + 1]; /* base64; "" for none */
    /* 1 the way is open, 0 waiting for the proxy, negative: `why` tells. */
    int (*step)(struct mote_run_proxy *proxy, struct mote_run *run, const struct mote__run_rung *rung);
    enum { RUN_PROXY_IDLE, RUN_PROXY_ASKING, RUN_PROXY_HEARING } phase;
    size_t len, sent; /* of the request, then of the answer, in the loop's buffer */
    char why[160];
};

/* From "http://[USER[:PASSWORD]@]HOST[:PORT][/]", or HOST:PORT alone; %XX stands for a byte of user and password. The
 * port is 1080 when none is told, as other programs have it. False: it is none of these; the text may hold a password,
 * so it is not to be shown. */
bool mote_run_proxy_init(struct mote_run_proxy *proxy, const char *url);

/* Whether `list` names `host`, as the environment's no_proxy does: names with commas or blanks between them, "*" for
 * all; each stands also for what is below it. */
bool mote_run_proxy_skips(const char *list, const char *host);

#endif
