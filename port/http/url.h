/* SPDX-License-Identifier: MIT
 * https URLs (RFC 3986, RFC 9110 section 4.2.2), read strictly: what two readers could take for two hosts is refused.
 */
#ifndef MOTE_PORT_HTTP_URL_H
#define MOTE_PORT_HTTP_URL_H

#include "port/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of the longest URL, with the NUL. */
#ifndef MOTE_URL_SIZE
#define MOTE_URL_SIZE 2048
#endif

struct mote_url {
    char host[MOTE_PORT_HOST_MAX + 1]; /* small letters; a literal IPv6 address without its brackets */
    uint16_t port;
    bool literal6;            /* host is an IPv6 address */
    char path[MOTE_URL_SIZE]; /* path and query, never empty; the fragment is left out */
};

/* Read an absolute URL. Returns NULL when it is one to use; else what is wrong, after "it". Nothing but https is taken,
 * no user name or password, and nothing that has to be percent-encoded and is not. */
const char *mote_url_read(struct mote_url *url, const char *text);

/* Read a Location (RFC 9110 section 10.2.2): an absolute URL, or a path on the host of `url`, which it replaces.
 * Returns as mote_url_read; `url` is as before when something is wrong. */
const char *mote_url_follow(struct mote_url *url, const char *location);

/* Do both lead to the same host and port? */
bool mote_url_same_host(const struct mote_url *a, const struct mote_url *b);

#ifdef __cplusplus
}
#endif

#endif
