/* SPDX-License-Identifier: MIT */
#include "examples/mote/out/out.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "examples/mote/command.h"
#include "core/base/text.h"
#include "examples/mote/out/hidden.h"

/* A line for stderr is gathered here: in many writes it would be torn by other programs' lines. */
static char stdout_buffer[65536], stderr_buffer[4096];
static bool broken;

void out_init(void)
{
    setvbuf(stdout, stdout_buffer, _IOFBF, sizeof stdout_buffer);
    setvbuf(stderr, stderr_buffer, _IOFBF, sizeof stderr_buffer);
    signal(SIGXFSZ, SIG_IGN); /* and a file that may grow no further is one, too */
    signal(SIGPIPE, SIG_IGN); /* a reader that goes away is a failed write, and the session still ends in good order */
}

bool out_flush(void)
{
    if (fflush(stdout) != 0 && !broken) {
        broken = true;
        if (errno != EPIPE) { /* whoever read has had enough, as head(1) does */
            err_print("mote: cannot write to standard output: %s\n", strerror(errno));
        }
    }
    return !broken;
}

/// Escaping for people ///

static void put_escaped(FILE *f, const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len;) {
        uint8_t c = (uint8_t)text[i];
        size_t n = mote_text_character(text + i, len - i);
        uint32_t point = hidden_character(text + i, n);
        if (c == '\n' || c == '\r' || c == '\t' || c == '\\') {
            putc_unlocked('\\', f);
            putc_unlocked(c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : '\\', f);
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
        return format + strlen(format); /* no format of ours is like that */
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
    put_format(stdout, format, &args);
    va_end(args);
}

/// Standard error ///

static void put_line(const char *start, const char *format, va_list *args, const char *end)
{
    fputs(start, stderr);
    put_format(stderr, format, args);
    fputs(end, stderr);
    fflush(stderr);
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
    /* Errors are told by whoever the failed call returns to; the engine's own lines are for those who look closer. */
    if ((int)level <= (cli.verbose > 0 ? MOTE_LOG_INFO + cli.verbose - 1 : -1)) {
        err_print("mote: [%s]\n", line);
    }
}
