/* SPDX-License-Identifier: MIT
 * Asks an HTTP proxy for a connection.
 */
#include "port/run/proxy.h"

#include <string.h>

#include "core/base/text.h"
#include "port/net/address.h"
#include "port/base/phrase.h"
#include "port/run/reach.h"
#include "port/run/srv_order.h"

enum { DEFAULT_PORT = 1080, HEAD_MAX = 4096 };

/// The request and its answer ///

static int proxy_failed(struct mote_run_proxy *proxy, const char *why, const char *more)
{
    mote__phrase(proxy->why, sizeof proxy->why, "the proxy %s port %u %s%s", proxy->host, proxy->port, why, more);
    return MOTE_ERR_CONNECT;
}

/* Write the request. Nothing can be smuggled into it, because the names are in ASCII by now and mote__phrase lets no
 * line end through. */
static int ask_proxy(struct mote_run_proxy *proxy, const struct mote_run *run, const struct mote__run_rung *rung)
{
    static const char line_end[] = "\r\n";
    char host[MOTE_PORT_HOST_MAX + 1], *b = run->config.buffer;
    size_t size = run->config.buffer_size, n = 0;
    if (!mote_host_to_ascii(rung->host, host, sizeof host)) {
        return proxy_failed(proxy, "cannot be asked for that host: ", rung->host);
    }
    bool six = strchr(host, ':') != NULL && host[0] != '[';
    if (size < 2 * sizeof host + sizeof proxy->login + 80) {
        return proxy_failed(proxy, "cannot be asked: the loop's buffer is too small", "");
    }
    for (int i = 0; i < 4; i++) {
        switch (i) {
        case 0:
        case 1:
            mote__phrase(b + n, size - n, i == 0 ? "CONNECT %s%s%s:%u HTTP/1.1" : "Host: %s%s%s:%u", six ? "[" : "",
                         host, six ? "]" : "", rung->port);
            break;
        case 2:
            if (proxy->login[0] == '\0') {
                continue;
            }
            mote__phrase(b + n, size - n, "Proxy-Authorization: Basic %s", proxy->login);
            break;
        default: b[n] = '\0'; break;
        }
        n += strlen(b + n);
        memcpy(b + n, line_end, 2);
        n += 2;
    }
    proxy->len = n;
    return 0;
}

/* Read the first line of the answer, such as "HTTP/1.1 403 Forbidden". */
static int judge(struct mote_run_proxy *proxy, const char *head, size_t len)
{
    const char *line_end = memchr(head, '\r', len);
    size_t line = line_end != NULL ? (size_t)(line_end - head) : len;
    if (line < 12 || memcmp(head, "HTTP/1.", 7) != 0 || head[8] != ' ') {
        return proxy_failed(proxy, "does not speak HTTP", "");
    }
    if (head[9] == '2') {
        return 1;
    }
    if (memcmp(head + 9, "407", 3) == 0) {
        return proxy_failed(proxy,
                      proxy->login[0] != '\0' ? "refuses its user name or password" : "wants a user name and password",
                      " (407)");
    }
    char what[64];
    mote__phrase(what, sizeof what, "%.*s", (int)(line - 9), head + 9);
    return proxy_failed(proxy, "refuses to connect: ", what);
}

/* Read the answer. Returns 0 until all of its head has come. Nothing may follow it, because the server speaks only
 * after us. */
static int hear(struct mote_run_proxy *proxy, struct mote_run *run)
{
    static const char end[] = "\r\n\r\n";
    const struct mote_port *port = run->config.port;
    char *b = run->config.buffer;
    size_t max = run->config.buffer_size < HEAD_MAX ? run->config.buffer_size : HEAD_MAX;
    ptrdiff_t n = port->net->read(port->net_ctx, b + proxy->len, max - proxy->len);
    if (n <= 0) {
        return n == 0 ? 0 : proxy_failed(proxy, "closed the connection", "");
    }
    proxy->len += (size_t)n;
    for (size_t i = 0; i + 4 <= proxy->len; i++) {
        if (memcmp(b + i, end, 4) == 0) {
            int r = judge(proxy, b, i + 2);
            return r > 0 && i + 4 < proxy->len ? proxy_failed(proxy, "said more than it should", "") : r;
        }
    }
    return proxy->len == max ? proxy_failed(proxy, "gave an answer without end", "") : 0;
}

