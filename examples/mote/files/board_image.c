/* SPDX-License-Identifier: MIT
 * The image of a board's storage: how it is opened or made, and the store in it.
 */
#include "examples/mote/files/board_image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boards/bare/disk.h"
#include "boards/bare/storage.h"
#include "core/base/text.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/files/small_file.h"
#include "examples/mote/out/out.h"

/// The device of the store ///

static int device_read(void *ctx, uint32_t block, uint32_t offset, void *buf, uint32_t size)
{
    const struct image *i = ctx;
    return pread(i->fd, buf, size, (off_t)block * i->flash.block_size + offset) == (ssize_t)size ? 0 : -1;
}

static int device_prog(void *ctx, uint32_t block, uint32_t offset, const void *buf, uint32_t size)
{
    const struct image *i = ctx;
    return pwrite(i->fd, buf, size, (off_t)block * i->flash.block_size + offset) == (ssize_t)size ? 0 : -1;
}

/* A sector needs none. */
static int device_erase(void *ctx, uint32_t block)
{
    const struct image *i = ctx;
    uint8_t erased[DISK_SECTOR];
    memset(erased, 0xff, sizeof erased);
    for (uint32_t at = 0; !i->flash.overwrite && at < i->flash.block_size; at += sizeof erased) {
        if (device_prog(ctx, block, at, erased, sizeof erased) != 0) {
            return -1;
        }
    }
    return 0;
}

static int device_sync(void *ctx)
{
    const struct image *i = ctx;
    return fdatasync(i->fd);
}

enum { FLASH_BLOCK = 4096, FLASH_PAGE = 256 };

/* The same devices as in boards/bare/optional/sectors.c and, for a flash, in the board's flash.c, because what is written here
 * is mounted there. */
static void set_up(struct image *i, bool flash)
{
    uint32_t block = flash ? FLASH_BLOCK : DISK_SECTOR, page = flash ? FLASH_PAGE : DISK_SECTOR;
    i->flash = (struct mote_flash){.read = device_read,
                                   .prog = device_prog,
                                   .erase = device_erase,
                                   .sync = device_sync,
                                   .ctx = i,
                                   .read_size = page,
                                   .prog_size = page,
                                   .block_size = block,
                                   .block_count = STORAGE_STORE / block,
                                   .overwrite = !flash};
    i->config = (struct mote_store_config){.flash = &i->flash, .buffer = i->buffer, .buffer_size = sizeof i->buffer};
}

/// The file ///

