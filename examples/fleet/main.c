/* SPDX-License-Identifier: MIT
 * fleet: ten thousand XMPP devices in one process. A load generator for a server of one's own, and a program with an
 * event loop that drives the engine directly. README.md tells how it is used, fleet.h how it is made.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "core/base/text.h"
#include "examples/fleet/fleet.h"
#include "port/net/address.h"
#include "port/os/posix.h"
#include "port/tls/ca_file.h"

enum { OTHER_FILES = 32 };

static struct fleet fleet;
static volatile int asked_to_end;

static void on_signal(int number)
{
    (void)number;
    asked_to_end = 1;
}

/* One descriptor for each device. */
static bool allow_files(unsigned count)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)count + OTHER_FILES;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) {
        return true;
    }
    if (limit.rlim_max < wanted) {
        fprintf(stderr,
                "fleet: %u devices need %llu open files, and this machine allows at most %llu: take --count %llu, or "
                "raise the hard limit as root (ulimit -Hn, or nofile in /etc/security/limits.conf)\n",
                count, (unsigned long long)wanted, (unsigned long long)limit.rlim_max,
                (unsigned long long)(limit.rlim_max > OTHER_FILES ? limit.rlim_max - OTHER_FILES : 0));
        return false;
    }
    limit.rlim_cur = wanted;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

/* Looking up the name may wait, because nothing else runs yet. */
static int look_up(const char *host, struct mote_port_address *addresses, int max)
{
    static struct mote_posix posix;
    const struct mote_port *p = mote_posix_init(&posix, NULL, NULL);
    int n = p->resolve->host(p->resolve_ctx, host);
    while (n == 0 && (n = p->resolve->host_result(p->resolve_ctx, addresses, max)) == MOTE_ERR_BUSY) {
        p->waiter->wait(p->waiter_ctx, p, MOTE_PORT_WAIT_RESOLVE, fleet_ms() + 1000);
        n = 0;
    }
    if (n < 0) {
        fprintf(stderr, "fleet: %s\n", p->resolve->why(p->resolve_ctx));
    }
    p->resolve->cancel(p->resolve_ctx);
    return n;
}

static bool find_server(struct fleet *f)
{
    char host[MOTE_PORT_HOST_MAX + 1];
    size_t len;
    const char *domain = mote_jid_domain(f->options.accounts[0].jid, &len);
    if (f->options.host != NULL) {
        domain = f->options.host;
        len = strlen(domain);
    }
    snprintf(host, sizeof host, "%.*s", (int)len, domain);
    int n = look_up(host, f->addresses, sizeof f->addresses / sizeof f->addresses[0]);
    for (int i = 0; i < n; i++) {
        f->addresses[i].port = f->options.port != 0 ? f->options.port : f->options.tls == FLEET_DIRECT ? 5223 : 5222;
    }
    if (n > 0 && f->options.tls == FLEET_CLEAR && !mote_address_loopback(&f->addresses[0])) {
        fprintf(stderr, "fleet: --tls clear is for a server on this very machine, and %s is none\n", host);
        return false;
    }
    f->address_count = n > 0 ? (unsigned)n : 0;
    return n > 0;
}

static bool start_tls(struct fleet *f)
{
    char why[256] = "TLS did not start";
    if (f->options.tls == FLEET_CLEAR) {
        return true;
    }
    /* No mote_tls_memory_use: what mbedTLS allocates comes from libc. */
    bool good = mote_tls_mbedtls_config_init(&f->tls, &f->services) == 0;
    if (good && f->options.pin != NULL) {
        mote_tls_mbedtls_set_pin(&f->tls, f->options.pin);
    } else if (good) {
        good = mote_tls_ca_file_add(&f->tls, f->options.ca, why, sizeof why) == 0;
    }
    if (!good) {
        fprintf(stderr, "fleet: %s\n", why);
    }
    return good;
}

int main(int argc, char **argv)
{
    struct fleet *f = &fleet;
    enum options_result asked = options_read(&f->options, argc, argv);
    if (asked != OPTIONS_GO) {
        return asked == OPTIONS_HELP ? 0 : 2;
    }
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    mote_posix_services(&f->services, NULL);
    f->stats.count = f->options.count;
    f->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!allow_files(f->options.count) || !find_server(f) || !start_tls(f) || !fleet_memory(f)) {
        return 2;
    }
    fleet_run(f, &asked_to_end);
    const char *what = f->options.work == FLEET_CHAT ? "messages" : "posts";
    stats_report(&f->stats, what, fleet_us(), f->options.json);
    const struct stats *s = &f->stats;
    return s->round < f->options.again || s->rounds[s->round].all_us == 0 || s->lost > 0 || s->refused > 0;
}
