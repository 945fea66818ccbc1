/* SPDX-License-Identifier: MIT
 * The outbox: messages, posts and small files that outlive a lost link, a restart and a power cut. What is queued is in
 * the store (core/store/store.h) before the call returns, and leaves it when the server has it.
 *
 *     mote_outbox_attach(&outbox, &x, &config);        after mote_init; the store is mounted
 *     mote_chat_durable(&chat, &outbox);               these kinds can be queued; nothing of the others is linked
 *     mote_blog_durable(&blog, &outbox);
 *     ...
 *     ticket = mote_chat_queue(&chat, &message, NULL); on line or not
 *
 * What the application hears. Of each ticket exactly one of MOTE_EV_DELIVERED, MOTE_EV_UNDELIVERABLE and
 * MOTE_EV_EXPIRED, with mote_outbox_item_of(event); maybe after a restart, for a ticket stays the same. It is a number
 * of the store, from 1 on; those of all other calls begin at 2^30 once an outbox is attached. Delivered means that the
 * account's server has it: a message was acknowledged (XEP-0198), or a ping behind it was answered where the server has
 * no stream management; a post was accepted by its service; a file was taken by its receiver. The item has left the
 * store when the event comes, so a power cut in that very moment can swallow the event, never repeat it.
 *
 * How often it arrives. A post has its id from the start, so sending it again replaces. With stream management a
 * message arrives once, over a lost link and, since the session is kept as well, over a restart. Where a session cannot
 * be resumed, what was on its way is looked up in the archive, if there is a witness (mote_archive_witness, XEP-0313).
 * Where nobody can tell it is sent again under the same id, and maybe_twice says so.
 *
 * Order: messages and posts leave in the order in which they were queued; one that is refused for a passing reason is
 * tried again later and holds up those behind it. Files have a queue of their own, one at a time; one whose receiver is
 * not there lets those behind it go first.
 */
#ifndef MOTE_OUTBOX_H
#define MOTE_OUTBOX_H

#include "core/module.h"
#include "core/store/store.h"

/* Items on their way at a time. Range 2..64; 12 bytes of struct mote_outbox each. */
#ifndef MOTE_OUTBOX_WINDOW
#define MOTE_OUTBOX_WINDOW 8
#endif

_Static_assert(MOTE_OUTBOX_WINDOW >= 2 && MOTE_OUTBOX_WINDOW <= 64, "MOTE_OUTBOX_WINDOW is 2..64");

/* When there is no room in the store. */
enum mote_outbox_full {
    MOTE_OUTBOX_REFUSE,     /* MOTE_ERR_FULL, nothing changes */
    MOTE_OUTBOX_DROP_OLDEST /* the oldest that was queued like this gives way: MOTE_EV_EXPIRED */
};

/* How to keep an item. NULL where it is asked for means all zero. */
struct mote_durable {
    int64_t expiry; /* unix time from which on it is of no use: MOTE_EV_EXPIRED instead of sending. 0: never. Without a
                       clock it waits up to 5 s after a login for the time (clock module), and is sent then */
    enum mote_outbox_full full;
    bool latest; /* only the latest for this receiver, or service and node, is of use: an earlier one with this flag
                    that still waits is replaced in the same step (MOTE_EV_EXPIRED) */
};

enum mote_outbox_event {
    MOTE_EV_DELIVERED = 56, /* what was queued under this ticket has arrived, and is no longer kept */
    MOTE_EV_UNDELIVERABLE,  /* it was refused for good, and is no longer kept; error, why, condition, from */
    MOTE_EV_EXPIRED         /* its time was over, or something took its place; why */
};

/* What an event tells of an item, beside its ticket, error, why and condition. */
struct mote_outbox_item {
    uint8_t kind;     /* the number of its kind: MOTE_OUTBOX_MESSAGE and the like; mote_outbox_kind_name has its name */
    bool maybe_twice; /* it may have arrived twice: the link was lost in a moment that nobody could clear up */
    const char *to;   /* receiver or service, "" for the own account */
    const char *id; /* of a message or post, name of a file, cut to MOTE_ID_MAX bytes; NULL where it is known no more: a
                       later one took its place */
};

