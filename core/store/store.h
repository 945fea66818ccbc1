/* SPDX-License-Identifier: MIT
 * The store: what has to survive a power cut, as a log over a block device. docs/STORE.md has every bit of it.
 *
 * It holds values under short keys (derived keys, settings, the state of a session), of which the latest wins, and one
 * queue of outgoing stanzas, first in first out, each with a number that stays the same until it is done.
 *
 * What a power cut leaves
 *   - Every call here is one step: it happened or it did not. A call that makes room by dropping queued items is a step
 *     for each of them, and then its own.
 *   - Steps survive in their order. After mote_store_sync returned 0, all steps before it survive; without, a first
 * part of them, however much the device reorders what it writes.
 *   - mote_store_mount takes whatever is there, and writes nothing. What was torn is as if it had never been begun.
 *
 * Conventions
 *   - Results are enum mote_error, or 0, or a length. MOTE_ERR_FULL, _SIZE and _ARG are answers: nothing was changed
 *     (but see MOTE_STORE_DROPPABLE), and mote_store_why is left alone.
 *   - MOTE_ERR_IO: the device failed. It sticks: all that follows returns it, until the store is mounted again, which
 *     finds the steps that were synced and maybe some after.
 *   - RAM: struct mote_store and the buffer, whatever the size of the device. One thread. No call waits but for the
 * device.
 */
#ifndef MOTE_STORE_H
#define MOTE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Keys that can have a value at a time. Range 4..255; eight bytes of struct mote_store each. */
#ifndef MOTE_STORE_KEYS
#define MOTE_STORE_KEYS 32
#endif

/* Queued items that are known by place, so that they need no search. Range 4..255; eight bytes of struct mote_store
 * each. A queue of n items is walked with n / MOTE_STORE_AHEAD readings of the log. */
#ifndef MOTE_STORE_AHEAD
#define MOTE_STORE_AHEAD 16
#endif

_Static_assert(MOTE_STORE_KEYS >= 4 && MOTE_STORE_KEYS <= 255, "MOTE_STORE_KEYS is 4..255");
_Static_assert(MOTE_STORE_AHEAD >= 4 && MOTE_STORE_AHEAD <= 255, "MOTE_STORE_AHEAD is 4..255");

/// The device, in the convention of littlefs ///

/* All functions return 0, or negative for a failure that sticks. Offsets and sizes are multiples of read_size or
 * prog_size, and never cross the end of a block. */
struct mote_flash {
    /* Read. 1: some of these bytes cannot be read, as a sector of an SD card that was cut off in writing; what is in
     * `buf` then does not matter. */
    int (*read)(void *ctx, uint32_t block, uint32_t offset, void *buf, uint32_t size);
    /* Write bytes that were erased since they were last written, or any with `overwrite`. */
    int (*prog)(void *ctx, uint32_t block, uint32_t offset, const void *buf, uint32_t size);
    /* Make a block ready for prog. It may hold anything after it; 0xFF saves a move to the next segment after a mount.
     * Without `overwrite`, bytes that read as 0xFF since the last erase can be written. */
    int (*erase)(void *ctx, uint32_t block);
    /* All that was erased and written before survives a power cut, when this returns 0. */
    int (*sync)(void *ctx);
    void *ctx;
    uint32_t read_size;   /* bytes; divides prog_size */
    uint32_t prog_size;   /* bytes; divides block_size. Each record is padded to it */
    uint32_t block_size;  /* bytes */
    uint32_t block_count; /* all of them below 4 GiB */
    bool overwrite;       /* prog needs no erase: SD card, file */
};

/// Configuration ///

/* What is queued. */
struct mote_store_item {
    uint32_t seq;   /* set by the store: counts up from 1 since mote_store_format, never used again */
    uint32_t size;  /* set by the store: bytes of the stanza */
    uint32_t replaced; /* set by mote_store_push: the number of the item that this one replaced, 0 for none */
    uint8_t kind;   /* the caller's, as the next two */
    int64_t expiry; /* the store does nothing with it */
    uint64_t node;  /* MOTE_STORE_LATEST: which node. The same after a restart, so not mote_module_jid_hash */
    uint8_t flags;  /* enum mote_store_flags, or-ed */
};

