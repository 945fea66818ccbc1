/* SPDX-License-Identifier: MIT
 * Mote: XMPP for things that have kilobytes. The one header an application starts with.
 *
 * The promises
 *   1. No heap. The caller owns all memory; after mote_init nothing is allocated, and use does not grow with time nor
 *      with anything a peer sends.
 *   2. Nothing blocks. Every call does a bounded amount of work and returns.
 *   3. Nothing is lost silently: what was accepted is delivered or reported with a reason.
 *   4. Nobody gets in. TLS is verified, SCRAM is mutual and bound to the channel, every size that a peer controls has
 *      a bound and an answer.
 *   5. You pay for what you attach. A module that is not attached leaves no symbol in the image.
 *
 * Conventions, for everything here
 *   - The engine has no hands: it takes bytes and a time, and gives bytes, the next deadline and a few wants.
 *     port/run/run.h is the loop for programs that have none of their own.
 *   - Functions that can fail return a negative enum mote_error; 0 or a positive number is success.
 *   - A refused call (MOTE_ERR_FULL, _SIZE, _TEXT, _STATE, _ARG) changed nothing and does not stick. A failed stream
 *     does: the first reason is kept (mote_error, mote_why) until the next mote_connected.
 *   - Strings given to the engine are NUL-terminated UTF-8, not XML-escaped, and may be reused when the call returns
 *     unless its comment says that they must stay. Strings in an event live until the callback returns.
 *   - Times named now_ms are milliseconds of a monotonic clock with any start; unix times are seconds since 1970 UTC.
 *   - One struct mote is used from one thread at a time. Several may exist. Structs are public for sizeof; their
 *     fields are private unless a comment says otherwise.
 */
#ifndef MOTE_H
#define MOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/error.h"
#include "core/services.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MOTE_VERSION "0.1.0"
#define MOTE_VERSION_NUM 0x000100 /* 0xMMmmpp, to compare with in #if */

const char *mote_version(void); /* MOTE_VERSION of the library that is linked */

/// Events ///

struct mote;
struct mote_run_ladder; /* port/run/ladder.h */
struct mote_keys;       /* below */

/* The engine's own events. A module declares its events in its own header, under numbers that no other module has
 * (docs/MODULES.md lists them), so a feature comes without a change of this file. A module from outside begins at
 * MOTE_EV_OUTSIDE or later. */
enum mote_event_kind {
    /* Logged in and bound; mote_jid is the full JID. */
    MOTE_EV_ONLINE = 1,

    /* The session goes on after a lost link (XEP-0198): nothing of it was lost. */
    MOTE_EV_RESUMED,

    /* The stream ended, or none began. `error` and `why` say for what reason (MOTE_OK: mote_close was called), `ladder`
     * what was tried. */
    MOTE_EV_OFFLINE,

    /* `keys` are derived SCRAM keys to keep instead of the password. Comes before ONLINE. */
    MOTE_EV_KEYS,

    /* There is room in the TX ring again after a MOTE_ERR_FULL. */
    MOTE_EV_ROOM,

    /* A stanza that memory or limits do not hold was skipped. `size` has its bytes, `from` its sender if known. */
    MOTE_EV_OVERSIZE,

    /* Any module: the request with this ticket failed, with `error`, `why`, `condition` (or NULL) and `from`. */
    MOTE_EV_REFUSED,

    /* The first number that is free for modules which are not part of Mote. */
    MOTE_EV_OUTSIDE = 1024
};

struct mote_event {
    int kind;              /* one of enum mote_event_kind, or of a module's events */
    int32_t ticket;        /* what the call returned, or 0 */
    int error;             /* enum mote_error, or 0 */
    const char *why;       /* a sentence fragment for people, or NULL */
    const char *condition; /* of an error stanza (RFC 6120 section 8.3.3), such as "item-not-found", or NULL */
    const char *from;      /* JID of the peer concerned, or NULL for the own server */
    union {                /* the kind says which one */
        const void *data;  /* a struct of the module: its header has a function that gives it with its type */
        const struct mote_run_ladder *ladder; /* NULL where none is kept */
        const struct mote_keys *keys;
        int64_t unix_time; /* seconds */
        size_t size;       /* bytes */
    };
};

/* Called from inside mote_in, mote_out_done, mote_tick, mote_connected and mote_lost. It may call every function of the
 * modules and mote_close; it must not call mote_in, mote_out, mote_tick, mote_connected, mote_secured or mote_lost. */