/* Of MOTE_EV_DELIVERED, MOTE_EV_UNDELIVERABLE and MOTE_EV_EXPIRED. */
static inline const struct mote_outbox_item *mote_outbox_item_of(const struct mote_event *event)
{
    return (const struct mote_outbox_item *)event->data;
}

/* Is this message, which we sent, in the archive? Ask, and tell with mote_outbox_witnessed, from within or later.
 * Returns 0, or negative when it cannot be asked. */
typedef int mote_outbox_witness_fn(void *ctx, const char *to, const char *id, int64_t since, uint32_t ticket);

struct mote_outbox_config {
    struct mote_store *store;        /* mounted; used by others for values only */
    mote_outbox_witness_fn *witness; /* NULL: there is none */
    void *witness_ctx;
    bool forget_session; /* do not keep the XEP-0198 session over a restart: saves a write for each batch of
                            messages and for each acknowledgement that is sent */
};

/// For modules that queue: kinds of items ///

/* A module lets the outbox carry items of a kind of its own: with a const row that says what this kind is, and a
 * carrier in the module's struct that links the row into the outbox. core/modules/outbox_chat.c is the shortest
 * example. */

struct mote_outbox;

/* An item as it lies in the store: three strings, and the content. What they are is the kind's business; the first is
 * the receiver or service, the second names the item, and by the first and the third MOTE_STORE_LATEST knows what an
 * item takes the place of. The functions below read them. */
struct mote_outbox_stored {
    struct mote_store *store;
    int32_t ticket;
    uint8_t kind;                      /* the number of its kind */
    uint8_t tries;                     /* how often it was begun before, since the start */
    uint16_t to_len, id_len, node_len; /* bytes of the strings, without NUL */
    uint32_t content_len;              /* bytes */
    int64_t queued;                    /* unix time, 0 when it was not known */
    int64_t expiry;                    /* unix time, 0: never */
};

/* How the items of a kind get out. */
enum mote_outbox_handling {
    /* The content is a whole <message/> with its id. The outbox puts it into the ring by itself, and it is delivered
     * when the server has acknowledged it; what was on its way in a session that cannot be resumed is looked up in the
     * archive by its id, if there is a witness. `send` may be NULL; else it is called when the stanza is in the ring,
     * must send nothing itself, since the numbers of XEP-0198 are given out already, and its result does not matter. */
    MOTE_OUTBOX_STANZA,
    /* `send` sends it, in turn with those above: while one waits for another try, those behind it wait, too. */
    MOTE_OUTBOX_REQUEST,
    /* `send` gives it to somebody who has to be there. These have a row of their own, one at a time, so that nothing
     * else waits for them; mote_outbox_later lets those behind it go first. */
    MOTE_OUTBOX_MEETING
};

/* Put an item on its way. 0: the module will call mote_outbox_done, _again or _later for it, maybe from within.
 * MOTE_ERR_FULL: when there is more room in the ring; MOTE_ERR_BUSY: in a quarter of a second, or when something else
 * has been answered; MOTE_ERR_STATE: at the next login. Any other error: never; the item is undeliverable for it. */
typedef int mote_outbox_send_fn(struct mote_module *m, const struct mote_outbox_stored *item);

struct mote_outbox_kind {
    uint8_t number;   /* as the store has it on the device, so it never changes, and each stands for one kind for ever:
                         1..31 are given out by this source tree (docs/STORE.md has the list), 32..255 are for others */
    uint8_t handling; /* enum mote_outbox_handling */
    const char *name; /* for people, in one word: `mote queue` shows it */
    mote_outbox_send_fn *send;
};

/* From now on `m` can queue items of this kind, and sends those that are in the store already. Both are attached; it is
 * called before mote_connected. An item of a kind that nobody carries stays in the store and lets those behind it go
 * first; the log says so once. `carrier` stays in place as long as the outbox is used. */
