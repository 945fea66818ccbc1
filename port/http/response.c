/* SPDX-License-Identifier: MIT
 * Reads an HTTP response.
 */
#include <string.h>

#include "core/base/text.h"
#include "core/xml/stanza.h"
#include "port/base/phrase.h"
#include "port/http/http.h"

/* INFOS: interim responses (1xx) that are passed over. HEAD: bytes of the head, trailers too. CHUNK: of a line between
 * chunks. */
enum { INFOS = 8, LINES = 128, HEAD = 64 * 1024, CHUNK = 256, CHUNK_DIGITS = 15 };

enum state { STATUS, HEADER, BODY, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILER, DONE, FAILED };

static int broken(struct mote_http *h, int error, const char *why)
{
    h->state = FAILED;
    mote__phrase(h->why, sizeof h->why, "%s", why);
    return error;
}

static int no_http(struct mote_http *h)
{
    return broken(h, MOTE_ERR_PROTOCOL, "what the server answers is not HTTP/1.1");
}

static int wrong(struct mote_http *h, const char *name)
{
    h->state = FAILED;
    mote__phrase(h->why, sizeof h->why, "the server's response has a wrong %s", name);
    return MOTE_ERR_PROTOCOL;
}

static int finish(struct mote_http *h)
{
    h->state = DONE;
    h->done = true;
    return 0;
}

/// The status line ///

static int read_status(struct mote_http *h)
{
    const char *l = h->line;
    if (strncmp(l, "HTTP/1.", 7) != 0 || (l[7] != '0' && l[7] != '1') || l[8] != ' ') {
        return no_http(h);
    }
    for (int i = 9; i < 12; i++) {
        if (l[i] < '0' || l[i] > '9') {
            return no_http(h);
        }
        h->status = (uint16_t)(h->status * 10 + (l[i] - '0'));
    }
    if ((l[12] != ' ' && l[12] != '\0') || h->status < 100 || h->status > 599) {
        return no_http(h);
    }
    h->state = HEADER;
    return 0;
}

/// Headers ///

/* Read a number of at most 18 digits, which cannot overflow, and move *at behind it. */
static bool read_number(const char **at, uint64_t *n)
{
    const char *start = *at;
    *n = 0;
    while (**at >= '0' && **at <= '9' && *at - start < 19) {
        *n = *n * 10 + (uint64_t)(*(*at)++ - '0');
    }
    return *at > start && *at - start < 19;
}

static int on_length(struct mote_http *h, const char *value)
{
    const char *at = value;
    uint64_t n;
    if (h->bounded || !read_number(&at, &n) || *at != '\0') {
        return wrong(h, "Content-Length");
    }
    h->bounded = true;
    h->length = n;
    return 0;
}

/* "bytes 0-99/200", "bytes 0-99/" "*", or "bytes *" "/200" when the range cannot be had. Prosody 0.12 says
 * "bytes 100-200/200", with a last byte that is not there; the length of the body tells (check_range). */
static int on_range(struct mote_http *h, const char *value)
{
    const char *at = value + 6;
    uint64_t first = MOTE_HTTP_UNKNOWN, last = 0, total = MOTE_HTTP_UNKNOWN;
    bool good = strlen(value) > 6 && mote_text_equal_folded(value, "bytes ", 6) && h->first == MOTE_HTTP_UNKNOWN &&
                h->total == MOTE_HTTP_UNKNOWN;
    if (good && *at == '*') {
        at++;
    } else if (good) {
        good = read_number(&at, &first) && *at++ == '-' && read_number(&at, &last) && last >= first;
    }
    good = good && *at++ == '/';
    if (good && *at == '*') {
        at++;
    } else if (good) {
        good = read_number(&at, &total) && (first == MOTE_HTTP_UNKNOWN || (last <= total && first < total));
        h->one_too_many = good && first != MOTE_HTTP_UNKNOWN && last == total;
        last -= h->one_too_many;
    }
    if (!good || *at != '\0') {
        return wrong(h, "Content-Range");
    }
    h->first = first;
    h->total = total;
    h->left = first != MOTE_HTTP_UNKNOWN ? last - first + 1 : 0; /* until the end of the head */
    return 0;
}

static int on_transfer_coding(struct mote_http *h, const char *value)
{
    if (h->chunked || strlen(value) != 7 || !mote_text_equal_folded(value, "chunked", 7)) {
        return broken(h, MOTE_ERR_PROTOCOL, "the server sends in a transfer coding that nobody asked for");
    }
    h->chunked = true;
    return 0;
}

