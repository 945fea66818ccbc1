/* SPDX-License-Identifier: MIT
 * Files of this machine that are given to others.
 */
#include "examples/mote/files/file_source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/modules/files/files.h"
#include "examples/mote/files/spool.h"
#include "examples/mote/files/text_input.h"
#include "examples/mote/out/fail.h"

enum { AHEAD = 64 * 1024 };

static int fd = -1;
static int read_error;

/* The engine asks for a few hundred bytes at a time. They are buffered here, so that there is not a system call for
 * each. */
static struct {
    uint8_t bytes[AHEAD];
    uint64_t at; /* where in the file they lie */
    size_t len;
} ahead;

ptrdiff_t source_read(void *ctx, uint64_t offset, void *buf, size_t len)
{
    (void)ctx;
    if (offset < ahead.at || offset - ahead.at >= ahead.len) {
        ssize_t n;
        do {
            n = pread(fd, ahead.bytes, sizeof ahead.bytes, (off_t)offset);
        } while (n < 0 && errno == EINTR);
        read_error = n < 0 ? errno : 0;
        ahead.at = offset;
        ahead.len = n > 0 ? (size_t)n : 0;
        if (n <= 0) {
            return n < 0 ? MOTE_ERR_IO : 0;
        }
    }
    size_t from = (size_t)(offset - ahead.at), left = ahead.len - from;
    len = len < left ? len : left;
    memcpy(buf, ahead.bytes + from, len);
    return (ptrdiff_t)len;
}

int source_error(void)
{
    return read_error;
}

int source_fd(void)
{
    return fd;
}

/* An offer names the size, so a file that does not know its own is read to its end first. */
static int know_size(const char *path, bool standard, struct stat *st)
{
    int whole = standard || spool_needed(st) ? spool_make(fd) : fd;
    time_t date = S_ISREG(st->st_mode) ? st->st_mtime : time(NULL);
    if (whole < 0 || fstat(whole, st) != 0) {
        return fail_errno(NULL, "cannot read %s", path);
    }
    fd = whole;
    st->st_mtime = date;
    return 0;
}

/* Open the file at this path, or standard input. */
static int open_path(const char *path, bool standard, struct stat *st)
{
    /* It is opened without waiting, so that a named pipe is refused below rather than waited for. */
    fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, st) != 0) {
        return fail_errno(NULL, "cannot read %s", path);
    }
    if (S_ISDIR(st->st_mode) || (!S_ISREG(st->st_mode) && !standard)) {
        return fail(EXIT_LOCAL, S_ISDIR(st->st_mode) ? "it is a folder" : "it is no file", NULL, "cannot read %s",
                    path);
    }
    return 0;
}

int source_open(struct source *source, const char *given)
{
    struct stat st = {0};
    bool standard = input_is_standard(given);
    const char *path = standard ? "standard input" : given, *slash = strrchr(path, '/'), *name;
    name = standard ? "stdin" : slash != NULL ? slash + 1 : path;
    name = cli.name != NULL ? cli.name : name;
    source_close();
    if (standard && cli.password_stdin) {
        return fail(EXIT_USAGE, "the password is there, too", "use --password-file", "cannot take the file from %s",
                    path);
    }
    int code = open_path(path, standard, &st);
    if (code != 0) {
        return code;
    }
    if (strlen(name) > MOTE_FILE_NAME_MAX || mote_text_valid(name, strlen(name)) != strlen(name)) {
        return fail(EXIT_USAGE, "its name is longer than 255 bytes or not UTF-8", "--name tells another one",
                    "cannot give %s", path);
    }
    code = know_size(path, standard, &st);
    *source = (struct source){.name = name, .size = (uint64_t)st.st_size, .date = st.st_mtime};
    return code;
}

void source_close(void)
{
    if (fd > STDERR_FILENO) {
        close(fd);
    }
    fd = -1;
    read_error = 0;
    ahead.len = 0;
}
