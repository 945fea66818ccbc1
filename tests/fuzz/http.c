/* SPDX-License-Identifier: MIT
 * An HTTP response of a server that may be hostile; and a URL. Byte 0: how many bytes come at a time, 0 for all of
 * them; its high bit makes the rest a URL and a Location, up to a NUL each.
 */
#include <string.h>

#include "port/http/http.h"
#include "tests/fuzz/fuzz.h"

enum { BODY = 65536, HEAD = 4096 };

struct heard {
    int result;
    uint16_t status;
    size_t len;
    uint64_t length, first, total;
    bool done;
    char etag[MOTE_HTTP_ETAG];
    uint8_t body[BODY];
};

static struct heard whole, pieces;

static void check_head(const struct mote_http *h, size_t body)
{
    must(h->status >= 200 && h->status <= 599, "a status that is final");
    must(h->status != 206 || (h->first != MOTE_HTTP_UNKNOWN && (h->total == MOTE_HTTP_UNKNOWN || h->first < h->total)),
         "a part knows where it begins");
    must(h->length == MOTE_HTTP_UNKNOWN || body <= h->length, "no more than was told");
    must(!h->done || h->length == MOTE_HTTP_UNKNOWN || body == h->length, "done when all has come, and not before");
    must(strlen(h->location) < sizeof h->location && strlen(h->type) < sizeof h->type, "strings end");
}

static void hear(struct heard *heard, const uint8_t *data, size_t size, size_t step)
{
    static struct mote_http h;
    memset(heard, 0, sizeof *heard);
    mote_http_start(&h);
    for (size_t at = 0; at < size && !h.done && heard->result == 0;) {
        size_t len = step == 0 || step > size - at ? size - at : step;
        const uint8_t *body;
        size_t body_len;
        ptrdiff_t n = mote_http_read(&h, data + at, len, &body, &body_len);
        must(n <= (ptrdiff_t)len && (n > 0 || n == MOTE_ERR_PROTOCOL || n == MOTE_ERR_POLICY),
             "some bytes or an error");
        must(body_len == 0 || (h.head && body >= data + at && body + body_len <= data + at + n),
             "the body is of the input");
        must(n >= 0 || h.why[0] != '\0', "an error has a reason");
        size_t room = BODY - heard->len, fits = body_len < room ? body_len : room;
        if (fits > 0) {
            memcpy(heard->body + heard->len, body, fits);
        }
        heard->len += fits;
        heard->result = n < 0 ? (int)n : 0;
        at += n > 0 ? (size_t)n : 0;
    }
    heard->result = heard->result == 0 ? mote_http_ended(&h) : heard->result;
    heard->done = h.done;
    heard->status = h.status;
    heard->length = h.length;
    heard->first = h.first;
    heard->total = h.total;
    memcpy(heard->etag, h.etag, sizeof h.etag);
    must(heard->done == (heard->result == 0), "an end in good order and no other");
    if (h.head && size < BODY) {
        check_head(&h, heard->len);
    }
}

static bool same(const struct heard *a, const struct heard *b)
{
    return a->result == b->result && a->status == b->status && a->len == b->len && a->length == b->length &&
           a->first == b->first && a->total == b->total && a->done == b->done && strcmp(a->etag, b->etag) == 0 &&
           memcmp(a->body, b->body, sizeof a->body) == 0;
}

static void read_urls(struct input *in)
{
    char text[2 * MOTE_URL_SIZE], location[2 * MOTE_URL_SIZE], head[HEAD];
    struct mote_url url, next;
    input_string(in, text, sizeof text);
    input_string(in, location, sizeof location);
    if (mote_url_read(&url, text) != NULL) {
        return;
    }
    next = url;
    const char *wrong = mote_url_follow(&next, location);
    must(wrong == NULL || (mote_url_same_host(&next, &url) && strcmp(next.path, url.path) == 0),
         "a wrong location changes nothing");
    struct mote_http_request request = {.method = "GET", .url = &next};
    ptrdiff_t len = mote_http_write(&request, head, sizeof head);
    must(len > 0, "a URL that is taken can be asked for");
    int lines = 0;
    for (ptrdiff_t i = 0; i < len; i++) {
        lines += head[i] == '\n';
        must(head[i] != '\0' && (head[i] == '\r') == (i + 1 < len && head[i + 1] == '\n'), "lines end as they should");
    }
    must(lines == 6, "a URL adds no line");
    must(strchr(next.host, '@') == NULL && strchr(next.host, '/') == NULL && next.host[0] != '\0' && next.port != 0 &&
             next.path[0] == '/',
         "a host, a port and a path");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    uint8_t how = input_byte(&in);
    if ((how & 0x80) != 0) {
        read_urls(&in);
        return 0;
    }
    hear(&whole, in.at, in.left, 0);
    hear(&pieces, in.at, in.left, how != 0 ? how : 1);
    must(same(&whole, &pieces), "the same whatever the pieces");
    return 0;
}
