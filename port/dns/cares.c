/* SPDX-License-Identifier: MIT
 * Looking up names with c-ares.
 */
#include "port/dns/cares.h"

#include <arpa/inet.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/time.h>

/* Later versions have other names for some of these functions; version 1.18, which Debian 12 has, has only these. */
#define CARES_NO_DEPRECATED
#include <ares.h>

#include "core/base/text.h"
#include "port/net/address.h"
#include "port/clock/posix.h"
#include "port/base/phrase.h"

/* TIMEOUT_MS is for the first try; c-ares doubles it for the second. */
enum { TIMEOUT_MS = 1500, TRIES = 2, PATIENCE_MS = 500, CLASS_IN = 1, TYPE_SRV = 33 };

_Static_assert(ARES_GETSOCK_MAXNUM <= MOTE_DNS_CARES_FDS, "MOTE_DNS_CARES_FDS has to hold what c-ares may have");

/// Names that need no DNS ///

/* localhost and all names below it are this machine, and the DNS is never asked for them (RFC 6761 section 6.3). */
static bool is_localhost(const char *name)
{
    static const char localhost[] = "localhost";
    size_t len = strlen(name), tail = sizeof localhost - 1;
    if (len > 0 && name[len - 1] == '.') {
        len--;
    }
    return len >= tail && strncasecmp(name + len - tail, localhost, tail) == 0 &&
           (len == tail || name[len - tail - 1] == '.');
}

/* Read "192.0.2.1", "2001:db8::1" or "[2001:db8::1]". */
static bool read_literal(const char *text, struct mote_port_address *a)
{
    char bare[MOTE_PORT_HOST_MAX + 1];
    size_t len = strlen(text);
    *a = (struct mote_port_address){.family = 4};
    if (inet_pton(AF_INET, text, a->bytes) == 1) {
        return true;
    }
    a->family = 6;
    if (len > 2 && len < sizeof bare && text[0] == '[' && text[len - 1] == ']') {
        memcpy(bare, text + 1, len - 2);
        bare[len - 2] = '\0';
        text = bare;
    }
    return inet_pton(AF_INET6, text, a->bytes) == 1;
}

/// One look-up ///

static void dns_cancel(void *ctx)
{
    struct mote_dns_cares *dns = ctx;
    if (dns->channel != NULL) {
        struct ares_channeldata *channel = dns->channel;
        dns->channel = NULL; /* this comes first, because destroying it calls back for all that is under way */
        ares_destroy(channel);
        ares_library_cleanup();
    }
    if (dns->direct != NULL) {
        ares_free_data(dns->direct);
    }
    if (dns->starttls != NULL) {
        ares_free_data(dns->starttls);
    }
    for (int i = 0; i < 2; i++) {
        if (dns->found[i] != NULL) {
            ares_freeaddrinfo(dns->found[i]);
        }
        dns->found[i] = NULL;
    }
    dns->direct = dns->starttls = NULL;
    dns->waiting = dns->known_count = 0;
}

static int lookup_failed(struct mote_dns_cares *dns, const char *before, const char *behind)
{
    mote__phrase(dns->why, sizeof dns->why, "%s%s%s", before, dns->name, behind);
    return MOTE_ERR_DNS;
}

/* Begin a look-up, and forget the last one. Returns 0 or negative. */
static int begin_lookup(struct mote_dns_cares *dns, const char *name)
{
    dns_cancel(dns);
    dns->status = ARES_SUCCESS;
    if (!mote_host_to_ascii(name, dns->name, sizeof dns->name) || dns->name[0] == '\0') {
        dns->name[0] = '\0';
        return lookup_failed(dns, "a host name that is empty or too long", "");
    }
    return 0;
}

static int open_channel(struct mote_dns_cares *dns)
{
    /* A dozen SRV records are more than the 512 bytes of DNS without EDNS; 1232 bytes pass everywhere unfragmented. */
    struct ares_options options = {
        .timeout = TIMEOUT_MS, .tries = dns->silent ? 1 : TRIES, .ednspsz = 1232, .flags = ARES_FLAG_EDNS};
    const int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ;
    if (strchr(dns->name, '.') != NULL) {
        options.flags |= ARES_FLAG_NOSEARCH; /* a whole name is not to be found in the search domains */
    }
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
        return lookup_failed(dns, "the resolver did not start, so no address for ", "");
    }
    if (ares_init_options(&dns->channel, &options, mask) != ARES_SUCCESS) {
        dns->channel = NULL;
        ares_library_cleanup();
        return lookup_failed(dns, "the resolver did not start, so no address for ", "");
    }
    if (dns->servers != NULL && ares_set_servers_ports_csv(dns->channel, dns->servers) != ARES_SUCCESS) {
        dns_cancel(dns);
        return lookup_failed(dns, "the configured DNS server is no address, so none for ", "");
    }
    return 0;
}

