/* SPDX-License-Identifier: MIT
 * The password: from standard input, a file or the terminal, checked, and wiped after use.
 */
#include "examples/mote/conf/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "core/base/text.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/files/small_file.h"
#include "examples/mote/out/out.h"
#include "port/base/prepare.h"

/* With room for a line end, which is no part of the password, and a NUL. */
static char password[MOTE_PASSWORD_MAX + 3];

void secret_forget(void)
{
    mote_secret_wipe(password, sizeof password);
}

/* What is wrong with a password of this length, or NULL. A length below 0 stands for one that found no room. */
static const char *problem(ssize_t len)
{
    if (len < 0 || len > MOTE_PASSWORD_MAX) {
        return "it is longer than 255 bytes";
    }
    if (len == 0) {
        return "it is empty";
    }
    if (mote_text_valid(password, (size_t)len) != (size_t)len) {
        return "it is not UTF-8 text";
    }
    return strpbrk(password, "\r\n\t") != NULL ? "it has more than one line, or a tab" : NULL;
}

/* Bring the password into the form that SCRAM hashes (RFC 5802 section 2.2). Returns NULL, or what is wrong with it. */
static const char *in_form(void)
{
    char prepared[MOTE_PASSWORD_MAX + 1];
    const char *wrong = mote_prepare_password(password, prepared, sizeof prepared);
    if (wrong == NULL) {
        mote_text_copy(password, sizeof password, prepared);
    }
    mote_secret_wipe(prepared, sizeof prepared);
    return wrong;
}

/* The password is what was read without the line end. */
static const char *checked(ssize_t len, const char *where, int *code)
{
    char words[96];
    *code = EXIT_LOCAL;
    if (len < 0 && errno != EFBIG) {
        fail_errno(NULL, "cannot read the password from %s", where);
        return NULL;
    }
    while (len > 0 && (password[len - 1] == '\n' || password[len - 1] == '\r')) {
        password[--len] = '\0';
    }
    const char *why = problem(len);
    if (why == NULL && (why = in_form()) != NULL) {
        snprintf(words, sizeof words, "it %s", why);
        why = words;
    }
    if (why != NULL) {
        secret_forget();
        *code = fail(EXIT_LOCAL, why, NULL, "cannot use the password from %s", where);
        return NULL;
    }
    *code = 0;
    return password;
}

/// The terminal ///

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    interrupted = number;
}

/* Read a line without echo. A signal must not leave the terminal without echo, so it is caught until that is back.
 * Returns the length, or -1. */
static ssize_t read_hidden(int fd)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
    enum { COUNT = sizeof signals / sizeof signals[0] };
    struct sigaction action = {.sa_handler = on_signal}, before[COUNT];
    struct termios shown, hidden;
    if (tcgetattr(fd, &shown) != 0) {
        return -1;
    }
    sigemptyset(&action.sa_mask); /* without SA_RESTART, so that a signal ends the read */
    for (int i = 0; i < COUNT; i++) {
        sigaction(signals[i], &action, &before[i]);
    }
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    tcsetattr(fd, TCSAFLUSH, &hidden);
    ssize_t len = read(fd, password, sizeof password - 1);
    int e = errno;
    tcsetattr(fd, TCSAFLUSH, &shown);
    for (int i = 0; i < COUNT; i++) {
        sigaction(signals[i], &before[i], NULL);
    }
    if (interrupted != 0) {
        (void)!write(fd, "\n", 1);
        raise(interrupted); /* now it may do what it does, for the echo is back */
    }
    errno = e;
    return len;
}

static const char *ask_password(const char *jid, int *code)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        *code = fail(EXIT_LOCAL, "there is no terminal to ask on", "--password-stdin or --password-file FILE tells it",
                     "cannot ask for the password");
        return NULL;
    }
    static const char start[] = "Password of ", end[] = ": ";
    (void)!(write(fd, start, sizeof start - 1) + write(fd, jid, strlen(jid)) + write(fd, end, sizeof end - 1));
    ssize_t len = read_hidden(fd);
    (void)!write(fd, "\n", 1);
    close(fd);
    bool whole = len > 0 && password[len - 1] == '\n';
    if (len >= 0) {
        password[len] = '\0';
    }
    errno = len > 0 && !whole ? EFBIG : errno;
    return checked(len > 0 && !whole ? -1 : len, "the terminal", code);
}

/// Files ///

static void warn_if_open(const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) != 0) {
        note("warning: others on this machine may read %s; 'chmod 600' keeps it to yourself", path);
    }
}

const char *secret_from(const char *file, int *code)
{
    if (strcmp(file, "-") != 0) {
        warn_if_open(file);
    }
    return checked(file_read(file, password, sizeof password), strcmp(file, "-") == 0 ? "standard input" : file, code);
}

const char *secret_given_password(int *code)
{
    const char *file = cli.password_file != NULL ? cli.password_file : cli.settings.password_file;
    *code = 0;
    if (cli.password_stdin) {
        return secret_from("-", code);
    }
    return *file != '\0' ? secret_from(file, code) : NULL;
}

const char *secret_password(const char *jid, int *code)
{
    const char *given = secret_given_password(code);
    return given != NULL || *code != 0 ? given : ask_password(jid, code);
}
