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
 * What the application is told. For each ticket exactly one of MOTE_EV_DELIVERED, MOTE_EV_UNDELIVERABLE and
 * MOTE_EV_EXPIRED comes, with mote_outbox_item_of(event). It may come after a restart, because a ticket stays the same:
 * it is a number of the store, from 1 on. The tickets of all other calls begin at 2^30 once an outbox is attached.
 * Delivered means that the account's server has it: a message was acknowledged (XEP-0198), or a ping behind it was
 * answered when the server has no stream management; a post was accepted by its service; a file was taken by its
 * receiver. The item has left the store when the event comes, so a power cut at that moment can swallow the event, but
 * never repeat it.
 *
 * How often an item arrives. A post has its id from the start, so sending it again replaces it. With stream management
 * a message arrives once, over a lost link and, because the session is kept as well, over a restart. When a session
 * cannot be resumed, what was on its way is looked up in the archive, if there is a witness (mote_archive_witness,
 * XEP-0313). When nobody can tell, it is sent again under the same id, and maybe_twice says so.
 *
 * Order. Messages and posts leave in the order in which they were queued; one that is refused for a passing reason is
 * tried again later and holds up those behind it. Files have a queue of their own, one at a time; one whose receiver is
 * not there lets those behind it go first.
 */
#ifndef MOTE_OUTBOX_H
#define MOTE_OUTBOX_H

#include "core/module.h"
#include "core/store/store.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How many items are on their way at a time. Range 2..64; each takes 12 bytes of struct mote_outbox. */
#ifndef MOTE_OUTBOX_WINDOW
#define MOTE_OUTBOX_WINDOW 8
#endif

MOTE_STATIC_ASSERT(MOTE_OUTBOX_WINDOW >= 2 && MOTE_OUTBOX_WINDOW <= 64, "MOTE_OUTBOX_WINDOW is 2..64");

/* What to do when there is no room in the store. */
enum mote_outbox_full {
    MOTE_OUTBOX_REFUSE,     /* return MOTE_ERR_FULL, and change nothing */
    MOTE_OUTBOX_DROP_OLDEST /* drop the oldest that was queued with this, which gets MOTE_EV_EXPIRED */
};

/* How to keep an item. Functions that take one take NULL for all zero. */
struct mote_durable {
    /* Unix time from which on the item is of no use: it gets MOTE_EV_EXPIRED and is not sent. 0 is never. While the
     * time is not known, it waits up to 5 s after a login for the clock module to learn it, and is sent then. */
    int64_t expiry;

    enum mote_outbox_full full;

    /* Only the latest item for this receiver, or service and node, is of use: an earlier one with this flag that still
     * waits is replaced in the same step, and gets MOTE_EV_EXPIRED. */
    bool latest;
};

enum mote_outbox_event {
    MOTE_EV_DELIVERED = 56, /* what was queued under this ticket has arrived, and is no longer kept */
    MOTE_EV_UNDELIVERABLE,  /* it was refused for good, and is no longer kept; error, why, condition, from */
    MOTE_EV_EXPIRED         /* its time was over, or something took its place; why */
};

/* What an event tells of an item, beside its ticket, error, why and condition. */
struct mote_outbox_item {
    uint8_t kind;     /* the number of its kind: MOTE_OUTBOX_MESSAGE and the like; mote_outbox_kind_name has its name */
    bool maybe_twice; /* it may have arrived twice, because nobody knows whether an earlier try did arrive */
    const char *to;   /* receiver or service, "" for the own account */
    const char *id;   /* of a message or post, name of a file, cut to MOTE_ID_MAX bytes; NULL when a later item took its
                         place, and it is not known any more */
};

/* The item of MOTE_EV_DELIVERED, MOTE_EV_UNDELIVERABLE and MOTE_EV_EXPIRED. */
static inline const struct mote_outbox_item *mote_outbox_item_of(const struct mote_event *event)
{
    return (const struct mote_outbox_item *)event->data;
}

/* Is this message, which we sent, in the archive? The function asks, and tells the answer with mote_outbox_witnessed,
 * from within or later. It returns 0, or negative when it cannot ask. */
typedef int mote_outbox_witness_fn(void *ctx, const char *to, const char *id, int64_t since, uint32_t ticket);

