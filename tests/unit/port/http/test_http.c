/* SPDX-License-Identifier: MIT
 * HTTP requests as they are written, and responses as they are read, whole and cut at every byte.
 */
#include <stdio.h>
#include <string.h>

#include "port/http/http.h"
#include "tests/unit/unit.h"

/// Requests ///

static struct mote_url url_of(const char *text)
{
    struct mote_url url;
    assert_null(mote_url_read(&url, text));
    return url;
}

#define ALWAYS "User-Agent: Mote\r\nAccept-Encoding: identity\r\nConnection: close\r\n"

static void test_requests(void **state)
{
    (void)state;
    char out[512];
    struct mote_url url = url_of("https://example.org:5281/a?b"), six = url_of("https://[::1]/");
    const struct mote_http_header more[] = {{"Cookie", "a=b"}, {"cookie", "c=d"}, {NULL, NULL}};
    struct mote_http_request get = {.method = "GET", .url = &six, .range = true, .first = 5, .version = "\"x\""};
    struct mote_http_request put = {
        .method = "PUT", .url = &url, .body = true, .size = 1ull << 40, .type = "image/png", .headers = more};
    ptrdiff_t n = mote_http_write(&get, out, sizeof out);
    static const char wanted_get[] =
        "GET / HTTP/1.1\r\nHost: [::1]\r\n" ALWAYS "Range: bytes=5-\r\nIf-Range: \"x\"\r\n\r\n";
    assert_int_equal(n, sizeof wanted_get - 1);
    assert_memory_equal(out, wanted_get, sizeof wanted_get - 1);
    n = mote_http_write(&put, out, sizeof out);
    static const char wanted_put[] =
        "PUT /a?b HTTP/1.1\r\nHost: example.org:5281\r\n" ALWAYS
        "Content-Length: 1099511627776\r\nContent-Type: image/png\r\nCookie: a=b\r\ncookie: c=d\r\n\r\n";
    assert_int_equal(n, sizeof wanted_put - 1);
    assert_memory_equal(out, wanted_put, sizeof wanted_put - 1);
    for (size_t size = 0; size < sizeof wanted_put - 1; size++) {
        assert_int_equal(mote_http_write(&put, out, size), MOTE_ERR_SIZE);
    }
}

