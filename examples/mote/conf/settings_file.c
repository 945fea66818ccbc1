/* SPDX-License-Identifier: MIT
 * The configuration file: lines of `key = value`, `#` begins a comment line.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/files/small_file.h"
#include "examples/mote/out/out.h"
#include "examples/mote/conf/settings.h"

/// Where it is ///

static const char *joined(char out[PATH_MAX], const char *folder, const char *rest)
{
    int n = snprintf(out, PATH_MAX, "%s%s", folder, rest);
    if (n < 0 || n >= PATH_MAX) {
        fail(EXIT_LOCAL, "the path is longer than the system allows", NULL, "cannot use a configuration file");
        return NULL;
    }
    return out;
}

const char *settings_path(const char *given)
{
    static char path[PATH_MAX];
    const char *env = getenv("MOTE_CONFIG"), *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (given != NULL || (env != NULL && *env != '\0')) {
        return joined(path, given != NULL ? given : env, "");
    }
    if (xdg != NULL && *xdg == '/') { /* the XDG specification says that relative ones are ignored */
        return joined(path, xdg, "/mote/mote.conf");
    }
    if (home != NULL && *home != '\0') {
        return joined(path, home, "/.config/mote/mote.conf");
    }
    fail(EXIT_LOCAL, "HOME is not set", "name a file with -c", "cannot tell where the configuration file is");
    return NULL;
}

const char *settings_keys_path(const char *config)
{
    static char path[PATH_MAX];
    static const char end[] = ".conf";
    size_t len = strlen(config), end_len = sizeof end - 1;
    if (len > end_len && strcmp(config + len - end_len, end) == 0) {
        len -= end_len;
    }
    if (len + sizeof ".keys" > sizeof path) {
        return joined(path, config, ".keys");
    }
    memcpy(path, config, len);
    memcpy(path + len, ".keys", sizeof ".keys");
    return path;
}

/// Reading ///

/* Cut the blanks off both ends. */
static char *trimmed(char *text)
{
    text += strspn(text, " \t\r");
    size_t len = strlen(text);
    while (len > 0 && strchr(" \t\r", text[len - 1]) != NULL) {
        len--;
    }
    text[len] = '\0';
    return text;
}

static int complain(const char *path, unsigned line, const char *key, const char *wrong)
{
    char what[PATH_MAX + 32];
    const char *name = strrchr(path, '/');
    snprintf(what, sizeof what, "%s:%u", name != NULL ? name + 1 : path, line);
    if (wrong != NULL) {
        char why[256];
        snprintf(why, sizeof why, "'%.100s' %s", key, wrong);
        return fail(EXIT_LOCAL, why, NULL, "%s", what);
    }
    return fail(EXIT_LOCAL, "a line has to be 'key = value'", NULL, "%s", what);
}

static int read_line(struct settings *s, const char *path, unsigned number, char *line)
{
    line = trimmed(line);
    if (*line == '\0' || *line == '#') {
        return 0;
    }
    char *equals = strchr(line, '=');
    if (equals == NULL) {
        return complain(path, number, NULL, NULL);
    }
    *equals = '\0';
    char *key = trimmed(line);
    if (!settings_known(key)) {
        char name[128];
        snprintf(name, sizeof name, "unknown key '%.100s'", key);
        const char *file = strrchr(path, '/');
        return fail(EXIT_LOCAL, name, "'man mote' lists the keys", "%s:%u", file != NULL ? file + 1 : path, number);
    }
    const char *wrong = settings_set(s, key, trimmed(equals + 1));
    return wrong == NULL ? 0 : complain(path, number, key, wrong);
}

static char text[SETTINGS_FILE_MAX];

int settings_read(struct settings *s, const char *path, bool must)
{
    ssize_t len = file_read(path, text, sizeof text);
    if (len < 0) {
        if (errno == ENOENT && !must) {
            return 0;
        }
        const char *hint = errno == ENOENT ? "'mote setup JID' makes it" : NULL;
        return errno == EFBIG ? fail(EXIT_LOCAL, "it is longer than 65535 bytes", NULL, "cannot read %s", path)
                              : fail_errno(hint, "cannot read %s", path);
    }
    if (strlen(text) != (size_t)len) {
        return fail(EXIT_LOCAL, "it is no text: there is a zero byte in it", NULL, "cannot read %s", path);
    }
    unsigned number = 1;
    for (char *line = text; line != NULL; number++) {
        char *end = strchr(line, '\n');
        if (end != NULL) {
            *end++ = '\0';
        }
        int code = read_line(s, path, number, line);
        if (code != 0) {
            return code;
        }
        line = end;
    }
    return 0;
}

/// Writing ///

static char out[SETTINGS_FILE_MAX + 3 * PATH_MAX];

static size_t append_line(size_t len, const char *key, const char *value)
{
    if (value != NULL && value[0] != '\0') {
        int n = snprintf(out + len, sizeof out - len, "%s = %s\n", key, value);
        len += n > 0 ? (size_t)n : 0;
    }
    return len;
}

/* Copy the lines of the old file that setup does not write. */
static size_t keep_lines(void)
{
    size_t len = 0;
    for (char *line = text; *line != '\0';) {
        char key[64];
        size_t n = strcspn(line, "\n"), name = strcspn(line, "=\n");
        n += line[n] == '\n';
        snprintf(key, sizeof key, "%.*s", name < sizeof key ? (int)name : 0, line);
        if (!settings_of_login(trimmed(key))) {
            memcpy(out + len, line, n);
            len += n;
            if (out[len - 1] != '\n') {
                out[len++] = '\n';
            }
        }
        line += n;
    }
    return len;
}

int settings_write(const struct settings *s, const char *path)
{
    static const char *const modes[] = {NULL, "direct", "starttls", NULL};
    char number[16] = "", pin[7 + 2 * sizeof s->pin + 1] = "sha256:";
    ssize_t old = file_read(path, text, sizeof text);
    size_t len = 0;
    if (old > 0) {
        len = keep_lines();
    }
    if (s->port != 0) {
        snprintf(number, sizeof number, "%u", s->port);
    }
    for (size_t i = 0; i < sizeof s->pin; i++) {
        snprintf(pin + 7 + 2 * i, 3, "%02x", s->pin[i]);
    }
    len = append_line(len, "jid", s->jid);
    len = append_line(len, "resource", s->resource);
    len = append_line(len, "host", s->host);
    len = append_line(len, "port", number);
    len = append_line(len, "tls", modes[s->tls]);
    len = append_line(len, "proxy", s->proxy);
    len = append_line(len, "ca", s->ca);
    len = append_line(len, "pin", s->has_pin ? pin : NULL);
    len = append_line(len, "password-file", s->password_file);
    len = append_line(len, "allow-plain", s->allow_plain ? "yes" : NULL);
    len = append_line(len, "require-binding", s->require_binding ? "yes" : NULL);
    if (file_write(path, out, len) != 0) {
        return fail_errno(NULL, "cannot write %s", path);
    }
    return 0;
}
