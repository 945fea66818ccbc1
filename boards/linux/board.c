/* SPDX-License-Identifier: MIT
 * What Linux gives to an example (boards/board.h): settings from arguments and environment, stdin and stdout as the
 * console, and files for keys, readings and the one file.
 */
#include "boards/board.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.h"
#include "port/clock/posix.h"
#include "port/run/config_text.h"
#include "port/store/replace.h"
#include "port/store/keys_file.h"
#include "port/store/file.h"
#include "port/os/line_posix.h"
#include "port/base/phrase.h"
#include "port/base/prepare.h"
#include "port/os/posix.h"
#include "port/tls/ca_file.h"
#include "port/tls/memory.h"
#include "port/tls/resume.h"

/* TLS_MEMORY holds the authorities of a whole Linux distribution: the 140 of Debian take 0.4 MiB. */
enum { TLS_MEMORY = 2 << 20, SETTING_NAME = 64 };

static uint8_t tls_memory[TLS_MEMORY];
static struct mote_log_stdio logger = {MOTE_LOG_WARN};
static struct mote_services services;
static struct mote_tls_mbedtls_config tls;
static struct mote_posix posix;
static const struct mote_port *port;
static int arg_count;
static char *const *args;
static char password[MOTE_PASSWORD_MAX + 1];
static bool has_password;
static volatile sig_atomic_t asked_to_end;

static const char help[] =
    "settings, as --name VALUE, --name=VALUE or environment variable MOTE_NAME:\n"
    "  --jid JID             the account\n"
    "  --password-file FILE  its password is the first line; or the environment variable MOTE_PASSWORD\n"
    "  --keys FILE           keep keys here that replace the password\n"
    "  --host HOST           connect here instead of asking the DNS\n"
    "  --port NUMBER         and to this port\n"
    "  --tls any|direct|starttls\n"
    "  --ca FILE             certificate authorities to trust, instead of the system's\n"
    "  --pin sha256:HEX      trust the server with this key only\n"
    "  --dns ADDRESS:PORT    ask this DNS server\n"
    "  --source FILE         lines that stand for readings of a sensor\n"
    "  --file FILE           the file to give and to take\n"
    "  --store FILE          where posts are kept until the server has them\n"
    "  --log error|warn|info|trace\n"
    "and those of the example, which its README tells.\n";

static int refuse_start(const char *what, const char *why)
{
    fprintf(stderr, "%s%s\n", what, why);
    return MOTE_ERR_CONFIG;
}

/// Settings ///

/* The value, if `arg` with `next` behind it sets `name`; else NULL. */
static const char *value_of(const char *arg, const char *next, const char *name)
{
    size_t len = strlen(name);
    // NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): argv has no NULL before its end
    if (strncmp(arg, "--", 2) != 0 || strncmp(arg + 2, name, len) != 0) {
        return NULL;
    }
    return arg[2 + len] == '=' ? arg + 2 + len + 1 : arg[2 + len] == '\0' ? next : NULL;
}

static const char *from_environment(const char *name)
{
    char variable[SETTING_NAME + 8] = "MOTE_";
    size_t i = 0;
    for (size_t len = strnlen(name, SETTING_NAME); i < len; i++) {
        char c = name[i];
        variable[5 + i] = (char)(c == '-' ? '_' : c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c);
    }
    variable[5 + i] = '\0';
    return getenv(variable);
}

const char *mote_board_setting(const char *name)
{
    if (strcmp(name, "password") == 0) {
        return has_password ? password : NULL;
    }
    for (int i = 1; i < arg_count; i++) {
        const char *value = value_of(args[i], i + 1 < arg_count ? args[i + 1] : NULL, name);
        if (value != NULL) {
            return value;
        }
        i += strchr(args[i], '=') == NULL; /* pass over the value, which must not be taken for a name */
    }
    return from_environment(name);
}

unsigned mote_board_number(const char *name, unsigned otherwise)
{
    uint64_t value;
    return mote_text_uint(mote_board_setting(name), UINT32_MAX, &value) ? (unsigned)value : otherwise;
}

/* Check that every argument is a setting with a value, and that no password is among them, which others could see. */
static int check_arguments(void)
{
    for (int i = 1; i < arg_count; i++) {
        if (strcmp(args[i], "--help") == 0 || strcmp(args[i], "-h") == 0) {
            fputs(help, stdout);
            exit(0);
        }
        if (strncmp(args[i], "--", 2) != 0) {
            return refuse_start(args[i], " is no setting: --help tells which there are");
        }
        if (strcmp(args[i], "--password") == 0 || strncmp(args[i], "--password=", 11) == 0) {
            return refuse_start("", "a password on the command line can be read by everybody on this machine: "
                              "use --password-file FILE or the environment variable MOTE_PASSWORD");
        }
        if (strchr(args[i], '=') == NULL && ++i == arg_count) {
            return refuse_start(args[i - 1], " needs a value");
        }
    }
    return 0;
}

