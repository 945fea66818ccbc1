/* SPDX-License-Identifier: MIT
 * The one loop that waits: resolve, connect, TLS, feed the engine, reconnect. For programs without an event loop of
 * their own; one that has one drives the engine itself (core/mote.h) or calls mote_run_step from it.
 */
#ifndef MOTE_RUN_H
#define MOTE_RUN_H

#include "core/mote.h"
#include "port/port.h"

enum mote_run_tls {
    MOTE_RUN_ANY,      /* direct TLS and STARTTLS, by the SRV records' priority and weight */
    MOTE_RUN_DIRECT,   /* direct TLS only (XEP-0368) */
    MOTE_RUN_STARTTLS, /* STARTTLS only */
    MOTE_RUN_CLEAR     /* no TLS: with MOTE_INSECURE_LOOPBACK only */
};

/* Zero means the default. Strings and buffer must stay valid. */
struct mote_run_config {
    struct mote *x;               /* initialised, modules attached */
    const struct mote_port *port;
    const char *host;             /* connect here instead of asking for SRV records; NULL: ask */
    uint16_t port_number;         /* default 5223 for direct TLS, 5222 else, when host is given */
    enum mote_run_tls tls;
    bool reconnect;               /* after a failure or loss, wait and try again; else the first failure ends the run */
    void *buffer;                 /* for received bytes, required */
    size_t buffer_size;           /* at least 256; 1024 and more cost less */
    uint32_t connect_timeout_s;   /* for each address, and for each name look-up; default 10 */
    uint32_t tls_timeout_s;       /* for the handshake; default 30 */
};

enum mote_run_state {
    MOTE_RUN_IDLE,
    MOTE_RUN_SRV,        /* looking for SRV records */
    MOTE_RUN_HOST,       /* looking for addresses of one target */
    MOTE_RUN_CONNECT,    /* TCP */
    MOTE_RUN_HANDSHAKE,  /* TLS */
    MOTE_RUN_STREAM,     /* the engine has it: login, on line, closing */
    MOTE_RUN_BACKOFF,    /* waiting before the next try */
    MOTE_RUN_ENDED       /* stopped, or failed with reconnect off, or failed for good */
};

/* SRV records that are tried. 264 bytes of struct mote_run each, so a small board takes fewer; for the whole build. */
#ifndef MOTE_RUN_TARGETS
#define MOTE_RUN_TARGETS 8
#endif

/* Bytes of stanzas that go out in one write, and one TLS record; gathered on the stack. 0: each stanza has its own. For
 * run_stream.c alone. */
#ifndef MOTE_RUN_GATHER
#define MOTE_RUN_GATHER 4096
#endif

enum { MOTE_RUN_ADDRESSES = 4 };

struct mote_run {
    struct mote_run_config config;
    enum mote_run_state state;
    uint64_t deadline_ms;          /* of the state, or when back-off ends */
    struct port_target targets[MOTE_RUN_TARGETS];
    struct port_address addresses[MOTE_RUN_ADDRESSES];
    uint8_t target_count, target;  /* how many, and which is tried */
    uint8_t address_count, address;
    uint8_t redirects;             /* see-other-host followed in this try; at most 3 */
    uint8_t attempt;               /* failures in a row, for the back-off */
    bool stopping, secured;
    bool fresh;                    /* the state was just entered: look at it before waiting */
    bool online;                   /* this try got on line */
    bool told;                     /* the application has had run->error as an event */
    bool blocked;                  /* the transport took nothing of what there is to send */
    int error;                     /* why the last try ended */
    char why[160];
    char peer[64];                 /* "127.0.0.1 port 5222" of the connection, for people */
    size_t kept, offset;           /* received bytes that the engine has not taken yet: buffer[offset..offset+kept) */
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

#endif