static int on_coding(struct mote_http *h, const char *value)
{
    if (strlen(value) == 8 && mote_text_equal_folded(value, "identity", 8)) {
        return 0;
    }
    h->state = FAILED;
    mote__phrase(h->why, sizeof h->why, "the server sends it as %.*s, which nobody asked for", 20, value);
    return MOTE_ERR_PROTOCOL;
}

/* A weak tag does not say that the bytes are the same, and one that is too long is as good as none. */
static int on_etag(struct mote_http *h, const char *value)
{
    size_t len = strlen(value);
    bool good = len >= 2 && len < sizeof h->etag && value[0] == '"' && value[len - 1] == '"';
    for (size_t i = 1; good && i + 1 < len; i++) {
        good = value[i] > ' ' && value[i] < 0x7f && value[i] != '"';
    }
    mote_text_copy(h->etag, sizeof h->etag, good ? value : "");
    return 0;
}

static int on_modified(struct mote_http *h, const char *value)
{
    mote_text_copy(h->modified, sizeof h->modified, value);
    return 0;
}

static int on_type(struct mote_http *h, const char *value)
{
    size_t len = strcspn(value, "; \t");
    if (len < sizeof h->type) {
        mote_text_fold(h->type, value, len);
    }
    return 0;
}

static int on_location(struct mote_http *h, const char *value)
{
    mote_text_copy(h->location, sizeof h->location, value);
    return 0;
}

static const struct {
    const char *name;
    int (*on)(struct mote_http *h, const char *value);
} headers[] = {
    {"content-length", on_length},   {"content-range", on_range}, {"transfer-encoding", on_transfer_coding},
    {"content-encoding", on_coding}, {"etag", on_etag},           {"last-modified", on_modified},
    {"content-type", on_type},       {"location", on_location},
};

static bool is_token(const char *s, size_t len)
{
    static const char more[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < len; i++) {
        bool word = (s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z');
        if (!word && (s[i] == '\0' || strchr(more, s[i]) == NULL)) {
            return false;
        }
    }
    return len > 0;
}

static int read_header(struct mote_http *h)
{
    size_t name = strcspn(h->line, ":"), end = h->used;
    if (h->line[name] != ':' || !is_token(h->line, name)) { /* a folded line begins with a blank, which is no token */
        return broken(h, MOTE_ERR_PROTOCOL, "the server's response has a line that is no header");
    }
    size_t value = name + 1 + strspn(h->line + name + 1, " \t");
    while (end > value && (h->line[end - 1] == ' ' || h->line[end - 1] == '\t')) {
        end--;
    }
    h->line[end] = '\0';
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        if (strlen(headers[i].name) == name && mote_text_equal_folded(h->line, headers[i].name, name)) {
            return h->cut ? broken(h, MOTE_ERR_POLICY, "the server's response has a header that is too long")
                          : headers[i].on(h, h->line + value);
        }
    }
    return 0;
}

/// The end of the head ///

static int interim(struct mote_http *h)
{
    if (h->status == 101 || ++h->infos > INFOS) {
        return broken(h, MOTE_ERR_PROTOCOL, "the server does not come to its response");
    }
    uint8_t infos = h->infos;
    uint16_t lines = h->lines;
    uint32_t bytes = h->bytes;
    mote_http_start(h);
    h->infos = infos;
    h->lines = lines;
    h->bytes = bytes;
    return 0;
}

static int check_range(struct mote_http *h)
{
    if (h->status != 206) {
        h->first = MOTE_HTTP_UNKNOWN; /* it means nothing elsewhere, but for the total of a 416 */
        h->total = h->status == 416 ? h->total : MOTE_HTTP_UNKNOWN;
        return 0;
    }
    if (h->first == MOTE_HTTP_UNKNOWN) {
        return broken(h, MOTE_ERR_PROTOCOL, "the server sends a part of it, and does not say which");
    }
    bool fits = h->bounded ? h->length == h->left : !h->one_too_many;
    return fits ? 0 : wrong(h, "Content-Range");
}

static int end_head(struct mote_http *h)
{
    if (h->status < 200) {
        return interim(h);
    }
    if (h->chunked && h->bounded) {
        return broken(h, MOTE_ERR_PROTOCOL, "the server's response has two lengths");
    }
    int r = check_range(h);
    if (r != 0) {
        return r;
    }
    h->head = true;
    h->bodiless = h->status == 204 || h->status == 304;
    if (h->bodiless || (h->bounded && h->length == 0)) {
        h->length = 0;
        return finish(h);
    }
    h->left = h->bounded ? h->length : UINT64_MAX; /* without a length it ends with the connection */
    h->state = h->chunked ? CHUNK_SIZE : BODY;
    return 0;
}

