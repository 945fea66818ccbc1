/* SPDX-License-Identifier: MIT
 * struct mote_port_resolve over c-ares. The library allocates memory, but only while something is looked up.
 */
#ifndef MOTE_PORT_DNS_CARES_H
#define MOTE_PORT_DNS_CARES_H

#include "port/port.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ares_channeldata;
struct ares_srv_reply;
struct ares_addrinfo;
struct pollfd;

enum { MOTE_DNS_CARES_FDS = 16 };

/* All fields are private. What was found stays with c-ares until it is asked for. */
struct mote_dns_cares {
    struct ares_channeldata *channel;  /* NULL while nothing is under way */
    const char *servers;               /* "127.0.0.1:5353,[::1]:53", or NULL for those of the system */
    struct ares_srv_reply *starttls;   /* of _xmpp-client */
    struct ares_srv_reply *direct;     /* of _xmpps-client */
    struct ares_addrinfo *found[2];    /* IPv6, IPv4 */
    uint64_t found_ms;                 /* when the first of them came */
    uint8_t waiting;                   /* answers that are still to come */
    bool silent;                       /* no server answered the last time, so this time it is asked only once */
    uint8_t known_count;               /* addresses that needed no DNS */
    struct mote_port_address known[2];
    int status;                        /* ARES_*, of the answer that failed; 0 when none did */
    char name[MOTE_PORT_HOST_MAX + 1]; /* what is looked up, for people */
    char why[160];
};

extern const struct mote_port_resolve mote_dns_cares; /* its ctx is a struct mote_dns_cares */

/* `servers` is for networks whose resolver is not that of the system, and must stay valid. NULL takes those of the
 * system. */
void mote_dns_cares_init(struct mote_dns_cares *dns, const char *servers);

/* For a loop that waits: fill in the descriptors that c-ares listens to, at most MOTE_DNS_CARES_FDS. Returns how many.
 * *wait_ms is made smaller when c-ares has something to do earlier. */
int mote_dns_cares_fds(const struct mote_dns_cares *dns, struct pollfd *fds, int *wait_ms);

#ifdef __cplusplus
}
#endif

#endif
