/* SPDX-License-Identifier: MIT */
#include "examples/mote/daemon/socket_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 32 };

typedef int name_fn(int fd, const struct sockaddr *address, socklen_t len);

/* Call bind or connect with an address of at most 107 bytes: a longer path goes by way of its folder's descriptor. */
static int with_name(name_fn *call, int fd, const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    if (len < sizeof a.sun_path) {
        memcpy(a.sun_path, path, len + 1);
        return call(fd, (struct sockaddr *)&a, sizeof a);
    }
    char folder[4096];
    const char *name = strrchr(path, '/');
    if (name == NULL || (size_t)(++name - path) >= sizeof folder) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(folder, path, (size_t)(name - path));
    folder[name - path] = '\0';
    int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int n = dir >= 0 ? snprintf(a.sun_path, sizeof a.sun_path, "/proc/self/fd/%d/%s", dir, name) : 0;
    int r = -1;
    if (dir >= 0 && n >= (int)sizeof a.sun_path) {
        errno = ENAMETOOLONG;
    } else if (dir >= 0) {
        r = call(fd, (struct sockaddr *)&a, sizeof a);
    }
    int e = errno;
    if (dir >= 0) {
        close(dir);
    }
    errno = e;
    return r;
}

static int local_socket(void)
{
    return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int give_up(int fd)
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
    int fd = local_socket();
    mode_t old = umask(0177);
    int r = fd >= 0 ? with_name(bind, fd, path) : -1;
    int e = errno;
    umask(old);
    errno = e;
    return r == 0 && listen(fd, BACKLOG) == 0 ? fd : give_up(fd);
}

int local_connect(const char *path)
{
    int fd = local_socket();
    return fd >= 0 && with_name(connect, fd, path) == 0 ? fd : give_up(fd);
}