static int load_password(void)
{
    static struct mote_line_posix in;
    const char *path = mote_board_setting("password-file"), *text = from_environment("password");
    if (path == NULL) {
        has_password = text != NULL && mote_text_copy(password, sizeof password, text);
        return text != NULL && !has_password ? refuse_start("MOTE_PASSWORD", " is too long") : 0;
    }
    in.fd = open(path, O_RDONLY | O_CLOEXEC);
    if (in.fd < 0) {
        fprintf(stderr, "cannot read %s: %s\n", path, strerror(errno));
        return MOTE_ERR_CONFIG;
    }
    char line[sizeof password + 1];
    int len;
    while ((len = mote_line_posix_read(&in, line, sizeof line)) == 0) {
        (void)poll(&(struct pollfd){.fd = in.fd, .events = POLLIN}, 1, -1); /* nothing runs yet, so this may wait */
    }
    close(in.fd);
    has_password = len > 0 && mote_text_copy(password, sizeof password, line);
    mote_secret_wipe(line, sizeof line);
    mote_secret_wipe(in.bytes, sizeof in.bytes);
    return has_password ? 0 : refuse_start(path, len < 0 ? " is empty" : ": the password is too long");
}

int mote_board_config(struct mote_config *config, struct mote_run_config *link)
{
    static struct mote_keys keys;
    const char *path = mote_board_setting("keys");
    static char jid[MOTE_JID_MAX + 1];
    const char *given = mote_board_setting("jid");
    if (given == NULL) {
        return refuse_start("",
                            "which account? give --jid JID, and its password by --password-file FILE or MOTE_PASSWORD");
    }
    const char *wrong = mote_prepare_jid(given, jid, sizeof jid);
    if (wrong != NULL) {
        fprintf(stderr, "the address %s %s\n", given, wrong);
        return MOTE_ERR_CONFIG;
    }
    config->jid = jid;
    config->flags |= MOTE_PREPARED;
    config->services = &services;
    static char prepared[sizeof password];
    if (has_password && (wrong = mote_prepare_password(password, prepared, sizeof prepared)) != NULL) {
        return refuse_start("the password ", wrong);
    }
    config->password = has_password ? prepared : NULL;
    config->keys = path != NULL && mote_keys_file_load(path, config->jid, &keys) ? &keys : NULL;
    if (config->password == NULL && config->keys == NULL) {
        return refuse_start(config->jid, " needs a password: give it by --password-file FILE or MOTE_PASSWORD");
    }
    const char *why = mote_config_run(link, mote_board_setting);
    link->port = port;
    return why != NULL ? refuse_start("--", why) : 0;
}

void mote_board_register(struct mote *x)
{
    (void)x;
}

static struct {
    uint8_t bytes[MOTE_TLS_KEPT_MAX];
    size_t len;
} kept_tls;

static ptrdiff_t load_tls(void *ctx, void *bytes, size_t size)
{
    (void)ctx, (void)size;
    memcpy(bytes, kept_tls.bytes, kept_tls.len);
    return (ptrdiff_t)kept_tls.len;
}

static void save_tls(void *ctx, const void *bytes, size_t len)
{
    (void)ctx;
    mote_secret_wipe(kept_tls.bytes, sizeof kept_tls.bytes);
    memcpy(kept_tls.bytes, bytes != NULL ? bytes : "", len);
    kept_tls.len = len;
}

void mote_board_resume_tls(void)
{
    static struct mote_tls_resume resume = {.load = load_tls, .save = save_tls};
    mote_tls_resume_attach(&resume, &posix.tls);
}

void mote_board_save_keys(const struct mote_keys *keys)
{
    const char *path = mote_board_setting("keys"), *jid = mote_board_setting("jid");
    if (path != NULL && jid != NULL && mote_keys_file_save(path, jid, keys) != 0) {
        fprintf(stderr, "cannot write %s: %s\n", path, strerror(errno));
    }
}

/// Start and end ///

static int start_tls(void)
{
    char why[256];
    uint8_t pin[32];
    const char *text = mote_board_setting("pin"), *mode = mote_board_setting("tls");
    mote_tls_memory_use(tls_memory, sizeof tls_memory);
    int r = mote_tls_mbedtls_config_init(&tls, &services);
    if (r != 0) {
        return refuse_start("TLS did not start: ", mote_error_text(r));
    }
    if (text != NULL) {
        if (!mote_config_pin(text, pin)) {
            return refuse_start("", "--pin is sha256: and 64 hexadecimal digits");
        }
        mote_tls_mbedtls_set_pin(&tls, pin);
        return 0;
    }
    bool clear = mode != NULL && strcmp(mode, "clear") == 0;
    return clear || mote_tls_ca_file_add(&tls, mote_board_setting("ca"), why, sizeof why) == 0 ? 0
                                                                                               : refuse_start("", why);
}

static void on_signal(int number)
{
    (void)number;
    asked_to_end = 1;
}

