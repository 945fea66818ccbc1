/* SPDX-License-Identifier: MIT
 * What a feature module is, and what the engine offers to one. docs/MODULES.md is the walk.
 *
 * A module is a struct of the application that begins with struct mote_module, attached by mote_<name>_attach. The core
 * names no module: it walks the list of attached ones. A module reaches another only through that one's header.
 */
#ifndef MOTE_MODULE_H
#define MOTE_MODULE_H

#include "core/mote.h"
#include "core/xml/stanza.h"
#include "core/xml/writer.h"

struct mote_module;

enum mote_phase {
    MOTE_PHASE_ONLINE, /* a new session: nothing the server knew of the old one holds any more */
    MOTE_PHASE_READY,  /* follows ONLINE once every module has had it: initial presence is out */
    MOTE_PHASE_RESUMED, /* the link was lost and is back, the session is the same: requests still wait, nothing is to be
                           said again */
    MOTE_PHASE_LOST     /* the session ended; pending IQs were answered with MOTE_ERR_LOST before this. See `by_jid` */
};

/* Kinds of stanza; IQs of type get and set only. */
enum mote_takes { MOTE_TAKES_MESSAGE = 1, MOTE_TAKES_PRESENCE = 2, MOTE_TAKES_IQ = 4 };

/* The class row, const, one per module. NULL where a module has no use for a member. */
struct mote_module_class {
    const char *name;
    const char *const *features; /* disco features (XEP-0030), NULL-terminated */

    /* A whole stanza of the kinds named in `takes` (enum mote_takes, or-ed). True: taken, the others do not see it. An
     * IQ that was taken must be answered by the module, now or later; one that nobody takes gets service-unavailable.
     */
    uint8_t takes;
    bool (*stanza)(struct mote_module *m, const struct mote_xml *stanza);

    /* Its requests are part of conversations with peers under our full JID. A session that is left because the server
     * is deaf in it (core/engine/stream_management.h) does not end them, if the next one has the same JID: until that
     * is known they wait on, LOST is not told, and then what was on its way is sent again. */
    bool by_jid;

    void (*phase)(struct mote_module *m, enum mote_phase phase);

    /* Put child elements into the initial presence. */
    void (*presence)(struct mote_module *m, struct mote_writer *w);

    /* When tick is to be called next, UINT64_MAX for never; and that time has come. */
    uint64_t (*deadline)(const struct mote_module *m);
    void (*tick)(struct mote_module *m, uint64_t now_ms);
};

struct mote_module {
    const struct mote_module_class *class;
    struct mote *x;
    struct mote_module *next; /* in the order of attaching */
};

/* A module's place in an outbox, one for each kind of item that it queues there (mote_outbox_carry of
 * core/modules/outbox/outbox.h). It is declared here so that the struct of a module can have one and its header need not
 * include the outbox, which not everybody attaches. */
struct mote_outbox_carrier {
    struct mote_outbox_carrier *next;
    struct mote_outbox *outbox; /* NULL: nothing of this kind can be queued */
    const struct mote_outbox_kind *kind;
    struct mote_module *module;
};

/* Link `m` into the engine. Called by the module's own attach. */
void mote_module_attach(struct mote_module *m, struct mote *x, const struct mote_module_class *class);

/// Sending ///

/* How a record in the ring behaves when the link is lost before it was wholly written. */
enum mote_tx_keep {
    MOTE_TX_DROP, /* forgotten: an answer, a request whose asker is told MOTE_ERR_LOST, presence */
    MOTE_TX_KEEP, /* sent on the next session: a message */
    MOTE_TX_STORED, /* forgotten here: the outbox has it, and hears of it */
    MOTE_TX_BY_JID  /* forgotten, unless the next session has the same full JID: see `by_jid` */
};

/* Begin a stanza; NULL is never returned. Exactly one mote_module_send follows in the same call. */
struct mote_writer *mote_module_begin(struct mote *x);

/* End it. 0: queued whole. MOTE_ERR_FULL, _SIZE, _TEXT, or _STATE when off line and not MOTE_TX_KEEP: nothing was
 * queued. Room of an eighth of the ring is kept from the application's stanzas for answers: see mote_module_answer. */
int mote_module_send(struct mote *x, enum mote_tx_keep keep);

/* The same for an answer to a peer's stanza: may use the reserved room. */
int mote_module_answer(struct mote *x);

