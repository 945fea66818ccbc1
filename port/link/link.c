/* SPDX-License-Identifier: MIT
 * A byte stream beside that of XMPP: it is looked up, connected, and secured.
 */
#include "port/link/link.h"

#include "port/base/phrase.h"
#include "port/net/address.h"

enum { CONNECT_S = 5, TLS_S = 30 };

static uint64_t now(const struct mote_link *l)
{
    const struct mote_port *port = l->config.port;
    return port->clock->ms(port->clock_ctx);
}

static void enter(struct mote_link *l, enum mote_link_state state, uint32_t seconds)
{
    l->state = state;
    l->deadline_ms = seconds != 0 ? now(l) + seconds * 1000ull : UINT64_MAX;
}

static void let_go(struct mote_link *l)
{
    const struct mote_port *port = l->config.port;
    if (l->state == MOTE_LINK_CLOSED) {
        return;
    }
    if (l->config.name != NULL && port->tls != NULL) {
        port->tls->close(port->tls_ctx);
    }
    port->net->close(port->net_ctx);
    port->resolve->cancel(port->resolve_ctx);
    enter(l, MOTE_LINK_CLOSED, 0);
}

static int failed(struct mote_link *l, int error, const char *why)
{
    l->error = error;
    if (why != l->why) {
        mote__phrase(l->why, sizeof l->why, "%s", why);
    }
    let_go(l);
    return error;
}

/// TCP ///

static void connect_next(struct mote_link *l);

/* This address has failed. The reason of the first one is kept, for it is the one that the name's owner prefers. */
static void address_failed(struct mote_link *l, const char *why)
{
    const struct mote_port *port = l->config.port;
    if (l->error == 0) {
        l->error = MOTE_ERR_CONNECT;
        mote__phrase(l->why, sizeof l->why, "%s", why);
    }
    port->net->close(port->net_ctx);
    connect_next(l);
}

static void connect_next(struct mote_link *l)
{
    const struct mote_port *port = l->config.port;
    if (l->tried == l->count) {
        failed(l, l->error, l->why);
        return;
    }
    const struct mote_port_address *a = &l->addresses[l->tried++];
    enter(l, MOTE_LINK_CONNECT, l->config.connect_timeout_s);
    mote_address_text(a, l->peer);
    if (port->net->open(port->net_ctx, a) < 0) {
        address_failed(l, port->net->why(port->net_ctx));
    }
}

static void begin_handshake(struct mote_link *l)
{
    const struct mote_port *port = l->config.port;
    l->error = 0;
    l->why[0] = '\0';
    if (l->config.name == NULL) {
        enter(l, MOTE_LINK_OPEN, 0);
        return;
    }
    enter(l, MOTE_LINK_HANDSHAKE, l->config.tls_timeout_s);
    int r = port->tls->start(port->tls_ctx, port, l->config.name, l->config.alpn);
    if (r != 0) {
        failed(l, r, port->tls->why(port->tls_ctx));
    }
}

static void step_connect(struct mote_link *l)
{
    const struct mote_port *port = l->config.port;
    int r = port->net->opened(port->net_ctx);
    if (r > 0) {
        begin_handshake(l);
    } else if (r < 0) {
        address_failed(l, port->net->why(port->net_ctx));
    } else if (now(l) >= l->deadline_ms) {
        char why[sizeof l->why];
        mote__phrase(why, sizeof why, "no answer from %s within %u s", l->peer, (unsigned)l->config.connect_timeout_s);
        address_failed(l, why);
    }
}

/// The name ///

/* Keep the addresses that may be connected to. The one that is connected to later is the one that was looked at here,
 * so a name that changes its address meanwhile gains nothing. */
static int sift(struct mote_link *l, int found)
{
    char refused[MOTE_ADDRESS_TEXT] = "";
    l->count = 0;
    for (int i = 0; i < found; i++) {
        l->addresses[i].port = l->config.number;
        if (l->config.allowed == NULL || l->config.allowed(l->config.ctx, &l->addresses[i])) {
            l->addresses[l->count++] = l->addresses[i];
        } else {
            mote_address_text(&l->addresses[i], refused);
        }
    }
    if (l->count > 0) {
        return 0;
    }
    mote__phrase(l->why, sizeof l->why, "%s leads to %s, which is of a private network", l->config.host, refused);
    return failed(l, MOTE_ERR_POLICY, l->why);
}

static void step_name(struct mote_link *l)
{
    const struct mote_port *port = l->config.port;
    int n = port->resolve->host_result(port->resolve_ctx, l->addresses, MOTE_LINK_ADDRESSES);
    if (n == MOTE_ERR_BUSY) {
        if (now(l) >= l->deadline_ms) {
            mote__phrase(l->why, sizeof l->why, "no DNS server told the address of %s within %u s", l->config.host,
                         (unsigned)l->config.connect_timeout_s);
            failed(l, MOTE_ERR_DNS, l->why);
        }
    } else if (n <= 0) {
        failed(l, MOTE_ERR_DNS, port->resolve->why(port->resolve_ctx));
    } else {
        port->resolve->cancel(port->resolve_ctx);
        if (sift(l, n) == 0) {
            connect_next(l);
        }
    }
}

/// TLS ///

