/* SPDX-License-Identifier: MIT
 * Small files, read and written as a whole.
 */
#include "examples/mote/files/small_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/store/replace.h"
#include "port/store/safe_path.h"

/* The errno of the first failure is kept over what is done about it. */
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

ssize_t file_read_kept(const char *path, char *bytes, size_t size, time_t *written)
{
    struct stat st;
    int fd = mote_safe_open(path, O_RDONLY, 0);
    if (fd < 0) {
        return -1;
    }
    ssize_t len = fstat(fd, &st) == 0 ? read_all(fd, bytes, size) : -1;
    *written = st.st_mtime;
    closed(fd, 0);
    return len;
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
    struct mote_safe_path p = MOTE_SAFE_PATH_NONE;
    int r = mote_safe_path_find(&p, path, true);
    mote_safe_path_close(&p);
    return r;
}

int file_remove(const char *path)
{
    struct mote_safe_path p = MOTE_SAFE_PATH_NONE;
    int r = mote_safe_path_find(&p, path, false) == 0 ? unlinkat(p.dir, p.name, 0) : -1;
    mote_safe_path_close(&p);
    return r;
}
