/* SPDX-License-Identifier: MIT
 * What a feature module is, and what the engine offers to one. docs/MODULES.md walks through the writing of one.
 *
 * A module is a struct of the application that begins with struct mote_module; mote_<name>_attach adds it to the
 * engine's list of modules. The engine knows no module by name: it walks the list. A module that needs another one
 * includes that one's header.
 */
#ifndef MOTE_MODULE_H
#define MOTE_MODULE_H

#include "core/mote.h"
#include "core/xml/stanza.h"
#include "core/xml/writer.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mote_module;

enum mote_phase {
    /* A new session has begun: what the server knew of the old one does not hold any more. */
    MOTE_PHASE_ONLINE,

    /* Every module has had ONLINE, so initial presence is out. */
    MOTE_PHASE_READY,

    /* The link was lost and is back, and the session is the same: requests still wait for their answers. What belongs
     * to the stream and not to the session has to be said again. */
    MOTE_PHASE_RESUMED,

    /* The session has ended. Pending requests were answered with MOTE_ERR_LOST before this. See also `by_jid`. */
    MOTE_PHASE_LOST
};

/* Kinds of stanza. Of IQs it means those of type get and set, because answers go to who asked. */
enum mote_takes { MOTE_TAKES_MESSAGE = 1, MOTE_TAKES_PRESENCE = 2, MOTE_TAKES_IQ = 4 };

/* What all instances of a module have in common: one const struct per module. A member that it has no use for is
 * NULL. */
struct mote_module_class {
    const char *name;
    const char *const *features; /* disco features (XEP-0030), NULL-terminated */

    /* A whole stanza of one of the kinds in `takes` (enum mote_takes, or-ed). A module that returns true has taken it,
     * and the modules behind it do not see it. An IQ that was taken must be answered by the module, now or later; one
     * that nobody takes gets service-unavailable. */
    uint8_t takes;
    bool (*stanza)(struct mote_module *m, const struct mote_xml *stanza);

    /* The module's requests are part of conversations with peers under our full JID, such as the transfer of a file.
     * When a session is left because the server is deaf in it (core/engine/stream_management.h), these go on if the
     * next session has the same JID. Until that is known the requests wait, and the module does not get LOST. If it has
     * the same JID, what was on its way is sent again. */
    bool by_jid;

    void (*phase)(struct mote_module *m, enum mote_phase phase);

    /* Put child elements into the initial presence. */
    void (*presence)(struct mote_module *m, struct mote_writer *w);

    /* `deadline` says when `tick` is to be called next, UINT64_MAX for never. */
    uint64_t (*deadline)(const struct mote_module *m);
    void (*tick)(struct mote_module *m, uint64_t now_ms);
};

struct mote_module {
    const struct mote_module_class *type;
    struct mote *x;
    struct mote_module *next; /* in the order of attaching */
};

/* A module's place in an outbox, one for each kind of item that it queues there (mote_outbox_carry of
 * core/modules/outbox/outbox.h). It is declared here so that the struct of a module can have one, and its header need
 * not include the outbox, which not every program attaches. */
struct mote_outbox_carrier {
    struct mote_outbox_carrier *next;
    struct mote_outbox *outbox; /* NULL while nothing of this kind can be queued */
    const struct mote_outbox_kind *kind;
    struct mote_module *module;
};

/* Link `m` into the engine. Called by the module's own attach. */
void mote_module_attach(struct mote_module *m, struct mote *x, const struct mote_module_class *type);

/// Sending ///

/* What becomes of a stanza in the ring when its session ends before it was acknowledged, or wholly written. */
enum mote_tx_keep {
    MOTE_TX_DROP,   /* it is dropped: an answer, presence, or a request whose asker is told MOTE_ERR_LOST */
    MOTE_TX_KEEP,   /* it is sent in the next session: a message */
    MOTE_TX_STORED, /* it is dropped here, for the outbox has it in its store and is told how many never left */
    MOTE_TX_BY_JID  /* it is dropped unless the next session has the same full JID: see `by_jid` */
};

/* Begin a stanza; NULL is never returned. Exactly one mote_module_send follows in the same call. */
struct mote_writer *mote_module_begin(struct mote *x);

/* End the stanza. Returns 0 when it was queued whole. With MOTE_ERR_FULL, _SIZE or _TEXT, or with _STATE when off line
 * and not MOTE_TX_KEEP, nothing was queued. An eighth of the ring is kept free for answers: see mote_module_answer. */
int mote_module_send(struct mote *x, enum mote_tx_keep keep);

/* The same for an answer to a peer's stanza, which may use the room that is kept free. */
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

/* The answer has come, or will not come. `reply` is the result or error stanza, and `error` is 0 or MOTE_ERR_REFUSED.
 * When there is no answer, `reply` is NULL and `error` is MOTE_ERR_LOST or MOTE_ERR_TIMEOUT. It is called exactly once
 * per request, never from inside mote_iq_send, and `iq` may be used again from within. */
typedef void mote_iq_fn(struct mote_iq *iq, const struct mote_xml *reply, int error);

/* One request that waits. The module owns it, and must not move it before it is answered or mote_iq_cancel was
 * called. */
struct mote_iq {
    struct mote_iq *next;
    struct mote_module *module;
    mote_iq_fn *answered;
    uint64_t deadline_ms; /* 0 until the next tick sets it */
    uint64_t id;          /* random, sent as 11 characters of base64url */
    uint64_t peer;        /* keyed hash of the normalised JID that may answer */
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

uint64_t mote_module_now(const struct mote *x);      /* the now_ms of the engine call in progress */
uint64_t mote_module_received(const struct mote *x); /* when bytes last came from the server */
int32_t mote_module_ticket(struct mote *x);          /* a fresh ticket > 0 */

/* A hash of jid[0..len), with which a JID is known again without being kept. Its key is a secret of this struct mote,
 * made by mote_init. ASCII case is ignored before the resource. */
uint64_t mote_module_jid_hash(const struct mote *x, const char *jid, size_t len);

/* Is `from` the own account: absent, or the own bare JID (RFC 6120 section 8.1.2.1)? */
bool mote_module_is_own_bare(const struct mote *x, const char *from);

/* Random text of 11 characters [A-Za-z0-9_-] (64 bits) and a NUL, for ids. Returns 0 or MOTE_ERR_ENTROPY. */
int mote_module_random_id(struct mote *x, char id[12]);

/* The time of day, in seconds since 1970: from the port, or from the server (core/modules/clock.h). 0 while it is not
 * known. */
int64_t mote_module_unix_time(const struct mote *x);
void mote_module_set_unix_time(struct mote *x, int64_t unix_time);

/* Write one line to the log of the services, cut at 160 bytes. `format` has printf's %s %d %u %lu %.*s. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void mote_module_log(struct mote *x, enum mote_log_level level, const char *format, ...);

#ifdef __cplusplus
}
#endif

#endif