static void test_no_header_is_added_by_a_value(void **state)
{
    (void)state;
    char out[512];
    struct mote_url url = url_of("https://example.org/");
    static const struct mote_http_header rows[] = {{"Cookie", "a\r\nHost: evil"},
                                                   {"Cookie", "a\nb"},
                                                   {"Cookie", "a\rb"},
                                                   {"Cookie", "a\x01"},
                                                   {"Cookie", "\x7f"},
                                                   {"Coo kie", "a"},
                                                   {"Cookie:", "a"},
                                                   {"", "a"},
                                                   {"A\r\nB", "c"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mote_http_header one[] = {rows[i], {NULL, NULL}};
        struct mote_http_request put = {.method = "PUT", .url = &url, .headers = one};
        assert_int_equal(mote_http_write(&put, out, sizeof out), MOTE_ERR_TEXT);
    }
}

/// Responses ///

static struct mote_http h;
static char body[4096];
static size_t body_len;

/* Read `text` in pieces: up to `cut`, and the rest by `step` bytes. Returns 0 when all was taken or the response is
 * done, or the error; with `close` also what the end of the connection means then. */
static int read_cut(const char *text, size_t len, size_t cut, size_t step, bool close)
{
    mote_http_start(&h);
    body_len = 0;
    for (size_t at = 0, end = cut; at < len; end = end + step < len ? end + step : len) {
        while (at < end) {
            const uint8_t *piece;
            size_t piece_len;
            ptrdiff_t n = mote_http_read(&h, text + at, end - at, &piece, &piece_len);
            assert_true(n <= (ptrdiff_t)(end - at));
            if (n < 0) {
                assert_true(h.why[0] != '\0' && !h.done);
                assert_int_equal(piece_len, 0);
                const uint8_t *none;
                assert_true(mote_http_read(&h, text, len, &none, &piece_len) < 0); /* it stays */
                return (int)n;
            }
            assert_true(body_len + piece_len < sizeof body);
            if (piece_len > 0) {
                assert_true((const char *)piece >= text && (const char *)piece + piece_len <= text + len);
                memcpy(body + body_len, piece, piece_len);
                body_len += piece_len;
            }
            at += (size_t)n;
            if (h.done) {
                body[body_len] = '\0';
                return 0;
            }
            assert_true(n > 0);
        }
    }
    body[body_len] = '\0';
    return close ? mote_http_ended(&h) : 0;
}

/* In every way to cut it the result is the same. */
static int read_all_ways(const char *text, size_t len, bool close)
{
    int whole = read_cut(text, len, len, 1, close);
    size_t wanted = body_len;
    for (size_t cut = 0; cut <= len; cut++) {
        assert_int_equal(read_cut(text, len, cut, len, close), whole);
        assert_int_equal(body_len, wanted);
    }
    for (size_t step = 1; step < 8; step++) {
        assert_int_equal(read_cut(text, len, step, step, close), whole);
        assert_int_equal(body_len, wanted);
    }
    return whole;
}

#define OK_HEAD "HTTP/1.1 200 OK\r\n"

static void test_responses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *body;
        uint16_t status;
        bool close; /* the end of the connection ends it */
    } rows[] = {
        {OK_HEAD "Content-Length: 5\r\n\r\nhello", "hello", 200, false},
        {OK_HEAD "content-length:5\r\n\r\nhello", "hello", 200, false},
        {OK_HEAD "Content-Length: \t 5 \t\r\n\r\nhelloHTTP/1.1 404\r\n", "hello", 200, false},
        {"HTTP/1.0 200 OK\r\nServer: x\r\n\r\nhello", "hello", 200, true},
        {OK_HEAD "\r\n", "", 200, true},
        {"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", "", 201, false},
        {"HTTP/1.1 201\r\nContent-Length: 0\r\n\r\n", "", 201, false},
        {"HTTP/1.1 204 No Content\r\n\r\n", "", 204, false},
        {"HTTP/1.1 100 Continue\r\n\r\n" OK_HEAD "Content-Length: 2\r\n\r\nok", "ok", 200, false},
        {"HTTP/1.1 103 Early\r\nContent-Length: 9\r\n\r\n" OK_HEAD "Content-Length: 2\r\n\r\nok", "ok", 200, false},
        {OK_HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\n", "hello world", 200,
         false},
        {OK_HEAD "Transfer-Encoding: Chunked\r\n\r\n00A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n", "0123456789", 200,
         false},
        {OK_HEAD "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "", 200, false},
        {OK_HEAD "Content-Encoding: identity\r\nContent-Length: 1\r\n\r\nx", "x", 200, false},
        {"HTTP/1.1 206 Partial\r\nContent-Range: bytes 3-4/5\r\nContent-Length: 2\r\n\r\nlo", "lo", 206, false},
        {"HTTP/1.1 206 As of Prosody 0.12\r\nContent-Range: bytes 3-5/5\r\nContent-Length: 2\r\n\r\nlo", "lo", 206, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(read_all_ways(rows[i].text, strlen(rows[i].text), rows[i].close), 0);
        assert_true(h.done && h.head);
        assert_int_equal(h.status, rows[i].status);
        assert_string_equal(body, rows[i].body);
    }
}

static void test_no_responses(void **state)
{
    (void)state;
    static const char *const rows[] = {"\r\n",
                                       "HTTP/2 200 OK\r\n",
                                       "HTTP/1.2 200 OK\r\n",
                                       "HTTP/1.1 2x0 OK\r\n",
                                       "HTTP/1.1 099 OK\r\n",
                                       "HTTP/1.1 600 OK\r\n",
                                       "HTTP/1.1 200OK\r\n",
                                       "HTTP/1.1  200 OK\r\n",
                                       "ICY 200 OK\r\n",
                                       "SSH-2.0-x\r\n",
                                       "\x15\x03\x01\x00\x02\x02\x28",
                                       "<stream:stream xmlns='jabber:client'>\r\n",
                                       "HTTP/1.1 200 OK\n",
                                       OK_HEAD "Content-Length: 5\n\r\n",
                                       OK_HEAD "Content-Length: -1\r\n",
                                       OK_HEAD "Content-Length: +5\r\n",
                                       OK_HEAD "Content-Length: 5x\r\n",
                                       OK_HEAD "Content-Length: 5, 5\r\n",
                                       OK_HEAD "Content-Length:\r\n",
                                       OK_HEAD "Content-Length: 0x5\r\n",
                                       OK_HEAD "Content-Length: 18446744073709551616\r\n",
                                       OK_HEAD "Content-Length: 5\r\nContent-Length: 5\r\n",
                                       OK_HEAD "Content-Length: 5\r\nContent-Length: 6\r\n",
                                       OK_HEAD "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
                                       OK_HEAD "Transfer-Encoding: gzip\r\n",
                                       OK_HEAD "Transfer-Encoding: gzip, chunked\r\n",
                                       OK_HEAD "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                                       OK_HEAD "Content-Encoding: gzip\r\n",
                                       OK_HEAD "Content-Encoding: br\r\n",
                                       OK_HEAD "Content-Length : 5\r\n",
                                       OK_HEAD " Content-Length: 5\r\n",
                                       OK_HEAD "Server: a\r\n b\r\n",
                                       OK_HEAD "no header\r\n",
                                       OK_HEAD ": x\r\n",
                                       OK_HEAD "A: b\rc\r\n",
                                       OK_HEAD "A: \x01\r\n",
                                       OK_HEAD "Transfer-Encoding: chunked\r\n\r\n\r\n",
                                       OK_HEAD "Transfer-Encoding: chunked\r\n\r\nx\r\n",
                                       OK_HEAD "Transfer-Encoding: chunked\r\n\r\n-1\r\n",
                                       OK_HEAD "Transfer-Encoding: chunked\r\n\r\n1 \r\n",
                                       OK_HEAD "Transfer-Encoding: chunked\r\n\r\n1111111111111111\r\n",
                                       OK_HEAD "Transfer-Encoding: chunked\r\n\r\n1\nx\r\n",
                                       OK_HEAD "Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n",
                                       "HTTP/1.1 206 OK\r\n\r\n",
                                       "HTTP/1.1 206 OK\r\nContent-Range: bytes 3-4/5\r\nContent-Length: 3\r\n\r\n",
                                       "HTTP/1.1 206 OK\r\nContent-Range: bytes 4-3/5\r\n",
                                       "HTTP/1.1 206 OK\r\nContent-Range: bytes 3-6/5\r\n",
                                       "HTTP/1.1 206 OK\r\nContent-Range: bytes 5-5/5\r\n",
                                       "HTTP/1.1 206 OK\r\nContent-Range: bytes 3-5/5\r\n\r\n",
                                       "HTTP/1.1 206 OK\r\nContent-Range: bytes 3-5/5\r\nContent-Length: 3\r\n\r\n",
                                       "HTTP/1.1 206 OK\r\nContent-Range: bytes 3-4\r\n",
                                       "HTTP/1.1 206 OK\r\nContent-Range: lines 3-4/5\r\n",
                                       "HTTP/1.1 206 OK\r\nContent-Range: bytes */5\r\nContent-Length: 5\r\n\r\n",
                                       "HTTP/1.1 101 Switching\r\n\r\n"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        int r = read_all_ways(rows[i], strlen(rows[i]), false);
        assert_true(r == MOTE_ERR_PROTOCOL);
    }
}

/* A response that ends too early is never whole, wherever it ends. */
static void test_a_short_response_is_not_whole(void **state)
{
    (void)state;
    static const char *const rows[] = {
        OK_HEAD "Content-Length: 5\r\n\r\nhello", OK_HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 206 Partial\r\nContent-Range: bytes 3-4/5\r\nContent-Length: 2\r\n\r\nlo"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t len = 0; len < strlen(rows[i]); len++) {
            assert_int_equal(read_cut(rows[i], len, len, 1, true), MOTE_ERR_LOST);
            assert_false(h.done);
        }
    }
}

