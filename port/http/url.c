/* SPDX-License-Identifier: MIT
 * Reads https URLs.
 */
#include "port/http/url.h"

#include <string.h>

#include "core/base/text.h"
#include "core/xml/stanza.h"

enum { HTTPS = 443 };

/* May this character stand in a path or query as it is (RFC 3986 section 3.3 and 3.4)? */
static bool is_path(char c)
{
    return c > ' ' && c < 0x7f && strchr("\"<>\\^`{|}#", c) == NULL;
}

static bool is_host(char c, bool literal6)
{
    bool digit = c >= '0' && c <= '9', letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return digit || letter || c == '.' || (literal6 ? c == ':' : c == '-' || c == '_');
}

/* Read the host and port in text[0..len). */
static const char *read_authority(struct mote_url *url, const char *text, size_t len)
{
    bool bracket = len > 0 && text[0] == '[';
    size_t skip = bracket ? 1 : 0, host = 0;
    uint64_t port = HTTPS;
    char digits[6];
    if (memchr(text, '@', len) != NULL) {
        return "has a user name in it";
    }
    while (skip + host < len && is_host(text[skip + host], bracket)) {
        host++;
    }
    if (host == 0 || host >= sizeof url->host || text[skip] == '.' || text[skip] == '-') {
        return "names no host";
    }
    size_t rest = skip + host;
    if (bracket && (rest == len || text[rest++] != ']')) {
        return "names no host";
    }
    if (rest < len) {
        size_t n = len - rest - 1;
        if (text[rest] != ':' || n == 0 || n >= sizeof digits) {
            return text[rest] == ':' ? "names no port" : "has a character in its host that no host has";
        }
        memcpy(digits, text + rest + 1, n);
        digits[n] = '\0';
        if (!mote_text_uint(digits, UINT16_MAX, &port) || port == 0) {
            return "names no port";
        }
    }
    mote_text_fold(url->host, text + skip, host);
    url->literal6 = bracket;
    url->port = (uint16_t)port;
    return NULL;
}

/* Read the path and the query, up to the fragment. */
static const char *read_path(struct mote_url *url, const char *text)
{
    size_t n = 0, lead = text[0] == '/' ? 0 : 1; /* "?query" and nothing at all stand for the path "/" */
    url->path[0] = '/';
    for (; text[n] != '\0' && text[n] != '#'; n++) {
        if (!is_path(text[n])) {
            return "has a character that has to be percent-encoded";
        }
        if (n + lead + 1 >= sizeof url->path) {
            return "is too long";
        }
        url->path[n + lead] = text[n];
    }
    url->path[n + lead] = '\0';
    return NULL;
}

const char *mote_url_read(struct mote_url *url, const char *text)
{
    static const char scheme[] = "https://";
    size_t len = sizeof scheme - 1;
    if (strlen(text) < len || !mote_text_equal_folded(text, scheme, len)) {
        return "is no https:// URL";
    }
    size_t authority = strcspn(text + len, "/?#");
    const char *wrong = read_authority(url, text + len, authority);
    return wrong != NULL ? wrong : read_path(url, text + len + authority);
}

const char *mote_url_follow(struct mote_url *url, const char *location)
{
    struct mote_url next = *url;
    bool path = location[0] == '/' && location[1] != '/';
    const char *wrong = path ? read_path(&next, location) : mote_url_read(&next, location);
    if (wrong == NULL) {
        *url = next;
    }
    return wrong;
}

bool mote_url_same_host(const struct mote_url *a, const struct mote_url *b)
{
    return a->port == b->port && strcmp(a->host, b->host) == 0;
}