static int proxy_step(struct mote_run_proxy *proxy, struct mote_run *run, const struct mote__run_rung *rung)
{
    const struct mote_port *port = run->config.port;
    const char *b = run->config.buffer;
    if (proxy->phase == RUN_PROXY_IDLE) {
        int r = ask_proxy(proxy, run, rung);
        if (r != 0) {
            return r;
        }
        proxy->sent = 0;
        proxy->phase = RUN_PROXY_ASKING;
    }
    if (proxy->phase == RUN_PROXY_ASKING) {
        ptrdiff_t n = port->net->write(port->net_ctx, b + proxy->sent, proxy->len - proxy->sent);
        if (n < 0) {
            return proxy_failed(proxy, "closed the connection", "");
        }
        proxy->sent += (size_t)n;
        if (proxy->sent < proxy->len) {
            return 0;
        }
        proxy->len = 0;
        proxy->phase = RUN_PROXY_HEARING;
    }
    return hear(proxy, run);
}

/// From a URL ///

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Turn "user:password", in which %XX may stand, into base64 (RFC 7617). */
static bool set_login(struct mote_run_proxy *proxy, const char *text, size_t len)
{
    char plain[RUN_PROXY_LOGIN];
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        int c = (unsigned char)text[i];
        if (c == '%' && i + 2 < len && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
            c = hex(text[i + 1]) * 16 + hex(text[i + 2]);
            i += 2;
        }
        if (n == sizeof plain - 1 || c < ' ') {
            return false;
        }
        plain[n++] = (char)c;
    }
    if (memchr(plain, ':', n) == NULL) { // cppcheck-suppress uninitvar ; n bytes were written
        plain[n++] = ':';
    }
    proxy->login[mote_base64_encode(plain, n, proxy->login)] = '\0';
    memset(plain, 0, sizeof plain);
    return true;
}

bool mote_run_proxy_init(struct mote_run_proxy *proxy, const char *url)
{
    static const char scheme[] = "http://";
    struct mote_port_target target = {.port = DEFAULT_PORT};
    char host[MOTE_PORT_HOST_MAX + 8];
    *proxy = (struct mote_run_proxy){.port = 0};
    const char *begin = url, *colons = strstr(url, "://");
    if (colons != NULL) {
        if ((size_t)(colons - url) + 3 != sizeof scheme - 1 ||
            !mote_text_equal_folded(url, scheme, sizeof scheme - 1)) {
            return false;
        }
        begin = colons + 3;
    }
    size_t len = strcspn(begin, "/?#");
    const char *at = begin + len;
    while (at > begin && at[-1] != '@') {
        at--;
    }
    if (at > begin && !set_login(proxy, begin, (size_t)(at - begin) - 1)) {
        return false;
    }
    len -= (size_t)(at - begin);
    if (len >= sizeof host) {
        return false;
    }
    memcpy(host, at, len);
    host[len] = '\0';
    if (!mote__srv_parse(&target, host)) {
        return false;
    }
    mote_text_copy(proxy->host, sizeof proxy->host, target.host);
    proxy->port = target.port;
    proxy->step = proxy_step;
    return true;
}

bool mote_run_proxy_skips(const char *list, const char *host)
{
    size_t host_len = strlen(host);
    while (*(list += strspn(list, ", \t")) != '\0') {
        size_t len = strcspn(list, ", \t");
        const char *name = list;
        list += len;
        while (len > 1 && *name == '.') {
            name++;
            len--;
        }
        if (len == 1 && *name == '*') {
            return true;
        }
        if (len <= host_len && mote_text_equal_folded(host + host_len - len, name, len) &&
            (len == host_len || host[host_len - len - 1] == '.')) {
            return true;
        }
    }
    return false;
}