static void test_fields(void **state)
{
    (void)state;
    static const char text[] = "HTTP/1.1 206 Partial Content\r\nETag: \"a-b\"\r\nLast-Modified: Sun, 06 Nov 1994 "
                               "08:49:37 GMT\r\nContent-Type: Image/PNG; x=y\r\n"
                               "Content-Range: bytes 10-19/30\r\nLocation: https://example.org/\r\n\r\n";
    assert_int_equal(read_all_ways(text, sizeof text - 1, false), 0);
    assert_true(h.head && !h.done);
    assert_string_equal(h.etag, "\"a-b\"");
    assert_string_equal(h.modified, "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_string_equal(h.type, "image/png");
    assert_string_equal(h.location, "https://example.org/");
    assert_int_equal(h.first, 10);
    assert_int_equal(h.total, 30);
    assert_true(h.length == MOTE_HTTP_UNKNOWN);
    static const char *const weak[] = {"W/\"a\"", "a", "\"", "\"a\"b\"", "\"a b\""};
    for (size_t i = 0; i < COUNT(weak); i++) {
        char one[64];
        int n = snprintf(one, sizeof one, OK_HEAD "ETag: %s\r\n\r\n", weak[i]);
        assert_int_equal(read_cut(one, (size_t)n, 1, 1, false), 0);
        assert_string_equal(h.etag, "");
    }
    static const char beyond[] = "HTTP/1.1 416 No\r\nContent-Range: bytes */30\r\nContent-Length: 0\r\n\r\n";
    assert_int_equal(read_all_ways(beyond, sizeof beyond - 1, false), 0);
    assert_int_equal(h.total, 30);
}

/// Bounds ///

static char large[256 * 1024];

static size_t repeat(const char *head, const char *piece, size_t count)
{
    size_t len = strlen(head), n = strlen(piece);
    memcpy(large, head, len);
    for (size_t i = 0; i < count; i++, len += n) {
        assert_true(len + n < sizeof large);
        memcpy(large + len, piece, n);
    }
    return len;
}

static void test_bounds_of_the_head(void **state)
{
    (void)state;
    static const struct {
        const char *head, *piece;
        size_t count;
        int error;
    } rows[] = {
        {OK_HEAD, "A: b\r\n", 100, 0},
        {OK_HEAD, "A: b\r\n", 200, MOTE_ERR_POLICY},
        {OK_HEAD "Set-Cookie: ", "x", 20000, 0}, /* what nobody wants may be long */
        {OK_HEAD "Set-Cookie: ", "x", 70000, MOTE_ERR_POLICY},
        {"HTTP/1.1 200 ", "x", 70000, MOTE_ERR_POLICY},
        {"", "HTTP/1.1 102 Wait\r\n\r\n", 8, 0},
        {"", "HTTP/1.1 102 Wait\r\n\r\n", 9, MOTE_ERR_PROTOCOL},
        {OK_HEAD "Transfer-Encoding: chunked\r\n\r\n1;", "x", 70000, MOTE_ERR_POLICY},
        {OK_HEAD "Transfer-Encoding: chunked\r\n\r\n0\r\n", "A: b\r\n", 200, MOTE_ERR_POLICY},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t len = repeat(rows[i].head, rows[i].piece, rows[i].count);
        assert_int_equal(read_cut(large, len, len, 1, false), rows[i].error);
        assert_int_equal(read_cut(large, len, 1, 7, false), rows[i].error);
    }
    size_t len = repeat(OK_HEAD "Location: ", "x", 20000);
    memcpy(large + len, "\r\n", 2);
    assert_int_equal(read_cut(large, len + 2, 1, 100, false), MOTE_ERR_POLICY);
    len = repeat(OK_HEAD "Set-Cookie: ", "x", 20000);
    memcpy(large + len, "\r\nContent-Length: 1\r\n\r\nx", 24);
    assert_int_equal(read_cut(large, len + 24, 1, 100, false), 0);
    assert_string_equal(body, "x");
}

static void test_status_texts(void **state)
{
    (void)state;
    char text[64];
    mote_http_status_text(404, text, sizeof text);
    assert_string_equal(text, "404 Not Found");
    mote_http_status_text(418, text, sizeof text);
    assert_string_equal(text, "418");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_no_header_is_added_by_a_value),
        cmocka_unit_test(test_responses),
        cmocka_unit_test(test_no_responses),
        cmocka_unit_test(test_a_short_response_is_not_whole),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_bounds_of_the_head),
        cmocka_unit_test(test_status_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