int mote_board_init(int argc, char **argv)
{
    /* The handler runs once, so that a second signal ends the program. Calls are not restarted, so that a wait ends. */
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    arg_count = argc;
    args = argv;
    int r = check_arguments();
    const char *level = mote_board_setting("log");
    if (r == 0 && level != NULL && !mote_config_log_level(level, &logger.level)) {
        r = refuse_start("", "--log is error, warn, info or trace");
    }
    mote_posix_services(&services, &logger);
    r = r == 0 ? load_password() : r;
    r = r == 0 ? start_tls() : r;
    port = mote_posix_init(&posix, &tls, mote_board_setting("dns"));
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return r;
}

const struct mote_port *mote_board_port(void)
{
    return port;
}

const struct mote_services *mote_board_services(void)
{
    return &services;
}

bool mote_board_running(void)
{
    return asked_to_end == 0;
}

/// Console ///

static void to_stdout(void *ctx, const char *bytes, size_t len)
{
    (void)ctx;
    fwrite(bytes, 1, len, stdout);
}

void mote_board_print(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    mote__phrase_to(to_stdout, NULL, format, list);
    va_end(list);
    fflush(stdout);
}

void mote_board_format(char *out, size_t size, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    mote__phrase_v(out, size, format, list);
    va_end(list);
}

int mote_board_read_line(char *line, size_t size)
{
    static struct mote_line_posix in = {.fd = STDIN_FILENO};
    static bool watched;
    if (!watched) { /* a program that never reads would never sleep if input woke it */
        watched = true;
        mote_posix_watch(&posix, in.fd);
    }
    int len = mote_line_posix_read(&in, line, size);
    if (in.ended) {
        mote_posix_unwatch(&posix, in.fd);
    }
    return len;
}

/// Sensor ///

bool mote_board_sensor(char *text, size_t size)
{
    static struct mote_line_posix in = {.fd = -1};
    const char *path = mote_board_setting("source");
    if (path == NULL) {
        mote_board_format(text, size, "up %lu s", (unsigned long)(mote_clock_posix.ms(NULL) / 1000));
        return true;
    }
    for (int round = 0; round < 2; round++) {
        if (in.fd < 0) {
            in = (struct mote_line_posix){.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
        }
        int len = in.fd >= 0 ? mote_line_posix_read(&in, text, size) : 0;
        if (len >= 0) {
            return len > 0;
        }
        close(in.fd);
        in.fd = -1;
    }
    return false; /* it is empty */
}

/// Store ///

struct mote_store *mote_board_store(mote_store_dropped_fn *dropped, void *ctx)
{
    static struct mote_store store;
    static struct mote_store_file file = MOTE_STORE_FILE_NONE;
    static uint8_t buffer[512];
    static struct mote_store_config config = {.flash = &file.flash, .buffer = buffer, .buffer_size = sizeof buffer};
    const char *path = mote_board_setting("store");
    uint64_t salt;
    if (path == NULL) {
        return NULL;
    }
    config.dropped = dropped;
    config.ctx = ctx;
    int r = mote_store_file_open(&file, path, 0);
    if (r == 0) {
        r = mote_store_mount(&store, &config);
        if (r == MOTE_STORE_NONE && file.blank && services.random(services.ctx, (uint8_t *)&salt, sizeof salt) == 0) {
            r = mote_store_format(&store, &config, salt);
        }
    }
    if (r != 0) {
        const char *why = r == MOTE_STORE_NONE ? "it is a file of something else" : mote_store_file_why(&file);
        mote_board_print("the store %s cannot be used: %s\n", path, why[0] != '\0' ? why : mote_store_why(&store));
    }
    return r == 0 ? &store : NULL;
}

/// One file ///

uint64_t mote_board_file_size(void)
{
    struct stat s;
    const char *path = mote_board_setting("file");
    return path != NULL && stat(path, &s) == 0 && S_ISREG(s.st_mode) ? (uint64_t)s.st_size : 0;
}

ptrdiff_t mote_board_file_read(void *ctx, uint64_t offset, void *buf, size_t len)
{
    const char *path = mote_board_setting("file");
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    (void)ctx;
    if (fd < 0) {
        return MOTE_ERR_IO;
    }
    ssize_t n = pread(fd, buf, len, (off_t)offset);
    close(fd);
    return n >= 0 ? n : MOTE_ERR_IO;
}

static struct mote_file_replace incoming = MOTE_FILE_REPLACE_NONE;

int mote_board_file_write(void *ctx, uint64_t offset, const void *buf, size_t len)
{
    const char *path = mote_board_setting("file");
    (void)ctx;
    if (path == NULL || (offset == 0 && mote_file_replace_begin(&incoming, path, 0600) != 0)) {
        return MOTE_ERR_IO;
    }
    return mote_file_replace_write(&incoming, offset, buf, len);
}

int mote_board_file_end(bool keep)
{
    return mote_file_replace_end(&incoming, keep);
}
