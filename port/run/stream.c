/* SPDX-License-Identifier: MIT
 * Moves bytes between the engine and a connection.
 */
#include "port/run/stream.h"

#include "port/base/phrase.h"

/* TURNS bounds the work of one step. CLOSE_MS bounds how long a peer that takes nothing can delay the end. */
enum { TURNS = 8, STOP_MS = 10000, CLOSE_MS = 5000 };

/// The link, with or without TLS ///

static ptrdiff_t link_read(struct mote_run *run)
{
    const struct mote_port *p = run->config.port;
    void *b = run->config.buffer;
    size_t size = run->config.buffer_size;
    return run->secured ? p->tls->read(p->tls_ctx, b, size) : p->net->read(p->net_ctx, b, size);
}

static ptrdiff_t link_write(struct mote_run *run, const void *bytes, size_t len)
{
    const struct mote_port *p = run->config.port;
    return run->secured ? p->tls->write(p->tls_ctx, bytes, len) : p->net->write(p->net_ctx, bytes, len);
}

static const char *link_why(const struct mote_run *run)
{
    const struct mote_port *p = run->config.port;
    return run->secured ? p->tls->why(p->tls_ctx) : p->net->why(p->net_ctx);
}

/// Bytes ///

/* One TLS record has more than there is memory for. It may be forged, because nothing of it was checked: then the
 * session goes on over the next connection, and nothing is lost. If it comes again, it is the server's and would come
 * for ever, so the session is given up. */
static int unreadable(struct mote_run *run)
{
    bool first = run->unread == 0;
    run->unread = 2;
    if (first) {
        return MOTE_ERR_LOST;
    }
    mote_unreadable(run->config.x, link_why(run));
    return 0;
}

/* Read, and give the bytes to the engine. Returns 0, or the error of a link that is gone. */
static int receive_bytes(struct mote_run *run)
{
    struct mote *x = run->config.x;
    for (int i = 0; i < TURNS && (mote_wants(x, 0) & MOTE_WANT_READ) != 0; i++) {
        if (run->kept == 0) {
            ptrdiff_t n = link_read(run);
            if (n <= 0) {
                return n == MOTE_ERR_POLICY ? unreadable(run) : (int)n;
            }
            run->kept = (size_t)n;
            run->offset = 0;
        }
        ptrdiff_t taken =
            mote_in(x, 0, (const uint8_t *)run->config.buffer + run->offset, run->kept, mote__run_now(run));
        if (taken < 0) {
            run->kept = 0; /* the stream failed, so the rest is of no use */
            break;
        }
        run->offset += (size_t)taken;
        run->kept -= (size_t)taken;
        if (taken == 0) {
            break;
        }
    }
    return 0;
}

static int transmit_bytes(struct mote_run *run)
{
    struct mote *x = run->config.x;
    const uint8_t *bytes;
    run->blocked = false;
    for (int i = 0; i < TURNS; i++) {
#if MOTE_RUN_GATHER > 0
        uint8_t many[MOTE_RUN_GATHER];
        size_t len = mote_out_copy(x, 0, many, sizeof many);
        bytes = many;
#else
        size_t len = mote_out(x, 0, &bytes);
#endif
        if (len == 0) {
            break;
        }
        ptrdiff_t n = link_write(run, bytes, len);
        if (n <= 0) {
            run->blocked = n == 0;
            return (int)n;
        }
        mote_out_done(x, 0, (size_t)n, mote__run_now(run));
    }
    return 0;
}

static bool something_to_send(const struct mote_run *run)
{
    return (mote_wants(run->config.x, 0) & MOTE_WANT_WRITE) != 0;
}

/// A turn ///

static void stop_if_asked(struct mote_run *run)
{
    if (run->stopping && run->deadline_ms == UINT64_MAX) {
        mote_close(run->config.x, mote__run_now(run));
        run->deadline_ms = mote__run_now(run) + STOP_MS;
    }
}

/* Writing failed. Read once more, because the reason may have arrived before, such as a stream error. */
static void last_words(struct mote_run *run, int error)
{
    char why[sizeof run->why];
    mote__phrase(why, sizeof why, "%s", link_why(run));
    receive_bytes(run);
    mote__run_broken(run, error, why);
}

/* Closing a connection before all of it was read makes TCP throw away what we sent last, which is the acknowledgement
 * of what we could not read. So read on until the server ends it. Returns true when it has. */
static bool heard_out(struct mote_run *run)
{
    const struct mote_port *p = run->config.port;
    ptrdiff_t n = 1;
    for (int i = 0; i < TURNS && n > 0 && run->unread == 2; i++) {
        n = p->net->read(p->net_ctx, run->config.buffer, run->config.buffer_size);
    }
    return n < 0 || run->unread != 2;
}

static void close_if_wanted(struct mote_run *run)
{
    if ((mote_wants(run->config.x, 0) & MOTE_WANT_CLOSE) == 0) {
        if (mote__run_now(run) >= run->deadline_ms) { /* the run was stopped, and the server does not end the stream */
            mote__run_broken(run, MOTE_ERR_TIMEOUT, "the server did not end the stream in time");
        }
        return;
    }
    uint64_t limit = mote__run_now(run) + CLOSE_MS;
    if (run->deadline_ms > limit) {
        run->deadline_ms = limit;
    }
    if ((!something_to_send(run) && heard_out(run)) || mote__run_now(run) >= run->deadline_ms) {
        mote__run_broken(run, MOTE_OK, NULL);
    }
}

void mote__run_stream_step(struct mote_run *run)
{
    struct mote *x = run->config.x;
    stop_if_asked(run);
    int gone = receive_bytes(run);
    if (mote_deadline(x) <= mote__run_now(run)) {
        mote_tick(x, mote__run_now(run));
    }
    if (!run->online && mote_online(x)) {
        mote__run_online(run);
    }
    if (gone < 0) {
        mote__run_broken(run, gone, link_why(run));
        return;
    }
    if ((mote_wants(x, 0) & MOTE_WANT_STARTTLS) != 0) {
        mote__run_starttls(run);
        return;
    }
    gone = transmit_bytes(run);
    if (gone < 0) {
        last_words(run, gone);
    } else {
        close_if_wanted(run);
    }
}

unsigned mote__run_stream_waits(const struct mote_run *run, uint64_t *until_ms)
{
    const struct mote_port *p = run->config.port;
    unsigned wants = mote_wants(run->config.x, 0);
    bool read = (wants & MOTE_WANT_READ) != 0, send = something_to_send(run);
    bool blocked = send && run->blocked;
    bool at_hand = read && (run->kept > 0 || (run->secured && p->tls->pending(p->tls_ctx)));
    bool close = (wants & MOTE_WANT_CLOSE) != 0 && !send;
    if (close && run->unread == 2) { /* heard_out */
        return MOTE_PORT_WAIT_READ;
    }
    if (at_hand || (send && !blocked) || close || (run->stopping && run->deadline_ms == UINT64_MAX)) {
        *until_ms = 0; /* there is something to do, so only look whether something else has come */
    } else if (mote_deadline(run->config.x) < *until_ms) {
        *until_ms = mote_deadline(run->config.x);
    }
    return (read ? MOTE_PORT_WAIT_READ : 0u) | (blocked ? MOTE_PORT_WAIT_WRITE : 0u);
}
