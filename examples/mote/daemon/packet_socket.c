/* SPDX-License-Identifier: MIT
 * Packets over a socket, with the descriptor that may go beside one.
 */
#include "examples/mote/daemon/packet_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DESCRIPTORS = 8 }; /* so many find room; the kernel closes those beyond */

union control {
    struct cmsghdr head; /* for the alignment */
    char bytes[CMSG_SPACE(DESCRIPTORS * sizeof(int))];
};

/// Packets ///

bool pass_send(int s, const struct packet *p)
{
    union control control = {0};
    struct iovec part = {.iov_base = (void *)p->bytes, .iov_len = p->len};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (p->fd >= 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int));
        control.head =
            (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.head), &p->fd, sizeof(int));
    }
    return sendmsg(s, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)p->len;
}

/* musl's macro mixes signs, which the compiler warns of where the macro is used. */
static struct cmsghdr *header_behind(struct msghdr *message, struct cmsghdr *c)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
    return CMSG_NXTHDR(message, c);
#pragma GCC diagnostic pop
}

/* Returns the one descriptor of a message, or -1 when there is none. When there are more, all are closed. */
static int only_descriptor(struct msghdr *message)
{
    int kept = -1, fd;
    unsigned count = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = header_behind(message, c)) {
        size_t len = c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS ? c->cmsg_len - CMSG_LEN(0) : 0;
        for (size_t at = 0; at + sizeof fd <= len; at += sizeof fd) {
            memcpy(&fd, CMSG_DATA(c) + at, sizeof fd);
            if (count++ == 0) {
                kept = fd;
            } else {
                close(fd);
            }
        }
    }
    if (kept >= 0 && (count > 1 || (message->msg_flags & MSG_CTRUNC) != 0)) {
        close(kept);
        kept = -1;
    }
    return kept;
}

ssize_t pass_receive(int s, struct packet *p)
{
    union control control;
    struct iovec part = {.iov_base = p->bytes, .iov_len = sizeof p->bytes};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t n = recvmsg(s, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    p->len = n > 0 ? (size_t)n : 0;
    p->fd = n >= 0 ? only_descriptor(&message) : -1;
    if (n > 0 && (message.msg_flags & MSG_TRUNC) != 0) {
        errno = EMSGSIZE;
        return -1;
    }
    return n;
}

/// Files ///

enum { SEALS = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW };

static int memory_file(void)
{
    unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING,
             noexec = 8; /* MFD_NOEXEC_SEAL, which some systems demand and older ones do not know */
    int fd = memfd_create("mote", flags | noexec);
    return fd < 0 && errno == EINVAL ? memfd_create("mote", flags) : fd;
}

/* Copy up to PASS_FILE_MAX + 1 bytes into the memory file, so that one which is too large is noticed. */
static ssize_t copy(int from, int to)
{
    char piece[4096];
    off_t at = 0;
    while (at <= PASS_FILE_MAX) {
        ssize_t n = pread(from, piece, sizeof piece, at);
        if (n == 0) {
            break;
        }
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 || pwrite(to, piece, (size_t)n, at) != n) {
            return -1;
        }
        at += n;
    }
    return (ssize_t)at;
}

int pass_file_make(int from, uint64_t *size)
{
    struct stat st;
    int fd = memory_file();
    ssize_t n = fd >= 0 && fstat(from, &st) == 0 ? copy(from, fd) : -1;
    if (n < 0 || fcntl(fd, F_ADD_SEALS, SEALS) != 0) {
        int e = errno;
        if (fd >= 0) {
            close(fd);
        }
        errno = e;
        return -1;
    }
    *size = n > PASS_FILE_MAX && st.st_size > n ? (uint64_t)st.st_size : (uint64_t)n;
    return fd;
}

bool pass_file_read(int fd, uint8_t *bytes, size_t size)
{
    struct stat st;
    if (fcntl(fd, F_GET_SEALS) < 0 || (fcntl(fd, F_GET_SEALS) & SEALS) != SEALS || fstat(fd, &st) != 0 ||
        !S_ISREG(st.st_mode) || st.st_size != (off_t)size) {
        return false;
    }
    for (size_t at = 0; at < size;) {
        ssize_t n = pread(fd, bytes + at, size - at, (off_t)at);
        if (n <= 0 && (n == 0 || errno != EINTR)) {
            return false;
        }
        at += n > 0 ? (size_t)n : 0;
    }
    return true;
}
