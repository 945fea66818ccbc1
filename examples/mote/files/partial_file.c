/* SPDX-License-Identifier: MIT
 * A file that is being received, under a hidden name until it is whole.
 */
#include "examples/mote/files/partial_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/mote.h"
#include "port/store/safe_path.h"

#define PART ".mote-part-"

enum { NUMBERS_MAX = 10000 };

enum { NO_REPLACE = 1 }; /* RENAME_NOREPLACE of <linux/fs.h>, which musl's compiler need not find */

int sink_folder(const char *path)
{
    return mote_safe_folder(path);
}

uint64_t sink_room(int dir)
{
    struct statvfs fs;
    return fstatvfs(dir, &fs) == 0 ? (uint64_t)fs.f_bavail * fs.f_frsize : UINT64_MAX;
}

/* Is this a name that sink_begin makes? */
static bool is_part(const char *name)
{
    static const char word[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t prefix = sizeof PART - 1, len = strlen(name);
    return strncmp(name, PART, prefix) == 0 && len > prefix && strspn(name + prefix, word) == len - prefix;
}

/* Remove the file if a receiver left it when it died: it is of this user, and nobody holds its lock. */
static bool is_left_over(int dir, const char *name)
{
    struct stat st;
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    bool over = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
                flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (over) {
        /* The lock is held, so sink_begin of another process sees that its file lost the name. */
        over = unlinkat(dir, name, 0) == 0;
    }
    if (fd >= 0) {
        close(fd);
    }
    return over;
}

unsigned sink_clean(int dir)
{
    unsigned count = 0;
    /* It is a descriptor of its own, because reading moves its position. */
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    if (list == NULL && fd >= 0) {
        close(fd);
    }
    for (const struct dirent *e; list != NULL && (e = readdir(list)) != NULL;) {
        count += is_part(e->d_name) && is_left_over(dir, e->d_name);
    }
    if (list != NULL) {
        closedir(list);
    }
    return count;
}

int sink_begin(struct sink *s, int dir, const char *random)
{
    struct stat st;
    *s = (struct sink){.dir = dir, .fd = -1};
    snprintf(s->part, sizeof s->part, PART "%.16s", random);
    s->fd = openat(dir, s->part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (s->fd < 0) {
        return -1;
    }
    /* A file system without locks is no failure: nobody can clean up there either. */
    bool taken = flock(s->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (!taken && fstat(s->fd, &st) == 0 && st.st_nlink > 0) {
        return 0;
    }
    close(s->fd); /* another process cleaned it up before we had the lock */
    s->fd = -1;
    errno = EAGAIN;
    return -1;
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
    s->end = offset > s->end ? offset : s->end;
    /* A full disk has to be noticed before we tell the sender that we have the file. */
    if (s->end == s->size && fsync(s->fd) != 0) {
        s->error = errno;
        return MOTE_ERR_IO;
    }
    return 0;
}

uint64_t sink_missing(const struct sink *s)
{
    return s->size > s->end ? s->size - s->end : 0;
}

/* Give the file the name if that is free. Where the file system knows no renameat2, a second link does the same. The
 * kernel is called directly, because musl declares the function only since 1.2.5. */
static int give_name(const struct sink *s, const char *name)
{
    if (syscall(SYS_renameat2, s->dir, s->part, s->dir, name, NO_REPLACE) == 0) {
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
    if (close(s->fd) != 0 && result == 0) { /* network file systems tell only now that the disk is full */
        result = -1;
        e = errno;
    }
    s->fd = -1;
    for (unsigned n = 0; result == 0; n++) {
        name_number(wanted, n, name);
        result = give_name(s, name);
        e = errno;
        if (result == 0) {
            (void)fsync(s->dir); /* not every file system can do that, and the bytes are safe anyway */
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
