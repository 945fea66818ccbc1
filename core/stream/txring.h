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

#include "core/mote.h"
#include "core/xml/writer.h"

enum mote__tx_flags {
    TX_FLAG_KEEP = 1u << 0,    /* stays over a lost link */
    TX_FLAG_COUNTS = 1u << 1,  /* a stanza: counts towards h of XEP-0198; else a nonza */
    TX_FLAG_HANDLED = 1u << 2, /* acknowledged or dropped: the wire skips it */
    TX_FLAG_ANSWER = 1u << 3,  /* to a peer's stanza: once sent it may be given up, see mote__txring_squeeze */
    TX_FLAG_STORED = 1u << 4,  /* the outbox has it in its store, and waits to hear of it (core/engine/durable.h) */
    TX_FLAG_BY_JID = 1u << 5 /* between a peer and our full JID: of use in the next session if that has the same JID */
};

enum { TXRING_HEADER = 4 };

void mote__txring_init(struct mote__txring *t, void *memory, size_t size);
size_t
mote__txring_free(const struct mote__txring *t); /* bytes that the next record may have, its header not counted */
bool mote__txring_idle(const struct mote__txring *t);   /* nothing waits to be sent */

/* Compose a record: write to what begin returns, then commit. `reserve`: bytes to leave free all the same. commit
 * queues whole or not at all and returns 0, MOTE_ERR_FULL, MOTE_ERR_SIZE or MOTE_ERR_TEXT. */
struct mote_writer *mote__txring_begin(struct mote__txring *t);
int mote__txring_commit(struct mote__txring *t, unsigned flags, size_t reserve);

/* Lend the next contiguous bytes, and move on by n of them. */
size_t mote__txring_lend(struct mote__txring *t, const uint8_t **bytes);

/* What was lent and the records behind it, as many whole ones as fit, and of one that is larger than `size` a part:
 * done may then be told of all of that. Each TLS record so ends with a stanza where it can, and what a server has of a
 * link that was cut is no half of one: Prosody keeps that for the next link, and takes what follows for its rest. */
size_t mote__txring_copy(const struct mote__txring *t, uint8_t *out, size_t size);
void mote__txring_done(struct mote__txring *t, size_t n);

/* XEP-0198: `acked` waits for mote__txring_ack while held; when that ends it follows `sent` again. */
void mote__txring_hold(struct mote__txring *t, bool hold);

/* The next `stanzas` records that count were handled by the server. Returns 0, or how many of them were never sent:
 * then nothing has changed. `*stored`: so many of them have TX_FLAG_STORED. */
uint32_t mote__txring_ack(struct mote__txring *t, uint32_t stanzas, unsigned *stored);

/* Records that have all of these flags and wait to be acknowledged, or only those that wait to be sent. One that has
 * begun to be sent waits to be sent, since what is incomplete is never handled. */
uint32_t mote__txring_count(const struct mote__txring *t, unsigned flags, bool only_unsent);

/* Of the record at `at`, the start of one between `acked` and `queued`: its bytes behind the header, and its flags. */
size_t mote__txring_header(const struct mote__txring *t, uint64_t at, unsigned *flags);

/* It is known that nothing behind `acked` was handled. */
void mote__txring_unsend(struct mote__txring *t);

/* Make room while nothing waits to be sent: of answers that wait to be acknowledged only the headers stay, so that they
 * still count; a resumption does not send them again. Costs a walk through the ring. */
void mote__txring_squeeze(struct mote__txring *t);

/* Some record that counts was sent, or begun, and is not acknowledged; or waits to be sent. */
bool mote__txring_unacked(const struct mote__txring *t);

/* The link is lost: a half-sent record counts as not sent. */
void mote__txring_cut(struct mote__txring *t);

/* The session goes on after a lost link: all that counts and was not acknowledged is sent again, the rest is dropped.
 */
void mote__txring_resume(struct mote__txring *t);

/* The session is gone: records with none of these flags are dropped, the others are sent again from the first one that
 * was not acknowledged. */
void mote__txring_rewind(struct mote__txring *t, unsigned flags);

#endif
