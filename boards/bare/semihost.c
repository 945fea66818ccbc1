/* SPDX-License-Identifier: MIT
 * Calls to QEMU or a debugger.
 */
#include "boards/bare/semihost.h"

#include <string.h>

#if defined(BOARD_SEMIHOSTING)

enum { OPEN = 0x01, CLOSE = 0x02, WRITE = 0x05, READ = 0x06, SEEK = 0x0a, LENGTH = 0x0c, TIME = 0x11, CMDLINE = 0x15,
       EXIT_EXTENDED = 0x20, REASON_EXIT = 0x20026 };

void mote__semihost_exit(int code)
{
    uint32_t arguments[2] = {REASON_EXIT, (uint32_t)code};
    mote__semihost_call(EXIT_EXTENDED, arguments);
}

size_t mote__semihost_arguments(char *out, size_t size)
{
    struct {
        char *out;
        uint32_t len;
    } arguments = {out, (uint32_t)size - 1};
    out[0] = '\0';
    if (mote__semihost_call(CMDLINE, &arguments) != 0) {
        return 0;
    }
    out[size - 1] = '\0';
    return strlen(out);
}

int64_t mote__semihost_time(void)
{
    return (uint32_t)mote__semihost_call(TIME, NULL);
}

int mote__semihost_open(const char *path, int mode)
{
    struct {
        const char *path;
        int mode;
        uint32_t len;
    } arguments = {path, mode, (uint32_t)strlen(path)};
    return mote__semihost_call(OPEN, &arguments);
}

static int transfer(int operation, int file, const void *bytes, size_t len)
{
    struct {
        int file;
        const void *bytes;
        uint32_t len;
    } arguments = {file, bytes, (uint32_t)len};
    return mote__semihost_call(operation, &arguments) == 0 ? 0 : -1; /* it returns how many bytes were not moved */
}

int mote__semihost_read(int file, void *bytes, size_t len)
{
    return transfer(READ, file, bytes, len);
}

int mote__semihost_write(int file, const void *bytes, size_t len)
{
    return transfer(WRITE, file, bytes, len);
}

int mote__semihost_seek(int file, uint32_t offset)
{
    uint32_t arguments[2] = {(uint32_t)file, offset};
    return mote__semihost_call(SEEK, arguments);
}

int32_t mote__semihost_length(int file)
{
    uint32_t arguments[1] = {(uint32_t)file};
    return mote__semihost_call(LENGTH, arguments);
}

void mote__semihost_close(int file)
{
    uint32_t arguments[1] = {(uint32_t)file};
    mote__semihost_call(CLOSE, arguments);
}

#else

void mote__semihost_exit(int code)
{
    (void)code;
}

size_t mote__semihost_arguments(char *out, size_t size)
{
    (void)size;
    out[0] = '\0';
    return 0;
}

int64_t mote__semihost_time(void)
{
    return 0;
}

int mote__semihost_open(const char *path, int mode)
{
    (void)path, (void)mode;
    return -1;
}

int mote__semihost_read(int file, void *bytes, size_t len)
{
    (void)file, (void)bytes, (void)len;
    return -1;
}

int mote__semihost_write(int file, const void *bytes, size_t len)
{
    (void)file, (void)bytes, (void)len;
    return -1;
}

int mote__semihost_seek(int file, uint32_t offset)
{
    (void)file, (void)offset;
    return -1;
}

int32_t mote__semihost_length(int file)
{
    (void)file;
    return -1;
}

void mote__semihost_close(int file)
{
    (void)file;
}

#endif
