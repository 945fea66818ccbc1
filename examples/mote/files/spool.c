/* SPDX-License-Identifier: MIT
 * Reads what has no size (standard input, a file of /proc) into a file without a name, whose size can be offered.
 */
#include "examples/mote/files/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SMALL = 64 * 1024 }; /* in bytes; files of /proc and /sys say that they have 0, or a page */

bool spool_needed(const struct stat *st)
{
    return !S_ISREG(st->st_mode) || st->st_size <= SMALL;
}

/* Make a file without a name, so that nobody else can open it and nothing is left of it, however this process ends. */
static int nameless_file(void)
{
    const char *folders[] = {getenv("TMPDIR"), "/var/tmp", "/tmp"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        int fd = folders[i] != NULL ? open(folders[i], O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600) : -1;
        if (fd >= 0) {
            return fd;
        }
    }
    return memfd_create("mote", MFD_CLOEXEC); /* no file system here can do that, so it is in memory */
}

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        bytes += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

static bool copy_all(int from, int to)
{
    static char piece[SMALL];
    for (ssize_t n; (n = read(from, piece, sizeof piece)) != 0;) {
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 || !write_all(to, piece, (size_t)n)) {
            return false;
        }
    }
    return true;
}

int spool_make(int from)
{
    int fd = nameless_file();
    if (fd >= 0 && !copy_all(from, fd)) {
        int e = errno;
        close(fd);
        errno = e;
        return -1;
    }
    return fd;
}
