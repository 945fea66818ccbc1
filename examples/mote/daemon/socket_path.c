/* SPDX-License-Identifier: MIT
 * Sockets of this machine by their path, however long that is, and never through a link of another user.
 */
#include "examples/mote/daemon/socket_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "port/store/safe_path.h"

enum { BACKLOG = 32 };

typedef int name_fn(int fd, const struct sockaddr *address, socklen_t len);

/* Call bind or connect with a path that leads through a descriptor of this process (/proc/self/fd). So it is the folder
 * that was checked, and the path is short enough for struct sockaddr_un. */
static int with_name(name_fn *call, int fd, int at, const char *name, const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    bool proc = access("/proc/self/fd", F_OK) == 0; /* without /proc, the path itself is used, if it is short enough */
    int n = proc ? snprintf(a.sun_path, sizeof a.sun_path, "/proc/self/fd/%d%s", at, name)
                 : snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    if (n >= (int)sizeof a.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return call(fd, (struct sockaddr *)&a, sizeof a);
}

static int local_socket(void)
{
    return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int give_up_path(int fd)
{
    int e = errno;
    if (fd >= 0) {
        close(fd);
    }
    errno = e;
    return -1;
}

int local_listen(const char *path)
{
    struct mote_safe_path p = MOTE_SAFE_PATH_NONE;
    int fd = mote_safe_path_find(&p, path, false) == 0 ? local_socket() : -1;
    mode_t old = umask(0177);
    char name[sizeof p.name + 1];
    snprintf(name, sizeof name, "/%s", p.name);
    int r = fd >= 0 ? with_name(bind, fd, p.dir, name, path) : -1;
    int e = errno;
    umask(old);
    errno = e;
    mote_safe_path_close(&p);
    return r == 0 && listen(fd, BACKLOG) == 0 ? fd : give_up_path(fd);
}

/* Whoever listens there will be asked to send in our name, so it has to be root, this user, or the owner of the
 * folder. */
static bool is_owner(int fd, const struct mote_safe_path *p)
{
    struct ucred who;
    socklen_t len = sizeof who;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 &&
           (who.uid == 0 || who.uid == geteuid() || who.uid == p->owner);
}

int local_connect(const char *path)
{
    struct mote_safe_path p = MOTE_SAFE_PATH_NONE;
    struct stat st;
    int fd = -1, at = -1;
    if (mote_safe_path_find(&p, path, false) == 0 && mote_safe_path_stat(&p, S_IFSOCK, &st) == 0 &&
        (fd = local_socket()) >= 0) {
        at = openat(p.dir, p.name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    }
    int r = at >= 0 ? with_name(connect, fd, at, "", path) : -1;
    if (r == 0 && !is_owner(fd, &p)) {
        r = mote_safe_path_refuse("another user listens there");
    }
    int e = errno;
    if (at >= 0) {
        close(at);
    }
    errno = e;
    mote_safe_path_close(&p);
    return r == 0 ? fd : give_up_path(fd);
}

bool local_remove(const char *path)
{
    struct mote_safe_path p = MOTE_SAFE_PATH_NONE;
    struct stat st;
    bool gone = mote_safe_path_find(&p, path, false) == 0 && mote_safe_path_stat(&p, S_IFSOCK, &st) == 0 &&
                unlinkat(p.dir, p.name, 0) == 0;
    mote_safe_path_close(&p);
    return gone;
}
