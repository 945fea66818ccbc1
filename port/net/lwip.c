/* SPDX-License-Identifier: MIT
 * A TCP connection over lwIP.
 */
#include "port/net/lwip.h"

#include "port/base/phrase.h"

/* Make a sentence with the peer's address between two pieces. */
static void explain_connection(struct mote_net_lwip *net, const char *before, const char *after)
{
    char peer[MOTE_ADDRESS_TEXT];
    mote_address_text(&net->peer, peer);
    mote__phrase(net->why, sizeof net->why, "%s%s%s", before, peer, after);
}

static ptrdiff_t connection_lost(struct mote_net_lwip *net)
{
    switch (net->error) {
    case ERR_OK: explain_connection(net, "", " closed the connection"); break;
    case ERR_RST: explain_connection(net, "connection reset by ", ""); break;
    case ERR_ABRT: explain_connection(net, "", " has fallen silent"); break;
    default: explain_connection(net, "the connection broke to ", ""); break;
    }
    return MOTE_ERR_LOST;
}

/// What lwIP calls ///

static err_t on_connected(void *ctx, struct tcp_pcb *pcb, err_t error)
{
    struct mote_net_lwip *net = ctx;
    (void)pcb;
    net->connected = error == ERR_OK;
    return ERR_OK;
}

static err_t on_received(void *ctx, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
    struct mote_net_lwip *net = ctx;
    (void)pcb, (void)error;
    if (p == NULL) {
        net->ended = true;
    } else if (net->received == NULL) {
        net->received = p;
    } else {
        pbuf_cat(net->received, p);
    }
    return ERR_OK;
}

static void on_error(void *ctx, err_t error)
{
    struct mote_net_lwip *net = ctx;
    net->pcb = NULL; /* lwIP has freed it */
    net->error = error;
    net->ended = true;
}

/// struct mote_port_net ///

static void forget_connection(struct mote_net_lwip *net)
{
    if (net->received != NULL) {
        if (net->pcb != NULL) { /* unread bytes would turn the orderly end into a reset */
            tcp_recved(net->pcb, net->received->tot_len);
        }
        pbuf_free(net->received);
        net->received = NULL;
    }
}

static void net_close(void *ctx)
{
    struct mote_net_lwip *net = ctx;
    forget_connection(net);
    if (net->pcb != NULL) {
        tcp_arg(net->pcb, NULL);
        tcp_recv(net->pcb, NULL);
        tcp_err(net->pcb, NULL);
        tcp_setprio(net->pcb, TCP_PRIO_MIN); /* while it closes, the next connection may take its place */
        if (tcp_close(net->pcb) != ERR_OK) {
            tcp_abort(net->pcb);
        }
    }
    net->pcb = NULL;
    net->connected = net->ended = false;
}

static int cannot(struct mote_net_lwip *net, const char *why)
{
    int r = net->error == ERR_RST ? MOTE_ERR_REFUSED : net->error == ERR_ABRT ? MOTE_ERR_TIMEOUT : MOTE_ERR_CONNECT;
    explain_connection(net, why, "");
    net_close(net);
    return r;
}

static int net_open(void *ctx, const struct mote_port_address *address)
{
    struct mote_net_lwip *net = ctx;
    ip_addr_t ip;
    net_close(net);
    net->peer = *address;
    net->error = ERR_OK;
    if (address->family != 4) {
        return cannot(net, "no network that leads to ");
    }
    IP_ADDR4(&ip, address->bytes[0], address->bytes[1], address->bytes[2], address->bytes[3]);
    net->pcb = tcp_new();
    if (net->pcb == NULL) {
        return cannot(net, "too many connections are still being closed to connect to ");
    }
    tcp_arg(net->pcb, net);
    tcp_recv(net->pcb, on_received);
    tcp_err(net->pcb, on_error);
    tcp_nagle_disable(net->pcb); /* the engine writes whole stanzas: waiting for more only delays them */
    ip_set_option(net->pcb, SOF_KEEPALIVE);
    switch (tcp_connect(net->pcb, &ip, address->port, on_connected)) {
    case ERR_OK: return 0;
    case ERR_RTE: return cannot(net, "no network that leads to ");
    default: return cannot(net, "no memory to connect to ");
    }
}

static int net_opened(void *ctx)
{
    struct mote_net_lwip *net = ctx;
    if (net->pcb == NULL) {
        return cannot(net, net->error == ERR_RST ? "connection refused by " : "no answer from ");
    }
    return net->connected ? 1 : 0;
}

static ptrdiff_t net_read(void *ctx, void *bytes, size_t len)
{
    struct mote_net_lwip *net = ctx;
    if (net->received == NULL) {
        if (net->ended || net->pcb == NULL) {
            return connection_lost(net);
        }
        if ((net->pcb->flags & TF_ACK_DELAY) != 0) { /* a server that waits for it would wait 250 ms */
            tcp_set_flags(net->pcb, TF_ACK_NOW);
            tcp_output(net->pcb);
        }
        return 0;
    }
    u16_t n = pbuf_copy_partial(net->received, bytes, len < UINT16_MAX ? (u16_t)len : UINT16_MAX, 0);
    net->received = pbuf_free_header(net->received, n);
    if (net->pcb != NULL) {
        tcp_recved(net->pcb, n);
    }
    return n;
}

static ptrdiff_t net_write(void *ctx, const void *bytes, size_t len)
{
    struct mote_net_lwip *net = ctx;
    if (net->pcb == NULL) {
        return connection_lost(net);
    }
    u16_t room = tcp_sndbuf(net->pcb), n = len < room ? (u16_t)len : room;
    /* The pools may hold less than the send buffer promises. Half of the bytes may fit when all do not. */
    while (n > 0 && tcp_write(net->pcb, bytes, n, TCP_WRITE_FLAG_COPY) != ERR_OK) {
        n /= 2;
    }
    tcp_output(net->pcb);
    return n;
}

static bool net_loopback(void *ctx)
{
    const struct mote_net_lwip *net = ctx;
    return net->connected && mote_address_loopback(&net->peer);
}

static const char *net_why(void *ctx)
{
    const struct mote_net_lwip *net = ctx;
    return net->why;
}

const struct mote_port_net mote_net_lwip = {
    .open = net_open,
    .opened = net_opened,
    .read = net_read,
    .write = net_write,
    .close = net_close,
    .loopback = net_loopback,
    .why = net_why,
};

void mote_net_lwip_init(struct mote_net_lwip *net)
{
    *net = (struct mote_net_lwip){.error = ERR_OK};
}

bool mote__net_lwip_readable(const struct mote_net_lwip *net)
{
    return net->received != NULL || net->ended;
}
