/* SPDX-License-Identifier: MIT
 * standin [--tls CERT KEY] [--password P] [--sasl PLAIN,SCRAM-SHA-256] [--iterations N]
 *         [--sasl2] [--tickets] [--tls12] [--flood chat|event N] [--sink N] [--dump] [--trace]
 *
 * It prints its port on 127.0.0.1, and serves until it is ended. With --flood each client gets N stanzas after its
 * presence; --dump writes them to standard output instead, as a whole stream. --sink: see standin.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/standin/standin.h"

enum { CONNECTIONS = 32768, EVENTS = 256, RECORD = 16384 };

struct options options = {.password = "secret", .mechanisms = "SCRAM-SHA-256,PLAIN", .iterations = 4096};
static struct connection *connections[CONNECTIONS];
static SSL_CTX *context;
static int queue, listener;

struct connection *connection_of(unsigned number)
{
    return number < CONNECTIONS ? connections[number] : NULL;
}

/// Sending ///

void say_bytes(struct connection *c, const void *bytes, size_t len)
{
    if (c->out_len + len > c->out_size) {
        c->out_size = (c->out_len + len) * 2;
        c->out = realloc(c->out, c->out_size);
        if (c->out == NULL) {
            exit(1);
        }
    }
    memcpy(c->out + c->out_len, bytes, len);
    c->out_len += len;
}

void say(struct connection *c, const char *text)
{
    say_bytes(c, text, strlen(text));
}

static void watch(struct connection *c, bool write)
{
    if (c->wants_write != write) {
        struct epoll_event e = {.events = EPOLLIN | (write ? EPOLLOUT : 0u), .data.u32 = c->number};
        c->wants_write = write;
        epoll_ctl(queue, EPOLL_CTL_MOD, c->fd, &e);
    }
}

/* n > 0 bytes sent, 0: not now. */
static size_t put(struct connection *c, const char *bytes, size_t len)
{
    if (c->ssl != NULL) {
        size_t n = 0;
        return SSL_write_ex(c->ssl, bytes, len < RECORD ? len : RECORD, &n) == 1 ? n : 0;
    }
    ssize_t n = send(c->fd, bytes, len, MSG_NOSIGNAL);
    return n > 0 ? (size_t)n : 0;
}

static bool flush_out(struct connection *c)
{
    size_t n = 1;
    while (c->out_sent < c->out_len && (n = put(c, c->out + c->out_sent, c->out_len - c->out_sent)) > 0) {
        c->out_sent += n;
    }
    if (c->out_sent < c->out_len) {
        return false;
    }
    free(c->out); /* idle sessions have none */
    c->out = NULL;
    c->out_sent = c->out_len = c->out_size = 0;
    return true;
}

static bool flush_blob(struct connection *c)
{
    size_t n = 1;
    while (c->blob_sent < c->blob_len && (n = put(c, c->blob + c->blob_sent, c->blob_len - c->blob_sent)) > 0) {
        c->blob_sent += n;
    }
    return c->blob_sent == c->blob_len;
}

/* A flood that has begun goes to its end first, so that nothing comes into the middle of a stanza. */
void flush(struct connection *c)
{
    bool all = c->blob_sent == 0 || flush_blob(c);
    all = all && flush_out(c) && flush_blob(c);
    watch(c, !all);
}

/// Connections ///

static void drop(struct connection *c)
{
    connections[c->number] = NULL;
    SSL_free(c->ssl);
    close(c->fd);
    free(c->out);
    free(c);
}

static void accept_all(void)
{
    static unsigned next;
    int fd, one = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *c = calloc(1, sizeof *c);
        for (unsigned i = 0; i < CONNECTIONS && connections[next % CONNECTIONS] != NULL; i++) {
            next++;
        }
        if (c == NULL || connections[next % CONNECTIONS] != NULL) {
            free(c);
            close(fd);
            continue;
        }
        c->fd = fd;
        c->number = next++ % CONNECTIONS;
        connections[c->number] = c;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (context != NULL) {
            c->ssl = SSL_new(context);
            SSL_set_fd(c->ssl, fd);
            SSL_set_accept_state(c->ssl);
        }
        struct epoll_event e = {.events = EPOLLIN, .data.u32 = c->number};
        epoll_ctl(queue, EPOLL_CTL_ADD, fd, &e);
    }
}