typedef void mote_event_fn(void *app, struct mote *x, const struct mote_event *event);

/// Configuration ///

enum mote_binding {
    MOTE_UNBOUND,
    MOTE_BOUND,           /* to the channel (-PLUS): no later login is unbound, whatever the server offers */
    MOTE_BINDING_REFUSED, /* the server offers -PLUS without a list of types and refused ours: not tried again */
    MOTE_BOUND_EXPORTER   /* as MOTE_BOUND, by tls-exporter: none later is bound by less */
};

/* Derived SCRAM keys (RFC 5802 section 3). Whoever has them can log in as this account on this server, but does not
 * learn the password. Keep them secret (mode 0600, or a protected flash region). All bytes are meaningful: the struct
 * may be stored as it is on one machine; across machines store the fields. */
struct mote_keys {
    uint8_t version;  /* 1, or 0 when there are no keys here */
    uint8_t hash;     /* enum mote_hash_kind */
    uint8_t salt_len; /* bytes of salt in use */
    uint8_t bound;    /* enum mote_binding, of the login that made them */
    uint32_t iterations;
    uint8_t salt[64];
    uint8_t client_key[MOTE_HASH_MAX];
    uint8_t server_key[MOTE_HASH_MAX];
};

enum mote_flags {
    /* SASL PLAIN may be used, under verified TLS, when the server has no SCRAM. */
    MOTE_ALLOW_PLAIN = 1u << 0,

    /* The port has a client certificate: use SASL EXTERNAL when the server offers it. */
    MOTE_ALLOW_EXTERNAL = 1u << 1,

    /* Refuse a login that is not bound to the TLS channel. */
    MOTE_REQUIRE_BINDING = 1u << 2,

    /* No TLS at all, for benchmarks and tests. It is only honoured when the port says that the peer is on this machine
     * (loopback in struct mote_tls_info). */
    MOTE_INSECURE_LOOPBACK = 1u << 3,

    /* Letters beyond ASCII in `jid` and `password` are in the form in which servers compare them (port/base/prepare.h
     * makes it where there are the tables). Without it such letters are refused. */
    MOTE_PREPARED = 1u << 4
};

/* A zeroed field means the default. The buffers need no alignment. `jid`, `password`, `keys`, `services` and the
 * buffers must stay valid as long as the struct mote is used. */
struct mote_config {
    const char *jid;      /* bare JID, or full JID to ask for a resource. Required. */
    const char *password; /* UTF-8; beyond ASCII see MOTE_PREPARED. NULL with `keys` or EXTERNAL. */
    const struct mote_keys *keys; /* kept from an earlier MOTE_EV_KEYS, or NULL. They pin the mechanism: SCRAM with a
                                     weaker hash than theirs is refused, and PLAIN as well. */
    const struct mote_services *services; /* required */

    void *arena;       /* one received stanza as a tree, and the stream header. Required */
    size_t arena_size; /* bytes; at least 2048. Beside its text a stanza takes 64 bytes an element and
                          32 an attribute with 64-bit pointers, about half with 32-bit ones */
    void *xml;         /* expat's memory. Required */
    size_t xml_size;   /* bytes; at least 6144 with 32-bit pointers, 10240 with 64-bit ones; 2048 more let tags of about
                          1 kB through and save renewals */
    void *tx;          /* what waits to be sent. Required */
    size_t tx_size;    /* bytes; at least 1024. The largest stanza that can be sent is this less 8 */

    mote_event_fn *on_event; /* required */
    void *app;               /* given back to on_event */

    uint32_t flags;                /* enum mote_flags, or-ed */
    uint32_t phase_timeout_s;      /* for each step of the login; default 30 */
    uint32_t iq_timeout_s;         /* until a request without answer is MOTE_ERR_TIMEOUT; default 60 */
    uint32_t scram_iterations_max; /* a server that asks for more is refused at once; default 1000000. One that asks for
                                      less than 4096 always is */
    uint32_t scram_slice;          /* PBKDF2 iterations per mote_tick; default 512 */
};

/* The next logins of `x` go by these instead of those of struct mote_config; they stay valid likewise. */
void mote_set_credentials(struct mote *x, const char *password, const struct mote_keys *keys);

/// The engine ///

