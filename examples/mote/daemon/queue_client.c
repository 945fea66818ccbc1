/* SPDX-License-Identifier: MIT
 * What mote run answers, is in the store. What it did not answer before it died may be there or not: asked again, the
 * request says which number was next when it was first made (`since`), and under its id it is found, or known not to
 * have been taken. Once the store is ours, all that follows goes there.
 */
#include "examples/mote/daemon/queue_client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/base/text.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/link/account_store.h"
#include "examples/mote/daemon/socket_path.h"
#include "examples/mote/daemon/packet_socket.h"
#include "examples/mote/daemon/queue_requests.h"
#include "examples/mote/link/session.h"

enum { ANSWER_MS = 30000, PAUSE_MS = 20 }; /* a disk may be slow, and answers come in turn */

static bool ours; /* this process has opened the store */

/* The next ticket when the request in progress was made first; -1 before it was. */
static int64_t since = -1;

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/// Through the socket ///

enum result { ANSWERED, NOBODY, BROKEN, WRONG, UNSAFE };

static bool hear(int fd, struct packet *p)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    int64_t end_ms = now_ms() + ANSWER_MS;
    for (int64_t left; (left = end_ms - now_ms()) > 0;) {
        if (poll(&wait, 1, (int)left) > 0) {
            ssize_t n = recv(fd, p->bytes, sizeof p->bytes, 0);
            p->len = n > 0 ? (size_t)n : 0;
            if (n > 0 || errno != EINTR) {
                return n > 0 && packet_good(p);
            }
        }
    }
    return false;
}

static enum result talk(int fd, struct packet *request, struct packet *answer)
{
    if (!hear(fd, answer)) {
        return BROKEN;
    }
    const char *jid = packet_get(answer, "jid");
    if (jid == NULL || !mote_jid_bare_equal(jid, cli.settings.jid)) {
        return WRONG;
    }
    size_t len = request->len;
    if (since < 0) {
        since = packet_get_number(answer, "next", 0);
    } else {
        packet_number(request, "since", since);
    }
    bool done = pass_send(fd, request) && hear(fd, answer);
    packet_trim(request, len);
    return done ? ANSWERED : BROKEN;
}

static enum result ask_socket(const char *path, struct packet *request, struct packet *answer)
{
    int fd = local_connect(path);
    if (fd < 0) {
        return errno == EPERM ? UNSAFE : NOBODY;
    }
    enum result result = talk(fd, request, answer);
    close(fd);
    return result;
}

/// On the store ///

static int open_store(void)
{
    int code = session_open(SESSION_CHAT | SESSION_BLOG | SESSION_FILES | SESSION_OUTBOX | SESSION_OFFLINE, NULL);
    ours = code == 0;
    return code;
}

static void ask_store(struct packet *request, struct packet *answer)
{
    size_t len = request->len;
    if (since >= 0) {
        packet_number(request, "since", since);
    }
    queue_serve(request, answer);
    packet_trim(request, len);
}

/// Whichever is there ///

static int nobody_answers(const char *path, enum result result)
{
    char why[64];
    if (result == WRONG) {
        return fail(EXIT_LOCAL, "it serves another account", "name the configuration of that account with -c",
                    "cannot queue with the mote run at %s", path);
    }
    snprintf(why, sizeof why, "a process has it that did not answer for %d s", HANDOVER_S);
    return fail(EXIT_LOCAL, why, "is 'mote run' hanging, or listening on another 'socket'?", "cannot use the store %s",
                keep_path());
}

int handover(struct packet *request, struct packet *answer)
{
    const char *path = keep_socket_path();
    int64_t end_ms = now_ms() + HANDOVER_S * 1000;
    since = -1;
    if (path == NULL) {
        return EXIT_LOCAL;
    }
    if (request->cut) {
        return fail(EXIT_USAGE, "it is longer than 49152 bytes", NULL, "cannot queue it");
    }
    while (!ours) {
        enum result result = ask_socket(path, request, answer);
        if (result == ANSWERED) {
            return 0;
        }
        if (result == UNSAFE) {
            return fail_errno("'socket' in mote.conf names another one", "cannot use the socket %s", path);
        }
        int code = result == WRONG ? KEEP_BUSY : open_store();
        if (code > 0) {
            return code;
        }
        if (code == KEEP_BUSY && (result == WRONG || now_ms() >= end_ms)) {
            return nobody_answers(path, result);
        }
        if (code == KEEP_BUSY) { /* mote run is only starting, or another process queues something as we do */
            nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000}, NULL);
        }
    }
    ask_store(request, answer);
    return 0;
}

int handover_or_fail(struct packet *request, struct packet *answer, const char *what)
{
    int code = handover(request, answer);
    if (code == 0 && strcmp(packet_word(answer), "ok") != 0) {
        int error = -(int)packet_get_number(answer, "error", -MOTE_ERR_PROTOCOL);
        const char *why = packet_get(answer, "why");
        bool file = strcmp(packet_word(request), "file") == 0;
        const char *hint = error == MOTE_ERR_FULL ? "'mote queue' shows what waits, 'mote queue drop' makes room"
                           : error == MOTE_ERR_SIZE && file ? "without --queue 'mote put' gives a file of any size"
                                                            : NULL;
        code = error == MOTE_ERR_FULL ? EXIT_LOCAL : exit_of(error);
        return fail(code, why != NULL ? why : mote_error_text(error), hint, "%s", what);
    }
    return code;
}

int handover_close(int code)
{
    code = ours ? session_close(code) : code;
    ours = false;
    return code;
}