enum mote_store_flags {
    /* May be dropped, the oldest first, when there is no room for an item which is pushed with this flag, too. Items
     * without it are never dropped. MOTE_ERR_FULL may then come after drops, when a large item finds the room in pieces
     * only; each drop was told to `dropped`. */
    MOTE_STORE_DROPPABLE = 1,
    MOTE_STORE_LATEST = 2 /* replaces the queued item with this flag and the same node, in one step */
};

/* Called from mote_store_push before `item` is dropped: mote_store_read and mote_store_next may be called, and still
 * give it; mote_store_done, of this or other items, and mote_store_sync, to have it dropped for certain before anybody
 * is told. No other. */
typedef void mote_store_dropped_fn(void *ctx, const struct mote_store_item *item);

/* Must stay as it is while the store is used, and so must what it points to. */
struct mote_store_config {
    const struct mote_flash *flash;
    void *buffer;        /* for the store alone, while it is used. It will hold secrets */
    size_t buffer_size;  /* bytes; at least prog_size and 64. 512 is fine; more saves calls of the device */
    uint32_t blocks;     /* a segment is so many blocks. 0: as many as make 4 KiB, or a 64th of the device if that is
                            more; but so few that there are four segments */
    mote_store_dropped_fn *dropped; /* may be NULL */
    void *ctx;                 /* given back to dropped */
};

/* Public for sizeof. All fields are private. */
struct mote_store {
    const struct mote_store_config *config;
    const char *why;
    uint64_t salt;
    uint32_t buffer_size;         /* in use: a multiple of prog_size */
    uint32_t window, window_size; /* what the buffer holds: place on the device, and bytes, 0 for nothing */
    uint32_t segment, segments;   /* bytes of one, and how many */
    uint32_t first;               /* where the first record of a segment is */
    uint32_t head, tail;          /* numbers of the newest and the oldest segment in use; place: number % segments */
    uint32_t end, link;           /* where the next record goes in the head, and the CRC of the one before */
    uint32_t live;                /* bytes of the records that count */
    uint32_t stuck;               /* a record of this size found no room, though there is enough; UINT32_MAX: none */
    uint32_t damaged;
    uint32_t next_seq, count, low; /* the queue; no item below `low` is left */
    uint32_t from, limit;          /* of the items from <= seq < limit, all that are left stand in `ahead` */
    struct {
        uint32_t seq, at;
    } ahead[MOTE_STORE_AHEAD];
    struct {
        uint32_t hash, at; /* at 0: free */
    } keys[MOTE_STORE_KEYS];
    int error;
    uint8_t ahead_count;
    bool closed;  /* the head takes no more: it was torn */
    bool unclear; /* behind the end of the head there may be records that were lost */
    bool dirty;   /* something waits for sync */
};

/// Opening ///

enum { MOTE_STORE_NONE = 1 }; /* there is no store on the device */

/* Find the store on the device. Reads the start of each segment, and the segments in use once. Nothing is written.
 *   0                  the store is ready
 *   MOTE_STORE_NONE         no store, or nothing left of it; mote_store_format makes one
 *   MOTE_ERR_CONFIG    an impossible geometry, or the store was made for another one or by another version:
 * mote_store_why MOTE_ERR_IO        the device failed */
int mote_store_mount(struct mote_store *s, const struct mote_store_config *config);

/* Make an empty store, whatever was there, and mount it. A store that was there is gone in one step. `salt` is
 * unpredictable, from the random source: bytes that a peer had us write can then not pass for records. The blocks are
 * erased, but secrets may stay on a device whose erase or overwriting leaves copies. Results as mote_store_mount. */
