/* SPDX-License-Identifier: MIT
 * Writes the head of an HTTP request.
 */
#include <string.h>

#include "core/base/text.h"
#include "port/base/phrase.h"
#include "port/http/http.h"

enum { NUMBER = 24 };

struct head {
    char *out;
    size_t size, len;
    bool full, bad;
};

/* What a value may consist of (RFC 9110 section 5.5); no line end, so nobody can add a header or a request. */
static bool is_value(char c)
{
    return c == '\t' || (c >= ' ' && c != 0x7f) || (unsigned char)c >= 0x80;
}

static void add(struct head *h, const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        h->bad = h->bad || !is_value(text[i]);
    }
    h->full = h->full || len > h->size - h->len;
    if (!h->full) {
        memcpy(h->out + h->len, text, len);
        h->len += len;
    }
}

static void add_line_end(struct head *h)
{
    h->full = h->full || h->size - h->len < 2;
    if (!h->full) {
        h->out[h->len++] = '\r';
        h->out[h->len++] = '\n';
    }
}

static void add_header(struct head *h, const char *name, const char *value)
{
    h->bad = h->bad || name[0] == '\0' || strpbrk(name, " \t:\r\n") != NULL;
    add(h, name);
    add(h, ": ");
    add(h, value);
    add_line_end(h);
}

static const char *number(uint64_t n, char text[NUMBER])
{
    char *at = &text[NUMBER - 1];
    *at = '\0';
    do {
        *--at = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    return at;
}

static void add_host(struct head *h, const struct mote_url *url)
{
    char digits[NUMBER];
    add(h, url->literal6 ? "Host: [" : "Host: ");
    add(h, url->host);
    add(h, url->literal6 ? "]" : "");
    if (url->port != 443) {
        add(h, ":");
        add(h, number(url->port, digits));
    }
    add_line_end(h);
}

static void add_range(struct head *h, const struct mote_http_request *r)
{
    char digits[NUMBER];
    add(h, "Range: bytes=");
    add(h, number(r->first, digits));
    add(h, "-");
    add_line_end(h);
    if (r->version != NULL && r->version[0] != '\0') {
        add_header(h, "If-Range", r->version);
    }
}

ptrdiff_t mote_http_write(const struct mote_http_request *r, char *out, size_t size)
{
    struct head h = {.out = out, .size = size};
    char digits[NUMBER];
    add(&h, r->method);
    add(&h, " ");
    add(&h, r->url->path);
    add(&h, " HTTP/1.1");
    add_line_end(&h);
    add_host(&h, r->url);
    add_header(&h, "User-Agent", "Mote");
    /* A body in a coding (gzip) could grow without bound when it is decoded. */
    add_header(&h, "Accept-Encoding", "identity");
    add_header(&h, "Connection", "close");
    if (r->body) {
        add_header(&h, "Content-Length", number(r->size, digits));
    }
    if (r->type != NULL) {
        add_header(&h, "Content-Type", r->type);
    }
    if (r->range) {
        add_range(&h, r);
    }
    for (const struct mote_http_header *more = r->headers; more != NULL && more->name != NULL; more++) {
        add_header(&h, more->name, more->value);
    }
    add_line_end(&h);
    return h.bad ? MOTE_ERR_TEXT : h.full ? MOTE_ERR_SIZE : (ptrdiff_t)h.len;
}

void mote_http_status_text(unsigned status, char *out, size_t size)
{
    static const struct {
        uint16_t status;
        const char *text;
    } known[] = {{400, "Bad Request"},
                 {401, "Unauthorized"},
                 {403, "Forbidden"},
                 {404, "Not Found"},
                 {405, "Method Not Allowed"},
                 {408, "Request Timeout"},
                 {409, "Conflict"},
                 {410, "Gone"},
                 {411, "Length Required"},
                 {413, "Content Too Large"},
                 {415, "Unsupported Media Type"},
                 {416, "Range Not Satisfiable"},
                 {429, "Too Many Requests"},
                 {500, "Internal Server Error"},
                 {501, "Not Implemented"},
                 {502, "Bad Gateway"},
                 {503, "Service Unavailable"},
                 {504, "Gateway Timeout"},
                 {507, "Insufficient Storage"}};
    const char *text = "";
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        text = known[i].status == status ? known[i].text : text;
    }
    mote__phrase(out, size, "%u%s%s", status, text[0] != '\0' ? " " : "", text);
}
