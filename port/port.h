/* SPDX-License-Identifier: MIT
 * The port: what the world has to offer, by duty. One const struct mote_port a connection; port/template/ compiles and
 * is where a new one starts, docs/PORTING.md is the walk.
 *
 * For every function: it must not block, is called from the thread that runs the engine, and gets the ctx that stands
 * beside its table. Negative results are enum mote_error; a port makes no codes of its own. What happened in detail
 * goes to `why`: a sentence fragment that stays valid until the next call of the same table.
 */
#ifndef MOTE_PORT_H
#define MOTE_PORT_H

#include "core/mote.h"

struct mote_port;

enum { MOTE_PORT_HOST_MAX = 255 }; /* bytes of a host name or literal address, without the NUL (RFC 1035) */

/// Clock ///

struct mote_port_clock {
    uint64_t (*ms)(void *ctx);       /* monotonic milliseconds, any start; does not stop in sleep if that can be had */
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
    /* Start to look up _xmpps-client._tcp and _xmpp-client._tcp SRV of `domain`. 0, or negative at once. */
    int (*srv)(void *ctx, const char *domain);
    /* Fill `targets` with what was found, unsorted. Negative: not finished is MOTE_ERR_BUSY; MOTE_ERR_DNS, _TIMEOUT.
     * 0: there are no such records. A target "." (RFC 2782: decidedly not available) is left out; when nothing else was
     * found the answer is MOTE_ERR_REFUSED. */
    int (*srv_result)(void *ctx, struct mote_port_target *targets, int max);
    /* Start to look up the addresses of `host`, which may be a literal. */
    int (*host)(void *ctx, const char *host);
    /* Fill `addresses`, in the order to try them. MOTE_ERR_DNS: the DNS says that there is none;
     * MOTE_ERR_TIMEOUT: it does not say. 0 is never returned. */
    int (*host_result)(void *ctx, struct mote_port_address *addresses, int max);
    void (*cancel)(void *ctx); /* forget what is under way; also harmless when nothing is */
    const char *(*why)(void *ctx);
};

/// Transport ///

struct mote_port_net {
    /* Start to connect. 0: under way or done. An earlier connection of this ctx is closed first. Negative as below. */
    int (*open)(void *ctx, const struct mote_port_address *address);
    /* 1 connected, 0 still trying, negative failed: MOTE_ERR_REFUSED when the other machine said no (nobody listens
     * there), MOTE_ERR_TIMEOUT when nothing came back, MOTE_ERR_CONNECT for all that this machine or its network said.
     */
    int (*opened)(void *ctx);
    /* n > 0: bytes moved, maybe fewer than asked. 0: nothing now, ask again. MOTE_ERR_LOST: the peer has ended it, or
     * it broke. `read` re-arms whatever keeps acknowledgements from being delayed (TCP_QUICKACK). */
    ptrdiff_t (*read)(void *ctx, void *bytes, size_t len);
    ptrdiff_t (*write)(void *ctx, const void *bytes, size_t len);
    void (*close)(void *ctx);
    bool (*loopback)(void *ctx); /* the peer is 127.0.0.0/8 or ::1 */
    const char *(*why)(void *ctx);
    /* Move the connection of `from` into `ctx`, which has none. Only for ports with spare contexts (below); else NULL.
     */
    void (*take)(void *ctx, void *from);
};

/// TLS, over the transport of the same port ///

struct mote_port_tls {
    /* Start a handshake as the client. `name`: the DNS name that the certificate has to be valid for, also for SNI;
     * `alpn`: one protocol, or NULL. 0, or negative. */
    int (*start)(void *ctx, const struct mote_port *port, const char *name, const char *alpn);
    /* 1 finished and verified, 0 waiting for the transport, MOTE_ERR_TLS, MOTE_ERR_CERT, MOTE_ERR_LOST. */
    int (*handshake)(void *ctx);
    void (*info)(void *ctx, struct mote_tls_info *info); /* after the handshake */
    /* As of the transport. MOTE_ERR_LOST from read: ended; `why` tells an orderly end from a truncation;
     * MOTE_ERR_POLICY: more came in one record than there is memory for. A write that returned 0 must be repeated with
     * the same bytes. */
    ptrdiff_t (*read)(void *ctx, void *bytes, size_t len);
    ptrdiff_t (*write)(void *ctx, const void *bytes, size_t len);
    bool (*pending)(void *ctx); /* decrypted bytes are waiting, so do not wait for the transport */
    void (*close)(void *ctx);   /* send close_notify if possible, forget the session; the transport stays open */
    const char *(*why)(void *ctx);
};

/// Waiting ///

enum mote_port_wait { MOTE_PORT_WAIT_READ = 1, MOTE_PORT_WAIT_WRITE = 2, MOTE_PORT_WAIT_RESOLVE = 4 };

struct mote_port_waiter {
    /* Sleep until the transport is readable or writable, as asked by the bits, or the resolver has news, or until_ms
     * has come, or anything else that the application asked to be woken by. Returning early is always right. */
    void (*wait)(void *ctx, const struct mote_port *port, unsigned bits, uint64_t until_ms);
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
    const struct mote_port_tls *tls; /* NULL: no TLS here; only MOTE_INSECURE_LOOPBACK gets on line then */
    void *tls_ctx;
    const struct mote_port_waiter *waiter;
    void *waiter_ctx;
};

#endif
