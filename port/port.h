/* SPDX-License-Identifier: MIT
 * The port: what the engine needs of the machine, one table of functions for each duty. Each connection has one const
 * struct mote_port. A new port starts from port/template/, which compiles; docs/PORTING.md walks through it.
 *
 * No function may block. All are called from the thread that runs the engine, and get the ctx that stands beside their
 * table. Negative results are enum mote_error; a port makes no codes of its own. `why` tells what happened in detail: a
 * sentence fragment that stays valid until the next call of the same table.
 */
#ifndef MOTE_PORT_H
#define MOTE_PORT_H

#include "core/mote.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mote_port;

enum { MOTE_PORT_HOST_MAX = 255 }; /* bytes of a host name or literal address, without the NUL (RFC 1035) */

/// Clock ///

struct mote_port_clock {
    uint64_t (*ms)(void *ctx);       /* monotonic milliseconds from any start; if possible they go on in sleep */
    int64_t (*unix_time)(void *ctx); /* seconds since 1970 UTC; 0 while unknown */
};

/// Name resolution ///

/* One way to reach the server: a row of SRV records, or the fall-back. */
struct mote_port_target {
    char host[MOTE_PORT_HOST_MAX + 1];
    uint16_t port;
    uint16_t priority, weight; /* RFC 2782 */
    bool direct_tls;           /* from _xmpps-client (XEP-0368) */
};

/* An address, in network byte order. */
struct mote_port_address {
    uint8_t family; /* 4 or 6 */
    uint8_t bytes[16];
    uint16_t port;
};

struct mote_port_resolve {
    /* Start to look up the SRV records _xmpps-client._tcp and _xmpp-client._tcp of `domain`. Returns 0, or negative
     * when it failed at once. */
    int (*srv)(void *ctx, const char *domain);

    /* Fill `targets` with what was found, unsorted, and return how many; 0 when there are no such records.
     * MOTE_ERR_BUSY means that it is not finished; MOTE_ERR_DNS and _TIMEOUT that it failed. A target "." (RFC 2782:
     * decidedly not available) is left out; when nothing else was found, the result is MOTE_ERR_REFUSED. */
    int (*srv_result)(void *ctx, struct mote_port_target *targets, int max);

    /* Start to look up the addresses of `host`, which may be a literal address. */
    int (*host)(void *ctx, const char *host);

    /* Fill `addresses`, in the order to try them, and return how many; never 0. MOTE_ERR_BUSY means that it is not
     * finished, MOTE_ERR_DNS that the DNS says there is none, MOTE_ERR_TIMEOUT that it does not answer. */
    int (*host_result)(void *ctx, struct mote_port_address *addresses, int max);

    /* Forget the look-up that is under way, if there is one. */
    void (*cancel)(void *ctx);
    const char *(*why)(void *ctx);
};

/// Transport ///

struct mote_port_net {
    /* Start to connect; an earlier connection of this ctx is closed first. Returns 0 when it is under way or done, or
     * negative as `opened`. */
    int (*open)(void *ctx, const struct mote_port_address *address);

    /* Returns 1 when it is connected, 0 while it still tries. MOTE_ERR_REFUSED: the other machine said that nobody
     * listens there. MOTE_ERR_TIMEOUT: nothing came back. MOTE_ERR_CONNECT: this machine or its network said why
     * not. */
    int (*opened)(void *ctx);

    /* Return how many bytes were moved, maybe fewer than asked for; 0 when nothing can be moved now. MOTE_ERR_LOST: the
     * peer has ended the connection, or it broke. `read` sees to it that acknowledgements are not delayed
     * (TCP_QUICKACK), because servers with Nagle's algorithm wait for them. */
    ptrdiff_t (*read)(void *ctx, void *bytes, size_t len);
    ptrdiff_t (*write)(void *ctx, const void *bytes, size_t len);
    void (*close)(void *ctx);
    bool (*loopback)(void *ctx); /* is the peer 127.0.0.0/8 or ::1? */
    const char *(*why)(void *ctx);

    /* Move the connection of `from` into `ctx`, which has none. NULL in ports without spare contexts (see
     * spare_nets). */
    void (*take)(void *ctx, void *from);
};

/// TLS, over the transport of the same port ///

struct mote_port_tls {
    /* Start a handshake as the client. The certificate has to be valid for the DNS name `name`, which also goes into
     * SNI. `alpn` is one protocol, or NULL. Returns 0, or negative. */
    int (*start)(void *ctx, const struct mote_port *port, const char *name, const char *alpn);

    /* Returns 1 when the handshake is finished and the server verified, 0 while it waits for the transport, or
     * MOTE_ERR_TLS, MOTE_ERR_CERT, MOTE_ERR_LOST. */
    int (*handshake)(void *ctx);

    /* What is known of the link after the handshake. */
    void (*info)(void *ctx, struct mote_tls_info *info);

    /* As those of the transport. When read returns MOTE_ERR_LOST, `why` tells an orderly end from a truncation;
     * MOTE_ERR_POLICY means that more came in one record than there is memory for. A write that returned 0 is repeated
     * with the same bytes. */
    ptrdiff_t (*read)(void *ctx, void *bytes, size_t len);
    ptrdiff_t (*write)(void *ctx, const void *bytes, size_t len);

    /* Are there decrypted bytes to read, or has the handshake more to compute than fits in one call? Then the loop does
     * not wait for the transport. */
    bool (*pending)(void *ctx);

    /* Send close_notify if possible, and forget the session. The transport stays open. */
    void (*close)(void *ctx);
    const char *(*why)(void *ctx);
};

/// Waiting ///

enum mote_port_wait { MOTE_PORT_WAIT_READ = 1, MOTE_PORT_WAIT_WRITE = 2, MOTE_PORT_WAIT_RESOLVE = 4 };

struct mote_port_waiter {
    /* Sleep until what the bits say has come (the transport can be read or written, the resolver has news), or the time
     * until_ms, or something else that the application asked to be woken by. It may always return early. */
    void (*wait)(void *ctx, const struct mote_port *port, unsigned bits, uint64_t until_ms);

    /* The next wait, and no other, is also for what `bits` say of this port, which is that of a link
     * (port/link/link.h). NULL where there are no links. */
    void (*also)(void *ctx, const struct mote_port *port, unsigned bits);
};

struct mote_port {
    const struct mote_port_clock *clock;
    void *clock_ctx;
    const struct mote_port_resolve *resolve;
    void *resolve_ctx;
    const struct mote_port_net *net;
    void *net_ctx;
    void *const *spare_nets; /* further contexts of `net`, so that several addresses can be tried at a time; or NULL */
    uint8_t spare_count;
    const struct mote_port_tls *tls; /* NULL without TLS: then only MOTE_INSECURE_LOOPBACK gets on line */
    void *tls_ctx;
    const struct mote_port_waiter *waiter;
    void *waiter_ctx;
};

#ifdef __cplusplus
}
#endif

#endif
