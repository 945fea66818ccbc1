/* SPDX-License-Identifier: MIT
 * A TCP connection over sockets.
 */
#include "port/net/posix.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port/base/phrase.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* SO_NOSIGPIPE is there instead */
#endif

/// What went wrong, for people ///

/* Say why connecting failed. Returns which error of port/port.h that is. */
static int explain_connect(struct mote_net_posix *net, int e)
{
    char peer[MOTE_ADDRESS_TEXT];
    mote_address_text(&net->peer, peer);
    switch (e) {
    case ECONNREFUSED:
        mote__phrase(net->why, sizeof net->why, "connection refused by %s", peer);
        return MOTE_ERR_REFUSED;
    case ECONNRESET: mote__phrase(net->why, sizeof net->why, "connection reset by %s", peer); return MOTE_ERR_REFUSED;
    case ETIMEDOUT: mote__phrase(net->why, sizeof net->why, "no answer from %s", peer); return MOTE_ERR_TIMEOUT;
    case EHOSTUNREACH: mote__phrase(net->why, sizeof net->why, "no route to %s", peer); break;
    case ENETUNREACH: mote__phrase(net->why, sizeof net->why, "no network that leads to %s", peer); break;
    case EACCES:
    case EPERM: mote__phrase(net->why, sizeof net->why, "this machine forbids to connect to %s", peer); break;
    case EMFILE:
    case ENFILE: mote__phrase(net->why, sizeof net->why, "no file descriptor left to connect to %s", peer); break;
    case EADDRNOTAVAIL: mote__phrase(net->why, sizeof net->why, "no local address to connect to %s from", peer); break;
    default: mote__phrase(net->why, sizeof net->why, "cannot connect to %s: %s", peer, strerror(e)); break;
    }
    return MOTE_ERR_CONNECT;
}

static ptrdiff_t connection_lost(struct mote_net_posix *net, int e)
{
    char peer[MOTE_ADDRESS_TEXT];
    mote_address_text(&net->peer, peer);
    switch (e) {
    case 0: mote__phrase(net->why, sizeof net->why, "%s closed the connection", peer); break;
    case EPIPE:
    case ECONNRESET: mote__phrase(net->why, sizeof net->why, "connection reset by %s", peer); break;
    case ETIMEDOUT: mote__phrase(net->why, sizeof net->why, "%s has fallen silent", peer); break;
    default: mote__phrase(net->why, sizeof net->why, "connection to %s lost: %s", peer, strerror(e)); break;
    }
    return MOTE_ERR_LOST;
}

/// struct mote_port_net ///

/* Closing with unread bytes resets the connection, and what the peer has not got yet, such as our </stream:stream>, is
 * thrown away. So say that no more is coming, and read what is there. A peer that goes on sending is reset after
 * that. */
static void let_go(int fd)
{
    enum { PIECES = 16 };
    char waste[512];
    if (shutdown(fd, SHUT_WR) != 0) {
        return;
    }
    for (int i = 0; i < PIECES && recv(fd, waste, sizeof waste, MSG_DONTWAIT) > 0; i++) {
    }
}

static void net_close(void *ctx)
{
    struct mote_net_posix *net = ctx;
    if (net->fd >= 0) {
        let_go(net->fd);
        close(net->fd);
    }
    net->fd = -1;
    net->connected = net->full = net->unacked = false;
}

static void set(int fd, int level, int option)
{
    int one = 1;
    /* These options help, but none is needed, so a refusal is no failure. */
    (void)setsockopt(fd, level, option, &one, sizeof one);
}

static int new_socket(int family)
{
    int fd = socket(family, SOCK_STREAM, 0);
    if (fd < 0) {
        return -1;
    }
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        int e = errno;
        close(fd);
        errno = e;
        return -1;
    }
    /* lwIP's sockets refuse this. On such a system no program starts another one that could inherit it. */
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    set(fd, IPPROTO_TCP, TCP_NODELAY); /* the engine writes whole stanzas, which waiting for more only delays */
    set(fd, SOL_SOCKET, SO_KEEPALIVE);
#ifdef SO_NOSIGPIPE
    set(fd, SOL_SOCKET, SO_NOSIGPIPE);
#endif
    return fd;
}