static bool power_of_two(uint64_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

static int make(struct image *i, const char *path, uint64_t size)
{
    const uint64_t least = 128 * 1024;
    if (size < least || !power_of_two(size)) {
        return fail(EXIT_USAGE, "the size of a card is a power of two, 128k or more", "--size 1M, for example",
                    "cannot make %s", path);
    }
    i->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (i->fd < 0 || ftruncate(i->fd, (off_t)size) != 0) {
        return fail_errno(NULL, "cannot make %s", path);
    }
    i->size = size;
    for (uint32_t block = 0; block < size / i->flash.block_size; block++) { /* a flash comes erased */
        if (device_erase(i, block) != 0) {
            return fail_errno(NULL, "cannot write %s", path);
        }
    }
    return 0;
}

/* Is all that a board would overwrite at its first start zeros, or as a card leaves the factory? Returns 1, 0, or -1
 * with errno. */
static int is_blank(const struct image *i)
{
    uint8_t bytes[DISK_SECTOR];
    for (uint64_t at = 0; at < i->size && at < 1 << 20; at += sizeof bytes) {
        ssize_t n = pread(i->fd, bytes, sizeof bytes, (off_t)at);
        if (n != (ssize_t)sizeof bytes) {
            return -1;
        }
        for (size_t k = 0; k < sizeof bytes; k++) {
            if (bytes[k] != bytes[0] || (bytes[0] != 0 && bytes[0] != 0xff)) {
                return 0;
            }
        }
    }
    return 1;
}

static int format(struct image *i, const char *path)
{
    uint64_t salt;
    if (getrandom(&salt, sizeof salt, 0) != sizeof salt) {
        return fail_errno(NULL, "cannot get randomness from the system");
    }
    int r = mote_store_format(&i->store, &i->config, salt);
    return r == 0 ? 0 : fail(EXIT_LOCAL, mote_store_why(&i->store), NULL, "cannot make a store in %s", path);
}

/* Mount its store, or make a new one where nothing can be lost. */
static int mount(struct image *i, const char *path, bool force)
{
    int r = mote_store_mount(&i->store, &i->config);
    if (r == 0) {
        return 0;
    }
    int blank = is_blank(i);
    if (blank < 0 || r == MOTE_ERR_IO) {
        return fail_errno(NULL, "cannot read %s", path);
    }
    if (blank == 0 && !force) {
        return fail(EXIT_LOCAL, r == MOTE_STORE_NONE ? "it holds something else" : mote_store_why(&i->store),
                    "--force writes over what is there", "%s is left alone", path);
    }
    return format(i, path);
}

int image_open(struct image *i, const char *path, uint64_t size, bool flash, bool force)
{
    set_up(i, flash);
    i->fd = open(path, O_RDWR | O_CLOEXEC);
    if (i->fd < 0 && errno != ENOENT) {
        return fail_errno(NULL, "cannot open %s", path);
    }
    if (i->fd < 0) {
        int code = make(i, path, size);
        return code != 0 ? code : mount(i, path, false);
    }
    struct stat st;
    off_t end = lseek(i->fd, 0, SEEK_END); /* this is the size of a card, too */
    if (fstat(i->fd, &st) != 0 || (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) || end < 0) {
        return fail(EXIT_LOCAL, "it is neither a file nor a disk", NULL, "cannot use %s", path);
    }
    const uint64_t least = STORAGE_STORE + (uint64_t)(STORAGE_HEADS + 2) * i->flash.block_size;
    if ((uint64_t)end < least) {
        return fail(EXIT_LOCAL, "it is too small for an image", "name a file that is not there yet: it is made",
                    "%s is left alone", path);
    }
    i->size = (uint64_t)end;
    return mount(i, path, force);
}

void image_close(struct image *i)
{
    if (i->fd >= 0) {
        mote_secret_wipe(i->buffer, sizeof i->buffer);
        close(i->fd);
        i->fd = -1;
    }
}

/// Certificate authority ///

/* DER begins with the tag of a SEQUENCE and, because a certificate is longer than 255 bytes, a length of two bytes. */
static bool is_der(const uint8_t *b, size_t len)
{
    return len >= 4 && b[0] == 0x30 && b[1] == 0x82 && ((size_t)b[2] << 8 | b[3]) + 4 == len;
}

const char *image_authority(const char *path, uint8_t *page, size_t *len)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----";
    static char text[16384];
    ssize_t n = file_read(path, text, sizeof text);
    if (n < 0) {
        return errno == EFBIG ? "it is a whole list of authorities" : strerror(errno);
    }
    if (n > STORAGE_PAGE ? false : is_der((const uint8_t *)text, (size_t)n)) {
        memcpy(page, text, (size_t)n);
        *len = (size_t)n;
        return NULL;
    }
    char *from = strstr(text, begin), *to = from != NULL ? strstr(from, end) : NULL;
    if (to == NULL) {
        return "there is no certificate in it";
    }
    if (strstr(to, begin) != NULL) {
        return "there is more than one certificate in it";
    }
    size_t digits = 0;
    for (char *p = from + sizeof begin - 1; p < to; p++) {
        if (*p != '\n' && *p != '\r' && *p != ' ' && *p != '\t') {
            from[digits++] = *p;
        }
    }
    ptrdiff_t der = mote_base64_decode(from, digits, from, digits);
    if (der < 0 || !is_der((const uint8_t *)from, (size_t)der)) {
        return "its certificate is damaged";
    }
    if (der > STORAGE_PAGE) {
        return "its certificate is larger than the page";
    }
    memcpy(page, from, (size_t)der);
    *len = (size_t)der;
    return NULL;
}
