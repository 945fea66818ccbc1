/* SPDX-License-Identifier: MIT
 * An upload from the search for the service to the proof that the file is there.
 */
#include "examples/mote/web/upload.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/out/out.h"
#include "examples/mote/web/web.h"
#include "port/crypto/hash_mbedtls.h"

/* TRIES: how often a new slot is asked for, because the URL of one that was used may be dead. */
enum { FIND_S = 10, SLOT_S = 60, TRIES = 3, PROBE = 1024 };

static int32_t ticket;
static bool answered;
static int error;
static char why[256];

/* The slot, for what the event has is gone when it returns. */
static struct {
    char put[MOTE_UPLOAD_URL], get[MOTE_UPLOAD_URL], text[MOTE_UPLOAD_TEXT];
    struct mote_http_header headers[MOTE_UPLOAD_HEADERS + 1];
} slot;

static void keep_slot(const struct mote_upload_slot *told)
{
    size_t used = 0;
    mote_text_copy(slot.put, sizeof slot.put, told->put);
    mote_text_copy(slot.get, sizeof slot.get, told->get);
    memset(slot.headers, 0, sizeof slot.headers);
    for (unsigned i = 0; i < told->header_count; i++) {
        const char *strings[] = {told->headers[i].name, told->headers[i].value};
        for (unsigned k = 0; k < 2; k++) { /* they fit, for the module has as much room */
            char *copy = slot.text + used;
            used += strlen(strings[k]) + 1;
            memcpy(copy, strings[k], strlen(strings[k]) + 1);
            *(k == 0 ? &slot.headers[i].name : &slot.headers[i].value) = copy;
        }
    }
}

void upload_event(const struct mote_event *e)
{
    if (e->ticket == 0 || e->ticket != ticket) {
        return;
    }
    if (e->kind == MOTE_EV_UPLOAD_SLOT) {
        keep_slot(mote_upload_slot_of(e));
    } else if (e->kind == MOTE_EV_REFUSED) {
        error = e->error;
        snprintf(why, sizeof why, "%s", refusal(e));
    } else if (e->kind != MOTE_EV_UPLOAD_SERVICE) {
        return;
    }
    answered = true;
}

/* Wait for what was asked with this ticket. Returns 0 when it was answered, well (error is 0) or not. */
static int wait_for(int32_t asked, unsigned seconds)
{
    ticket = asked;
    error = 0;
    why[0] = '\0';
    answered = asked < 0;
    if (asked < 0) {
        error = asked;
        snprintf(why, sizeof why, "%s", mote_error_text(asked));
    }
    int code = session_wait(&answered, seconds);
    if (code == EXIT_TIMEOUT) {
        error = MOTE_ERR_TIMEOUT;
        snprintf(why, sizeof why, "the server did not answer within %u s", seconds);
        code = 0;
    }
    return code;
}

const char *upload_why(void)
{
    return why;
}

int upload_find(uint64_t size)
{
    int code = wait_for(mote_upload_find(&session.upload), FIND_S);
    if (code == 0 && error == 0 && size > session.upload.max_size) {
        snprintf(why, sizeof why, "the upload service takes files of up to %llu bytes",
                 (unsigned long long)session.upload.max_size);
        error = MOTE_ERR_SIZE;
    }
    return code == 0 && error != 0 ? EXIT_REFUSED : code;
}

/// The file ///

static struct upload *current;
static struct mote_hash hash;
static uint64_t hashed;

/* Read the file from its beginning on, and hash it on the way. */
static ptrdiff_t read_hashed(void *ctx, uint64_t offset, void *bytes, size_t len)
{
    (void)ctx;
    ptrdiff_t n = current->read(NULL, offset, bytes, len);
    if (offset == 0) {
        mote_crypto_hash_start(&hash, MOTE_SHA256);
        hashed = 0;
    }
    if (n > 0 && offset == hashed) {
        mote_crypto_hash_feed(&hash, MOTE_SHA256, bytes, (size_t)n);
        hashed += (uint64_t)n;
    }
    return n;
}

/* Do the bytes that come back agree with those of the file? */
static int compare(void *ctx, uint64_t offset, const void *bytes, size_t len)
{
    (void)ctx;
    const uint8_t *b = bytes;
    uint8_t own[PROBE];
    while (len > 0) {
        ptrdiff_t n = current->read(NULL, offset, own, len < sizeof own ? len : sizeof own);
        if (n <= 0 || memcmp(own, b, (size_t)n) != 0) {
            return MOTE_ERR_HASH;
        }
        b += n;
        offset += (uint64_t)n;
        len -= (size_t)n;
    }
    return 0;
}

static struct mote_fetch fetch;

/* A request for the first bytes proves that the URL answers, with this file and its size. */
static int prove(void)
{
    struct mote_fetch_config config = {
        .url = slot.get, .write = compare, .only = current->size < PROBE ? current->size : PROBE};
    int code = web_transfer(&fetch, &config, NULL);
    if (code != 0) {
        return code;
    }
    bool other = fetch.error == MOTE_ERR_HASH ||
                 (fetch.error == 0 && fetch.total != MOTE_HTTP_UNKNOWN && fetch.total != current->size);
    if (other) {
        return fail(EXIT_REFUSED, "its URL gives other bytes back", NULL, "cannot upload %s", current->name);
    }
    return fetch.error == 0 ? 0
                            : fail(web_exit(&fetch), fetch.why, NULL, "uploaded %s, but its URL %s does not answer",
                                   current->name, slot.get);
}

static int no_slot(void)
{
    bool lost = error == MOTE_ERR_TIMEOUT || error == MOTE_ERR_LOST || error == MOTE_ERR_CONNECT;
    return fail(lost ? exit_of(error) : EXIT_REFUSED, why, NULL, "cannot upload %s to %s",
                current->name, session.upload.service);
}

/* Is it worth another try? What the server has refused it would refuse again, but for its own faults. */
static bool passes(const struct mote_fetch *f)
{
    return f->error == MOTE_ERR_LOST || f->error == MOTE_ERR_TIMEOUT || f->error == MOTE_ERR_CONNECT ||
           (f->error == MOTE_ERR_REFUSED && f->http.status >= 500 && f->http.status != 501 && f->http.status != 507);
}

static int put_failed(void)
{
    char what[300];
    if (fetch.error == MOTE_ERR_IO) {
        return fail(EXIT_LOCAL, errno != 0 ? strerror(errno) : fetch.why, NULL, "cannot read %s", current->name);
    }
    snprintf(what, sizeof what, "cannot upload %s", current->name);
    return web_failed(&fetch, what);
}

int upload_file(struct upload *u)
{
    current = u;
    for (unsigned i = 1;; i++) {
        int code = wait_for(mote_upload_request(&session.upload, &(struct mote_upload_file){u->name, u->size, u->type}),
                            SLOT_S);
        if (code != 0 || error != 0) {
            return code != 0 ? code : no_slot();
        }
        struct mote_fetch_config config = {
            .url = slot.put, .read = read_hashed, .size = u->size, .type = u->type, .headers = slot.headers};
        hashed = 0;
        mote_crypto_hash_start(&hash, MOTE_SHA256);
        errno = 0;
        code = web_transfer(&fetch, &config, u->name);
        if (code != 0) {
            return code;
        }
        if (fetch.error == 0) {
            break;
        }
        if (i == TRIES || !passes(&fetch)) {
            return put_failed();
        }
        note("%s: trying again with a new slot", fetch.why);
    }
    mote_crypto_hash_end(&hash, MOTE_SHA256, u->sha256);
    mote_text_copy(u->url, sizeof u->url, slot.get);
    return prove();
}
