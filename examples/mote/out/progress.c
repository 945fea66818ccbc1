/* SPDX-License-Identifier: MIT
 * A progress bar on standard error.
 */
#include "examples/mote/out/progress.h"

#include <string.h>
#include <unistd.h>

#include "examples/mote/command.h"
#include "examples/mote/out/out.h"

enum { WIDTH = 24, PERIOD_MS = 200 };

static bool shown;
static int terminal = -1; /* -1 until it was asked once, because progress_show is called for each block of a file */
static uint64_t started_ms, last_ms, first_done;

/* Writes 1234567 bytes as "1.2 MB". */
static void amount(uint64_t bytes, unsigned *whole, unsigned *tenth, const char **unit)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB"};
    size_t i = 0;
    for (bytes /= 100; bytes >= 10000 && i < sizeof units / sizeof units[0] - 1; i++) {
        bytes /= 1000;
    }
    *whole = (unsigned)(bytes / 10);
    *tenth = (unsigned)(bytes % 10);
    *unit = units[i];
}

static void draw(const char *name, const struct mote_file *f, uint64_t rate)
{
    char bar[WIDTH + 1];
    unsigned a, a10, b, b10, r, r10;
    const char *ua, *ub, *ur;
    bool known = f->size != MOTE_FILE_SIZE_UNKNOWN && f->size > 0;
    unsigned percent = known ? (unsigned)(f->done * 100 / f->size) : 0;
    size_t filled = known ? (size_t)(f->done * WIDTH / f->size) : 0;
    memset(bar, '.', WIDTH);
    memset(bar, '#', filled < WIDTH ? filled : WIDTH);
    bar[WIDTH] = '\0';
    amount(f->done, &a, &a10, &ua);
    amount(known ? f->size : 0, &b, &b10, &ub);
    amount(rate, &r, &r10, &ur);
    if (known) {
        uint64_t left = rate > 0 ? (f->size - f->done) / rate : 0;
        err_print("\r%s [%s] %3u %% %u.%u %s of %u.%u %s, %u.%u %s/s, %llu:%02llu left \x1b[K", name, bar, percent, a,
                  a10, ua, b, b10, ub, r, r10, ur, (unsigned long long)left / 60, (unsigned long long)left % 60);
    } else {
        err_print("\r%s %u.%u %s, %u.%u %s/s \x1b[K", name, a, a10, ua, r, r10, ur);
    }
    shown = true;
}

void progress_show(const char *name, const struct mote_file *f, uint64_t now_ms)
{
    if (terminal < 0) {
        terminal = cli.verbose >= 0 && isatty(STDERR_FILENO) != 0;
    }
    if (terminal == 0) {
        return;
    }
    if (started_ms == 0 || f->done < first_done) {
        started_ms = last_ms = now_ms;
        first_done = f->done;
    }
    if (now_ms - last_ms < PERIOD_MS && f->done != f->size) {
        return;
    }
    last_ms = now_ms;
    uint64_t spent_ms = now_ms - started_ms;
    draw(name, f, spent_ms > 0 ? (f->done - first_done) * 1000 / spent_ms : 0);
}

void progress_clear(void)
{
    if (shown) {
        err_print("\r\x1b[K");
        shown = false;
    }
    started_ms = 0;
}
