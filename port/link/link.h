/* SPDX-License-Identifier: MIT
 * A link: one more byte stream beside that of XMPP, to a host of its own. It looks the name up, connects, and does TLS
 * where it is wanted; then bytes are read and written. A transfer over HTTP is one user of it (port/http/fetch.h).
 *
 * Each link has a struct mote_port of its own, whose net, resolve and tls have contexts of their own; clock and waiter
 * are shared. With port/run/run.h links have their turn in its loop (`links` of struct mote_run_config), and an
 * application decides how many there are. A program without one that is on line calls mote_link_wait.
 */
#ifndef MOTE_PORT_LINK_LINK_H
#define MOTE_PORT_LINK_LINK_H

#include "port/port.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MOTE_LINK_ADDRESSES = 8 };

/* A zeroed field means the default. Strings must stay valid while the link is open. */
struct mote_link_config {
    const struct mote_port *port;
    const char *host; /* name or literal address */
    uint16_t number;  /* its port */
    const char *name; /* TLS, with a certificate for this name, verified as that of the stream is. NULL: no TLS */
    const char *alpn; /* one protocol, or NULL */
    /* May this address be connected to? It is asked for each address that the name has. NULL: all may be. */
    bool (*allowed)(void *ctx, const struct mote_port_address *address);
    void *ctx;
    uint32_t connect_timeout_s; /* for the look-up, and for each address; default 5 */
    uint32_t tls_timeout_s;     /* for the handshake; default 30 */
};

enum mote_link_state {
    MOTE_LINK_CLOSED, /* not opened, closed, or failed: `error` tells */
    MOTE_LINK_NAME,
    MOTE_LINK_CONNECT,
    MOTE_LINK_HANDSHAKE,
    MOTE_LINK_OPEN
};

struct mote_link {
    /* For the loop, and for whoever uses the link: a struct that begins with this one sets `turn`, which is called
     * after each step. */
    struct mote_link *next; /* in `links` of struct mote_run_config */
    void (*step)(struct mote_link *link);
    unsigned (*waits)(const struct mote_link *link, uint64_t *until_ms);
    void (*turn)(struct mote_link *link);

    enum mote_link_state state;
    int error; /* 0 after mote_link_close; else as struct mote_run has it, and MOTE_ERR_POLICY when no address is
                  allowed */
    char why[160];
    char peer[64];  /* "192.0.2.1 port 443", for people */
    unsigned wants; /* of the user, once it is open: enum mote_port_wait */
    uint64_t
        deadline_ms; /* of the user, once it is open: when `turn` is to be called at the latest; else of the state */

    struct mote_link_config config; /* private from here on */
    struct mote_port_address addresses[MOTE_LINK_ADDRESSES];
    uint8_t count, tried;
    bool fresh; /* it was opened since the last step, so it is looked at before waiting */
    bool more;  /* the last read filled its buffer, so there may be more */
};

/* Begin. `link` is zeroed before its first use, but for `turn`. Returns 0, or the error, as `error` and `why` tell. */
int mote_link_open(struct mote_link *link, const struct mote_link_config *config);

/* As those of struct mote_port_tls, once it is open. When reading fails, the link is closed. When writing fails, what
 * the other side had said before may still be read. */
ptrdiff_t mote_link_read(struct mote_link *link, void *bytes, size_t len);
ptrdiff_t mote_link_write(struct mote_link *link, const void *bytes, size_t len);

void mote_link_close(struct mote_link *link);

/* For a program without a loop: one step, then a wait until there is something to do, at most max_ms. */
void mote_link_wait(struct mote_link *link, uint32_t max_ms);

#ifdef __cplusplus
}
#endif

#endif