struct mote_outbox_config {
    struct mote_store *store;        /* mounted already; others may use it for values only */
    mote_outbox_witness_fn *witness; /* NULL when there is none */
    void *witness_ctx;

    /* Do not keep the XEP-0198 session over a restart. It saves a write for each batch of messages. */
    bool forget_session;

    /* Keep it also while no message is on its way, so that a restart goes on with it and gets what came meanwhile. It
     * costs at most one write in five seconds while anything comes, from whomever. Without it nothing that others send
     * has the storage written, and a restart binds the same resource anew. */
    bool keep_idle_session;
};

/// For modules that queue: kinds of items ///

/* A module can queue items of a kind of its own. It has a const struct mote_outbox_kind that says what this kind is,
 * and in its own struct a carrier that links the kind into the outbox. core/modules/outbox_chat.c is the shortest
 * example. */

struct mote_outbox;

/* An item as it lies in the store: three strings and the content, which the functions below read. The first string is
 * the receiver or service, the second names the item; the kind decides what the third and the content are. An item that
 * is `latest` takes the place of one that has the same first and third string. */
struct mote_outbox_stored {
    struct mote_store *store;
    int32_t ticket;
    uint8_t kind;                      /* the number of its kind */
    uint8_t tries;                     /* how often it was begun before, since the program started */
    uint16_t to_len, id_len, node_len; /* bytes of the strings, without NUL */
    uint32_t content_len;              /* bytes */
    int64_t queued;                    /* unix time, 0 when it was not known */
    int64_t expiry;                    /* unix time, 0 for never */
};

/* How the items of a kind leave. */
enum mote_outbox_handling {
    /* The content is a whole <message/> with its id. The outbox puts it into the ring by itself, and it is delivered
     * when the server has acknowledged it. One that was on its way in a session that cannot be resumed is looked up in
     * the archive by its id, if there is a witness. `send` may be NULL; else it is called when the stanza is in the
     * ring. It must not send anything, because the numbers of XEP-0198 are given out already; its result is ignored. */
    MOTE_OUTBOX_STANZA,

    /* `send` sends it, in one queue with those above: while one waits for another try, those behind it wait, too. */
    MOTE_OUTBOX_REQUEST,

    /* `send` gives it to somebody who has to be there. These items have a queue of their own, and leave one at a time,
     * so that nothing else waits for them; mote_outbox_later lets those behind it go first. */
    MOTE_OUTBOX_MEETING
};

/* Put an item on its way. Returns
 *   0                 the module will call mote_outbox_done, _again or _later for it, maybe from within
 *   MOTE_ERR_FULL     it is to be tried again when there is more room in the ring
 *   MOTE_ERR_BUSY     in a quarter of a second, or when something else has been answered
 *   MOTE_ERR_STATE    at the next login
 * After any other error it is not tried again, and undeliverable for that reason. */
typedef int mote_outbox_send_fn(struct mote_module *m, const struct mote_outbox_stored *item);

struct mote_outbox_kind {
    uint8_t number;   /* the store has it on the device, so it must never change. 1..31 are given out by this source
                         tree (docs/STORE.md has the list), 32..255 are for others */
    uint8_t handling; /* enum mote_outbox_handling */
    const char *name; /* one word for people, as `mote queue` shows it */
    mote_outbox_send_fn *send;
};

/* From now on `m` can queue items of this kind, and sends those that are in the store already. The outbox and `m` are
 * attached already, and this is called before mote_connected. An item of a kind that nobody carries stays in the store
 * and lets those behind it go first; the log says so once. `carrier` stays in place as long as the outbox is used. */
void mote_outbox_carry(struct mote_outbox *o, struct mote_outbox_carrier *carrier, const struct mote_outbox_kind *kind,
                       struct mote_module *m);

/* The name of a kind, or "unknown" when nobody carries it. */
const char *mote_outbox_kind_name(const struct mote_outbox *o, uint8_t kind);

struct mote_outbox_new {
    const char *to, *id, *node;         /* never NULL */
    const struct mote_durable *durable; /* may be NULL */
    uint32_t around; /* bytes that `send` puts around the content, at most: for what is composed */
    struct mote_store_part content[2];
    unsigned pieces; /* of `content`: 0..2, one behind the other */
};

