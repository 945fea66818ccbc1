/* SPDX-License-Identifier: MIT
 * Lines for people, on standard output and standard error, with all that strangers wrote escaped.
 */
#include "examples/mote/out/out.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "examples/mote/command.h"
#include "core/base/text.h"
#include "examples/mote/out/backlog.h"
#include "examples/mote/out/hidden.h"

/* At the end a slow reader is waited for, for so long and with so long a pause between two looks. */
enum { LAST_MS = 2000, PAUSE_MS = 20 };

/* A line for stderr is gathered here, because lines of other programs could come between several writes. */
static char stdout_buffer[65536], stderr_buffer[4096];
static bool broken;
static FILE *out, *err;   /* stdout and stderr, or the streams of out/backlog.h in their place */
static bool never_waits;  /* was out_never_wait called? */
static bool dropped;      /* was the last line dropped? */
static unsigned lost;     /* lines of standard output that nobody read */

FILE *out_file(void)
{
    return out;
}

void out_init(void)
{
    out = stdout;
    err = stderr;
    setvbuf(stdout, stdout_buffer, _IOFBF, sizeof stdout_buffer);
    setvbuf(stderr, stderr_buffer, _IOFBF, sizeof stderr_buffer);
    /* A reader that goes away, or a file that may not grow, makes a write fail and does not end the process by a
     * signal, so that the session still ends in good order. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

static void tell_broken(int error)
{
    if (error != 0 && !broken) {
        broken = true;
        if (error != EPIPE) { /* a reader that has gone, such as head(1), wants no more, which is no fault */
            err_print("mote: cannot write to standard output: %s\n", strerror(error));
        }
    }
}

bool out_flush(void)
{
    int error = fflush(out) != 0 ? errno : 0;
    if (never_waits) {
        dropped = !backlog_commit();
        if (dropped && lost == 0) {
            note("standard output takes nothing any more: what is to be printed is lost until it does");
        }
        lost += backlog_lost();
        error = backlog_write();
    }
    tell_broken(error);
    return !broken;
}

/// Where nobody is waited for ///

void out_never_wait(void)
{
    never_waits = out_flush() && backlog_open(&out, &err);
}

bool out_dropped(void)
{
    return dropped;
}

bool out_has_room(void)
{
    return !never_waits || backlog_has_room();
}

bool out_turn(void)
{
    if (!never_waits) {
        return false;
    }
    tell_broken(backlog_write());
    if (lost > 0 && backlog_has_room()) {
        note("standard output takes lines again: %u were lost", lost);
        lost = 0;
    }
    return backlog_waits() && !broken;
}

bool out_close(void)
{
    out_flush();
    for (int waited_ms = 0; out_turn() && waited_ms < LAST_MS; waited_ms += PAUSE_MS) {
        (void)poll(NULL, 0, PAUSE_MS);
    }
    if (never_waits && backlog_waits() && !broken) {
        broken = true;
        err_print("mote: cannot write the last lines to standard output: nobody reads it\n");
    }
    return !broken;
}

/// Escaping for people ///

/* The letter behind the backslash of a short escape, or 0 for a character that has none. */
static char letter_of(uint8_t c)
{
    switch (c) {
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    case '\\': return '\\';
    default: return 0;
    }
}

static void put_escaped(FILE *f, const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len;) {
        uint8_t c = (uint8_t)text[i];
        size_t n = mote_text_character(text + i, len - i);
        uint32_t point = hidden_character(text + i, n);
        if (letter_of(c) != 0) {
            putc_unlocked('\\', f);
            putc_unlocked(letter_of(c), f);
        } else if (n == 0 || c == 0x7f) {
            fprintf(f, "\\x%02x", c);
        } else if (point != 0) {
            fprintf(f, "\\u{%x}", (unsigned)point);
        } else {
            fwrite_unlocked(text + i, 1, n, f);
        }
        i += n > 0 ? n : 1;
    }
}

/* One conversion of printf, which begins at `format` with '%'. Returns the first character behind it. */
static const char *put_conversion(FILE *f, const char *format, va_list *args)
{
    char spec[16];
    size_t n = strcspn(format + 1, "sducxz%") + 2;
    bool is_long = n >= 3 && format[n - 2] == 'l', is_longer = is_long && n >= 4 && format[n - 3] == 'l';
    if (n >= sizeof spec) {
        return format + strlen(format); /* no format of this program is so long */
    }
    memcpy(spec, format, n);
    spec[n] = '\0';
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    switch (spec[n - 1]) {
    case 's': {
        const char *text = va_arg(*args, const char *);
        put_escaped(f, text != NULL ? text : "");
        break;
    }
    case 'c': putc_unlocked(va_arg(*args, int), f); break;
    case '%': putc_unlocked('%', f); break;
    default:
        if (is_longer) {
            fprintf(f, spec, va_arg(*args, unsigned long long));
        } else if (is_long) {
            fprintf(f, spec, va_arg(*args, unsigned long));
        } else {
            fprintf(f, spec, va_arg(*args, unsigned));
        }
    }
#pragma GCC diagnostic pop
    return format + n;
}

static void put_format(FILE *f, const char *format, va_list *args)
{
    while (*format != '\0') {
        size_t n = strcspn(format, "%");
        fwrite_unlocked(format, 1, n, f);
        format += n;
        if (*format == '%') {
            format = put_conversion(f, format, args);
        }
    }
}

void out_print(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_format(out, format, &args);
    va_end(args);
}

/// Standard error ///

static void put_line(const char *start, const char *format, va_list *args, const char *end)
{
    unsigned unread = never_waits ? backlog_lost_errors() : 0;
    if (unread > 0) {
        fprintf(err, "mote: %u lines could not be written here\n", unread);
    }
    fputs(start, err);
    put_format(err, format, args);
    fputs(end, err);
    fflush(err);
}

void err_print(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_line("", format, &args, "");
    va_end(args);
}

void note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (cli.verbose >= 0) {
        put_line("mote: ", format, &args, "\n");
    }
    va_end(args);
}

void detail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (cli.verbose >= 1) {
        put_line("mote: ", format, &args, "\n");
    }
    va_end(args);
}

void out_log(void *ctx, enum mote_log_level level, const char *line)
{
    (void)ctx;
    /* Errors are told by the caller of what failed, so the engine's own lines are shown with -v only. */
    if ((int)level <= (cli.verbose > 0 ? MOTE_LOG_INFO + cli.verbose - 1 : -1)) {
        err_print("mote: [%s]\n", line);
    }
}
