/* SPDX-License-Identifier: MIT
 * Puts a file to a URL, or gets one from it.
 */
#include "port/http/fetch.h"

#include <string.h>

#include "port/base/phrase.h"

/* HEAD_S: from the request to the end of the response's head. A server that sends a byte now and then is given up when
 * fewer than WINDOW_BYTES came in WINDOW_S. TURNS bounds the work of one step. */
enum { STALL_S = 30, HEAD_S = 60, WINDOW_S = 60, WINDOW_BYTES = 512, REDIRECTS = 4, TURNS = 16, BUFFER_MIN = 8192 };

static uint64_t now(const struct mote_fetch *f)
{
    return f->config.port->clock->ms(f->config.port->clock_ctx);
}

static int end_fetch(struct mote_fetch *f, int error, const char *why)
{
    char text[sizeof f->why];
    mote__phrase(text, sizeof text, "%s", why); /* it may be that of the link */
    mote_link_close(&f->link);
    f->done = true;
    f->error = error;
    memcpy(f->why, text, sizeof text);
    return error;
}

static int refused_by_server(struct mote_fetch *f)
{
    char status[48], text[sizeof f->why];
    mote_http_status_text(f->http.status, status, sizeof status);
    mote__phrase(text, sizeof text, "%s answered %s", f->url.host, status);
    return end_fetch(f, MOTE_ERR_REFUSED, text);
}

/// Time ///

static void moves(struct mote_fetch *f)
{
    f->link.deadline_ms = now(f) + f->config.stall_s * 1000ull;
}

/* Too little has come for too long, or nothing. Returns true when it was ended for that. */
static bool too_slow(struct mote_fetch *f)
{
    uint64_t t = now(f), most = f->began || f->config.read != NULL ? WINDOW_S : HEAD_S;
    if (t >= f->window_ms + most * 1000) {
        bool waiting = f->config.read != NULL && f->offset == f->config.size && f->out_sent == f->out_len;
        if (f->moved - f->window_bytes < WINDOW_BYTES && (!waiting || f->window_bytes == f->moved)) {
            end_fetch(f, MOTE_ERR_TIMEOUT,
                      f->began || !f->asked ? "hardly anything comes from the server any more"
                                            : "the server does not answer the request");
            return true;
        }
        f->window_ms = t;
        f->window_bytes = f->moved;
    }
    if (t >= f->link.deadline_ms) {
        end_fetch(f, MOTE_ERR_TIMEOUT, "nothing has moved for too long");
        return true;
    }
    return false;
}

/// Where it is ///

static int open_link(struct mote_fetch *f)
{
    const struct mote_fetch_config *c = &f->config;
    mote_http_start(&f->http);
    f->asked = f->began = false;
    f->out_len = f->out_sent = 0;
    f->offset = 0;
    f->window_ms = now(f);
    f->window_bytes = f->moved;
    int r = mote_link_open(&f->link, &(struct mote_link_config){.port = c->port,
                                                                .host = f->url.host,
                                                                .number = f->url.port,
                                                                .name = f->url.host,
                                                                .alpn = "http/1.1",
                                                                .allowed = c->allowed,
                                                                .ctx = c->ctx});
    return r == 0 ? 0 : end_fetch(f, r, f->link.why);
}

static int redirected(struct mote_fetch *f)
{
    struct mote_url next = f->url;
    char text[sizeof f->why];
    const char *wrong = f->http.location[0] != '\0' ? mote_url_follow(&next, f->http.location) : "is missing";
    if (wrong != NULL) {
        mote__phrase(text, sizeof text, "%s leads elsewhere, but where to %s", f->url.host, wrong);
        return end_fetch(f, MOTE_ERR_REDIRECT, text);
    }
    if (!f->config.any_host && !mote_url_same_host(&next, &f->url)) {
        mote__phrase(text, sizeof text, "%s leads to another host, %s port %u", f->url.host, next.host, next.port);
        return end_fetch(f, MOTE_ERR_REDIRECT, text);
    }
    if (++f->redirects > REDIRECTS) {
        return end_fetch(f, MOTE_ERR_REDIRECT, "one URL leads to another without end");
    }
    mote_link_close(&f->link);
    f->url = next;
    return open_link(f);
}

/// The head of the response ///

static int begin_anew(struct mote_fetch *f)
{
    f->config.from = 0;
    f->moved = 0;
    mote_link_close(&f->link);
    return open_link(f);
}

/* The range cannot be had: all of it is here already, or what is here is of another file. */
static int beyond(struct mote_fetch *f)
{
    if (f->config.from == 0) {
        return refused_by_server(f);
    }
    if (f->http.total == f->config.from) {
        f->total = f->config.from;
        return end_fetch(f, MOTE_OK, "");
    }
    return begin_anew(f);
}

