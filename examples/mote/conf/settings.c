/* SPDX-License-Identifier: MIT
 * One row for each thing that can be configured, and what values it takes.
 */
#include "examples/mote/conf/settings.h"

#include <stdio.h>
#include <string.h>

#include "core/xml/stanza.h"
#include "core/base/text.h"
#include "examples/mote/command.h"
#include "port/base/prepare.h"
#include "port/run/config_text.h"
#include "port/run/proxy.h"

/// Kinds of values: each returns NULL, or what is wrong ///

static const char *too_long(size_t max)
{
    static char text[64];
    snprintf(text, sizeof text, "is longer than %zu bytes", max);
    return text;
}

static const char *copy(char *dst, size_t size, const char *value)
{
    return mote_text_copy(dst, size, value) ? NULL : too_long(size - 1);
}

static const char *set_number(unsigned *n, const char *value, unsigned least, unsigned most)
{
    static char text[64];
    uint64_t number = 0;
    if (!mote_text_uint(value, most, &number) || number < least) {
        snprintf(text, sizeof text, "is not a number from %u to %u", least, most);
        return text;
    }
    *n = (unsigned)number;
    return NULL;
}

static const char *set_jid(char *dst, size_t size, const char *value)
{
    const char *wrong = strlen(value) > MOTE_JID_MAX ? too_long(MOTE_JID_MAX) : mote_prepare_jid(value, dst, size);
    if (wrong == NULL && dst[0] == '@') {
        wrong = "is not an address such as name@example.org";
    }
    if (wrong != NULL) {
        dst[0] = '\0';
    }
    return wrong;
}

const char *jid_argument(const char **jid, bool or_domain)
{
    enum { POOL = FROM_MAX + 4 };
    static char pool[POOL][MOTE_JID_MAX + 2]; /* of each --from, --jid, and a verb */
    static unsigned used;
    char *prepared = pool[used % POOL];
    const char *wrong = or_domain && **jid == '@' ? mote_prepare_jid(*jid, prepared, sizeof pool[0])
                                                  : set_jid(prepared, sizeof pool[0] - 1, *jid);
    if (wrong == NULL) {
        *jid = prepared;
        used++;
    }
    return wrong;
}

static const char *set_own_jid(struct settings *s, const char *value)
{
    const char *wrong = set_jid(s->jid, sizeof s->jid, value);
    if (wrong == NULL && strchr(s->jid, '@') == NULL) {
        s->jid[0] = '\0';
        return "has no name before an @";
    }
    return wrong;
}

static const char *set_tls(struct settings *s, const char *value)
{
    s->tls = strcmp(value, "direct") == 0     ? MOTE_RUN_DIRECT
             : strcmp(value, "starttls") == 0 ? MOTE_RUN_STARTTLS
                                              : MOTE_RUN_ANY;
    return s->tls != MOTE_RUN_ANY ? NULL : "is neither 'direct' nor 'starttls'";
}

/* Whether the proxy can be used is checked here, so that a complaint can name the line of the file. */
static const char *set_proxy(struct settings *s, const char *value)
{
    static struct mote_run_proxy proxy;
    bool good = strcmp(value, "none") == 0 || mote_run_proxy_init(&proxy, value);
    mote_secret_wipe(&proxy, sizeof proxy);
    return good ? copy(s->proxy, sizeof s->proxy, value) : "is neither 'none' nor http://[USER:PASSWORD@]HOST:PORT";
}

static const char *set_pin(struct settings *s, const char *value)
{
    s->has_pin = mote_config_pin(value, s->pin);
    return s->has_pin ? NULL : "is not sha256: with 64 hexadecimal digits behind it";
}

/* Read addresses, or @domain for all of a domain, with commas or blanks between them. */
static const char *add_allowed(struct settings *s, const char *value)
{
    while (*(value += strspn(value, ", \t")) != '\0') {
        size_t len = strcspn(value, ", \t");
        char *entry = s->allow_text + s->allow_used;
        if (len > MOTE_JID_MAX || s->allow_used + len + 1 > sizeof s->allow_text || s->allow_count == ALLOW_MAX) {
            return s->allow_count == ALLOW_MAX ? "has more than 64 addresses in all" : too_long(MOTE_JID_MAX);
        }
        char one[MOTE_JID_MAX + 1];
        memcpy(one, value, len);
        one[len] = '\0';
        const char *wrong = mote_prepare_jid(one, entry, sizeof s->allow_text - s->allow_used);
        if (wrong == NULL && (strchr(entry, '/') != NULL || strlen(entry) > MOTE_JID_MAX + 1)) {
            wrong = "is not an address such as name@example.org, or @example.org for all of a domain";
        }
        if (wrong != NULL) {
            return wrong;
        }
        s->allow[s->allow_count++] = entry;
        s->allow_used += strlen(entry) + 1;
        value += len;
    }
    return NULL;
}

static const char *set_receipts(struct settings *s, const char *value)
{
    static const char words[] = "known\0all\0none\0"; /* in the order of enum settings_receipts */
    int word = mote_text_index(words, value);
    s->receipts = word >= 0 ? (enum settings_receipts)word : s->receipts;
    return word >= 0 ? NULL : "is neither 'known' nor 'all' nor 'none'";
}

static const char *set_bool(bool *b, const char *value)
{
    *b = strcmp(value, "yes") == 0;
    return *b || strcmp(value, "no") == 0 ? NULL : "is neither 'yes' nor 'no'";
}

