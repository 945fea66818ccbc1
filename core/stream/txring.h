/* SPDX-License-Identifier: MIT
 * What waits to be sent, is on its way, or waits to be acknowledged: one ring, three cursors, no second list.
 *
 *     acked <= sent <= queued            counted in bytes since the start; the place is the count modulo size
 *
 *     | free ....... | AAAAA BBBBBBB | CCCC DDDDDD | free .. |
 *                    acked           sent          queued
 *
 * Each record is a 4-byte header (length and flags) and the bytes of one stanza. Queueing moves `queued`, the wire
 * moves `sent`, an acknowledgement moves `acked`; without XEP-0198 `acked` follows `sent` at record ends. After a lost
 * link `sent` goes back to `acked`, so that a half-sent stanza goes out again whole.
 */
#ifndef MOTE_TXRING_H
#define MOTE_TXRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/xml/writer.h"

enum tx_flags {
    TX_FLAG_KEEP = 1u << 0,    /* stays over a lost link */
    TX_FLAG_COUNTS = 1u << 1,  /* a stanza: counts towards h of XEP-0198; else a nonza */
    TX_FLAG_HANDLED = 1u << 2, /* acknowledged or dropped: the wire skips it */
    TX_FLAG_ANSWER = 1u << 3, /* to a peer's stanza: once sent it may be given up, see txring_squeeze */
    TX_FLAG_STORED = 1u << 4   /* the outbox has it in its store, and waits to hear of it (core/engine/durable.h) */
};

enum { TXRING_HEADER = 4 };

struct txring {
    uint8_t *base;
    size_t size;
    uint64_t acked, sent, queued; /* byte counts; acked and queued are always at record starts */
    uint64_t record;              /* start of the record that `sent` is in, or at */
    size_t left;                  /* bytes of that record not yet sent; 0: sent is at a record's start */
    size_t peak;
    bool holding;                 /* acked waits for txring_ack: XEP-0198 is on */
    struct writer writer;         /* of the record being composed */
};

void txring_init(struct txring *t, void *memory, size_t size);
size_t txring_free(const struct txring *t); /* bytes that the next record may have, its header not counted */
bool txring_idle(const struct txring *t);   /* nothing waits to be sent */

/* Compose a record: write to what begin returns, then commit. `reserve`: bytes to leave free all the same. commit
 * queues whole or not at all and returns 0, MOTE_ERR_FULL, MOTE_ERR_SIZE or MOTE_ERR_TEXT. */
struct writer *txring_begin(struct txring *t);
int txring_commit(struct txring *t, unsigned flags, size_t reserve);

/* Lend the next contiguous bytes, and move on by n of them. */
size_t txring_lend(struct txring *t, const uint8_t **bytes);

/* What was lent and the records behind it, as much as fits; done may then be told of all of that. */
size_t txring_copy(const struct txring *t, uint8_t *out, size_t size);
void txring_done(struct txring *t, size_t n);

/* XEP-0198: `acked` waits for txring_ack while held; when that ends it follows `sent` again. */
void txring_hold(struct txring *t, bool hold);

/* The next `stanzas` records that count were handled by the server. Returns 0, or how many of them were never sent: then
 * nothing has changed. `*stored`: so many of them have TX_FLAG_STORED. */
uint32_t txring_ack(struct txring *t, uint32_t stanzas, unsigned *stored);

/* Records that have all of these flags and wait to be acknowledged, or only those that wait to be sent. One that has begun
 * to be sent waits to be sent, since what is incomplete is never handled. */
uint32_t txring_count(const struct txring *t, unsigned flags, bool only_unsent);

/* Of the record at `at`, the start of one between `acked` and `queued`: its bytes behind the header, and its flags. */
size_t txring_header(const struct txring *t, uint64_t at, unsigned *flags);

/* It is known that nothing behind `acked` was handled. */
void txring_unsend(struct txring *t);

/* Make room while nothing waits to be sent: of answers that wait to be acknowledged only the headers stay, so that they
 * still count; a resumption does not send them again. Costs a walk through the ring. */
void txring_squeeze(struct txring *t);

/* Some record that counts was sent, or begun, and is not acknowledged; or waits to be sent. */
bool txring_unacked(const struct txring *t);

/* The link is lost: a half-sent record counts as not sent. */
void txring_cut(struct txring *t);

/* The session goes on after a lost link: all that counts and was not acknowledged is sent again, the rest is dropped. */
void txring_resume(struct txring *t);

/* The session is gone: records without TX_FLAG_KEEP are dropped, the others are sent again from the first one that was
 * not acknowledged. */
void txring_rewind(struct txring *t);

#endif