/* A body comes. Without a length nobody could tell whether all of it had come. */
static int begin_body(struct mote_fetch *f)
{
    const struct mote_http *h = &f->http;
    bool part = h->status == 206;
    uint64_t offset = part ? f->config.from : 0;
    if (part && (h->first != offset || offset == 0)) {
        return end_fetch(f, MOTE_ERR_PROTOCOL, "the server sends another part of the file than was asked for");
    }
    const char *version = mote_fetch_version(f);
    if (part && version[0] != '\0' && f->config.version != NULL && strcmp(version, f->config.version) != 0) {
        return begin_anew(f); /* it is another file by now, and the server does not look at If-Range */
    }
    f->total = part ? h->total : h->length;
    if (h->length == MOTE_HTTP_UNKNOWN && !h->chunked && !part) {
        return end_fetch(f, MOTE_ERR_POLICY, "the server tells no length, so that nobody knows whether all has come");
    }
    if (f->config.max_size != 0 && f->total != MOTE_HTTP_UNKNOWN && f->total > f->config.max_size) {
        return end_fetch(f, MOTE_ERR_SIZE, "the file is larger than is allowed");
    }
    f->moved = offset;
    f->began = true;
    f->window_bytes = offset;
    int r = f->config.begin != NULL ? f->config.begin(f->config.ctx, f, offset) : 0;
    return r == 0 ? 0 : end_fetch(f, r, "it cannot be written here");
}

static int on_head(struct mote_fetch *f)
{
    uint16_t status = f->http.status;
    if (f->config.read != NULL) {
        if (status != 200 && status != 201 && status != 204) {
            return refused_by_server(f);
        }
        bool all = f->asked && f->offset == f->config.size && f->out_sent == f->out_len;
        return end_fetch(f, all ? MOTE_OK : MOTE_ERR_PROTOCOL,
                         all ? "" : "the server answered before it had all of it");
    }
    switch (status) {
    case 200:
    case 206: return begin_body(f);
    case 301:
    case 302:
    case 303:
    case 307:
    case 308: return redirected(f);
    case 416: return beyond(f);
    default: return refused_by_server(f);
    }
}

/// Bytes ///

static void take_body(struct mote_fetch *f, const uint8_t *bytes, size_t len)
{
    uint64_t most = f->config.only;
    if (most != 0 && len > most - f->moved) {
        len = (size_t)(most - f->moved);
    }
    if (f->config.max_size != 0 && len > f->config.max_size - f->moved) { /* its size was not told */
        end_fetch(f, MOTE_ERR_SIZE, "the file is larger than is allowed");
        return;
    }
    int r = f->config.write(f->config.ctx, f->moved, bytes, len);
    f->moved += len;
    if (r < 0) {
        end_fetch(f, r, "it cannot be written here");
    } else if (most != 0 && f->moved == most) {
        end_fetch(f, MOTE_OK, "");
    }
}

static void check_end(struct mote_fetch *f)
{
    bool whole = f->total == MOTE_HTTP_UNKNOWN || f->moved == f->total;
    end_fetch(f, whole ? MOTE_OK : MOTE_ERR_LOST, whole ? "" : "the server sent less of the file than it told");
    f->total = whole ? f->moved : f->total;
}

/* Read what has come of the response. Returns false when this exchange is over. */
static bool hear(struct mote_fetch *f, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        const uint8_t *body;
        size_t body_len;
        bool head = f->http.head;
        ptrdiff_t n = mote_http_read(&f->http, bytes, len, &body, &body_len);
        if (n < 0) {
            end_fetch(f, (int)n, f->http.why);
            return false;
        }
        bytes += n;
        len -= (size_t)n;
        if (!head && f->http.head && (on_head(f) != 0 || f->done || !f->asked)) {
            return false; /* it has ended, or begins anew elsewhere */
        }
        if (body_len > 0) {
            take_body(f, body, body_len);
        }
        if (!f->done && f->http.done) {
            check_end(f);
        }
        if (f->done) {
            return false;
        }
    }
    return true;
}

static bool receive(struct mote_fetch *f)
{
    size_t half = f->config.buffer_size / 2;
    uint8_t *in = (uint8_t *)f->config.buffer + half;
    for (int i = 0; i < TURNS; i++) {
        ptrdiff_t n = mote_link_read(&f->link, in, half);
        if (n < 0) {
            int r = n == MOTE_ERR_LOST ? mote_http_ended(&f->http) : (int)n;
            end_fetch(f, r != 0 ? r : MOTE_ERR_LOST, f->http.head || n != MOTE_ERR_LOST ? f->link.why : f->http.why);
            return false;
        }
        if (n == 0) {
            return true;
        }
        moves(f);
        if (!hear(f, in, (size_t)n)) {
            return false;
        }
    }
    return true;
}