/* Collect what c-ares listens to, at most MOTE_DNS_CARES_FDS. */
static int collect(const struct mote_dns_cares *dns, struct pollfd *fds)
{
    ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
    unsigned bits = (unsigned)ares_getsock(dns->channel, sockets, ARES_GETSOCK_MAXNUM);
    int n = 0;
    for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
        short events = (short)((bits >> i & 1 ? POLLIN : 0) | (bits >> (i + ARES_GETSOCK_MAXNUM) & 1 ? POLLOUT : 0));
        if (events != 0) {
            fds[n++] = (struct pollfd){.fd = sockets[i], .events = events};
        }
    }
    return n;
}

/* Let c-ares look at its sockets and clocks, without waiting. */
static void process(struct mote_dns_cares *dns)
{
    struct pollfd fds[MOTE_DNS_CARES_FDS];
    int n = collect(dns, fds);
    int ready = n > 0 ? poll(fds, (nfds_t)n, 0) : 0;
    for (int i = 0; ready > 0 && i < n; i++) {
        bool in = (fds[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0, out = (fds[i].revents & POLLOUT) != 0;
        ares_process_fd(dns->channel, in ? fds[i].fd : ARES_SOCKET_BAD, out ? fds[i].fd : ARES_SOCKET_BAD);
    }
    ares_process_fd(dns->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* time-outs */
}

/* An answer came. Returns true when it is to be looked at. */
static bool answer_arrived(struct mote_dns_cares *dns, int status)
{
    if (dns->channel == NULL || status == ARES_EDESTRUCTION || status == ARES_ECANCELLED) {
        return false;
    }
    dns->waiting--;
    dns->silent = status == ARES_ETIMEOUT;
    if (status != ARES_SUCCESS && (dns->status == ARES_SUCCESS || dns->status == ARES_ENODATA)) {
        dns->status = status;
    }
    return status == ARES_SUCCESS;
}

/* Nothing was found: is there no answer, or is this the answer? */
static bool no_answer(int status)
{
    return status != ARES_SUCCESS && status != ARES_ENODATA && status != ARES_ENOTFOUND && status != ARES_ENONAME;
}

static int explain_lookup(struct mote_dns_cares *dns)
{
    switch (dns->status) {
    case ARES_ENOTFOUND:
    case ARES_ENONAME: return lookup_failed(dns, "the name ", " does not exist");
    case ARES_ENODATA: return lookup_failed(dns, "no address for ", "");
    case ARES_EBADNAME: return lookup_failed(dns, "not a host name: ", "");
    case ARES_ENOMEM: return lookup_failed(dns, "not enough memory to look up ", "");
    case ARES_ETIMEOUT: lookup_failed(dns, "no DNS server answered when asked for ", ""); break;
    case ARES_ECONNREFUSED: lookup_failed(dns, "no DNS server can be reached to ask for ", ""); break;
    default: lookup_failed(dns, "no DNS server could tell the address of ", ""); break;
    }
    return MOTE_ERR_TIMEOUT;
}

/// SRV records ///

static void on_srv(struct mote_dns_cares *dns, int status, const unsigned char *answer, int len,
                   struct ares_srv_reply **list)
{
    if (answer_arrived(dns, status) && ares_parse_srv_reply(answer, len, list) != ARES_SUCCESS) {
        *list = NULL;
    }
}

static void on_direct(void *ctx, int status, int timeouts, unsigned char *answer, int len)
{
    struct mote_dns_cares *dns = ctx;
    (void)timeouts;
    on_srv(dns, status, answer, len, &dns->direct);
}

static void on_starttls(void *ctx, int status, int timeouts, unsigned char *answer, int len)
{
    struct mote_dns_cares *dns = ctx;
    (void)timeouts;
    on_srv(dns, status, answer, len, &dns->starttls);
}

static int dns_srv(void *ctx, const char *domain)
{
    struct mote_dns_cares *dns = ctx;
    struct mote_port_address literal;
    char name[MOTE_PORT_HOST_MAX + 32];
    int r = begin_lookup(dns, domain);
    if (r != 0 || is_localhost(domain) || read_literal(domain, &literal)) {
        return r; /* nothing is under way then, so the result is that there are no such records */
    }
    r = open_channel(dns);
    if (r != 0) {
        return r;
    }
    dns->waiting = 2;
    mote__phrase(name, sizeof name, "_xmpps-client._tcp.%s", dns->name);
    ares_query(dns->channel, name, CLASS_IN, TYPE_SRV, on_direct, dns);
    mote__phrase(name, sizeof name, "_xmpp-client._tcp.%s", dns->name);
    ares_query(dns->channel, name, CLASS_IN, TYPE_SRV, on_starttls, dns);
    return 0;
}

/* Add to targets[0..count); when there are more than can be kept, those of the best priority stay. */
static int keep_target(struct mote_port_target *targets, int count, int max, const struct mote_port_target *t)
{
    if (count < max) {
        targets[count] = *t;
        return count + 1;
    }
    struct mote_port_target *worst = &targets[0];
    for (int i = 1; i < count; i++) {
        if (targets[i].priority > worst->priority) {
            worst = &targets[i];
        }
    }
    if (t->priority < worst->priority) {
        *worst = *t;
    }
    return count;
}

static int keep_list(struct mote_port_target *targets, int count, int max, const struct ares_srv_reply *srv,
                     bool direct)
{
    for (; srv != NULL; srv = srv->next) {
        struct mote_port_target t = {
            .port = srv->port, .priority = srv->priority, .weight = srv->weight, .direct_tls = direct};
        if (srv->port != 0 && mote_text_copy(t.host, sizeof t.host, srv->host) && t.host[0] != '\0' &&
            strcmp(t.host, ".") != 0) {
            count = keep_target(targets, count, max, &t);
        }
    }
    return count;
}

/* Is there still something to come? */
static bool busy(struct mote_dns_cares *dns)
{
    if (dns->channel != NULL && dns->waiting > 0) {
        process(dns);
    }
    return dns->waiting > 0;
}

static int dns_srv_result(void *ctx, struct mote_port_target *targets, int max)
{
    struct mote_dns_cares *dns = ctx;
    if (busy(dns)) {
        return MOTE_ERR_BUSY;
    }
    bool records = dns->direct != NULL || dns->starttls != NULL;
    int n = keep_list(targets, 0, max, dns->direct, true);
    n = keep_list(targets, n, max, dns->starttls, false);
    dns_cancel(dns);
    if (n > 0) {
        return n;
    }
    if (records) { /* there are records, but their target is "." (RFC 2782) */
        mote__phrase(dns->why, sizeof dns->why, "the domain %s says that it has no XMPP for clients", dns->name);
        return MOTE_ERR_REFUSED;
    }
    return no_answer(dns->status) ? explain_lookup(dns) : 0;
}

/// Addresses ///

static void on_addresses(struct mote_dns_cares *dns, int status, struct ares_addrinfo *list, int family)
{
    if (answer_arrived(dns, status)) {
        dns->found[family] = list;
        dns->found_ms = mote_clock_posix.ms(NULL);
    } else if (list != NULL) {
        ares_freeaddrinfo(list);
    }
}

static void on_six(void *ctx, int status, int timeouts, struct ares_addrinfo *list)
{
    (void)timeouts;
    on_addresses(ctx, status, list, 0);
}

static void on_four(void *ctx, int status, int timeouts, struct ares_addrinfo *list)
{
    (void)timeouts;
    on_addresses(ctx, status, list, 1);
}

/* How many milliseconds the slower family still has when the other one is known, because some DNS servers ignore
 * questions for IPv6. RFC 8305 section 3 gives it 50, and takes a later answer as well; here a later one is not taken,
 * so it has more. */
static int patience_ms(const struct mote_dns_cares *dns)
{
    uint64_t waited = mote_clock_posix.ms(NULL) - dns->found_ms;
    if (dns->waiting != 1 || (dns->found[0] == NULL && dns->found[1] == NULL)) {
        return INT_MAX;
    }
    return waited < PATIENCE_MS ? (int)(PATIENCE_MS - waited) : 0;
}

static int dns_host(void *ctx, const char *host)
{
    struct mote_dns_cares *dns = ctx;
    int r = begin_lookup(dns, host);
    if (r != 0) {
        return r;
    }
    if (read_literal(host, &dns->known[0])) {
        dns->known_count = 1;
        return 0;
    }
    if (is_localhost(host)) {
        dns->known[0] = (struct mote_port_address){.family = 4, .bytes = {127, 0, 0, 1}};
        dns->known[1] = (struct mote_port_address){.family = 6, .bytes = {[15] = 1}};
        dns->known_count = 2;
        return 0;
    }
    r = open_channel(dns);
    if (r == 0) {
        /* c-ares looks into /etc/hosts, and sorts the addresses of a family (RFC 6724). */
        struct ares_addrinfo_hints hints = {.ai_family = AF_INET6, .ai_socktype = SOCK_STREAM};
        dns->waiting = 2;
        ares_getaddrinfo(dns->channel, dns->name, NULL, &hints, on_six, dns);
        hints.ai_family = AF_INET;
        ares_getaddrinfo(dns->channel, dns->name, NULL, &hints, on_four, dns);
    }
    return r;
}

static bool read_node(const struct ares_addrinfo_node *node, struct mote_port_address *a)
{
    *a = (struct mote_port_address){.family = node->ai_family == AF_INET6 ? 6 : 4};
    if (node->ai_family == AF_INET) {
        struct sockaddr_in sin;
        memcpy(&sin, node->ai_addr, sizeof sin);
        memcpy(a->bytes, &sin.sin_addr, 4);
    } else if (node->ai_family == AF_INET6) {
        struct sockaddr_in6 sin6;
        memcpy(&sin6, node->ai_addr, sizeof sin6);
        memcpy(a->bytes, &sin6.sin6_addr, 16);
    }
    return node->ai_family == AF_INET || node->ai_family == AF_INET6;
}

/* Take the families in turn, IPv6 first (RFC 8305 section 4), so that a family that leads nowhere does not hide the
 * other one. */
static int alternate(struct ares_addrinfo *const lists[2], struct mote_port_address *addresses, int max)
{
    const struct ares_addrinfo_node *nodes[2] = {lists[0] != NULL ? lists[0]->nodes : NULL,
                                                 lists[1] != NULL ? lists[1]->nodes : NULL};
    int n = 0;
    for (int turn = 0; n < max && (nodes[0] != NULL || nodes[1] != NULL); turn = 1 - turn) {
        if (nodes[turn] != NULL) {
            n += read_node(nodes[turn], &addresses[n]);
            nodes[turn] = nodes[turn]->ai_next;
        }
    }
    return n;
}

static int dns_host_result(void *ctx, struct mote_port_address *addresses, int max)
{
    struct mote_dns_cares *dns = ctx;
    int n = 0;
    if (busy(dns) && patience_ms(dns) > 0) {
        return MOTE_ERR_BUSY;
    }
    for (; n < dns->known_count && n < max; n++) {
        addresses[n] = dns->known[n];
    }
    if (dns->known_count == 0) {
        n = alternate(dns->found, addresses, max);
    }
    dns_cancel(dns);
    return n > 0 ? n : explain_lookup(dns);
}

static const char *dns_why(void *ctx)
{
    const struct mote_dns_cares *dns = ctx;
    return dns->why;
}

const struct mote_port_resolve mote_dns_cares = {
    .srv = dns_srv,
    .srv_result = dns_srv_result,
    .host = dns_host,
    .host_result = dns_host_result,
    .cancel = dns_cancel,
    .why = dns_why,
};

void mote_dns_cares_init(struct mote_dns_cares *dns, const char *servers)
{
    memset(dns, 0, sizeof *dns);
    dns->servers = servers;
}

int mote_dns_cares_fds(const struct mote_dns_cares *dns, struct pollfd *fds, int *wait_ms)
{
    struct timeval tv;
    if (dns->channel == NULL) {
        return 0;
    }
    const struct timeval *until = ares_timeout(dns->channel, NULL, &tv);
    if (until != NULL && until->tv_sec * 1000 + until->tv_usec / 1000 < *wait_ms) {
        *wait_ms = (int)(until->tv_sec * 1000 + until->tv_usec / 1000) + 1;
    }
    int patience = patience_ms(dns);
    *wait_ms = patience < *wait_ms ? patience : *wait_ms;
    return collect(dns, fds);
}
