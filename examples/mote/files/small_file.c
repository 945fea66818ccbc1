/* SPDX-License-Identifier: MIT */
#include "examples/mote/files/small_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/store/replace.h"

/* The reason of the first failure outlives what is done about it. */
static int closed(int fd, int result)
{
    int e = errno;
    if (fd > STDERR_FILENO) {
        close(fd);
    }
    errno = e;
    return result;
}

static ssize_t read_all(int fd, char *bytes, size_t size)
{
    size_t len = 0;
    while (len < size) {
        ssize_t n = read(fd, bytes + len, size - len);
        if (n == 0) {
            bytes[len] = '\0';
            return (ssize_t)len;
        }
        if (n < 0 && errno != EINTR) {
            return -1;
        }
        len += n > 0 ? (size_t)n : 0;
    }
    errno = EFBIG;
    return -1;
}

ssize_t file_read(const char *path, char *bytes, size_t size)
{
    int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        return -1;
    }
    ssize_t len = read_all(fd, bytes, size);
    closed(fd, 0);
    return len;
}

/* The folder of `path`, "." when it names none. False when it is too long. */
static int folder_of(const char *path, char out[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
    if (len >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(out, slash == NULL ? "." : path, len);
    out[len] = '\0';
    return 0;
}

int file_write(const char *path, const char *bytes, size_t len)
{
    static struct mote_file_replace file = MOTE_FILE_REPLACE_NONE;
    int r = mote_file_replace_begin(&file, path, 0600);
    r = r == 0 ? mote_file_replace_write(&file, 0, bytes, len) : r;
    if (file.fd < 0) {
        return -1;
    }
    int e = errno;
    if (r != 0) {
        mote_file_replace_end(&file, false);
        errno = e;
        return -1;
    }
    return mote_file_replace_end(&file, true) == 0 ? 0 : -1;
}

int file_make_folder(const char *path)
{
    char folder[PATH_MAX];
    if (folder_of(path, folder) != 0) {
        return -1;
    }
    for (char *slash = strchr(folder + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash != NULL) {
            *slash = '\0';
        }
        if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
            return -1;
        }
        if (slash == NULL) {
            return 0;
        }
        *slash = '/';
    }
}
