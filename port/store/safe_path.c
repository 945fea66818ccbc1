/* SPDX-License-Identifier: MIT
 * Walks along a path that another user may have prepared. Each part is opened from the descriptor of the one before,
 * and never as a link, so that nobody can put something else in its place between looking and going on.
 */
#include "port/store/safe_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINKS_MAX = 40 };

static const char *refused; /* why the last call refused, when errno cannot say it */

const char *mote_safe_path_why(void)
{
    return errno == EPERM && refused != NULL ? refused : strerror(errno);
}

int mote_safe_path_refuse(const char *why)
{
    refused = why;
    errno = EPERM;
    return -1;
}

static bool is_trusted(uid_t uid)
{
    return uid == 0 || uid == geteuid();
}

/// The way there ///

struct walk {
    int dir;
    int links;
    char rest[2 * PATH_MAX]; /* the part of the path that is still to be walked */
};

/* Go into this folder. */
static int walk_into(struct walk *w, const char *name)
{
    int fd = w->dir < 0 ? open(name, O_PATH | O_DIRECTORY | O_CLOEXEC)
                        : openat(w->dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int e = errno;
    if (w->dir >= 0) {
        close(w->dir);
    }
    w->dir = fd;
    errno = e;
    return fd >= 0 ? 0 : -1;
}

/* Begin at the root or at the working folder. */
static int walk_start(struct walk *w)
{
    if (w->dir >= 0) {
        close(w->dir);
        w->dir = -1;
    }
    return walk_into(w, w->rest[0] == '/' ? "/" : ".");
}

/* Walk on along what the link `name` says, and `behind` after it. `st` is the status of the link. */
static int walk_link(struct walk *w, const char *name, const struct stat *st, const char *behind)
{
    char target[PATH_MAX], tail[sizeof w->rest];
    struct stat folder;
    if (fstat(w->dir, &folder) != 0) {
        return -1;
    }
    if (!is_trusted(st->st_uid) || !is_trusted(folder.st_uid)) {
        return mote_safe_path_refuse("there is a link of another user on the way, which is not followed");
    }
    ssize_t n = readlinkat(w->dir, name, target, sizeof target - 1);
    if (n < 0) {
        return -1;
    }
    target[n] = '\0';
    snprintf(tail, sizeof tail, "%s", behind);
    if (++w->links > LINKS_MAX || snprintf(w->rest, sizeof w->rest, "%s%s", target, tail) >= (int)sizeof w->rest) {
        errno = ELOOP;
        return -1;
    }
    return w->rest[0] == '/' ? walk_start(w) : 0;
}

/* Walk one part of the path, which `behind` follows. Returns 1 when it is the last one. */
static int walk_step(struct walk *w, char *name, const char *behind, bool make)
{
    bool last = behind[strspn(behind, "/")] == '\0';
    struct stat st;
    int there = fstatat(w->dir, name, &st, AT_SYMLINK_NOFOLLOW);
    if (there == 0 && S_ISLNK(st.st_mode)) {
        return walk_link(w, name, &st, behind);
    }
    if (last) {
        return there == 0 || errno == ENOENT ? 1 : -1;
    }
    if (there != 0 && errno == ENOENT && make && mkdirat(w->dir, name, 0700) != 0 && errno != EEXIST) {
        return -1;
    }
    memmove(w->rest, behind, strlen(behind) + 1);
    return 0;
}

static int walk_path(struct walk *w, char name[256], bool make)
{
    int r = walk_start(w);
    while (r == 0) {
        char *begin = w->rest + strspn(w->rest, "/");
        size_t len = strcspn(begin, "/");
        if (len == 0 || len >= 256) {
            errno = len == 0 ? EISDIR : ENAMETOOLONG;
            return -1;
        }
        memcpy(name, begin, len);
        name[len] = '\0';
        int links = w->links;
        r = walk_step(w, name, begin + len, make);
        r = r == 0 && w->links == links ? walk_into(w, name) : r;
    }
    return r;
}

int mote_safe_path_find(struct mote_safe_path *p, const char *path, bool make)
{
    struct walk w = {.dir = -1};
    struct stat st;
    refused = NULL;
    p->dir = -1;
    if (snprintf(w.rest, sizeof w.rest, "%s", path) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int r = walk_path(&w, p->name, make);
    r = r == 1 ? fstat(w.dir, &st) : -1;
    if (r != 0) {
        int e = errno;
        if (w.dir >= 0) {
            close(w.dir);
        }
        errno = e;
        return -1;
    }
    p->dir = w.dir;
    p->owner = st.st_uid;
    p->group = st.st_gid;
    p->shared = !is_trusted(st.st_uid) || (st.st_mode & 022) != 0;
    return 0;
}

void mote_safe_path_close(struct mote_safe_path *p)
{
    int e = errno;
    if (p->dir >= 0) {
        close(p->dir);
    }
    p->dir = -1;
    errno = e;
}

/// What is there ///

/* Refuse what is of another type than the wanted one. */
static int refuse_type(mode_t wanted, mode_t mode)
{
    if (S_ISLNK(mode)) {
        return mote_safe_path_refuse("it is a link of another user, which is not followed");
    }
    if (wanted == S_IFSOCK) {
        return mote_safe_path_refuse("something else than a socket is there");
    }
    return mote_safe_path_refuse(S_ISDIR(mode) ? "it is a folder" : "it is no regular file");
}

static int check_file(const struct mote_safe_path *p, mode_t type, const struct stat *st)
{
    if ((st->st_mode & S_IFMT) != type) {
        return refuse_type(type, st->st_mode);
    }
    if (p->shared && !is_trusted(st->st_uid) && st->st_uid != p->owner) {
        return mote_safe_path_refuse("it belongs to another user than its folder");
    }
    if (p->shared && type == S_IFREG && st->st_nlink > 1) {
        return mote_safe_path_refuse("it has a second name (a hard link), so another user may have put it there");
    }
    return 0;
}

int mote_safe_path_stat(const struct mote_safe_path *p, mode_t type, struct stat *st)
{
    refused = NULL;
    return fstatat(p->dir, p->name, st, AT_SYMLINK_NOFOLLOW) == 0 ? check_file(p, type, st) : -1;
}

/* The file is looked at before it is opened, because opening a device may do something to it; and after, because it may
 * be another one by then. */
int mote_safe_path_open(const struct mote_safe_path *p, int flags, mode_t mode)
{
    struct stat st;
    if (mote_safe_path_stat(p, S_IFREG, &st) != 0 && (errno != ENOENT || (flags & O_CREAT) == 0)) {
        return -1;
    }
    int fd = openat(p->dir, p->name, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode);
    if (fd < 0 || (fstat(fd, &st) == 0 && check_file(p, S_IFREG, &st) == 0)) {
        return fd;
    }
    int e = errno;
    close(fd);
    errno = e;
    return -1;
}

/* Make it and give it to whom it has to belong; or open what was there already, which stays as it is. */
static int create(const struct mote_safe_path *p, int flags, mode_t mode)
{
    int fd = mote_safe_path_open(p, flags | O_EXCL, mode);
    if (fd >= 0) {
        mote_safe_path_give(p, fd);
    } else if (errno == EEXIST && (flags & O_EXCL) == 0) {
        fd = mote_safe_path_open(p, flags & ~O_CREAT, mode);
    }
    return fd;
}

int mote_safe_open(const char *path, int flags, mode_t mode)
{
    struct mote_safe_path p = MOTE_SAFE_PATH_NONE;
    int fd = -1;
    if (mote_safe_path_find(&p, path, false) == 0) {
        fd = (flags & O_CREAT) != 0 ? create(&p, flags, mode) : mote_safe_path_open(&p, flags, mode);
    }
    mote_safe_path_close(&p);
    return fd;
}

int mote_safe_folder(const char *path)
{
    struct mote_safe_path p = MOTE_SAFE_PATH_NONE;
    char inside[PATH_MAX];
    if (snprintf(inside, sizeof inside, "%s/.", path) >= (int)sizeof inside) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int r = mote_safe_path_find(&p, inside, false);
    int fd = r == 0 ? openat(p.dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    mote_safe_path_close(&p);
    return fd;
}

void mote_safe_path_give(const struct mote_safe_path *p, int fd)
{
    if (geteuid() == 0 && p->owner != 0) {
        (void)!fchown(fd, p->owner, p->group);
    }
}

void mote_safe_path_sync(const struct mote_safe_path *p)
{
    int fd = openat(p->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}
