/* SPDX-License-Identifier: MIT
 * Inside the store: segments, records, and how room is made. Only the files of core/store/ include this.
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
    uint8_t type; /* enum log_type, or 0 for a record that is damaged and ignored */
    uint8_t aux;  /* of PUT and DELETE the length of the key, of PUSH the kind */
    bool copy;    /* it was made by moving a record, which was counted when it was first written */
};

/* A reader of records in the order of the log. */
struct log_scan {
    uint32_t seq, last; /* the segment it is in, and the last one to read */
    uint32_t off, end;  /* in the segment */
    uint32_t link;      /* CRC of the record before: the next record names it, or it does not belong to the chain */
};

/// store/record.c: bytes and records ///

uint32_t mote__record_get32(const uint8_t *p);
uint64_t mote__record_get64(const uint8_t *p);
void mote__record_put32(uint8_t *p, uint32_t v);
void mote__record_put64(uint8_t *p, uint64_t v);

/* As zlib's crc32: it begins with 0, and goes on from an earlier result. */
uint32_t mote__record_crc(uint32_t crc, const void *bytes, size_t len);

/* The device failed, or what it holds makes no sense. The first error is kept until the store is mounted again.
 * Returns the error that is kept. */
int mote__record_fail(struct mote_store *s, int error, const char *why);

/* Read bytes, through the buffer of the store. */
int mote__record_read(struct mote_store *s, uint32_t at, void *out, uint32_t len);

/* Write the first `len` bytes of the buffer. */
int mote__record_prog(struct mote_store *s, uint32_t at, uint32_t len);

/* Are these bytes on the device the same? 1, 0, or negative. */
int mote__record_equal(struct mote_store *s, uint32_t at, const void *bytes, uint32_t len);

/* Bytes on the device of a record whose body has `len` bytes. */
uint32_t mote__record_size(const struct mote_store *s, size_t len);

/* What the record at `at` says. */
int mote__record_at(struct mote_store *s, uint32_t at, struct log_record *r);

/* Read the records of the segments `first` to `last` in their order: begin once, then next gives 1 and a record, 0
 * after the last one, or negative. CRCs are not checked, which would read every body. */
int mote__record_begin(struct mote_store *s, struct log_scan *c, uint32_t first, uint32_t last);
int mote__record_next(struct mote_store *s, struct log_scan *c, struct log_record *r);

/* Is the CRC of the record right? 1, 0, or negative. */
int mote__record_sound(struct mote_store *s, const struct log_record *r);

/* Are all bytes of the head behind its end equal to `byte`? 1, 0, or negative. */
int mote__record_rest_is(struct mote_store *s, uint8_t byte);

/* Write a record at the end of the head, which must have room for it. `at` gets its place. */
int mote__record_append(struct mote_store *s, enum log_type type, uint8_t aux, const struct mote_store_part *parts,
                        unsigned count, uint32_t *at);

/* Write a copy of a record at the end of the head. A damaged record is not copied: `at` is then 0. */
int mote__record_copy(struct mote_store *s, const struct log_record *r, uint32_t *at);

/// store/segments.c: segments ///

/* What a segment's header says: how things stood when the segment was begun. */
struct log_segment {
    uint32_t tail;                       /* oldest segment in use */
    uint32_t before;                     /* where the records of the segment before end */
    uint32_t next_seq, low, count, live; /* the fields of struct mote_store */
    uint32_t crc;
    uint64_t salt;
};

enum mote__record_header {
    LOG_GOOD = 0,
    LOG_NONE = 1,
    LOG_OTHER = 2, /* it was made for another geometry */
    LOG_VERSION = 3
};

/* Read the header of the segment with this number, or of the one at this place. enum mote__record_header, or
 * negative. */
int mote__record_header(struct mote_store *s, uint32_t seq, struct log_segment *g);
int mote__record_header_at(struct mote_store *s, uint32_t place, struct log_segment *g, uint32_t *seq);

/* Erase the segment at this place. */
int mote__record_erase(struct mote_store *s, uint32_t place);

/* Begin segment `seq`, which becomes the head. `before` goes into its header: see struct log_segment. */
int mote__record_open(struct mote_store *s, uint32_t seq, uint32_t before);

/* Make room for a record of `size` bytes at the end of the head, or return MOTE_ERR_FULL. */
int mote__record_room(struct mote_store *s, uint32_t size);

/* Bytes that records may take, and the number of bytes beyond which nothing more is queued. */
uint32_t mote__record_limit(const struct mote_store *s);
uint32_t mote__record_queue_limit(const struct mote_store *s);

/// store/store.c ///

/* Read the log anew into RAM. A bad CRC in the head ends it there; in older segments it is counted as damage. */
int mote__store_replay(struct mote_store *s);

/// store/values.c ///

/* A PUT or DELETE was read at mount, in the order of the log. `freed` gets the bytes of the record that it ends. */
int mote__values_replay(struct mote_store *s, const struct log_record *r, uint32_t *freed);

/* Is the record there the latest of its key? */
bool mote__values_live(const struct mote_store *s, uint32_t at);

/* The record at `from` was copied to `to`; 0 when it was damaged, so that its value is lost. */
void mote__values_moved(struct mote_store *s, uint32_t from, uint32_t to);

/* Add the bytes that values take to s->live. */
int mote__values_recount(struct mote_store *s);

/// store/queue.c ///

/* A PUSH or DONE was read at mount. With `counts` it moves next_seq and count of the queue, and sets `freed`. */
int mote__store_queue_replay(struct mote_store *s, const struct log_record *r, bool counts, uint32_t *freed);

/* The i-th number that record `r` ends (DONE, or what a PUSH replaces): 1, or 0 when there are no more, or negative. */
int mote__store_queue_ends(struct mote_store *s, const struct log_record *r, unsigned i, uint32_t *seq);

/* The number of a PUSH, and all that it says of its item. */
int mote__store_queue_seq(struct mote_store *s, const struct log_record *r, uint32_t *seq);
int mote__store_queue_item(struct mote_store *s, const struct log_record *r, struct mote_store_item *item);

/* Item `seq`, or the first one from `seq` on: 1 and its place in `ahead`, 0 when there is none, or negative. */
int mote__store_queue_find(struct mote_store *s, uint32_t seq, unsigned *place);
int mote__store_queue_find_from(struct mote_store *s, uint32_t seq, unsigned *place);

/* The record of item `seq` was copied to `to`; 0 when it was damaged, so that the item is lost. */
void mote__store_queue_moved(struct mote_store *s, uint32_t seq, uint32_t to);

/* Item `seq` is done. */
void mote__store_queue_took(struct mote_store *s, uint32_t seq);

/* The item with the number next_seq stands at `at` now, so the next one gets the number after it. */
void mote__store_queue_added(struct mote_store *s, uint32_t at);

/* Look ahead, and count anew what there is of items and values, and what they take: where something was damaged, and
 * where the queue is in sight anyway. Of a longer one the counts of the log are believed. */
int mote__store_queue_recount(struct mote_store *s);

#endif
