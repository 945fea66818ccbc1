/* SPDX-License-Identifier: MIT
 * Inside the store: segments, records, and how room is made. Nobody but session/store*.c includes this.
 *
 *     | 7 header, records, .... | 8 header, records, .... | 9 header, records |  free  | spare |
 *       tail                                                head               end
 *
 * Segments are used in turn: number n lies at place n % segments, so each is erased as often as any other. When the log
 * has come around, what still counts in the tail is copied to a new head, and the tail is free (docs/STORE.md).
 */
#ifndef MOTE_STORE_RECORD_H
#define MOTE_STORE_RECORD_H

#include "core/store/store.h"

enum {
    LOG_HEADER = 64, /* bytes of a segment's header */
    LOG_RECORD = 12, /* bytes before a record's body */
    LOG_PUSH = 32,   /* bytes of a PUSH body before the stanza */
    LOG_BODY_MAX = 65535,
    LOG_DONE_MAX = 16 /* numbers in one DONE record */
};

enum log_type { LOG_TYPE_PUT = 1, LOG_TYPE_DELETE = 2, LOG_TYPE_PUSH = 3, LOG_TYPE_DONE = 4 };

/* What a record's first bytes say. */
struct log_record {
    uint32_t at;   /* place on the device, in bytes */
    uint32_t size; /* bytes there, padding included */
    uint32_t len;  /* bytes of the body, which begins at at + LOG_RECORD */
    uint32_t crc;
    uint8_t type; /* enum log_type, or 0: to be ignored */
    uint8_t aux;  /* PUT, DELETE: length of the key. PUSH: kind */
    bool copy;    /* made by moving: counted when it was first written */
};

/* A reader of records in the order of the log. */
struct log_scan {
    uint32_t seq, last; /* the segment it is in, and the last one to read */
    uint32_t off, end;  /* in the segment */
    uint32_t link;      /* what the next record has to name as the one before */
};

/// store/record.c: bytes and records ///

uint32_t mote__record_get32(const uint8_t *p);
uint64_t mote__record_get64(const uint8_t *p);
void mote__record_put32(uint8_t *p, uint32_t v);
void mote__record_put64(uint8_t *p, uint64_t v);
uint32_t mote__record_crc(uint32_t crc, const void *bytes,
                          size_t len); /* as zlib's crc32: begins with 0, and can go on */

/* The device failed, or what it holds makes no sense: sticks. Returns `error`. */
int mote__record_fail(struct mote_store *s, int error, const char *why);

int mote__record_read(struct mote_store *s, uint32_t at, void *out, uint32_t len); /* through the buffer */
int mote__record_prog(struct mote_store *s, uint32_t at, uint32_t len); /* the first `len` bytes of the buffer */
int mote__record_equal(struct mote_store *s, uint32_t at, const void *bytes, uint32_t len); /* 1, 0, or negative */

uint32_t mote__record_size(const struct mote_store *s,
                           size_t len); /* bytes on the device of a record with such a body */

/* What the record at `at` says. */
int mote__record_at(struct mote_store *s, uint32_t at, struct log_record *r);

/* Read from segment `first` to `last`. The next record: 1, or 0 after the last one, or negative. CRCs are not
 * checked. */
int mote__record_begin(struct mote_store *s, struct log_scan *c, uint32_t first, uint32_t last);
int mote__record_next(struct mote_store *s, struct log_scan *c, struct log_record *r);

/* The CRC is right: 1, or 0, or negative. */
int mote__record_sound(struct mote_store *s, const struct log_record *r);

/* All bytes of the head behind its end are `byte`: 1, 0, or negative. */
int mote__record_rest_is(struct mote_store *s, uint8_t byte);

/* Write a record at the end of the head, which has room for it. `at` gets its place. */
int mote__record_append(struct mote_store *s, enum log_type type, uint8_t aux, const struct mote_store_part *parts,
                        unsigned count, uint32_t *at);

/* The same for a record that is there already. A damaged one is not copied: `at` is 0. */
int mote__record_copy(struct mote_store *s, const struct log_record *r, uint32_t *at);

/// store/segments.c: segments ///

struct log_segment {
    uint32_t tail;     /* oldest segment in use when this one was begun */
    uint32_t before;   /* where the records of the one before end */
    uint32_t next_seq, low, count, live; /* as in struct mote_store, when it was begun */
    uint32_t crc;
    uint64_t salt;
};

enum mote__record_header { LOG_GOOD = 0, LOG_NONE = 1, LOG_OTHER = 2 /* of another geometry */, LOG_VERSION = 3 };

/* Read the header of the segment with this number, or of the one at this place. enum mote__record_header, or negative.
 */
int mote__record_header(struct mote_store *s, uint32_t seq, struct log_segment *g);
int mote__record_header_at(struct mote_store *s, uint32_t place, struct log_segment *g, uint32_t *seq);

int mote__record_erase(struct mote_store *s, uint32_t place); /* the segment at this place */

/* Begin segment `seq`, which becomes the head. `before`: see struct log_segment. */
int mote__record_open(struct mote_store *s, uint32_t seq, uint32_t before);

/* Make room for a record of `size` bytes at the end of the head. MOTE_ERR_FULL: there is none. */
int mote__record_room(struct mote_store *s, uint32_t size);

uint32_t mote__record_limit(const struct mote_store *s);       /* bytes that records may take */
uint32_t mote__record_queue_limit(const struct mote_store *s); /* for queueing one more */

/// store.c ///

/* Read the log anew into RAM: the whole of the head is checked, then all that counts is known. */
int mote__store_replay(struct mote_store *s);

/// store/values.c ///

/* A record is read at mount, in the order of the log. `freed`: bytes of the record that does not count any more. */
int mote__values_replay(struct mote_store *s, const struct log_record *r, uint32_t *freed);
bool mote__values_live(const struct mote_store *s, uint32_t at); /* the record there is the latest of its key */
void mote__values_moved(struct mote_store *s, uint32_t from, uint32_t to);
int mote__values_recount(struct mote_store *s); /* add what they take to s->live */

/// store/queue.c ///

/* The same; `counts`: next_seq and count of the queue follow. */
int mote__store_queue_replay(struct mote_store *s, const struct log_record *r, bool counts, uint32_t *freed);
/* The i-th number that record `r` ends (DONE, or what a PUSH replaces): 1, or 0 when there are no more, or negative. */
int mote__store_queue_ends(struct mote_store *s, const struct log_record *r, unsigned i, uint32_t *seq);
int mote__store_queue_seq(struct mote_store *s, const struct log_record *r, uint32_t *seq);           /* of a PUSH */
int mote__store_queue_item(struct mote_store *s, const struct log_record *r,
                           struct mote_store_item *item); /* of a PUSH */

/* Item `seq`, or the first one from `seq` on: 1 and its place in `ahead`, 0 when there is none, or negative. */
int mote__store_queue_find(struct mote_store *s, uint32_t seq, unsigned *place);
int mote__store_queue_find_from(struct mote_store *s, uint32_t seq, unsigned *place);

void mote__store_queue_forget(struct mote_store *s); /* what `ahead` holds: nothing any more, or not yet */
void mote__store_queue_moved(struct mote_store *s, uint32_t seq, uint32_t to);
void mote__store_queue_took(struct mote_store *s, uint32_t seq); /* it is done */
void mote__store_queue_added(struct mote_store *s, uint32_t at); /* next_seq stands there; the one after it is next */
int mote__store_queue_recount(struct mote_store *s); /* count the items, and add what they take to s->live */

#endif