/* Bytes into c->in: n > 0, 0 not now, -1 gone. */
static ssize_t get(struct connection *c)
{
    char *place = c->in + c->in_len;
    size_t room = IN_MAX - c->in_len, n = 0;
    if (c->ssl == NULL) {
        ssize_t r = recv(c->fd, place, room, 0);
        return r > 0 ? r : r < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
    }
    int r = SSL_read_ex(c->ssl, place, room, &n);
    if (r == 1) {
        return (ssize_t)n;
    }
    int e = SSL_get_error(c->ssl, r);
    if (e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE) {
        ERR_clear_error();
        return -1;
    }
    return 0;
}

static void serve(struct connection *c)
{
    ssize_t n;
    while ((n = get(c)) > 0 && !c->closing) {
        if (options.trace) {
            fprintf(stderr, "read %zd\n", n);
        }
        c->in_len += (size_t)n;
        understand(c);
    }
    flush(c);
    if (n < 0 || (c->closing && !c->wants_write)) {
        drop(c);
    }
}

/// Start ///

static int number(const char *text)
{
    return text != NULL ? atoi(text) : 0;
}

static bool read_options(int argc, char **argv, bool *dump)
{
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : "", *more = i + 2 < argc ? argv[i + 2] : "";
        if (strcmp(name, "--tls") == 0) {
            options.cert = value;
            options.key = more;
            i += 2;
        } else if (strcmp(name, "--flood") == 0) {
            options.flood = strcmp(value, "event") == 0 ? FLOOD_EVENT : FLOOD_CHAT;
            options.count = (unsigned)number(more);
            i += 2;
        } else if (strcmp(name, "--password") == 0) {
            options.password = argv[++i];
        } else if (strcmp(name, "--sasl") == 0) {
            options.mechanisms = argv[++i];
        } else if (strcmp(name, "--iterations") == 0) {
            options.iterations = number(argv[++i]);
        } else if (strcmp(name, "--sink") == 0) {
            options.sink = (unsigned)number(argv[++i]);
        } else if (strcmp(name, "--trace") == 0) {
            options.trace = true;
        } else if (strcmp(name, "--sasl2") == 0) {
            options.sasl2 = true;
        } else if (strcmp(name, "--tickets") == 0) {
            options.tickets = true;
        } else if (strcmp(name, "--tls12") == 0) {
            options.tls12 = true;
        } else if (strcmp(name, "--dump") == 0) {
            *dump = true;
        } else {
            fprintf(stderr, "standin: what is %s?\n", name);
            return false;
        }
    }
    return options.password != NULL && options.mechanisms != NULL;
}

static bool start_tls(void)
{
    if (options.cert == NULL) {
        return true;
    }
    context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_num_tickets(context, options.tickets ? 1 : 0); /* of TLS 1.3 */
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, options.tickets ? 0 : SSL_OP_NO_TICKET);
    SSL_CTX_set_max_proto_version(context, options.tls12 ? TLS1_2_VERSION : 0);
    return SSL_CTX_use_certificate_chain_file(context, options.cert) == 1 &&
           SSL_CTX_use_PrivateKey_file(context, options.key, SSL_FILETYPE_PEM) == 1;
}

static bool start_listening(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    queue = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = CONNECTIONS};
    if (bind(listener, (struct sockaddr *)&a, sizeof a) != 0 || listen(listener, 4096) != 0 ||
        epoll_ctl(queue, EPOLL_CTL_ADD, listener, &e) != 0) {
        return false;
    }
    getsockname(listener, (struct sockaddr *)&a, &len);
    printf("%u\n", (unsigned)ntohs(a.sin_port));
    fflush(stdout);
    return true;
}

int main(int argc, char **argv)
{
    bool dump = false;
    size_t len;
    if (!read_options(argc, argv, &dump)) {
        return 2;
    }
    if (dump) {
        fputs("<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='s1' "
              "from='localhost' version='1.0'>", stdout);
        const char *blob = flood_blob(&len);
        fwrite(blob, 1, len, stdout);
        return 0;
    }
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* ends with the test that started it */
    if (options.flood != FLOOD_NONE) {
        flood_blob(&len); /* made before the clock runs */
    }
    scram_keys();
    if (!start_tls() || !start_listening()) {
        fprintf(stderr, "standin: cannot start: %s\n", strerror(errno));
        return 1;
    }
    sasl2_start(context);
    for (;;) {
        struct epoll_event events[EVENTS];
        int n = epoll_wait(queue, events, EVENTS, -1);
        for (int i = 0; i < n; i++) {
            struct connection *c = connection_of(events[i].data.u32);
            if (events[i].data.u32 == CONNECTIONS) {
                accept_all();
            } else if (c != NULL) {
                serve(c);
            }
        }
    }
}
