/* SPDX-License-Identifier: MIT
 * Connecting through an HTTP proxy (CONNECT, RFC 9110 section 9.3.6). It is told the name of the server and passes
 * bytes on. TLS is with the server itself, whose certificate is checked as without a proxy.
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
    bool always;   /* every connection goes through it; otherwise it is tried last, when no other way is open */
    bool skip;     /* it is not for this server: mote_run_proxy_skips */
    uint16_t port; /* private, as the rest */
    char host[MOTE_PORT_HOST_MAX + 1];
    char login[(RUN_PROXY_LOGIN + 2) / 3 * 4 + 1]; /* base64; "" for none */
    /* Returns 1 when the way is open, 0 while waiting for the proxy, or negative: then `why` says why not. */
    int (*step)(struct mote_run_proxy *proxy, struct mote_run *run, const struct mote__run_rung *rung);
    enum { RUN_PROXY_IDLE, RUN_PROXY_ASKING, RUN_PROXY_HEARING } phase;
    size_t len, sent; /* of the request, then of the answer, in the loop's buffer */
    char why[160];
};

/* Read "http://[USER[:PASSWORD]@]HOST[:PORT][/]", or HOST:PORT alone; %XX stands for a byte of user and password.
 * Without a port it is 1080, as in other programs. Returns false when it is none of these. Do not show the text then,
 * which may hold a password. */
bool mote_run_proxy_init(struct mote_run_proxy *proxy, const char *url);

/* Does `list` name `host`, as the environment's no_proxy does? It has names with commas or blanks between them, each of
 * which stands also for all names below it; "*" stands for all. */
bool mote_run_proxy_skips(const char *list, const char *host);

#endif
