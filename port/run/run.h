/* SPDX-License-Identifier: MIT
 * The loop: it resolves, connects, does TLS, feeds the engine, and reconnects; and it is the only thing that waits. It
 * is for programs without an event loop of their own. A program that has one drives the engine itself (core/mote.h), or
 * calls mote_run_step.
 */
#ifndef MOTE_PORT_RUN_RUN_H
#define MOTE_PORT_RUN_RUN_H

#include "core/mote.h"
#include "port/link/link.h"
#include "port/port.h"

#ifdef __cplusplus
extern "C" {
#endif

enum mote_run_tls {
    MOTE_RUN_ANY,      /* direct TLS and STARTTLS, by the SRV records' priority and weight */
    MOTE_RUN_DIRECT,   /* direct TLS only (XEP-0368) */
    MOTE_RUN_STARTTLS, /* STARTTLS only */
    MOTE_RUN_CLEAR     /* no TLS, which needs MOTE_INSECURE_LOOPBACK */
};

/// Ways to the server ///

/* Where a way was learnt. */
enum mote_run_source {
    MOTE_WAY_GIVEN,    /* host or port_number of the configuration */
    MOTE_WAY_SRV,      /* SRV records */
    MOTE_WAY_DOMAIN,   /* there are no SRV records, so it is the domain itself */
    MOTE_WAY_REDIRECT, /* see-other-host */
    MOTE_WAY_KEPT      /* it worked the last time */
};

/* The way that worked, in memory of the application; it is zeroed while there is none. It may be kept over a restart.
 * It is only tried first, and nothing is trusted because of it. */
struct mote_run_way {
    struct mote_port_target target;
    bool proxied;
};

/* How far a try came. */
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
    MOTE_BLAME_SERVER,  /* the server is there, and refuses or breaks the protocol */
    MOTE_BLAME_ACCOUNT, /* the password is wrong, or there is a second session */
    MOTE_BLAME_SETTINGS /* the settings are wrong: a name that does not exist, or limits that are too small */
};

struct mote_run; /* below */
struct mote__run_rung;

/* What a try has been through, of port/run/ladder.h. Without it only the last reason is kept. */
struct mote_run_ladder;
typedef uint8_t mote_run_tell_fn(struct mote_run *run, uint8_t step, const struct mote__run_rung *rung,
                                 const struct mote_port_address *address, enum mote_run_stage stage, int error,
                                 const char *why);

/* An HTTP proxy: port/run/proxy.h. */
struct mote_run_proxy;

/// Configuration ///