/// Chunks ///

static int read_chunk_size(struct mote_http *h)
{
    uint64_t n = 0;
    size_t i = 0;
    for (; i < CHUNK_DIGITS; i++) {
        char c = h->line[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) {
            break;
        }
        n = n << 4 | (uint64_t)digit;
    }
    if (i == 0 || (h->line[i] != '\0' && h->line[i] != ';') || h->used > CHUNK) {
        return broken(h, MOTE_ERR_PROTOCOL, "the server's response has a chunk without a size");
    }
    h->left = n;
    h->state = n > 0 ? CHUNK_DATA : TRAILER;
    return 0;
}

/// Lines ///

static int on_line(struct mote_http *h)
{
    switch (h->state) {
    case STATUS: return h->cut ? no_http(h) : read_status(h);
    case HEADER: return h->used == 0 ? end_head(h) : read_header(h);
    case CHUNK_SIZE: return read_chunk_size(h);
    case CHUNK_END:
        h->state = CHUNK_SIZE;
        return h->used == 0 ? 0 : broken(h, MOTE_ERR_PROTOCOL, "the server's response has a chunk of another size");
    default: return h->used == 0 ? finish(h) : 0; /* trailers are passed over */
    }
}

/* Take bytes up to the end of a line, and look at the line when it is there. Returns how many, or an error. */
static ptrdiff_t take_line(struct mote_http *h, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        bool after_return = h->used > 0 && h->line[h->used - 1] == '\r';
        h->bytes++;
        if ((c == '\n') != after_return || (c < ' ' && c != '\t' && c != '\r' && c != '\n') || c == 0x7f) {
            return h->state == STATUS ? no_http(h)
                                      : broken(h, MOTE_ERR_PROTOCOL, "a line of the server's response is broken");
        }
        if (h->bytes > HEAD) {
            return broken(h, MOTE_ERR_POLICY, "the head of the server's response has no end");
        }
        if (c != '\n') {
            h->cut = h->cut || h->used == sizeof h->line - 1;
            h->used = (uint16_t)(h->used - (h->used == sizeof h->line - 1)); /* the last one stays known */
            h->line[h->used++] = (char)c;
            continue;
        }
        h->line[--h->used] = '\0';
        bool head = h->state != CHUNK_SIZE && h->state != CHUNK_END;
        h->lines = (uint16_t)(h->lines + head);
        h->bytes = head ? h->bytes : 0;
        int r =
            h->lines > LINES ? broken(h, MOTE_ERR_POLICY, "the head of the server's response has no end") : on_line(h);
        h->used = 0;
        h->cut = false;
        return r != 0 ? r : (ptrdiff_t)(i + 1);
    }
    return (ptrdiff_t)len;
}

static size_t take_body(struct mote_http *h, size_t len)
{
    size_t n = len < h->left ? len : (size_t)h->left;
    if (h->left != UINT64_MAX) {
        h->left -= n;
    }
    if (h->left == 0 && h->state == CHUNK_DATA) {
        h->state = CHUNK_END;
    } else if (h->left == 0) {
        finish(h);
    }
    return n;
}

/// The response ///

void mote_http_start(struct mote_http *h)
{
    memset(h, 0, sizeof *h);
    h->length = h->first = h->total = MOTE_HTTP_UNKNOWN;
}

ptrdiff_t mote_http_read(struct mote_http *h, const void *bytes, size_t len, const uint8_t **body, size_t *body_len)
{
    const uint8_t *b = bytes;
    size_t taken = 0;
    *body = NULL;
    *body_len = 0;
    while (taken < len && h->state != DONE && *body_len == 0) {
        if (h->state == FAILED) {
            return MOTE_ERR_PROTOCOL;
        }
        if (h->state == BODY || h->state == CHUNK_DATA) {
            *body = b + taken;
            *body_len = take_body(h, len - taken);
            taken += *body_len;
            continue;
        }
        ptrdiff_t n = take_line(h, (const char *)b + taken, len - taken);
        if (n < 0) {
            return n;
        }
        taken += (size_t)n;
    }
    return (ptrdiff_t)taken;
}

int mote_http_ended(struct mote_http *h)
{
    if (h->done) {
        return 0;
    }
    if (h->state == BODY && h->left == UINT64_MAX) {
        return finish(h);
    }
    return h->state == FAILED ? MOTE_ERR_PROTOCOL
                              : broken(h, MOTE_ERR_LOST,
                                       h->head ? "the server closed the connection before all of it had come"
                                               : "the server closed the connection without a response");
}