static int connect_to(int fd, const struct mote_port_address *a)
{
    if (a->family == 4) {
        struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(a->port)};
        memcpy(&sin.sin_addr, a->bytes, 4);
        return connect(fd, (const struct sockaddr *)&sin, sizeof sin);
    }
    struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6, .sin6_port = htons(a->port)};
    memcpy(&sin6.sin6_addr, a->bytes, 16);
    return connect(fd, (const struct sockaddr *)&sin6, sizeof sin6);
}

static int net_open(void *ctx, const struct mote_port_address *address)
{
    struct mote_net_posix *net = ctx;
    net_close(net);
    net->peer = *address;
    net->fd = new_socket(address->family == 4 ? AF_INET : AF_INET6);
    if (net->fd < 0) {
        return explain_connect(net, errno);
    }
    /* An interrupted connect goes on by itself (POSIX), as one that is in progress. */
    if (connect_to(net->fd, address) != 0 && errno != EINPROGRESS && errno != EINTR) {
        int e = errno;
        net_close(net);
        return explain_connect(net, e);
    }
    return 0;
}

static int net_opened(void *ctx)
{
    struct mote_net_posix *net = ctx;
    if (net->connected || net->fd < 0) {
        return net->connected ? 1 : MOTE_ERR_CONNECT;
    }
    struct pollfd p = {.fd = net->fd, .events = POLLOUT};
    if (poll(&p, 1, 0) <= 0) {
        return 0;
    }
    int e = 0;
    socklen_t len = sizeof e;
    if (getsockopt(net->fd, SOL_SOCKET, SO_ERROR, &e, &len) != 0) {
        e = errno;
    }
    if (e != 0) {
        net_close(net);
        return explain_connect(net, e);
    }
    net->connected = true;
    return 1;
}

static bool nothing_now(int e)
{
    return e == EAGAIN || e == EWOULDBLOCK || e == EINTR;
}

/* A server with Nagle's algorithm sends the second of two small writes when the first is acknowledged, which takes
 * 40 ms unless we hurry. Linux goes back to delaying by itself, so this is done each time that all bytes have been
 * read. */
static void hurry_acknowledgement(struct mote_net_posix *net)
{
#ifdef TCP_QUICKACK
    if (net->unacked) {
        set(net->fd, IPPROTO_TCP, TCP_QUICKACK);
    }
#endif
    net->unacked = false;
}

static ptrdiff_t net_read(void *ctx, void *bytes, size_t len)
{
    struct mote_net_posix *net = ctx;
    if (net->fd < 0) {
        return MOTE_ERR_LOST;
    }
    ssize_t n = recv(net->fd, bytes, len, 0);
    if (n > 0) {
        net->unacked = true;
        return n;
    }
    if (n < 0 && nothing_now(errno)) {
        hurry_acknowledgement(net);
        return 0;
    }
    return connection_lost(net, n == 0 ? 0 : errno);
}

static ptrdiff_t net_write(void *ctx, const void *bytes, size_t len)
{
    struct mote_net_posix *net = ctx;
    if (net->fd < 0) {
        return MOTE_ERR_LOST;
    }
    ssize_t n = send(net->fd, bytes, len, MSG_NOSIGNAL);
    net->full = n < 0 && nothing_now(errno);
    if (n >= 0) {
        return n;
    }
    return net->full ? 0 : connection_lost(net, errno);
}

static void net_take(void *ctx, void *from)
{
    struct mote_net_posix *net = ctx, *other = from;
    *net = *other;
    other->fd = -1;
    other->connected = false;
}

static bool net_loopback(void *ctx)
{
    const struct mote_net_posix *net = ctx;
    return net->connected && mote_address_loopback(&net->peer);
}

static const char *net_why(void *ctx)
{
    const struct mote_net_posix *net = ctx;
    return net->why;
}

const struct mote_port_net mote_net_posix = {
    .open = net_open,
    .opened = net_opened,
    .read = net_read,
    .write = net_write,
    .close = net_close,
    .loopback = net_loopback,
    .why = net_why,
    .take = net_take,
};

void mote_net_posix_init(struct mote_net_posix *net)
{
    *net = (struct mote_net_posix){.fd = -1};
}