/* Put an item into the store. It is there for certain when this returns. Returns the ticket, or MOTE_ERR_STATE when
 * nobody carries this kind; MOTE_ERR_FULL, _SIZE, _IO; or _BUSY from within an event that tells of a dropped item. */
int32_t mote_outbox_push(const struct mote_outbox_carrier *carrier, const struct mote_outbox_new *n);

/* The same for a stanza that was composed with mote_module_begin and not sent, which becomes the content. Returns also
 * MOTE_ERR_TEXT or another error of the writer, and MOTE_ERR_SIZE when an empty ring would not hold it with `around`.
 */
int32_t mote_outbox_push_composed(const struct mote_outbox_carrier *carrier, struct mote_outbox_new *n);

/* The item with this ticket: 1, 0 when it is not there, or MOTE_ERR_IO. */
int mote_outbox_item_at(struct mote_store *s, int32_t ticket, struct mote_outbox_stored *item);

/* Read a string back. It is cut to fit, between two characters. Returns false when the device failed. */
bool mote_outbox_to(const struct mote_outbox_stored *item, char *to, size_t size);
bool mote_outbox_id(const struct mote_outbox_stored *item, char *id, size_t size);
bool mote_outbox_node(const struct mote_outbox_stored *item, char *node, size_t size);

/* Read `len` bytes of the content, or copy all of it. Returns false when the device failed. */
bool mote_outbox_read(const struct mote_outbox_stored *item, uint32_t offset, void *buf, size_t len);
bool mote_outbox_copy(const struct mote_outbox_stored *item, struct mote_writer *w);

/* An item that `send` began is over: delivered when `error` is 0, else undeliverable for that reason. `reply` is the
 * stanza that says so, or NULL. `why` is told instead of what the reply says, unless it is NULL. The event comes from
 * within. */
void mote_outbox_done(struct mote_outbox *o, int32_t ticket, const struct mote_xml *reply, int error, const char *why);

/* It is to be tried again: at once, or after `delay_ms`, and those behind it wait for it. */
void mote_outbox_again(struct mote_outbox *o, int32_t ticket, uint32_t delay_ms);

/* It may have arrived by an earlier try: its event will say maybe_twice. */
void mote_outbox_doubt(struct mote_outbox *o, int32_t ticket);

/* Only with MOTE_OUTBOX_MEETING: nobody takes the item now. Those behind it go first, and it has another turn after
 * `delay_ms`, or at mote_outbox_retry. */
void mote_outbox_later(struct mote_outbox *o, int32_t ticket, uint32_t delay_ms);

/// The outbox ///

/* A flight is what is known of an item on its way. */
enum mote__outbox_flight_state {
    MOTE__FLIGHT_WAITING,   /* it is to be sent (again), before all that comes after it */
    MOTE__FLIGHT_LOADING,   /* it is about to go into the ring */
    MOTE__FLIGHT_IN_RING,   /* it is in the ring or was sent; acknowledgements come in the order of these */
    MOTE__FLIGHT_AT_MODULE, /* its module has it, and will tell the end */
    MOTE__FLIGHT_RESTORED,  /* it was on its way before a restart, in the session that is to be resumed */
    MOTE__FLIGHT_UNSURE,    /* it was on its way when the session ended */
    MOTE__FLIGHT_ASKED_FOR  /* the witness has been asked about it */
};

struct mote__outbox_flight {
    uint32_t seq;     /* the ticket; 0 when it was taken out of the queue, and only its record in the ring is left */
    uint32_t number;  /* of the stanza in its XEP-0198 session */
    uint8_t state;    /* enum mote__outbox_flight_state */
    uint8_t handling; /* enum mote_outbox_handling */
    uint8_t tries;
    bool maybe_twice;
};

/* There are two lanes: items that leave in turn, and those that somebody has to be there for. */
enum { MOTE__OUTBOX_IN_TURN, MOTE__OUTBOX_MEETINGS, MOTE__OUTBOX_LANES };

struct mote__outbox_lane {
    uint64_t not_before_ms; /* when the lane goes on; 0 for at once */
    uint32_t cursor;        /* items up to this one are on their way, or over */
    bool more;              /* there may be some behind it */
    bool busy;              /* a module had no room: the lane waits until not_before_ms, or until there is an answer */
};

