/* SPDX-License-Identifier: MIT
 * Replaces a file as a whole: a new one is written beside it and then renamed.
 */
#include "port/store/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mote.h"

/* The path of the new file. Returns false when its name is too long. */
static bool beside(const struct mote_file_replace *f, struct mote_safe_path *fresh)
{
    *fresh = f->at;
    return snprintf(fresh->name, sizeof fresh->name, "%s.new", f->at.name) < (int)sizeof fresh->name;
}

int mote_file_replace_begin(struct mote_file_replace *f, const char *path, int mode)
{
    struct mote_safe_path fresh;
    mote_file_replace_end(f, false);
    if (mote_safe_path_find(&f->at, path, false) != 0) {
        return MOTE_ERR_IO;
    }
    if (!beside(f, &fresh)) {
        mote_safe_path_close(&f->at);
        errno = ENAMETOOLONG;
        return MOTE_ERR_IO;
    }
    (void)unlinkat(fresh.dir, fresh.name, 0); /* it is left over from a power cut, or a link that somebody put there */
    f->fd = mote_safe_path_open(&fresh, O_WRONLY | O_CREAT | O_EXCL, (mode_t)mode);
    if (f->fd < 0) {
        mote_safe_path_close(&f->at);
        return MOTE_ERR_IO;
    }
    mote_safe_path_give(&f->at, f->fd);
    return 0;
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

int mote_file_replace_end(struct mote_file_replace *f, bool keep)
{
    struct mote_safe_path fresh;
    if (f->fd < 0) {
        errno = EBADF;
        return keep ? MOTE_ERR_IO : 0;
    }
    bool good = beside(f, &fresh) && (!keep || fsync(f->fd) == 0);
    int e = errno;
    if (close(f->fd) != 0 && good) {
        good = false;
        e = errno;
    }
    f->fd = -1;
    bool done = good && keep && renameat(fresh.dir, fresh.name, fresh.dir, f->at.name) == 0;
    e = good ? errno : e;
    if (done) {
        mote_safe_path_sync(&f->at);
    } else {
        (void)unlinkat(fresh.dir, fresh.name, 0);
    }
    mote_safe_path_close(&f->at);
    errno = e;
    return keep && !done ? MOTE_ERR_IO : 0;
}
