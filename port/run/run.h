/* SPDX-License-Identifier: MIT
 * The one loop that waits: resolve, connect, TLS, feed the engine, reconnect. For programs without an event loop of
 * their own; one that has one drives the engine itself (core/mote.h) or calls mote_run_step from it.
 */
#ifndef MOTE_PORT_RUN_RUN_H
#define MOTE_PORT_RUN_RUN_H

#include "core/mote.h"
#include "port/port.h"

#ifdef __cplusplus
extern "C" {
#endif

enum mote_run_tls {
    MOTE_RUN_ANY,      /* direct TLS and STARTTLS, by the SRV records' priority and weight */
    MOTE_RUN_DIRECT,   /* direct TLS only (XEP-0368) */
    MOTE_RUN_STARTTLS, /* STARTTLS only */
    MOTE_RUN_CLEAR     /* no TLS: with MOTE_INSECURE_LOOPBACK only */
};

/// Ways to the server ///

/* Where a way was learnt. */
enum mote_run_source {
    MOTE_WAY_GIVEN,    /* host or port_number of the configuration */
    MOTE_WAY_SRV,      /* SRV records */
    MOTE_WAY_DOMAIN,   /* there are none: the domain itself */
    MOTE_WAY_REDIRECT, /* see-other-host */
    MOTE_WAY_KEPT      /* it worked the last time */
};

/* The way that worked, in memory of the application; zeroed: none yet. It may be kept over a restart (all its fields
 * mean something), and whatever is in it is only tried first: nothing is trusted for it. */
struct mote_run_way {
    struct mote_port_target target;
    bool proxied;
};

/* How far a step came. */
enum mote_run_stage {
    MOTE_STAGE_SRV,     /* looking for SRV records */
    MOTE_STAGE_NAME,    /* looking for the addresses of a host */
    MOTE_STAGE_CONNECT, /* TCP */
    MOTE_STAGE_PROXY,   /* the proxy's own connection */
    MOTE_STAGE_TLS,     /* the handshake */
    MOTE_STAGE_LOGIN,   /* the stream, up to the bound resource */
    MOTE_STAGE_ONLINE
};

/* Who has to do something about it. */
enum mote_run_blame {
    MOTE_BLAME_NOBODY,
    MOTE_BLAME_NETWORK, /* nothing comes through */
    MOTE_BLAME_SERVER,  /* it is there, and says no or nonsense */
    MOTE_BLAME_ACCOUNT, /* the password, or a second session */
    MOTE_BLAME_SETTINGS /* what we were told is not so: a name that does not exist, this program's own limits */
};

struct mote_run; /* below */
struct mote__run_rung;

/* What a try has been through: port/run/ladder.h. Without it nothing is kept but the last reason. */
struct mote_run_ladder;
typedef uint8_t mote_run_tell_fn(struct mote_run *run, uint8_t step, const struct mote__run_rung *rung,
                                 const struct mote_port_address *address, enum mote_run_stage stage, int error,
                                 const char *why);

/* An HTTP proxy: port/run/proxy.h. */
struct mote_run_proxy;

/// Configuration ///

/* Zero means the default. Strings and buffer must stay valid. */
struct mote_run_config {
    struct mote *x; /* initialised, modules attached */
    const struct mote_port *port;
    const char *host;     /* connect here instead of asking for SRV records; NULL: ask */
    uint16_t port_number; /* default 5223 for direct TLS, 5222 else, when host is given */
    enum mote_run_tls tls;
    bool reconnect;             /* after a failure or loss, wait and try again; else the first failure ends the run */
    void *buffer;               /* for received bytes, required */
    size_t buffer_size;         /* at least 256; 1024 and more cost less */
    uint32_t connect_timeout_s; /* for each address, and for each name look-up; default 10 */
    uint32_t reach_timeout_s;   /* from the first name look-up until TCP stands, all ways together; default: no limit */
    uint32_t tls_timeout_s;     /* for the handshake; default 30 */
    uint32_t conflict_wait_s;   /* come back that long after another session took the place of ours; default: never,
                                   since the other one may be set up to come back as well: let a person decide */
    struct mote_run_way *way;   /* tried first, and kept there once it led on line; or NULL */
    struct mote_run_ladder *ladder; /* or NULL */
    struct mote_run_proxy *proxy;   /* or NULL */
};

enum mote_run_state {
    MOTE_RUN_IDLE,
    MOTE_RUN_SRV,       /* looking for SRV records */
    MOTE_RUN_CONNECT,   /* looking for addresses, and connecting to those that are known */
    MOTE_RUN_PROXY,     /* asking the proxy for its connection */
    MOTE_RUN_HANDSHAKE, /* TLS */
    MOTE_RUN_STREAM,    /* the engine has it: login, on line, closing */
    MOTE_RUN_BACKOFF,   /* waiting before the next try */
    MOTE_RUN_ENDED      /* stopped, or failed with reconnect off, or failed for good */
};

/* SRV records that are tried. 264 bytes of struct mote_run each, so a small board takes fewer; for the whole build. */
#ifndef MOTE_RUN_TARGETS
#define MOTE_RUN_TARGETS 8
#endif

/* Bytes of stanzas that go out in one write, and one TLS record; gathered on the stack. 0: each stanza has its own. For
 * run/stream.c alone. */
#ifndef MOTE_RUN_GATHER
#define MOTE_RUN_GATHER 4096
#endif

/* Connections that are tried at a time, as far as the port has spare ones; and addresses that wait for their turn. */
#ifndef MOTE_RUN_LANES
#define MOTE_RUN_LANES 6
#endif
#ifndef MOTE_RUN_ADDRESSES
#define MOTE_RUN_ADDRESSES 16
#endif

/* Whether way, ladder, proxy and reach_timeout_s of the configuration are heeded, and port 443 is tried. For the whole
 * build: a small board does without, which is 2 KiB less of code. */
#ifndef MOTE_RUN_EXTRAS
#define MOTE_RUN_EXTRAS 1
#endif

struct mote__run_lane {
    uint64_t began_ms;
    struct mote_port_address address;
    uint8_t rung, step;
    bool busy;
};

struct mote__run_waiting {
    struct mote_port_address address;
    uint8_t rung;
};

struct mote_run {
    struct mote_run_config config;
    enum mote_run_state state;
    uint64_t deadline_ms; /* of the state, or when back-off ends */
    struct mote_port_target targets[MOTE_RUN_TARGETS];
    uint8_t target_count;
    uint8_t source;      /* enum mote_run_source of the targets */
    uint8_t rung, rungs; /* run/reach.h: the next whose name is to be looked up, and how many there are */
    uint8_t asked;       /* how many rungs the look-up under way is for; 0: none is */
    uint8_t started;     /* the last rung that an address was tried of */
    uint8_t waiting_count;
    bool hurry;                              /* one has just failed: the next need not wait for its turn */
    uint64_t asked_ms, started_ms, reach_ms; /* when the look-up and the last connection began; when all must stand */
    struct mote__run_lane lanes[MOTE_RUN_LANES];
    struct mote__run_waiting waiting[MOTE_RUN_ADDRESSES + MOTE_RUN_LANES - 1];
    uint8_t current, step; /* rung of the connection that stands, and its step in the ladder */
    uint8_t redirects;     /* see-other-host followed in this try; at most 3 */
    uint8_t attempt;       /* failures in a row, for the back-off */
    uint8_t weight;        /* of the reason below: what says more replaces it */
    bool stopping, secured;
    bool fresh;         /* something was just begun: look at it before waiting */
    bool online;        /* this try got on line */
    bool told;          /* the application has had run->error as an event */
    bool blocked;       /* the transport took nothing of what there is to send */
    uint8_t unread;     /* 2: there was more in one TLS record than can be read here; 1: the last connection ended so */
    uint64_t online_ms; /* since when it is on line */
    int error;          /* why the last try ended */
    char why[160];
    char peer[64];       /* "127.0.0.1 port 5222" of the connection, for people */
    size_t kept, offset; /* received bytes that the engine has not taken yet: buffer[offset..offset+kept) */
};

void mote_run_init(struct mote_run *run, const struct mote_run_config *config);

/* One turn, without waiting. Returns false once the run has ended: then run->error is why, 0 after mote_run_stop. */
bool mote_run_step(struct mote_run *run);

/* Wait for the next thing to do, at most max_ms. */
void mote_run_wait(struct mote_run *run, uint32_t max_ms);

/* Step and wait until the run ends. Returns run->error. */
int mote_run(struct mote_run *run);

/* Log out in good order; the run ends soon after. */
void mote_run_stop(struct mote_run *run);

/* Do not wait any longer before the next try. */
void mote_run_retry(struct mote_run *run);

/* End the run without logging out: what waits is sent as far as the transport takes it at once, then the connection is
 * closed without a word, and the server keeps the session for a while (XEP-0198).
 * For a program that ends and begins anew soon; to go on in the same one there is mote_run_suspend. */
void mote_run_leave(struct mote_run *run);

/* Close the connection without a word, so that the server keeps the session for a while (XEP-0198), and be as before
 * the first step: the next one connects again. Nothing happens until then. */
void mote_run_suspend(struct mote_run *run);

/* Who has to do something about run->error. */
enum mote_run_blame mote_run_blame(const struct mote_run *run);

#ifdef __cplusplus
}
#endif

#endif
