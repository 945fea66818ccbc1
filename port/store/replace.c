/* SPDX-License-Identifier: MIT */
#include "port/store/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mote.h"

static bool beside(const struct mote_file_replace *f, char *out, size_t size)
{
    return snprintf(out, size, "%s.new", f->path) < (int)size;
}

int mote_file_replace_begin(struct mote_file_replace *f, const char *path, int mode)
{
    char fresh[sizeof f->path];
    mote_file_replace_end(f, false);
    if (snprintf(f->path, sizeof f->path, "%s", path) >= (int)sizeof f->path || !beside(f, fresh, sizeof fresh)) {
        errno = ENAMETOOLONG;
        return MOTE_ERR_IO;
    }
    (void)unlink(fresh); /* left over from a power cut, or somebody's link to somewhere else */
    f->fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
    return f->fd >= 0 ? 0 : MOTE_ERR_IO;
}

int mote_file_replace_write(struct mote_file_replace *f, uint64_t offset, const void *bytes, size_t len)
{
    const char *b = bytes;
    while (len > 0) {
        ssize_t n = pwrite(f->fd, b, len, (off_t)offset);
        if (n < 0 && errno != EINTR) {
            return MOTE_ERR_IO;
        }
        if (n > 0) {
            b += n;
            len -= (size_t)n;
            offset += (uint64_t)n;
        }
    }
    return 0;
}

/* A name is only safe once its directory is written. */
static void sync_directory(const char *path)
{
    char dir[sizeof((struct mote_file_replace *)0)->path];
    const char *slash = strrchr(path, '/');
    int len = slash == NULL ? 0 : slash == path ? 1 : (int)(slash - path);
    snprintf(dir, sizeof dir, "%.*s", len > 0 ? len : 1, len > 0 ? path : ".");
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

int mote_file_replace_end(struct mote_file_replace *f, bool keep)
{
    char fresh[sizeof f->path];
    if (f->fd < 0) {
        errno = EBADF;
        return keep ? MOTE_ERR_IO : 0;
    }
    bool good = beside(f, fresh, sizeof fresh) && (!keep || fsync(f->fd) == 0);
    int e = errno;
    if (close(f->fd) != 0 && good) {
        good = false;
        e = errno;
    }
    f->fd = -1;
    if (good && keep && rename(fresh, f->path) == 0) {
        sync_directory(f->path);
        return 0;
    }
    e = good ? errno : e;
    (void)unlink(fresh);
    errno = e;
    return keep ? MOTE_ERR_IO : 0;
}
