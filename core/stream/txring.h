/* SPDX-License-Identifier: MIT
 * What waits to be sent, is on its way, or waits to be acknowledged: one ring with three cursors, and no second list.
 *
 *     acked <= sent <= queued            counted in bytes since the start; the place is the count modulo size
 *
 *     | free ....... | AAAAA BBBBBBB | CCCC DDDDDD | free .. |
 *                    acked           sent          queued
 *
 * Each record is a 4-byte header (length and flags) and the bytes of one stanza. Queueing moves `queued`, sending moves
 * `sent`, an acknowledgement moves `acked`; without XEP-0198 `acked` follows `sent` at the end of each record. After a
 * lost link `sent` goes back to `acked`, so that a half-sent stanza goes out again whole.
 */
#ifndef MOTE_TXRING_H
#define MOTE_TXRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/mote.h"
#include "core/xml/writer.h"

enum mote__tx_flags {
    /* It stays when the session is lost. */
    TX_FLAG_KEEP = 1u << 0,
    /* It is a stanza, and counts towards h of XEP-0198; without this flag it is a nonza. */
    TX_FLAG_COUNTS = 1u << 1,
    /* It was acknowledged or dropped: sending skips it. */
    TX_FLAG_HANDLED = 1u << 2,
    /* It answers a peer's stanza. Once sent it may be given up, see mote__txring_squeeze. */
    TX_FLAG_ANSWER = 1u << 3,
    /* The outbox has it in its store, and waits to hear of it (core/engine/durable.h). */
    TX_FLAG_STORED = 1u << 4,
    /* It is between a peer and our full JID, so it is of use in the next session if that has the same JID. */
    TX_FLAG_BY_JID = 1u << 5
};

enum { TXRING_HEADER = 4 };

void mote__txring_init(struct mote__txring *t, void *memory, size_t size);

/* Bytes that the next record may have, its header not counted. */
size_t mote__txring_free(const struct mote__txring *t);

/* Does nothing wait to be sent? */
bool mote__txring_idle(const struct mote__txring *t);

/* Compose a record: write to what begin returns, then commit. commit leaves `reserve` bytes free, queues the record
 * whole or not at all, and returns 0, MOTE_ERR_FULL, MOTE_ERR_SIZE or MOTE_ERR_TEXT. */
struct mote_writer *mote__txring_begin(struct mote__txring *t);
int mote__txring_commit(struct mote__txring *t, unsigned flags, size_t reserve);

/* Lend the next contiguous bytes, and move on by n of them. */
size_t mote__txring_lend(struct mote__txring *t, const uint8_t **bytes);

/* Copy what lend would give and the records behind it: as many whole ones as fit, and a part of one that is larger than
 * `size`. done may then be told of all that was copied. So a TLS record ends with a stanza where it can, and a server
 * seldom has half a stanza of a link that was cut: Prosody keeps such a half for the next link, and takes what follows
 * for its rest. */
size_t mote__txring_copy(const struct mote__txring *t, uint8_t *out, size_t size);
void mote__txring_done(struct mote__txring *t, size_t n);

/* With XEP-0198 `acked` is held until mote__txring_ack moves it. When holding ends, it follows `sent` again. */
void mote__txring_hold(struct mote__txring *t, bool hold);

/* The server has handled the next `stanzas` records that count. Returns 0, or how many of them were never sent: then
 * nothing has changed. `*stored` gets the number of those with TX_FLAG_STORED. */
uint32_t mote__txring_ack(struct mote__txring *t, uint32_t stanzas, unsigned *stored);

/* How many records have all of these flags and wait to be acknowledged; with `only_unsent` how many wait to be sent. A
 * record that was sent in part waits to be sent, because no server handles half a stanza. */
uint32_t mote__txring_count(const struct mote__txring *t, unsigned flags, bool only_unsent);

/* The length of the record that starts at `at`, which lies between `acked` and `queued`, and its flags. */
size_t mote__txring_header(const struct mote__txring *t, uint64_t at, unsigned *flags);

/* Send again what is behind `acked`: it is known that the server handled none of it. */
void mote__txring_unsend(struct mote__txring *t);

/* Make room while nothing waits to be sent. Of answers that wait to be acknowledged only the headers stay, so that they
 * still count; a resumption does not send them again. It costs a walk through the ring. */
void mote__txring_squeeze(struct mote__txring *t);

/* Is there a record that waits to be sent or acknowledged? */
bool mote__txring_unacked(const struct mote__txring *t);

/* The link is lost: a half-sent record counts as not sent. */
void mote__txring_cut(struct mote__txring *t);

/* The session goes on after a lost link: all that counts and was not acknowledged is sent again. The rest is dropped,
 * because nonzas belong to the stream that is gone. */
void mote__txring_resume(struct mote__txring *t);

/* The session is gone. Records with none of these flags are dropped; the others are sent again, from the first one that
 * was not acknowledged on. */
void mote__txring_rewind(struct mote__txring *t, unsigned flags);

#endif
