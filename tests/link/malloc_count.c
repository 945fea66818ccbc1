/* SPDX-License-Identifier: MIT
 * Counts heap calls of a whole program, libraries included, from the moment it is told to.
 *
 *     MALLOC_COUNT=FILE LD_PRELOAD=build/linux/tests/link/malloc_count.so build/linux/mote listen ... &
 *     wait until it is on line
 *     kill -USR1 PID     counting begins; FILE appears, with "counting" in it
 *     whatever is to cost no heap call
 *     kill -USR2 PID     counting ends; FILE has "N calls: ..." instead
 *
 * Without the second signal the count ends when the program exits, its own tidying up included. With
 * MALLOC_COUNT_ABORT=1 the first call that counts aborts the program, so that a debugger shows who made it.
 *
 * With MALLOC_COUNT_WHOLE=1 counting begins with the program.
 *
 * The signals belong to this file, so the program must not use them; and it must not be surprised by EINTR. glibc only:
 * its names for the real functions spare looking them up, which would allocate itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *block);

enum kind { MALLOC, CALLOC, REALLOC, FREE, ALIGNED, KINDS };

static const char *const names[KINDS] = {"malloc", "calloc", "realloc", "free", "aligned"};
static volatile sig_atomic_t counting;
static unsigned long counts[KINDS];

static void count(enum kind kind)
{
    if (counting) {
        __atomic_fetch_add(&counts[kind], 1, __ATOMIC_RELAXED);
        if (getenv("MALLOC_COUNT_ABORT") != NULL) {
            abort();
        }
    }
}

/// What is counted. A free of nothing is no heap call. ///

void *malloc(size_t size)
{
    count(MALLOC);
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    count(CALLOC);
    return __libc_calloc(n, size);
}

void *realloc(void *block, size_t size)
{
    count(REALLOC);
    return __libc_realloc(block, size);
}

void free(void *block)
{
    if (block != NULL) {
        count(FREE);
    }
    __libc_free(block);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    count(ALIGNED);
    return __libc_memalign(alignment, size);
}

extern void *memalign(size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size)
{
    count(ALIGNED);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    count(ALIGNED);
    *block = __libc_memalign(alignment, size);
    return *block != NULL ? 0 : ENOMEM;
}

/// The file. Also called from signal handlers, hence no stdio. ///

static size_t put_text(char *line, size_t at, const char *text)
{
    size_t len = strlen(text);
    memcpy(line + at, text, len);
    return at + len;
}

static size_t put_number(char *line, size_t at, unsigned long v)
{
    char digits[24];
    size_t i = sizeof digits;
    do {
        digits[--i] = (char)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    memcpy(line + at, digits + i, sizeof digits - i);
    return at + sizeof digits - i;
}

/* In one rename, so that who waits for the file never reads half a line. */
static void write_file(const char *line, size_t len)
{
    const char *path = getenv("MALLOC_COUNT");
    char part[4096];
    if (path == NULL || strlen(path) + 6 > sizeof part) {
        return;
    }
    size_t at = put_text(part, 0, path);
    part[put_text(part, at, ".part")] = '\0';
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd >= 0) {
        ssize_t written = write(fd, line, len);
        close(fd);
        if (written == (ssize_t)len) {
            rename(part, path);
        }
    }
}

static void begin(int signal)
{
    int saved = errno;
    (void)signal;
    memset(counts, 0, sizeof counts);
    write_file("counting\n", 9);
    counting = 1;
    errno = saved;
}

static void end(int signal)
{
    int saved = errno;
    char line[256];
    unsigned long sum = 0;
    size_t at;
    (void)signal;
    if (!counting) {
        return;
    }
    counting = 0;
    for (int i = 0; i < KINDS; i++) {
        sum += counts[i];
    }
    at = put_number(line, 0, sum);
    at = put_text(line, at, " calls:");
    for (int i = 0; i < KINDS; i++) {
        at = put_text(line, at, " ");
        at = put_text(line, at, names[i]);
        at = put_text(line, at, " ");
        at = put_number(line, at, counts[i]);
    }
    at = put_text(line, at, "\n");
    write_file(line, at);
    errno = saved;
}

__attribute__((constructor)) static void start(void)
{
    struct sigaction action = {.sa_handler = begin, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
    action.sa_handler = end;
    sigaction(SIGUSR2, &action, NULL);
    if (getenv("MALLOC_COUNT_WHOLE") != NULL) {
        begin(0);
    }
}

__attribute__((destructor)) static void finish(void)
{
    end(0);
}
