/* SPDX-License-Identifier: MIT
 * The store: what has to survive a power cut, as a log over a block device. docs/STORE.md has every bit of it.
 *
 * It holds values under short keys (derived keys, settings, the state of a session), of which the latest wins, and one
 * queue of outgoing stanzas, first in first out, each with a number that stays the same until it is done.
 *
 * What a power cut leaves
 *   - Every call here is one step: it happened or it did not. A call that makes room by dropping queued items is a step
 *     for each of them, and then its own.
 *   - Steps survive in their order. After mote_store_sync returned 0, all steps before it survive. Without it the first
 *     of them survive, however much the device reorders what it writes; how many is not known.
 *   - mote_store_mount takes whatever is there, and writes nothing. A step that was torn counts as never begun.
 *
 * Conventions
 *   - Results are enum mote_error, or 0, or a length. MOTE_ERR_FULL, _SIZE and _ARG are answers: nothing was changed
 *     (but see MOTE_STORE_DROPPABLE), and mote_store_why is left alone.
 *   - MOTE_ERR_IO: the device failed. It sticks: all that follows returns it, until the store is mounted again, which
 *     finds the steps that were synced and maybe some after.
 *   - The store takes no RAM but struct mote_store and the buffer, whatever the size of the device. It is used from one
 *     thread, and waits for nothing but the device.
 */
#ifndef MOTE_STORE_H
#define MOTE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the format on the device. A store of an older version opens, and one of a newer version is refused
 * with MOTE_ERR_CONFIG and left as it is (docs/COMPATIBILITY.md). */
#define MOTE_STORE_VERSION 1

/* How many keys can have a value at a time. Range 4..255; each takes eight bytes of struct mote_store. */
#ifndef MOTE_STORE_KEYS
#define MOTE_STORE_KEYS 32
#endif

/* How many queued items are known by place, so that they need no search. Range 4..255; each takes eight bytes of
 * struct mote_store. A queue of n items is walked with n / MOTE_STORE_AHEAD readings of the log. */
#ifndef MOTE_STORE_AHEAD
#define MOTE_STORE_AHEAD 16
#endif

MOTE_STATIC_ASSERT(MOTE_STORE_KEYS >= 4 && MOTE_STORE_KEYS <= 255, "MOTE_STORE_KEYS is 4..255");
MOTE_STATIC_ASSERT(MOTE_STORE_AHEAD >= 4 && MOTE_STORE_AHEAD <= 255, "MOTE_STORE_AHEAD is 4..255");

/// The device, in the convention of littlefs ///

/* All functions return 0, or negative for a failure that sticks. Offsets and sizes are multiples of read_size or
 * prog_size, and never cross the end of a block. */
struct mote_flash {
    /* Read. Returns 1 when some of these bytes cannot be read, such as a sector of an SD card whose writing was cut
     * off; what is in `buf` then does not matter. */
    int (*read)(void *ctx, uint32_t block, uint32_t offset, void *buf, uint32_t size);
    /* Write bytes that were erased since they were last written; with `overwrite` any bytes. */
    int (*prog)(void *ctx, uint32_t block, uint32_t offset, const void *buf, uint32_t size);
    /* Make a block ready for prog. Afterwards it may hold anything; where it holds 0xFF, the store need not move to the
     * next segment after a mount. Without `overwrite`, bytes that read as 0xFF since the last erase can be written. */
    int (*erase)(void *ctx, uint32_t block);
    /* Make all that was erased and written so far survive a power cut. */
    int (*sync)(void *ctx);
    void *ctx;
    uint32_t read_size;   /* bytes; divides prog_size */
    uint32_t prog_size;   /* bytes; divides block_size. Each record is padded to it */
    uint32_t block_size;  /* bytes */
    uint32_t block_count; /* all blocks together have less than 4 GiB */
    bool overwrite;       /* prog needs no erase, as on an SD card or in a file */
};

/// Configuration ///

/* What is queued. */
struct mote_store_item {
    /* Set by the store. */
    uint32_t seq;      /* counts up from 1 since mote_store_format, and is never used again */
    uint32_t size;     /* bytes of the stanza */
    uint32_t replaced; /* number of the item that this one replaced, 0 for none: set by mote_store_push alone */

    /* Set by the caller. The store keeps kind and expiry, and does nothing with them. */
    uint8_t kind;
    int64_t expiry;
    uint64_t node; /* with MOTE_STORE_LATEST: which node. It must be the same after a restart, and so cannot be a
                      mote_module_jid_hash, whose key is made at the start */
    uint8_t flags; /* enum mote_store_flags, or-ed */
};

enum mote_store_flags {
    /* The item may be dropped, the oldest first, when there is no room for another one that has this flag as well.
     * Items without it are never dropped. A large item may still get MOTE_ERR_FULL after some were dropped, because the
     * room is in pieces; each drop was told to `dropped`. */
    MOTE_STORE_DROPPABLE = 1,

    /* The item replaces the queued item that has this flag and the same node, in one step. */
    MOTE_STORE_LATEST = 2
};

/* Called from mote_store_push before `item` is dropped. It may call mote_store_read and mote_store_next, which still
 * give the item; mote_store_done of this or other items, and mote_store_sync, so that the drop is certain before
 * anybody is told. It may call no other function of the store. */
typedef void mote_store_dropped_fn(void *ctx, const struct mote_store_item *item);

