/* SPDX-License-Identifier: MIT
 * HTTP/1.1 (RFC 9112) as a client has it, one exchange on one connection: a request is written, and its response is
 * read from pieces of any size. It touches no socket: port/http/fetch.h does that.
 *
 * It is strict. What two readers could understand differently ends the exchange: two lengths, a length beside chunks,
 * bare line feeds, folded lines, white space before a colon, a coding that was not asked for. No response can make it
 * keep more than the struct, or go on for ever in the head.
 */
#ifndef MOTE_PORT_HTTP_HTTP_H
#define MOTE_PORT_HTTP_HTTP_H

#include "port/http/url.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The request ///

struct mote_http_header {
    const char *name, *value;
};

/* A zeroed field is left out. */
struct mote_http_request {
    const char *method;
    const struct mote_url *url;
    const struct mote_http_header *headers; /* beside those that are written anyway; up to one without a name */
    const char *type;                       /* of the body (Content-Type) */
    bool body;                              /* `size` bytes of a body follow */
    uint64_t size;
    bool range; /* only the bytes from `first` on */
    uint64_t first;
    const char *version; /* the range only if it is still of this ETag or Last-Modified, else all of it (If-Range) */
};

/* Write the head of the request, with the empty line behind it. Returns its length, MOTE_ERR_SIZE when it does not fit,
 * or MOTE_ERR_TEXT when a header has a character that none has, such as a line end. */
ptrdiff_t mote_http_write(const struct mote_http_request *request, char *out, size_t size);

/// The response ///

enum { MOTE_HTTP_ETAG = 128, MOTE_HTTP_DATE = 40, MOTE_HTTP_TYPE = 96, MOTE_HTTP_NAME = 20 };

#define MOTE_HTTP_UNKNOWN UINT64_MAX

/* The response so far. The fields of the head are known once `head` is true. */
struct mote_http {
    bool head;                 /* all of the head was read */
    bool done;                 /* all of the response was read */
    uint16_t status;           /* 200, 206, 404... never 1xx */
    uint64_t length;           /* bytes of the body, MOTE_HTTP_UNKNOWN when that is not told before */
    uint64_t first, total;     /* Content-Range: where the body begins in the whole, and bytes of the whole; UNKNOWN */
    char etag[MOTE_HTTP_ETAG]; /* "" without a strong one */
    char modified[MOTE_HTTP_DATE]; /* Last-Modified as it came; "" */
    char type[MOTE_HTTP_TYPE];     /* media type without its parameters; "" */
    char location[MOTE_URL_SIZE];  /* "" */
    char why[96];                  /* what was wrong, when mote_http_read or mote_http_ended gave an error */

    /* private */
    uint8_t state;
    bool bodiless, chunked, bounded, one_too_many;
    uint8_t infos; /* 1xx responses so far */
    uint16_t lines;
    uint32_t bytes; /* of the head, or of lines between chunks */
    uint64_t left;  /* of the body, or of the chunk */
    bool cut;       /* the line is longer than there is room for */
    uint16_t used;
    char line[MOTE_URL_SIZE + MOTE_HTTP_NAME];
};

void mote_http_start(struct mote_http *h);

/* Read. Returns how many of the bytes were taken, or MOTE_ERR_PROTOCOL or MOTE_ERR_POLICY (a bound of ours). When some
 * of them are of the body, *body and *body_len tell which, else *body_len is 0. It stops behind each piece of the body,
 * so it is called until all were taken or the response is done; what is behind the response is not taken. */
ptrdiff_t mote_http_read(struct mote_http *h, const void *bytes, size_t len, const uint8_t **body, size_t *body_len);

/* The server has closed the connection, in good order. Returns 0 when the response is whole, or MOTE_ERR_LOST. */
int mote_http_ended(struct mote_http *h);

/* "404 Not Found": the status with its words, for people. */
void mote_http_status_text(unsigned status, char *out, size_t size);

#ifdef __cplusplus
}
#endif

#endif
