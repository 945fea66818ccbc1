/* SPDX-License-Identifier: MIT
 * A file as the block device of the store.
 *
 * It is written in units of 512 bytes. A disk writes a sector whole, or leaves one that may be torn; in units of a
 * sector no two records share one. The page cache may bring units to the disk in any order, which the store bears.
 */
#include "port/store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mote.h"
#include "port/store/safe_path.h"

enum { UNIT = 512 };

static int device_failed(struct mote_store_file *f, int error, const char *what, int e)
{
    snprintf(f->why, sizeof f->why, "%s%s%s", what, e != 0 ? ": " : "", e != 0 ? strerror(e) : "");
    errno = e;
    return error;
}

/// The device ///

static off_t place(uint32_t block, uint32_t offset)
{
    return (off_t)block * MOTE_STORE_FILE_BLOCK + (off_t)offset;
}

static int file_read(void *ctx, uint32_t block, uint32_t offset, void *buf, uint32_t size)
{
    struct mote_store_file *f = ctx;
    uint8_t *to = buf;
    for (uint32_t done = 0; done < size;) {
        ssize_t n = pread(f->fd, to + done, size - done, place(block, offset + done));
        if (n == 0) {
            return device_failed(f, MOTE_ERR_IO, "the store's file became shorter", 0);
        }
        if (n < 0 && errno != EINTR) {
            return device_failed(f, MOTE_ERR_IO, "reading the store's file", errno);
        }
        done += n > 0 ? (uint32_t)n : 0;
    }
    return 0;
}

static int file_prog(void *ctx, uint32_t block, uint32_t offset, const void *buf, uint32_t size)
{
    struct mote_store_file *f = ctx;
    const uint8_t *from = buf;
    for (uint32_t done = 0; done < size;) {
        ssize_t n = pwrite(f->fd, from + done, size - done, place(block, offset + done));
        if (n < 0 && errno != EINTR) {
            return device_failed(f, MOTE_ERR_IO, "writing the store's file", errno);
        }
        done += n > 0 ? (uint32_t)n : 0;
    }
    return 0;
}

/* There is nothing to do, because anything in a file may be overwritten. */
static int file_erase(void *ctx, uint32_t block)
{
    (void)ctx;
    (void)block;
    return 0;
}

/* After a failure the kernel may forget what it could not write, and a second call may succeed. So the store gives up
 * at the first. */
static int file_sync(void *ctx)
{
    struct mote_store_file *f = ctx;
    return fdatasync(f->fd) == 0 ? 0 : device_failed(f, MOTE_ERR_IO, "syncing the store's file", errno);
}

/// Opening ///

/* Give an empty file its size, and its room on the disk, so that a full disk shows now and not when the queue grows. */
static int make(struct mote_store_file *f, const struct mote_safe_path *at, uint32_t size)
{
    uint32_t blocks = size / MOTE_STORE_FILE_BLOCK + (size % MOTE_STORE_FILE_BLOCK > 0);
    int e = posix_fallocate(f->fd, 0, (off_t)blocks * MOTE_STORE_FILE_BLOCK);
    if (e == 0 && fsync(f->fd) != 0) {
        e = errno;
    }
    if (e != 0) {
        if (ftruncate(f->fd, 0) != 0) {
            unlinkat(at->dir, at->name, 0); /* in both cases the next start makes it anew */
        }
        return device_failed(f, MOTE_ERR_IO, "making the store's file", e);
    }
    mote_safe_path_give(at, f->fd);
    mote_safe_path_sync(at);
    return 0;
}

/* Are there only zeros at its start? If there is no store to mount then, there never was one. */
static bool is_blank(struct mote_store_file *f)
{
    uint8_t start[MOTE_STORE_FILE_BLOCK];
    bool blank = file_read(f, 0, 0, start, sizeof start) == 0;
    for (size_t i = 0; blank && i < sizeof start; i++) {
        blank = start[i] == 0;
    }
    return blank;
}

/* The failure is one that safe_path.h can explain. */
static int path_refused(struct mote_store_file *f)
{
    int e = errno;
    snprintf(f->why, sizeof f->why, "opening the store's file: %s", mote_safe_path_why());
    errno = e;
    return MOTE_ERR_IO;
}

static int open_locked(struct mote_store_file *f, const struct mote_safe_path *at, uint32_t size)
{
    struct stat st;
    f->fd = mote_safe_path_open(at, O_RDWR | O_CREAT, 0600);
    if (f->fd < 0) {
        return path_refused(f);
    }
    if (flock(f->fd, LOCK_EX | LOCK_NB) != 0) {
        int e = errno;
        return e == EWOULDBLOCK ? device_failed(f, MOTE_ERR_BUSY, "the store's file is in use by another process", 0)
                                : device_failed(f, MOTE_ERR_IO, "locking the store's file", e);
    }
    /* Its size counts as of now that we have the lock: another process may have just made the file. */
    int r = fstat(f->fd, &st) == 0 && st.st_size == 0 ? make(f, at, size) : 0;
    if (r != 0 || fstat(f->fd, &st) != 0) {
        return r != 0 ? r : device_failed(f, MOTE_ERR_IO, "opening the store's file", errno);
    }
    if (st.st_size % MOTE_STORE_FILE_BLOCK != 0 || st.st_size < MOTE_STORE_FILE_LEAST || st.st_size > UINT32_MAX) {
        return device_failed(f, MOTE_ERR_SIZE, "the store's file has a size that no store has", 0);
    }
    f->flash.block_count = (uint32_t)(st.st_size / MOTE_STORE_FILE_BLOCK);
    f->blank = is_blank(f);
    (void)fchmod(f->fd, 0600); /* it holds keys, so a copy that lost its mode gets it back */
    return 0;
}

int mote_store_file_open(struct mote_store_file *f, const char *path, uint32_t size)
{
    *f = (struct mote_store_file){
        .flash = {.read = file_read, .prog = file_prog, .erase = file_erase, .sync = file_sync, .ctx = f},
        .fd = -1,
    };
    f->flash.read_size = 1;
    f->flash.prog_size = UNIT;
    f->flash.block_size = MOTE_STORE_FILE_BLOCK;
    f->flash.overwrite = true;
    size = size == 0 ? MOTE_STORE_FILE_SIZE : size;
    if (size < MOTE_STORE_FILE_LEAST || size > UINT32_MAX - MOTE_STORE_FILE_BLOCK) {
        return device_failed(f, MOTE_ERR_SIZE, "a store's file has at least 12 KiB and less than 4 GiB", 0);
    }
    struct mote_safe_path at = MOTE_SAFE_PATH_NONE;
    int r = mote_safe_path_find(&at, path, false) == 0 ? open_locked(f, &at, size) : path_refused(f);
    mote_safe_path_close(&at);
    if (r != 0) {
        int e = errno;
        mote_store_file_close(f);
        errno = e;
    }
    return r;
}

void mote_store_file_close(struct mote_store_file *f)
{
    if (f->fd >= 0) {
        close(f->fd);
    }
    f->fd = -1;
}

const char *mote_store_file_why(const struct mote_store_file *f)
{
    return f->why;
}