/* A zeroed field means the default. Strings and buffer must stay valid. */
struct mote_run_config {
    struct mote *x; /* initialised, modules attached */
    const struct mote_port *port;
    const char *host;     /* connect here; NULL asks for SRV records */
    uint16_t port_number; /* with `host`; default 5223 for direct TLS, else 5222 */
    enum mote_run_tls tls;
    bool reconnect;             /* after a failure or loss, wait and try again; otherwise the first one ends the run */
    void *buffer;               /* for received bytes, required */
    size_t buffer_size;         /* at least 256; 1024 and more cost less */
    uint32_t connect_timeout_s; /* for each address, and for each name look-up; default 10 */
    uint32_t reach_timeout_s;   /* from the first name look-up until TCP stands, all ways together; default no limit */
    uint32_t tls_timeout_s;     /* for the handshake; default 30 */
    uint32_t conflict_wait_s;   /* come back that long after another session took the place of ours. The default is
                                   never, because the other one may come back as well: let a person decide */
    struct mote_run_way *way;   /* tried first; the way that led on line is kept there. Or NULL */
    struct mote_run_ladder *ladder; /* or NULL */
    struct mote_run_proxy *proxy;   /* or NULL */
    struct mote_link *links;        /* further connections that have their turns in this loop, a list by `next`: see
                                       port/link/link.h. NULL without. It may be changed between two steps */
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

/* How many SRV records are tried. Each takes 264 bytes of struct mote_run, so a small board has fewer. The whole build
 * must agree on it. */
#ifndef MOTE_RUN_TARGETS
#define MOTE_RUN_TARGETS 8
#endif

/* Bytes of stanzas that go out in one write and one TLS record; they are gathered on the stack. With 0 each stanza has
 * its own. Only port/run/stream.c uses it. */
#ifndef MOTE_RUN_GATHER
#define MOTE_RUN_GATHER 4096
#endif

/* How many connections are tried at a time, if the port has spare ones; and how many addresses wait for their turn. */
#ifndef MOTE_RUN_LANES
#define MOTE_RUN_LANES 6
#endif
#ifndef MOTE_RUN_ADDRESSES
#define MOTE_RUN_ADDRESSES 16
#endif

/* With 0, way, ladder, proxy, links and reach_timeout_s of the configuration are ignored, and port 443 is not tried:
 * this saves a small board 2 KiB of code. The whole build must agree on it. */
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
    uint8_t rung, rungs; /* the next rung whose name is looked up, and how many there are: port/run/reach.h */
    uint8_t asked;       /* how many rungs the look-up under way is for; 0 when there is none */
    uint8_t started;     /* the last rung of which an address was tried */
    uint8_t waiting_count;
    bool hurry;                              /* a connection has just failed, so the next need not wait for its turn */
    uint64_t asked_ms, started_ms, reach_ms; /* when the look-up and the last connection began; when time is over */
    struct mote__run_lane lanes[MOTE_RUN_LANES];
    struct mote__run_waiting waiting[MOTE_RUN_ADDRESSES + MOTE_RUN_LANES - 1];
    uint8_t current, step; /* rung of the connection that stands, and its step in the ladder */
    uint8_t redirects;     /* how often see-other-host was followed in this try; at most 3 times */
    uint8_t attempt;       /* failures in a row, for the back-off */
    uint8_t weight;        /* of the reason below; one that weighs more replaces it */
    bool stopping, secured;
    bool fresh;         /* something was just begun, and is looked at before waiting */
    bool online;        /* this try got on line */
    bool told;          /* the application has had run->error as an event */
    bool blocked;       /* the transport took nothing of what is to be sent */
    uint8_t unread;     /* 2: one TLS record had more than can be read here; 1: the last connection ended so */
    uint64_t online_ms; /* since when it is on line */
    int error;          /* why the last try ended */
    char why[160];
    char peer[64];       /* "127.0.0.1 port 5222" of the connection, for people */
    size_t kept, offset; /* received bytes that the engine has not taken yet: buffer[offset..offset+kept) */
};

void mote_run_init(struct mote_run *run, const struct mote_run_config *config);

/* One turn, without waiting. Returns false once the run has ended: then run->error says why; it is 0 after
 * mote_run_stop. */
bool mote_run_step(struct mote_run *run);

/* Wait until there is something to do, at most max_ms. */
void mote_run_wait(struct mote_run *run, uint32_t max_ms);

/* Step and wait until the run ends. Returns run->error. */
int mote_run(struct mote_run *run);

/* Log out in good order. The run ends soon after. */
void mote_run_stop(struct mote_run *run);

/* Begin the next try now, and do not wait any longer. */
void mote_run_retry(struct mote_run *run);

/* End the run without logging out: send what the transport takes at once, and close the connection without ending the
 * stream, so that the server keeps the session for a while (XEP-0198). This is for a program that ends and begins anew
 * soon; one that goes on calls mote_run_suspend. */
void mote_run_leave(struct mote_run *run);

/* Close the connection without ending the stream, so that the server keeps the session for a while (XEP-0198). The run
 * is then as before its first step: the next step connects again. */
void mote_run_suspend(struct mote_run *run);

/* Who has to do something about run->error. */
enum mote_run_blame mote_run_blame(const struct mote_run *run);

#ifdef __cplusplus
}
#endif

#endif