void mote_outbox_carry(struct mote_outbox *o, struct mote_outbox_carrier *carrier, const struct mote_outbox_kind *kind,
                       struct mote_module *m);

/* Its name, or "unknown" where nobody carries it. */
const char *mote_outbox_kind_name(const struct mote_outbox *o, uint8_t kind);

struct mote_outbox_new {
    const char *to, *id, *node;         /* never NULL */
    const struct mote_durable *durable; /* may be NULL */
    struct mote_store_part content[2];
    unsigned pieces; /* of `content`: 0..2, which follow one another */
};

/* Into the store, for certain when this returns. Returns the ticket; MOTE_ERR_STATE when nobody carries this kind;
 * MOTE_ERR_FULL, _SIZE, _IO; or _BUSY from within an event that tells of a dropped item. */
int32_t mote_outbox_push(const struct mote_outbox_carrier *carrier, const struct mote_outbox_new *n);

/* The same, of what was composed with mote_module_begin and not sent: the content is filled in. MOTE_ERR_TEXT or
 * another error of the writer; MOTE_ERR_SIZE when it would not fit in an empty ring either. */
int32_t mote_outbox_push_composed(const struct mote_outbox_carrier *carrier, struct mote_outbox_new *n);

/* The item with this ticket: 1, 0 when it is not there, or MOTE_ERR_IO. */
int mote_outbox_item_at(struct mote_store *s, int32_t ticket, struct mote_outbox_stored *item);

/* Read back. A string is cut to fit, between two characters. False: the device failed. */
bool mote_outbox_to(const struct mote_outbox_stored *item, char *to, size_t size);
bool mote_outbox_id(const struct mote_outbox_stored *item, char *id, size_t size);
bool mote_outbox_node(const struct mote_outbox_stored *item, char *node, size_t size);

/* `len` bytes of the content, or all of it. False: the device failed. */
bool mote_outbox_read(const struct mote_outbox_stored *item, uint32_t offset, void *buf, size_t len);
bool mote_outbox_copy(const struct mote_outbox_stored *item, struct mote_writer *w);

/* An item that `send` began is over: delivered when `error` is 0, else undeliverable for that reason; `reply` is the
 * stanza that says so, or NULL; `why` goes before what is known from the reply, and may be NULL. The event comes from
 * within. */
void mote_outbox_done(struct mote_outbox *o, int32_t ticket, const struct mote_xml *reply, int error, const char *why);

/* It is to be tried again: at once, or after `delay_ms`, and those behind it wait for it. */
void mote_outbox_again(struct mote_outbox *o, int32_t ticket, uint32_t delay_ms);

/* It may have arrived by an earlier try: its event will say maybe_twice. */
void mote_outbox_doubt(struct mote_outbox *o, int32_t ticket);

/* MOTE_OUTBOX_MEETING alone: nobody takes it now. Those behind it go first, and it has another turn after `delay_ms`,
 * or at mote_outbox_retry. */
void mote_outbox_later(struct mote_outbox *o, int32_t ticket, uint32_t delay_ms);

/// The outbox ///

/* What is known of an item on its way. */
enum mote__outbox_flight_state {
    MOTE__FLIGHT_WAITING,   /* to be sent (again), before all that comes after it */
    MOTE__FLIGHT_LOADING,   /* about to go into the ring */
    MOTE__FLIGHT_IN_RING,   /* in the ring or on the wire; acknowledgements come in this order */
    MOTE__FLIGHT_AT_MODULE, /* the module will tell */
    MOTE__FLIGHT_RESTORED,  /* was on its way before a restart, in the session that is to be resumed */
    MOTE__FLIGHT_UNSURE,    /* was on its way when the session ended */
    MOTE__FLIGHT_ASKED_FOR  /* the witness has been asked */
};

struct mote__outbox_flight {
    uint32_t seq;     /* 0: it was taken out of the queue, and only its record in the ring is left */
    uint32_t number;  /* of the stanza in its XEP-0198 session */
    uint8_t state;    /* enum mote__outbox_flight_state */
    uint8_t handling; /* enum mote_outbox_handling */
    uint8_t tries;
    bool maybe_twice;
};