/* Must stay as it is while the store is used, and so must what it points to. */
struct mote_store_config {
    const struct mote_flash *flash;
    void *buffer;       /* for the store alone, while it is used. It will hold secrets */
    size_t buffer_size; /* bytes; at least prog_size, and at least 64. 512 is fine; more saves calls of the device */
    uint32_t blocks;    /* blocks of a segment. 0: as many as make 4 KiB, or a 64th of the device if that is more, but
                           so few that there are four segments */
    mote_store_dropped_fn *dropped; /* may be NULL */
    void *ctx;                      /* given back to dropped */
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
    uint32_t stuck;               /* a record of this size found no room, though there is enough; else UINT32_MAX */
    uint32_t damaged;
    uint32_t next_seq, count, low; /* the queue; no item below `low` is left */
    uint32_t from, limit;          /* of the items from <= seq < limit, all that are left stand in `ahead` */
    struct {
        uint32_t seq, at;
    } ahead[MOTE_STORE_AHEAD];
    struct {
        uint32_t hash, at; /* at is 0 in a free place */
    } keys[MOTE_STORE_KEYS];
    int error;
    uint8_t ahead_count;
    bool closed;  /* the head takes no more records, because writing it was cut off */
    bool unclear; /* behind the end of the head there may be records that a cut took back */
    bool dirty;   /* something waits for sync */
};

/// Opening ///

enum { MOTE_STORE_NONE = 1 }; /* there is no store on the device */

/* Find the store on the device. Reads the start of each segment, and the segments in use once. Nothing is written.
 *   0                  the store is ready
 *   MOTE_STORE_NONE    there is no store, or nothing is left of it; mote_store_format makes one
 *   MOTE_ERR_CONFIG    the geometry is impossible, or the store was made for another one or by another version;
 *                      mote_store_why says which
 *   MOTE_ERR_IO        the device failed */
int mote_store_mount(struct mote_store *s, const struct mote_store_config *config);

/* Make an empty store, whatever was there, and mount it. A store that was there is gone in one step. `salt` comes from
 * the random source: bytes that a peer had us write cannot pass for records, because it cannot guess the salt. The
 * blocks are erased, but secrets may stay on a device whose erase or overwriting leaves copies. Results as
 * mote_store_mount. */
int mote_store_format(struct mote_store *s, const struct mote_store_config *config, uint64_t salt);

/* Wait until all that was done survives a power cut. Returns 0, or MOTE_ERR_IO. The device is called only when there is
 * something to sync. */
int mote_store_sync(struct mote_store *s);

/* Why the last MOTE_ERR_CONFIG or MOTE_ERR_IO came: a sentence fragment in ROM, "" when there was none. */
const char *mote_store_why(const struct mote_store *s);

/// Values ///

enum { MOTE_STORE_KEY_MAX = 31 }; /* bytes of a key, without the NUL */

/* Keep `value` under `key`. A value that is the same as before costs no writing.
 *   MOTE_ERR_SIZE    the value is larger than mote_store_info tells, or empty
 *   MOTE_ERR_FULL    there is no room now, or MOTE_STORE_KEYS keys are in use
 *   MOTE_ERR_ARG     the key is empty or too long, or has the same CRC-32 as another one that is in use */
int mote_store_put(struct mote_store *s, const char *key, const void *value, size_t len);

/* Copy a value. Returns its length, 0 when there is none; with `buf` NULL nothing is copied. MOTE_ERR_SIZE: the value
 * does not fit in `size`. MOTE_ERR_HASH: it was damaged on the device since the store was mounted; this does not
 * stick. */
ptrdiff_t mote_store_get(struct mote_store *s, const char *key, void *buf, size_t size);

/* Forget the value of a key. Returns 0, also when there was none. */
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

/* Queue the stanza which the `count` parts make. Of `item` kind, expiry, node and flags are taken; seq, size and
 * replaced are set.
 *   MOTE_ERR_SIZE    the stanza is larger than mote_store_info tells
 *   MOTE_ERR_FULL    there is no room now, and dropping what may be dropped would not make enough
 *   MOTE_ERR_ARG     there are more than MOTE_STORE_PARTS_MAX parts */
int mote_store_push(struct mote_store *s, struct mote_store_item *item, const struct mote_store_part *parts,
                    unsigned count);

/* The oldest item whose seq is above `after`, which is 0 to begin with. Returns 1, or 0 when there is none. Any other
 * function may be called between two of these calls. Items which were damaged on the device are left out. */
int mote_store_next(struct mote_store *s, uint32_t after, struct mote_store_item *item);

/* Copy `len` bytes of an item's stanza from `offset` on. Returns 0, or MOTE_ERR_ARG when there is no such item or the
 * stanza ends before. */
int mote_store_read(struct mote_store *s, uint32_t seq, uint32_t offset, void *buf, size_t len);

/* These items are done, in any order; numbers that are unknown, or were done before, are passed over. Up to 16 items
 * are one step. In a store that is sound it never returns MOTE_ERR_FULL, because some room is kept for this and for
 * mote_store_delete. */
int mote_store_done(struct mote_store *s, const uint32_t *seqs, unsigned count);

/// Looking at it ///

struct mote_store_info {
    uint32_t value_max, stanza_max; /* bytes of the largest that an empty store takes, with a key of one byte */
    uint32_t live, limit;           /* bytes that records take, with what belongs to them, and how many they may take */
    uint32_t queue_limit;           /* no item is queued beyond this, so that some room is left for values */
    uint32_t count, next_seq;       /* items queued, number of the next one */
    uint32_t segment, segments;     /* bytes of one, and how many */
    uint32_t turns;   /* segments begun since the first mote_store_format: a block was erased turns / segments times */
    uint32_t damaged; /* places that do not read as they were written: unless it is 0, something was lost */
};
void mote_store_info(const struct mote_store *s, struct mote_store_info *info);

#ifdef __cplusplus
}
#endif

#endif
