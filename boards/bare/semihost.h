/* SPDX-License-Identifier: MIT
 * Semihosting: what QEMU or a debugger does for a program that runs under it. Without BOARD_SEMIHOSTING none of it is
 * in the image, because the instruction would be a fault, and each function returns that there is nothing.
 */
#ifndef MOTE_BARE_SEMIHOST_H
#define MOTE_BARE_SEMIHOST_H

#include <stddef.h>
#include <stdint.h>

/* The instruction itself, which each family has in its semihost_call.c. */
int mote__semihost_call(int operation, const void *arguments);

void mote__semihost_exit(int code);                         /* returns when nobody ends the program */
size_t mote__semihost_arguments(char *out, size_t size);    /* the command line; returns its length, 0 without one */
int64_t mote__semihost_time(void);                          /* seconds since 1970 UTC, 0 when nobody tells */
int mote__semihost_open(const char *path, int mode);        /* a handle, or negative; the modes are below */
int mote__semihost_read(int file, void *bytes, size_t len); /* 0 when all was read, else negative */
int mote__semihost_write(int file, const void *bytes, size_t len); /* 0 when all was written, else negative */
int mote__semihost_seek(int file, uint32_t offset);         /* 0, or negative */
int32_t mote__semihost_length(int file);                    /* bytes, or negative */
void mote__semihost_close(int file);

enum { SEMIHOST_READ = 1, SEMIHOST_UPDATE = 3 };         /* "rb", "r+b" */

#endif