/* What the port knows of a secured link. The call that takes it makes a copy. */
struct mote_tls_info {
    const char *version;     /* "TLSv1.2" or "TLSv1.3", and nothing else; it must stay valid while the link is up */
    const char *cipher;      /* likewise */
    bool verified;           /* chain, name and dates were checked, or the key is pinned */
    bool resumed;            /* ... or were so in an earlier connection, whose session goes on */
    bool loopback;           /* the peer's address is 127.0.0.0/8 or ::1 */
    uint8_t exporter_len;    /* bytes of tls-exporter (RFC 9266): 32, or 0 when the connection has none */
    uint8_t end_point_len;   /* bytes of tls-server-end-point (RFC 5929), or 0 */
    uint8_t exporter[32];
    uint8_t end_point[64];
};

/* Prepare `x`. Call once, before all else; what `x` held is overwritten. Attach the modules after it and before
 * mote_connected. Returns 0, MOTE_ERR_CONFIG or MOTE_ERR_ARG; the log says which field and what minimum. */
int mote_init(struct mote *x, const struct mote_config *config);

/* A fresh connection to the server is open. `tls` is NULL on a clear connection, where the engine asks for STARTTLS
 * and sends no credentials before it; on direct TLS (XEP-0368) it tells of the finished handshake. Next: obey
 * mote_wants. Returns 0, or MOTE_ERR_STATE when a stream is open already. */
int mote_connected(struct mote *x, const struct mote_tls_info *tls, uint64_t now_ms);

/* The TLS handshake that MOTE_WANT_STARTTLS asked for is finished. Returns 0 or MOTE_ERR_STATE. */
int mote_secured(struct mote *x, const struct mote_tls_info *tls, uint64_t now_ms);

/* The connection is gone, whoever closed it; call it also after MOTE_WANT_CLOSE was obeyed. `error` and `why` (in ROM
 * or valid until the next mote_connected; may be NULL) are reported unless the stream already had a reason of its own.
 * It gives MOTE_EV_OFFLINE. If the session cannot be resumed, requests without answer get MOTE_EV_REFUSED with
 * MOTE_ERR_LOST. Messages that were not wholly written stay in the ring and go out after the next login. */
void mote_lost(struct mote *x, int error, const char *why, uint64_t now_ms);

/* MOTE_EV_OFFLINE gives this as event->ladder from now on. The loop of port/run/run.h sets its own. */
void mote_set_ladder(struct mote *x, const struct mote_run_ladder *ladder);

/* Bytes that arrived on a link (0 is the XMPP stream), after decryption. Returns how many were taken: fewer than
 * `len`, down to 0, when MOTE_WANT_STARTTLS arose or when answers have no room until something was sent; offer the
 * rest again once MOTE_WANT_READ is there. A negative result means that the stream failed: obey mote_wants. Any split
 * of the input is fine; pieces of 256 bytes and more cost least. */
ptrdiff_t mote_in(struct mote *x, unsigned link, const void *bytes, size_t len, uint64_t now_ms);

/* Borrow the next bytes to send on a link. Returns how many, 0 for none. They stay where they are until mote_out_done,
 * however often this is called, because a TLS library may ask for the same write again. */
size_t mote_out(struct mote *x, unsigned link, const uint8_t **bytes);

/* Copy the same bytes and those behind them: as many whole stanzas as `size` has room for, and at least a part of one.
 * So a burst of stanzas takes few writes and few TLS records. Until mote_out_done it gives the same bytes again, and
 * behind them what was queued meanwhile. */
size_t mote_out_copy(struct mote *x, unsigned link, void *buffer, size_t size);

/* `n` of the bytes that mote_out lent or mote_out_copy gave were taken by the transport. */
void mote_out_done(struct mote *x, unsigned link, size_t n, uint64_t now_ms);

enum mote_wants {
    MOTE_WANT_READ = 1u << 0,     /* give bytes to mote_in when there are any */
    MOTE_WANT_WRITE = 1u << 1,    /* mote_out has bytes */
    MOTE_WANT_STARTTLS = 1u << 2, /* start a TLS handshake on this connection now, then call mote_secured */
    MOTE_WANT_CLOSE = 1u << 3     /* close the connection (once nothing is left to write), then call mote_lost */
};
unsigned mote_wants(const struct mote *x, unsigned link);

/* When mote_tick has to be called next, on the clock of now_ms. UINT64_MAX means never, a time in the past at once. */
uint64_t mote_deadline(const struct mote *x);

/* Time has passed: do what is due, and one slice of PBKDF2 while a login needs it. It may be called at any time. */
void mote_tick(struct mote *x, uint64_t now_ms);