/* Those that leave in turn, and those that somebody has to be there for. */
enum { MOTE__OUTBOX_IN_TURN, MOTE__OUTBOX_MEETINGS, MOTE__OUTBOX_LANES };

struct mote__outbox_lane {
    uint64_t not_before_ms; /* 0: now */
    uint32_t cursor;        /* items up to here are on their way, or over */
    bool more;              /* there may be some behind it */
    bool busy;              /* a module had no room: until something is answered, or not_before_ms */
};

struct mote_outbox {
    struct mote_module mod;
    struct mote__durable durable;
    struct mote_outbox_config config;
    struct mote_outbox_carrier *carriers;
    struct mote_iq ping; /* without stream management: what was sent before it has arrived when it is answered */
    struct mote__outbox_lane lanes[MOTE__OUTBOX_LANES];
    uint64_t patience_ms; /* until then the server may tell whether the session can be resumed */
    uint64_t need;        /* free bytes of the ring without which there is no going on */
    uint64_t later_ms;    /* when those that nobody took have another turn; 0: there are none */
    uint8_t count;        /* of flights */
    uint8_t vouched;      /* flights that the ping vouches for */
    bool dropping;        /* in an event from within mote_store_push */
    bool unknown;         /* no session was kept: each stanza in the store may have been on its way */
    struct mote__outbox_flight flights[MOTE_OUTBOX_WINDOW]; /* in the order of leaving */
};

/* Attach it, after mote_init and before mote_connected. A session that was kept is taken up again: then the first login
 * may be MOTE_EV_RESUMED. Returns 0, MOTE_ERR_CONFIG, or MOTE_ERR_IO. `outbox` stays in place as long as `x` is used.
 */
int mote_outbox_attach(struct mote_outbox *o, struct mote *x, const struct mote_outbox_config *config);

/* For struct mote_store_config: `dropped`, with the outbox as its ctx. */
void mote_outbox_dropped(void *outbox, const struct mote_store_item *item);

/* The witness tells. */
enum mote_outbox_testimony { MOTE_OUTBOX_FOUND, MOTE_OUTBOX_NOT_FOUND, MOTE_OUTBOX_CANNOT_TELL };
void mote_outbox_witnessed(struct mote_outbox *o, uint32_t ticket, enum mote_outbox_testimony testimony);

/* What waits. An item as `mote queue` shows it. */
struct mote_outbox_entry {
    int32_t ticket;
    uint8_t kind;              /* its number: see mote_outbox_kind_name */
    uint32_t size;             /* bytes */
    int64_t queued;            /* unix time, 0 when it was not known */
    int64_t expiry;            /* unix time, 0: never */
    char to[MOTE_JID_MAX + 1]; /* receiver or service; "" for the own account */
    char id[128];              /* of a message or post, name of a file; cut */
    char node[128];            /* of a post; cut */
};

/* The item behind the one of the ticket `after`, 0 to begin. Returns 1, 0 when there is none, MOTE_ERR_IO. Needs no
 * engine: reads the store alone. */
int mote_outbox_next(struct mote_store *store, int32_t after, struct mote_outbox_entry *entry);

/* Take an item out of the queue. Whether it has left already cannot be undone. MOTE_EV_EXPIRED follows, from within. */
int mote_outbox_drop(struct mote_outbox *o, int32_t ticket);

/* Try at once what waits for another try. */
void mote_outbox_retry(struct mote_outbox *o);

/* How an item fares. */
enum mote_outbox_state { MOTE_OUTBOX_WAITING, MOTE_OUTBOX_SENDING, MOTE_OUTBOX_UNSURE };
enum mote_outbox_state mote_outbox_state(const struct mote_outbox *o, int32_t ticket);

/* Items that wait or are on their way. */
uint32_t mote_outbox_count(const struct mote_outbox *o);

#endif
