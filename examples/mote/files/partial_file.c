/* SPDX-License-Identifier: MIT */
#include "examples/mote/files/partial_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/mote.h"

enum { NUMBERS_MAX = 10000 };

int sink_folder(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

uint64_t sink_room(int dir)
{
    struct statvfs fs;
    return fstatvfs(dir, &fs) == 0 ? (uint64_t)fs.f_bavail * fs.f_frsize : UINT64_MAX;
}

int sink_begin(struct sink *s, int dir, const char *random)
{
    *s = (struct sink){.dir = dir, .fd = -1};
    snprintf(s->part, sizeof s->part, ".mote-part-%.16s", random);
    s->fd = openat(dir, s->part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return s->fd >= 0 ? 0 : -1;
}

int sink_write(void *ctx, uint64_t offset, const void *bytes, size_t len)
{
    struct sink *s = ctx;
    const char *b = bytes;
    while (len > 0) {
        ssize_t n = pwrite(s->fd, b, len, (off_t)offset);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            s->error = n < 0 ? errno : EIO;
            return MOTE_ERR_IO;
        }
        b += n;
        len -= (size_t)n;
        offset += (uint64_t)n;
    }
    return 0;
}

/* Give it the name if that is free. Where the file system knows no renameat2, a second link does the same. */
static int give_name(const struct sink *s, const char *name)
{
    if (renameat2(s->dir, s->part, s->dir, name, RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return -1;
    }
    return linkat(s->dir, s->part, s->dir, name, 0) == 0 ? unlinkat(s->dir, s->part, 0) : -1;
}

int sink_keep(struct sink *s, const char *wanted, char name[NAME_SIZE])
{
    int result = fsync(s->fd);
    int e = errno;
    if (close(s->fd) != 0 && result == 0) { /* network file systems tell here that the disk is full */
        result = -1;
        e = errno;
    }
    s->fd = -1;
    for (unsigned n = 0; result == 0; n++) {
        name_number(wanted, n, name);
        result = give_name(s, name);
        e = errno;
        if (result == 0) {
            (void)fsync(s->dir); /* not every file system can, and the bytes are safe */
            return 0;
        }
        if (e == EEXIST && n < NUMBERS_MAX) {
            result = 0;
        }
    }
    unlinkat(s->dir, s->part, 0);
    errno = e;
    return -1;
}

void sink_drop(struct sink *s)
{
    if (s->fd >= 0) {
        close(s->fd);
        s->fd = -1;
        unlinkat(s->dir, s->part, 0);
    }
}