int mote_store_format(struct mote_store *s, const struct mote_store_config *config, uint64_t salt);

/* Wait until all that was done survives a power cut. 0, or MOTE_ERR_IO. Nothing to do costs nothing. */
int mote_store_sync(struct mote_store *s);

/* Why the last MOTE_ERR_CONFIG or MOTE_ERR_IO: a sentence fragment in ROM, "" when there was none. */
const char *mote_store_why(const struct mote_store *s);

/// Values ///

enum { MOTE_STORE_KEY_MAX = 31 }; /* bytes of a key, without the NUL */

/* Keep `value` under `key`. A value that is the same as before costs no writing.
 *   MOTE_ERR_SIZE    larger than mote_store_info tells, or empty
 *   MOTE_ERR_FULL    no room now, or MOTE_STORE_KEYS keys are in use
 *   MOTE_ERR_ARG     an empty or too long key, or one with the same CRC-32 as another that is in use */
int mote_store_put(struct mote_store *s, const char *key, const void *value, size_t len);

/* Copy a value. Returns its length, 0 when there is none. `buf` NULL: the length only. MOTE_ERR_SIZE: does not fit in
 * `size`. MOTE_ERR_HASH: was damaged on the device since it was mounted; this does not stick. */
ptrdiff_t mote_store_get(struct mote_store *s, const char *key, void *buf, size_t size);

/* Returns 0, also when there was none. */
int mote_store_delete(struct mote_store *s, const char *key);

/* The key in place i of 0..MOTE_STORE_KEYS-1, to list them: returns its length, 0 when the place is free. */
int mote_store_key(struct mote_store *s, unsigned i, char key[MOTE_STORE_KEY_MAX + 1]);

/// The queue ///

enum { MOTE_STORE_PARTS_MAX = 6 };

/* A piece of what is pushed: a stanza may lie around the end of a ring. */
struct mote_store_part {
    const void *bytes;
    size_t len;
};

/* Queue the stanza which the `count` parts make. Of `item` kind, expiry, node and flags are taken; seq and size are
 * set.
 *   MOTE_ERR_SIZE    larger than mote_store_info tells
 *   MOTE_ERR_FULL    no room now, and dropping what may be dropped would not make enough
 *   MOTE_ERR_ARG     more than MOTE_STORE_PARTS_MAX parts */
int mote_store_push(struct mote_store *s, struct mote_store_item *item, const struct mote_store_part *parts,
                    unsigned count);

/* The oldest item whose seq is above `after`; 0 to begin. Returns 1, or 0 when there is none. Any other call may stand
 * between two of these. Items which were damaged on the device are left out. */
int mote_store_next(struct mote_store *s, uint32_t after, struct mote_store_item *item);

/* Copy `len` bytes of an item's stanza from `offset` on. 0; MOTE_ERR_ARG: no such item, or beyond its end. */
int mote_store_read(struct mote_store *s, uint32_t seq, uint32_t offset, void *buf, size_t len);

/* These items are done, in any order; numbers that are unknown or done before are passed over. Up to 16 are one step.
 * Never MOTE_ERR_FULL in a store that is sound: there is always room for this and for mote_store_delete. */
int mote_store_done(struct mote_store *s, const uint32_t *seqs, unsigned count);

/// Looking at it ///

struct mote_store_info {
    uint32_t value_max, stanza_max; /* bytes of the largest that an empty store takes, with a key of one byte */
    uint32_t live, limit;           /* bytes that records take, with what belongs to them, and how many they may take */
    uint32_t queue_limit;           /* beyond it only values are taken */
    uint32_t count, next_seq;       /* items queued, number of the next one */
    uint32_t segment, segments;     /* bytes of one, and how many */
    uint32_t turns;   /* segments begun since the first mote_store_format: a block was erased turns / segments times */
    uint32_t damaged; /* places that do not read as written, found by mounting and since. Not 0: something was lost */
};
void mote_store_info(const struct mote_store *s, struct mote_store_info *info);

#endif