/* The exponent of the power of two that a unit of bytes stands for, 0 for what is no unit. */
static unsigned shift_of_unit(char unit)
{
    switch (unit) {
    case 'k':
    case 'K': return 10;
    case 'M': return 20;
    case 'G': return 30;
    default: return 0;
    }
}

const char *settings_size(uint64_t *size, const char *value)
{
    char digits[24];
    size_t len = strlen(value);
    unsigned shift = len > 1 ? shift_of_unit(value[len - 1]) : 0;
    if (len < sizeof digits) {
        memcpy(digits, value, len + 1);
        digits[len - (shift > 0)] = '\0';
    }
    if (len >= sizeof digits || !mote_text_uint(digits, INT64_MAX >> shift, size) || *size == 0) {
        return "is not a number of bytes such as 500000, 64k, 100M or 2G";
    }
    *size <<= shift;
    return NULL;
}

/// The rows ///

enum key {
    KEY_JID,
    KEY_RESOURCE,
    KEY_HOST,
    KEY_PORT,
    KEY_TLS,
    KEY_PROXY,
    KEY_CA,
    KEY_PIN,
    KEY_PASSWORD_FILE,
    KEY_ALLOW_PLAIN,
    KEY_REQUIRE_BINDING,
    KEY_LOGIN, /* those above are what setup writes */
    KEY_ALLOW = KEY_LOGIN,
    KEY_RECEIPTS,
    KEY_PING,
    KEY_DIRECTORY,
    KEY_MAX_SIZE,
    KEY_BLOCK,
    KEY_WINDOW,
    KEY_SERVICE,
    KEY_NODE,
    KEY_AUTHOR,
    KEY_STORE,
    KEY_SOCKET,
    KEY_COUNT
};

static const char *const names[KEY_COUNT] = {
    [KEY_JID] = "jid",
    [KEY_RESOURCE] = "resource",
    [KEY_HOST] = "host",
    [KEY_PORT] = "port",
    [KEY_TLS] = "tls",
    [KEY_PROXY] = "proxy",
    [KEY_CA] = "ca",
    [KEY_PIN] = "pin",
    [KEY_PASSWORD_FILE] = "password-file",
    [KEY_ALLOW_PLAIN] = "allow-plain",
    [KEY_REQUIRE_BINDING] = "require-binding",
    [KEY_ALLOW] = "allow",
    [KEY_RECEIPTS] = "receipts",
    [KEY_PING] = "ping",
    [KEY_DIRECTORY] = "directory",
    [KEY_MAX_SIZE] = "max-size",
    [KEY_BLOCK] = "block-size",
    [KEY_WINDOW] = "window",
    [KEY_SERVICE] = "service",
    [KEY_NODE] = "node",
    [KEY_AUTHOR] = "author",
    [KEY_STORE] = "store",
    [KEY_SOCKET] = "socket",
};

static int find_setting(const char *key)
{
    int i = 0;
    while (i < KEY_COUNT && strcmp(names[i], key) != 0) {
        i++;
    }
    return i;
}

bool settings_known(const char *key)
{
    return find_setting(key) < KEY_COUNT;
}

bool settings_of_login(const char *key)
{
    return find_setting(key) < KEY_LOGIN;
}

const char *settings_set(struct settings *s, const char *key, const char *value)
{
    size_t len = strlen(value);
    if (len == 0) {
        return "is empty";
    }
    if (mote_text_valid(value, len) != len) {
        return "is not UTF-8 text";
    }
    if (strpbrk(value, "\r\n") != NULL) {
        return "has a line end";
    }
    if (len > 1 && value[0] == value[len - 1] && (value[0] == '"' || value[0] == '\'')) {
        return "is in quotes, which would be part of it: it stands without";
    }
    switch (find_setting(key)) {
    case KEY_JID: return set_own_jid(s, value);
    case KEY_RESOURCE: return mote_prepare_resource(value, s->resource, sizeof s->resource);
    case KEY_HOST: return copy(s->host, sizeof s->host, value);
    case KEY_PORT: return set_number(&s->port, value, 1, 65535);
    case KEY_TLS: return set_tls(s, value);
    case KEY_PROXY: return set_proxy(s, value);
    case KEY_PING: return set_number(&s->ping, value, 1, 86400);
    case KEY_CA: return copy(s->ca, sizeof s->ca, value);
    case KEY_PIN: return set_pin(s, value);
    case KEY_PASSWORD_FILE: return copy(s->password_file, sizeof s->password_file, value);
    case KEY_ALLOW_PLAIN: return set_bool(&s->allow_plain, value);
    case KEY_REQUIRE_BINDING: return set_bool(&s->require_binding, value);
    case KEY_ALLOW: return add_allowed(s, value);
    case KEY_RECEIPTS: return set_receipts(s, value);
    case KEY_DIRECTORY: return copy(s->directory, sizeof s->directory, value);
    case KEY_MAX_SIZE: return settings_size(&s->max_size, value);
    case KEY_BLOCK: return set_number(&s->block, value, 16, 65535);
    case KEY_WINDOW: return set_number(&s->window, value, 1, MOTE_FILES_WINDOW);
    case KEY_SERVICE: return set_jid(s->service, sizeof s->service, value);
    case KEY_NODE: return copy(s->node, sizeof s->node, value);
    case KEY_AUTHOR: return copy(s->author, sizeof s->author, value);
    case KEY_STORE: return copy(s->store, sizeof s->store, value);
    case KEY_SOCKET: return copy(s->socket, sizeof s->socket, value);
    default: return "is not known";
    }
}