static int ask(struct mote_fetch *f)
{
    const struct mote_fetch_config *c = &f->config;
    bool put = c->read != NULL;
    struct mote_http_request r = {.method = put ? "PUT" : "GET",
                                  .url = &f->url,
                                  .headers = c->headers,
                                  .type = c->type,
                                  .body = put,
                                  .size = c->size,
                                  .range = !put && c->from > 0,
                                  .first = c->from,
                                  .version = c->from > 0 ? c->version : NULL};
    ptrdiff_t n = mote_http_write(&r, c->buffer, c->buffer_size / 2);
    f->asked = true;
    f->out_len = n > 0 ? (size_t)n : 0;
    f->out_sent = 0;
    return n > 0 ? 0 : end_fetch(f, (int)n, "the request has more or other headers than can be sent");
}

/* Fill the buffer with what comes next of the file. */
static int refill(struct mote_fetch *f)
{
    uint64_t left = f->config.size - f->offset;
    size_t room = f->config.buffer_size / 2, most = left < room ? (size_t)left : room;
    ptrdiff_t n = f->config.read(f->config.ctx, f->offset, f->config.buffer, most);
    if (n <= 0) {
        return end_fetch(f, MOTE_ERR_IO, n == 0 ? "the file became shorter meanwhile" : "the file cannot be read");
    }
    f->offset += (uint64_t)n;
    f->out_len = (size_t)n;
    f->out_sent = 0;
    return 0;
}

static void transmit(struct mote_fetch *f)
{
    bool put = f->config.read != NULL;
    for (int i = 0; i < TURNS; i++) {
        if (f->out_sent == f->out_len && (!put || f->offset == f->config.size || refill(f) != 0)) {
            return;
        }
        ptrdiff_t n =
            mote_link_write(&f->link, (const uint8_t *)f->config.buffer + f->out_sent, f->out_len - f->out_sent);
        if (n < 0) {
            char why[sizeof f->link.why];
            memcpy(why, f->link.why, sizeof why);
            if (receive(f)) { /* the reason may have come before */
                end_fetch(f, (int)n, why);
            }
            return;
        }
        if (n == 0) {
            f->link.wants |= MOTE_PORT_WAIT_WRITE;
            return;
        }
        moves(f);
        f->out_sent += (size_t)n;
        f->moved = put ? f->offset - (f->out_len - f->out_sent) : f->moved;
        f->moved = put && f->offset == 0 ? 0 : f->moved;                       /* the head is none of the file */
        if (put && f->out_sent == f->out_len && f->offset == f->config.size) { /* it may have to store a large file */
            f->link.deadline_ms = now(f) + HEAD_S * 1000ull;
        }
    }
    f->link.deadline_ms = 0; /* there is more to send: only look whether something has come */
}

static void on_turn(struct mote_link *link)
{
    struct mote_fetch *f = (struct mote_fetch *)link;
    if (f->done || (link->state != MOTE_LINK_OPEN && link->state != MOTE_LINK_CLOSED)) {
        return;
    }
    if (link->state == MOTE_LINK_CLOSED) {
        end_fetch(f, link->error, link->why);
        return;
    }
    if (!f->asked) {
        f->window_ms = now(f);
        moves(f);
        if (ask(f) != 0) {
            return;
        }
    }
    if (link->deadline_ms == 0) { /* of transmit */
        moves(f);
    }
    link->wants = MOTE_PORT_WAIT_READ;
    if (receive(f) && !too_slow(f)) {
        transmit(f);
    }
}

int mote_fetch_start(struct mote_fetch *f, const struct mote_fetch_config *config)
{
    struct mote_link *next = f->link.next;
    memset(f, 0, sizeof *f);
    f->link.next = next;
    f->link.turn = on_turn;
    f->config = *config;
    f->config.stall_s = config->stall_s != 0 ? config->stall_s : STALL_S;
    f->moved = config->read != NULL ? 0 : config->from;
    f->total = config->read != NULL ? config->size : MOTE_HTTP_UNKNOWN;
    const char *wrong = mote_url_read(&f->url, config->url);
    if (wrong != NULL || config->buffer_size < BUFFER_MIN) {
        char text[64];
        mote__phrase(text, sizeof text, "it %s", wrong != NULL ? wrong : "needs a larger buffer");
        f->done = true;
        f->error = MOTE_ERR_ARG;
        memcpy(f->why, text, sizeof text);
        return MOTE_ERR_ARG;
    }
    return open_link(f);
}

const char *mote_fetch_version(const struct mote_fetch *f)
{
    return f->http.etag[0] != '\0' ? f->http.etag : f->http.modified;
}

void mote_fetch_stop(struct mote_fetch *f)
{
    if (!f->done) {
        end_fetch(f, MOTE_ERR_CANCELLED, "cancelled");
    }
}
