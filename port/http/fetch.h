/* SPDX-License-Identifier: MIT
 * One file over HTTPS, on a link of its own (port/link/link.h): put to a URL, or got from one, from the beginning or
 * from where an earlier try ended. It follows redirects on the same host, and no other unless it is told to.
 */
#ifndef MOTE_PORT_HTTP_FETCH_H
#define MOTE_PORT_HTTP_FETCH_H

#include "port/http/http.h"
#include "port/link/link.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mote_fetch;

/* A zeroed field means the default. Strings, headers and buffer must stay valid until it is done. */
struct mote_fetch_config {
    const struct mote_port *port; /* of a link, with a TLS that speaks "http/1.1" (mote_tls_mbedtls_speak) */
    const char *url;
    void *buffer;       /* required; half of it is for each direction */
    size_t buffer_size; /* at least 8192; 32768 and more cost least */
    void *ctx;          /* of the functions below */

    /* May this address be connected to? NULL: all may be. */
    bool (*allowed)(void *ctx, const struct mote_port_address *address);

    /* To put a file: where its bytes are, as mote_files_offer has it. NULL: it is got. */
    ptrdiff_t (*read)(void *ctx, uint64_t offset, void *bytes, size_t len);
    uint64_t size;
    const char *type; /* media type */
    const struct mote_http_header *headers;

    /* To get one: the body begins now, at `offset` of the file, which is 0 or `from`. Returns 0, or negative to end it.
     */
    int (*begin)(void *ctx, const struct mote_fetch *fetch, uint64_t offset);
    int (*write)(void *ctx, uint64_t offset, const void *bytes, size_t len); /* negative ends it */
    uint64_t from;       /* so many bytes are here already, of the version that `version` names */
    const char *version; /* mote_fetch_version of then */
    uint64_t only; /* end well when the first `only` bytes have come. No range is asked for: some servers know none */
    uint64_t max_size; /* a larger file is refused */
    bool any_host;     /* redirects may lead to other hosts */
    uint32_t stall_s;  /* so long may nothing move; default 30 */
};

struct mote_fetch {
    struct mote_link link; /* has to be the first: its turn leads here */
    struct mote_http http; /* the response so far: status, etag, type, length */
    struct mote_url url;   /* where it is got from, after redirects */
    bool done;
    int error;      /* 0, or why it failed: MOTE_ERR_REFUSED by the server, with the status; MOTE_ERR_REDIRECT; ... */
    char why[192];  /* the same for people */
    uint64_t moved; /* bytes of the file that were put, or are here */
    uint64_t total; /* bytes of the whole file, or MOTE_HTTP_UNKNOWN */

    struct mote_fetch_config config; /* private from here on */
    size_t out_len, out_sent;
    uint64_t offset; /* of the file: the next byte to read from its source */
    uint64_t window_ms, window_bytes;
    uint8_t redirects;
    bool asked, began;
};

/* Begin. `fetch` is zeroed before its first use, and may be used again when it is done. Returns 0; or an error as
 * `error` and `why` tell: MOTE_ERR_ARG when the URL is none to use. Then put `fetch->link` into the loop. */
int mote_fetch_start(struct mote_fetch *fetch, const struct mote_fetch_config *config);

/* What names the version of the file that the response is of: its strong entity tag, or when it was modified; "" when
 * the server tells neither, and what has come cannot be gone on with then. */
const char *mote_fetch_version(const struct mote_fetch *fetch);

/* End it now; it is done then, with MOTE_ERR_CANCELLED unless it was before. */
void mote_fetch_stop(struct mote_fetch *fetch);

#ifdef __cplusplus
}
#endif

#endif
