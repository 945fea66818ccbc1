/* SPDX-License-Identifier: MIT
 * Inside the store: segments, records, and how room is made. Nobody but session/store*.c includes this.
 *
 *     | 7 header, records, .... | 8 header, records, .... | 9 header, records |  free  | spare |
 *       tail                                                head               end
 *
 * Segments are used in turn: number n lies at place n % segments, so each is erased as often as any other. When the log
 * has come around, what still counts in the tail is copied to a new head, and the tail is free (docs/STORE.md).
 */
#ifndef MOTE_STORE_LOG_H
#define MOTE_STORE_LOG_H

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

uint32_t log_get32(const uint8_t *p);
uint64_t log_get64(const uint8_t *p);
void log_put32(uint8_t *p, uint32_t v);
void log_put64(uint8_t *p, uint64_t v);
uint32_t log_crc(uint32_t crc, const void *bytes, size_t len); /* as zlib's crc32: begins with 0, and can go on */

/* The device failed, or what it holds makes no sense: sticks. Returns `error`. */
int log_fail(struct store *s, int error, const char *why);

int log_read(struct store *s, uint32_t at, void *out, uint32_t len); /* through the buffer */
int log_prog(struct store *s, uint32_t at, uint32_t len);            /* the first `len` bytes of the buffer */
int log_equal(struct store *s, uint32_t at, const void *bytes, uint32_t len); /* 1, 0, or negative */

uint32_t log_size(const struct store *s, size_t len); /* bytes on the device of a record with such a body */

/* What the record at `at` says. */
int log_record_at(struct store *s, uint32_t at, struct log_record *r);

/* Read from segment `first` to `last`. The next record: 1, or 0 after the last one, or negative. CRCs are not
 * checked. */
int log_begin(struct store *s, struct log_scan *c, uint32_t first, uint32_t last);
int log_next(struct store *s, struct log_scan *c, struct log_record *r);

/* The CRC is right: 1, or 0, or negative. */
int log_sound(struct store *s, const struct log_record *r);

/* All bytes of the head behind its end are `byte`: 1, 0, or negative. */
int log_rest_is(struct store *s, uint8_t byte);

/* Write a record at the end of the head, which has room for it. `at` gets its place. */
int log_append(struct store *s, enum log_type type, uint8_t aux, const struct store_part *parts, unsigned count,
               uint32_t *at);

/* The same for a record that is there already. A damaged one is not copied: `at` is 0. */
int log_copy(struct store *s, const struct log_record *r, uint32_t *at);

/// store/segments.c: segments ///

struct log_segment {
    uint32_t tail;     /* oldest segment in use when this one was begun */
    uint32_t before;   /* where the records of the one before end */
    uint32_t next_seq, low, count, live; /* as in struct store, when it was begun */
    uint32_t crc;
    uint64_t salt;
};

enum log_header { LOG_GOOD = 0, LOG_NONE = 1, LOG_OTHER = 2 /* of another geometry */, LOG_VERSION = 3 };

/* Read the header of the segment with this number, or of the one at this place. enum log_header, or negative. */
int log_header(struct store *s, uint32_t seq, struct log_segment *g);
int log_header_at(struct store *s, uint32_t place, struct log_segment *g, uint32_t *seq);

int log_erase(struct store *s, uint32_t place); /* the segment at this place */

/* Begin segment `seq`, which becomes the head. `before`: see struct log_segment. */
int log_open(struct store *s, uint32_t seq, uint32_t before);

/* Make room for a record of `size` bytes at the end of the head. MOTE_ERR_FULL: there is none. */
int log_room(struct store *s, uint32_t size);

uint32_t log_limit(const struct store *s);       /* bytes that records may take */
uint32_t log_queue_limit(const struct store *s); /* for queueing one more */

/// store.c ///

/* Read the log anew into RAM: the whole of the head is checked, then all that counts is known. */
int store_replay(struct store *s);

/// store/values.c ///

/* A record is read at mount, in the order of the log. `freed`: bytes of the record that does not count any more. */
int keys_replay(struct store *s, const struct log_record *r, uint32_t *freed);
bool keys_live(const struct store *s, uint32_t at); /* the record there is the latest of its key */
void keys_moved(struct store *s, uint32_t from, uint32_t to);
int keys_recount(struct store *s); /* add what they take to s->live */

/// store/queue.c ///

/* The same; `counts`: next_seq and count of the queue follow. */
int queue_replay(struct store *s, const struct log_record *r, bool counts, uint32_t *freed);
/* The i-th number that record `r` ends (DONE, or what a PUSH replaces): 1, or 0 when there are no more, or negative. */
int queue_ends(struct store *s, const struct log_record *r, unsigned i, uint32_t *seq);
int queue_seq(struct store *s, const struct log_record *r, uint32_t *seq);           /* of a PUSH */
int queue_item(struct store *s, const struct log_record *r, struct store_item *item); /* of a PUSH */

/* Item `seq`, or the first one from `seq` on: 1 and its place in `ahead`, 0 when there is none, or negative. */
int queue_find(struct store *s, uint32_t seq, unsigned *place);
int queue_find_from(struct store *s, uint32_t seq, unsigned *place);

void queue_forget(struct store *s); /* what `ahead` holds: nothing any more, or not yet */
void queue_moved(struct store *s, uint32_t seq, uint32_t to);
void queue_took(struct store *s, uint32_t seq); /* it is done */
void queue_added(struct store *s, uint32_t at); /* next_seq stands there; the one after it is next */
int queue_recount(struct store *s);             /* count the items, and add what they take to s->live */

#endif