/* End the stream in good order: what is queued goes first, then </stream:stream>. MOTE_WANT_CLOSE follows when the
 * server has answered or 5 s have passed. */
void mote_close(struct mote *x, uint64_t now_ms);

/* The stream is unusable, for a reason that the port knows, such as a refused certificate. The first failure sticks. */
void mote_fail(struct mote *x, int error, const char *why);

/* What the server sent next cannot be read here, whatever it is: a TLS record larger than there is memory for. As
 * mote_fail with MOTE_ERR_POLICY, but the stanza in it is acknowledged, or it would come again with each session. */
void mote_unreadable(struct mote *x, const char *why);

/* Tell the engine the time of day, in seconds since 1970 UTC, if the port knows it: message times and entity time come
 * from it. Otherwise the clock module can learn it from the server. */
void mote_set_unix_time(struct mote *x, int64_t unix_time, uint64_t now_ms);

/// Many engines, few readers ///

/* `arena` and `xml` hold something only while a stanza comes in. In a program with many engines, those that wait for
 * the next stanza can share a few such pairs, as in examples/fleet.
 *
 * mote_reader_release gives both back, and they may then be used for anything else. It is possible while off line, and
 * on line between two stanzas. Returns
 *   0                 both are free; also when they were before
 *   MOTE_ERR_STATE    not now: a stanza has begun, or a login is on its way
 *   MOTE_ERR_SIZE     not on this stream: its header declares more than can be kept (254 bytes)
 *
 * mote_reader_provide lends memory again; any will do that keeps to the rules of struct mote_config. mote_connected
 * needs it, and mote_in when there are bytes: without it both return MOTE_ERR_STATE. No other call needs it. It costs
 * what the renewal of a parser costs. Returns
 *   0                 the reader has its memory
 *   MOTE_ERR_STATE    it has memory already
 *   MOTE_ERR_CONFIG   this memory is too small, and was not taken */
int mote_reader_release(struct mote *x);
int mote_reader_provide(struct mote *x, void *arena, size_t arena_size, void *xml, size_t xml_size);
bool mote_reader_released(const struct mote *x);

/// Looking at it ///

bool mote_online(const struct mote *x);
int mote_error(const struct mote *x);       /* why the last stream ended, 0 while it has not */
const char *mote_why(const struct mote *x); /* the same as a sentence fragment; "" when there is none */

/* The defined condition with which the server ended the stream or refused the login (RFC 6120 sections 4.9.3 and 6.5);
 * the server's text may follow in brackets. "" when there is none. */
const char *mote_condition(const struct mote *x);

const char *mote_jid(const struct mote *x);      /* the full JID when on line, else as configured */
const char *mote_domain(const struct mote *x);   /* the domain of the JID, which certificates are checked against */
const char *mote_redirect(const struct mote *x); /* after MOTE_ERR_REDIRECT: "host" or "host:port", not to be trusted */

struct mote_status {
    const char *sasl_mechanism;  /* "SCRAM-SHA-256-PLUS", or NULL before the login */
    const char *channel_binding; /* "tls-exporter", "tls-server-end-point" or NULL */
    const char *tls_version;     /* NULL on a clear connection */
    const char *tls_cipher;
    bool tls_resumed;            /* a TLS session of before goes on: no certificate was shown in this handshake */
    bool sasl2;                  /* the login went by XEP-0388, else by RFC 6120 */
    bool by_token;               /* ... with a token instead of the password (XEP-0484) */
    bool early;                  /* ... in one write with the stream header */
    bool resumed;                /* a session of before goes on (XEP-0198) */
    unsigned round_trips;        /* of the stream from mote_connected to on line; those of TCP and TLS not counted */
    bool stream_management;      /* the server offers XEP-0198 */
    bool resumable;              /* the session can go on after a lost link */
    size_t tx_used, tx_size, tx_peak;    /* bytes of the ring */
    size_t xml_used, xml_size, xml_peak; /* bytes of expat's memory */
    size_t arena_size, arena_peak;       /* bytes of the stanza arena */
    unsigned xml_renewals;       /* how often the parser was made anew between two stanzas */
    unsigned oversize;           /* stanzas skipped for their size */
};
void mote_status(const struct mote *x, struct mote_status *status);
int64_t mote_unix_time(const struct mote *x); /* as of the last call with a now_ms; 0 while unknown */

#ifdef __cplusplus
}
#endif

#include "core/state.h" /* struct mote: public for sizeof, private by rule */

#endif