/* <iq type='error'> back to the sender of `iq`: `type` is "cancel", "modify", "auth" or "wait", `condition` a defined
 * condition. Silent when `iq` is itself a result or error. */
int mote_module_answer_error(struct mote *x, const struct mote_xml *iq, const char *type, const char *condition);

/* The same with a condition of the application beside it (RFC 6120 section 8.3.4): <name xmlns='ns'/>. */
int mote_module_answer_error_of(struct mote *x, const struct mote_xml *iq, const char *type, const char *condition,
                           const char *name, const char *ns);

/* <iq type='result'/> without content. */
int mote_module_answer_empty(struct mote *x, const struct mote_xml *iq);

/* <iq type='result' id= to=>: write the content and </iq>, then mote_module_answer. */
struct mote_writer *mote_module_begin_result(struct mote *x, const struct mote_xml *iq);

/* Give an event to the application. */
void mote_module_emit(struct mote *x, const struct mote_event *event);

/* The same with these fields alone: `thing` is what the event points to, such as a struct mote_message, or NULL. */
void mote_module_tell(struct mote *x, int kind, int32_t ticket, const char *from, const void *thing);

/// Requests: IQs that wait for an answer (RFC 6120 section 8.2.3) ///

struct mote_iq;

/* The answer. `reply` is the result or error stanza; NULL when there is none: then `error` is MOTE_ERR_LOST or
 * MOTE_ERR_TIMEOUT. For an error stanza `error` is MOTE_ERR_REFUSED. Called exactly once per request, never from inside
 * mote_iq_send; `iq` is free again when it is called. */
typedef void mote_iq_fn(struct mote_iq *iq, const struct mote_xml *reply, int error);

/* One request that waits. The module owns it and keeps it in place until it is answered or mote_iq_cancel was called.
 */
struct mote_iq {
    struct mote_iq *next;
    struct mote_module *module;
    mote_iq_fn *answered;
    uint64_t deadline_ms; /* 0: set by the next tick */
    uint64_t id;   /* random, sent as 11 characters of base64url */
    uint64_t peer; /* keyed hash of the normalised JID that may answer */
    int32_t ticket;
    bool pending;
};

/* Begin a request: writes <iq type='TYPE' id='..' to='TO'>. `to` NULL is the own account. `type` is "get" or "set".
 * Write the one child element, then mote_iq_send, which adds </iq>. */
struct mote_writer *mote_iq_begin(struct mote_iq *iq, struct mote_module *m, const char *type, const char *to);

/* Send it and wait. Returns a ticket > 0, or what mote_module_send returns, or MOTE_ERR_BUSY when `iq` is pending. */
int32_t mote_iq_send(struct mote_iq *iq, mote_iq_fn *answered);

/* Forget a pending request: `answered` is not called. */
void mote_iq_cancel(struct mote_iq *iq);

/* Fill in what an error event needs from the answer to a request: condition, text, from. */
void mote_iq_explain(struct mote_event *event, const struct mote_xml *reply, int error);

/// Small services ///

uint64_t mote_module_now(const struct mote *x); /* the now_ms of the engine call in progress */
uint64_t mote_module_received(const struct mote *x); /* when bytes last came from the server */
int32_t mote_module_ticket(struct mote *x);     /* a fresh ticket > 0 */

/* A hash of jid[0..len), keyed with a secret of this struct mote: to know a JID again without keeping it. ASCII case is
 * ignored before the resource. */
uint64_t mote_module_jid_hash(const struct mote *x, const char *jid, size_t len);

/* `from` is the own account itself: absent, or the own bare JID (RFC 6120 section 8.1.2.1). */
bool mote_module_is_own_bare(const struct mote *x, const char *from);

/* Random text of 11 characters [A-Za-z0-9_-] (64 bits) and a NUL, for ids. Returns 0 or MOTE_ERR_ENTROPY. */
int mote_module_random_id(struct mote *x, char id[12]);

/* The server's or own clock as far as it is known: seconds since 1970, 0 when nothing is known. See modules/clock.h. */
int64_t mote_module_unix_time(const struct mote *x);
void mote_module_set_unix_time(struct mote *x, int64_t unix_time);

/* One line to the log of the services; format as printf's %s %d %u %lu %.*s, cut at 160 bytes. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void mote_module_log(struct mote *x, enum mote_log_level level, const char *format, ...);

#endif