static void step_handshake(struct mote_link *l)
{
    const struct mote_port *port = l->config.port;
    int r = port->tls->handshake(port->tls_ctx);
    if (r > 0) {
        enter(l, MOTE_LINK_OPEN, 0);
    } else if (r < 0) {
        failed(l, r, port->tls->why(port->tls_ctx));
    } else if (now(l) >= l->deadline_ms) {
        mote__phrase(l->why, sizeof l->why, "the TLS handshake with %s took more than %u s", l->peer,
                     (unsigned)l->config.tls_timeout_s);
        failed(l, MOTE_ERR_TIMEOUT, l->why);
    }
}

/// The loop ///

static void link_step(struct mote_link *l)
{
    enum mote_link_state before = MOTE_LINK_CLOSED;
    uint8_t tried = 0;
    l->fresh = false;
    while (l->state != before || l->tried != tried) { /* what begins is looked at once before the wait */
        before = l->state;
        tried = l->tried;
        switch (l->state) {
        case MOTE_LINK_NAME: step_name(l); break;
        case MOTE_LINK_CONNECT: step_connect(l); break;
        case MOTE_LINK_HANDSHAKE: step_handshake(l); break;
        default: break;
        }
    }
    if (l->turn != NULL) {
        l->turn(l);
    }
}

static unsigned link_waits(const struct mote_link *l, uint64_t *until_ms)
{
    const struct mote_port *port = l->config.port;
    bool secured = l->config.name != NULL && port->tls->pending(port->tls_ctx);
    if (l->state != MOTE_LINK_CLOSED && l->deadline_ms < *until_ms) {
        *until_ms = l->deadline_ms;
    }
    if (l->fresh && l->state != MOTE_LINK_CLOSED) {
        *until_ms = 0;
    }
    switch (l->state) {
    case MOTE_LINK_NAME: return MOTE_PORT_WAIT_RESOLVE;
    case MOTE_LINK_CONNECT: return MOTE_PORT_WAIT_WRITE;
    case MOTE_LINK_HANDSHAKE: *until_ms = secured ? 0 : *until_ms; return MOTE_PORT_WAIT_READ;
    case MOTE_LINK_OPEN:
        if ((l->wants & MOTE_PORT_WAIT_READ) != 0 && (secured || l->more)) {
            *until_ms = 0;
        }
        return l->wants;
    default: return 0;
    }
}

void mote_link_wait(struct mote_link *l, uint32_t max_ms)
{
    const struct mote_port *port = l->config.port;
    l->step(l);
    uint64_t until = now(l) + max_ms;
    unsigned bits = l->waits(l, &until);
    if (l->state != MOTE_LINK_CLOSED) {
        port->waiter->also(port->waiter_ctx, port, bits);
        port->waiter->wait(port->waiter_ctx, port, 0, until);
    }
}

/// For the application ///

int mote_link_open(struct mote_link *l, const struct mote_link_config *config)
{
    l->config = *config;
    l->step = link_step;
    l->waits = link_waits;
    l->error = 0;
    l->why[0] = l->peer[0] = '\0';
    l->count = l->tried = 0;
    l->wants = MOTE_PORT_WAIT_READ;
    l->more = false;
    l->fresh = true;
    if (l->config.connect_timeout_s == 0) {
        l->config.connect_timeout_s = CONNECT_S;
    }
    if (l->config.tls_timeout_s == 0) {
        l->config.tls_timeout_s = TLS_S;
    }
    enter(l, MOTE_LINK_NAME, l->config.connect_timeout_s);
    const struct mote_port *port = config->port;
    if (config->name != NULL && port->tls == NULL) {
        return failed(l, MOTE_ERR_TLS, "this program was built without TLS");
    }
    if (port->resolve->host(port->resolve_ctx, config->host) != 0) {
        return failed(l, MOTE_ERR_DNS, port->resolve->why(port->resolve_ctx));
    }
    return 0;
}

static const char *reason(const struct mote_link *l)
{
    const struct mote_port *port = l->config.port;
    return l->config.name != NULL ? port->tls->why(port->tls_ctx) : port->net->why(port->net_ctx);
}

ptrdiff_t mote_link_read(struct mote_link *l, void *bytes, size_t len)
{
    const struct mote_port *port = l->config.port;
    if (l->state != MOTE_LINK_OPEN) {
        return MOTE_ERR_LOST;
    }
    ptrdiff_t n = l->config.name != NULL ? port->tls->read(port->tls_ctx, bytes, len)
                                         : port->net->read(port->net_ctx, bytes, len);
    l->more = n == (ptrdiff_t)len;
    return n < 0 ? failed(l, (int)n, reason(l)) : n;
}

ptrdiff_t mote_link_write(struct mote_link *l, const void *bytes, size_t len)
{
    const struct mote_port *port = l->config.port;
    if (l->state != MOTE_LINK_OPEN) {
        return MOTE_ERR_LOST;
    }
    ptrdiff_t n = l->config.name != NULL ? port->tls->write(port->tls_ctx, bytes, len)
                                         : port->net->write(port->net_ctx, bytes, len);
    if (n < 0) {
        l->error = (int)n;
        mote__phrase(l->why, sizeof l->why, "%s", reason(l));
    }
    return n;
}

void mote_link_close(struct mote_link *l)
{
    if (l->config.port != NULL) {
        let_go(l);
    }
    l->error = 0;
}