struct mote_outbox {
    struct mote_module mod;
    struct mote__durable durable;
    struct mote_outbox_config config;
    struct mote_outbox_carrier *carriers;
    struct mote_iq ping; /* without stream management: when it is answered, what was sent before it has arrived */
    struct mote__outbox_lane lanes[MOTE__OUTBOX_LANES];
    uint64_t patience_ms; /* how long the answer to <enable/>, and the time of day, are waited for */
    uint64_t need;        /* bytes of the ring that must be free before anything more can leave */
    uint64_t later_ms;    /* when those that nobody took have another turn; 0 when there are none */
    uint64_t keep_ms;     /* the session is not written again before this because of what came */
    uint32_t kept_in;     /* stanzas received, as the session was written */
    bool kept_id;         /* the session as it was written can be resumed */
    uint8_t count;        /* of flights */
    uint8_t vouched;      /* flights that the ping vouches for */
    bool dropping;        /* an event from within mote_store_push is being given */
    bool unknown;         /* no session was kept, so each stanza in the store may have been on its way */
    struct mote__outbox_flight flights[MOTE_OUTBOX_WINDOW]; /* in the order of leaving */
};

/* Attach it, after mote_init and before mote_connected. A session that was kept is taken up again: then the first login
 * may give MOTE_EV_RESUMED. Returns 0, MOTE_ERR_CONFIG, or MOTE_ERR_IO. `o` stays in place as long as `x` is used. */
int mote_outbox_attach(struct mote_outbox *o, struct mote *x, const struct mote_outbox_config *config);

/* This is `dropped` of struct mote_store_config, with the outbox as its ctx. */
void mote_outbox_dropped(void *outbox, const struct mote_store_item *item);

/* The witness tells what it knows of the message with this ticket. */
enum mote_outbox_testimony { MOTE_OUTBOX_FOUND, MOTE_OUTBOX_NOT_FOUND, MOTE_OUTBOX_CANNOT_TELL };
void mote_outbox_witnessed(struct mote_outbox *o, uint32_t ticket, enum mote_outbox_testimony testimony);

/* An item that waits, as `mote queue` shows it. */
struct mote_outbox_entry {
    int32_t ticket;
    uint8_t kind;              /* its number: see mote_outbox_kind_name */
    uint32_t size;             /* bytes */
    int64_t queued;            /* unix time, 0 when it was not known */
    int64_t expiry;            /* unix time, 0 for never */
    char to[MOTE_JID_MAX + 1]; /* receiver or service; "" for the own account */
    char id[128];              /* of a message or post, or name of a file; cut to fit */
    char node[128];            /* of a post; cut to fit */
};

/* The item behind the one with the ticket `after`; 0 to begin. Returns 1, 0 when there is none, or MOTE_ERR_IO. It
 * reads the store alone, and needs no engine. */
int mote_outbox_next(struct mote_store *store, int32_t after, struct mote_outbox_entry *entry);

/* Take an item out of the queue. If it has left already, that cannot be undone. MOTE_EV_EXPIRED comes from within.
 * Returns 0, or MOTE_ERR_ARG when there is no such item. */
int mote_outbox_drop(struct mote_outbox *o, int32_t ticket);

/* The same of up to MOTE_OUTBOX_DROP_MAX at a time, as mote_outbox_next gave them: one step of the store and one sync,
 * where one by one takes a sync each. 0, or MOTE_ERR_IO: then none was dropped. */
enum { MOTE_OUTBOX_DROP_MAX = 16 };
int mote_outbox_drop_some(struct mote_outbox *o, const struct mote_outbox_entry *entries, unsigned count);

/* Try at once what waits for another try. */
void mote_outbox_retry(struct mote_outbox *o);

/* Does an item wait, is it being sent, or does nobody know whether it has arrived? */
enum mote_outbox_state { MOTE_OUTBOX_WAITING, MOTE_OUTBOX_SENDING, MOTE_OUTBOX_UNSURE };
enum mote_outbox_state mote_outbox_state(const struct mote_outbox *o, int32_t ticket);

/* Items that wait or are on their way. */
uint32_t mote_outbox_count(const struct mote_outbox *o);

#ifdef __cplusplus
}
#endif

#endif
