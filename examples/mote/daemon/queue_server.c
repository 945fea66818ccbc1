/* SPDX-License-Identifier: MIT
 * The socket of mote run: it takes clients, reads one request from each, and answers it, without ever waiting.
 */
#include "examples/mote/daemon/queue_server.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/text.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/daemon/socket_path.h"
#include "examples/mote/out/out.h"
#include "examples/mote/daemon/packet_socket.h"
#include "examples/mote/daemon/queue_requests.h"
#include "examples/mote/link/session.h"

/* IDLE_MS: a client that asks nothing for so long is closed, and the next one has its place. PAUSE_MS: when the system
 * had no descriptor for a client, none is taken for so long, because that client stays in line and would wake us
 * without end. */
enum { IDLE_MS = 5000, PAUSE_MS = 1000 };

static char name[PATH_MAX];
static int listener = -1;
static uint64_t pause_ms; /* until then nobody is taken; 0 when the last client could be taken */
static struct client {
    int fd;
    uint64_t until_ms; /* when it is closed; 0 when the place is free */
} clients[CONTROL_CLIENTS];
static struct packet in, out;

/// The socket ///

int control_open(const char *path)
{
    if (!mote_text_copy(name, sizeof name, path)) {
        return fail(EXIT_LOCAL, "the path is longer than the system allows", NULL, "cannot use the socket %s", path);
    }
    listener = local_listen(path);
    if (listener < 0 && errno == EADDRINUSE) {
        int fd = local_connect(path);
        if (fd >= 0 || errno == EAGAIN) {
            close(fd);
            return fail(EXIT_LOCAL, "another process answers there", "'socket' in mote.conf names another one",
                        "cannot use the socket %s", path);
        }
        if (errno == ECONNREFUSED && local_remove(path)) { /* nobody is behind it any more */
            listener = local_listen(path);
        } else if (errno != EPERM) { /* EPERM says more than what was found first */
            errno = EADDRINUSE;
        }
    }
    if (listener < 0) {
        return fail_errno("'socket' in mote.conf names another one", "cannot use the socket %s", path);
    }
    mote_posix_watch(&session.posix, listener);
    return 0;
}

void control_close(void)
{
    for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
        if (clients[i].until_ms != 0) {
            close(clients[i].fd);
            clients[i].until_ms = 0;
        }
    }
    if (listener >= 0) {
        local_remove(name);
        close(listener);
        listener = -1;
    }
}

/// One client ///

static void send_packet(const struct client *c, const struct packet *p)
{
    (void)!pass_send(c->fd, p); /* a client that has gone needs no answer */
}

static void end_client(struct client *c)
{
    mote_posix_unwatch(&session.posix, c->fd);
    close(c->fd);
    c->until_ms = 0;
}

static bool may_ask(int fd)
{
    struct ucred who;
    socklen_t len = sizeof who;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && (who.uid == 0 || who.uid == geteuid());
}

static void pause_listening(uint64_t now_ms)
{
    if (pause_ms == 0) {
        note("nobody can queue anything for now: %s", strerror(errno));
    }
    pause_ms = now_ms + PAUSE_MS;
}

/* Take the next client. False when nobody waits, or nobody can be taken. */
static bool take_client(struct client *c, uint64_t now_ms)
{
    struct pollfd line = {.fd = listener, .events = POLLIN};
    if (poll(&line, 1, 0) <= 0) {
        return false; /* asked first, for accept4 says that there are no descriptors even when nobody waits for one */
    }
    c->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (c->fd < 0) {
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
            pause_listening(now_ms);
        }
        return false;
    }
    pause_ms = 0;
    if (!may_ask(c->fd)) {
        close(c->fd);
        return true;
    }
    c->until_ms = now_ms + IDLE_MS;
    mote_posix_watch(&session.posix, c->fd);
    queue_greet(&out);
    send_packet(c, &out);
    return true;
}

static void serve(struct client *c, uint64_t now_ms)
{
    ssize_t n = pass_receive(c->fd, &in);
    if (n < 0 && (errno == EAGAIN || errno == EINTR) && now_ms < c->until_ms) {
        return;
    }
    if (n > 0 && packet_good(&in)) {
        queue_serve(&in, &out);
        send_packet(c, &out);
    }
    if (in.fd >= 0) {
        close(in.fd);
    }
    end_client(c);
}

uint64_t control_turn(uint64_t now_ms)
{
    uint64_t next_ms = UINT64_MAX;
    bool more = listener >= 0 && now_ms >= pause_ms, full = true;
    for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
        struct client *c = &clients[i];
        if (c->until_ms != 0) {
            serve(c, now_ms);
        }
        while (more && c->until_ms == 0 && (more = take_client(c, now_ms))) {
        }
        full = full && c->until_ms != 0;
        next_ms = c->until_ms != 0 && c->until_ms < next_ms ? c->until_ms : next_ms;
    }
    if (now_ms < pause_ms) {
        full = true;
        next_ms = pause_ms < next_ms ? pause_ms : next_ms;
    }
    if (full) { /* a client that waits in line would wake us for nothing */
        mote_posix_unwatch(&session.posix, listener);
    } else if (listener >= 0) {
        mote_posix_watch(&session.posix, listener);
    }
    return next_ms;
}
