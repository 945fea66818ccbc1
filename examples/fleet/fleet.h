/* SPDX-License-Identifier: MIT
 * Ten thousand devices in one thread: what they are made of, and what they share.
 *
 * Taken once at the start: one pool with a slot of fixed size for each device, and a few readers, which are the memory
 * for receiving (struct mote_config, arena and xml). A device borrows a reader for as long as bytes of a stanza come
 * in, or a login is on its way, and rests otherwise (mote_reader_release). TLS has one configuration for all; what
 * mbedTLS allocates for a connection is libc's business here (port/tls/memory.h).
 */
#ifndef FLEET_H
#define FLEET_H

#include "core/modules/blog/blog.h"
#include "core/modules/chat/chat.h"
#include "core/modules/ping.h"
#include "core/modules/presence.h"
#include "core/mote.h"
#include "core/sasl2.h"
#include "examples/fleet/options.h"
#include "examples/fleet/stats.h"
#include "port/net/posix.h"
#include "port/tls/mbedtls.h"

struct fleet;

/// A device ///

enum device_state {
    DEVICE_OFF,        /* waits for its turn, or for the next try */
    DEVICE_CONNECTING, /* TCP */
    DEVICE_SHAKING,    /* TLS */
    DEVICE_STREAM,     /* the engine has it */
    DEVICE_OVER        /* gave up, or logged out */
};

struct link_tls { /* what only a connection with TLS has */
    struct mote_port port;
    struct mote_tls_mbedtls tls;
};

struct device {
    struct mote x;
    struct mote_presence presence;
    struct mote_ping ping;
    struct mote_net_posix net;
    uint32_t number; /* from 0; here it fills a gap, for a device that posts has 6 KiB */
    union work_module {
        struct mote_blog *blog;
        struct mote_chat *chat;
    } work;
    struct fleet *fleet;
    struct link_tls *tls;       /* NULL in clear */
    struct reader_slot *reader; /* NULL: rests */
    struct device *next;   /* of those that wait for a reader */
    uint64_t due_ms;       /* when to look at it again, UINT64_MAX never */
    uint64_t begun_us;     /* of the login; once on line of what waits for an answer, 0 when nothing does */
    uint32_t place;        /* in the timers */
    int32_t ticket;        /* of what waits for an answer */
    uint8_t state;         /* enum device_state */
    uint8_t attempt;       /* failures in a row */
    bool secured;          /* TLS is on */
    bool queued;           /* waits for a reader */
    bool blocked;          /* the socket took nothing */
    bool online;           /* counted as such */
    uint8_t interest;      /* what epoll was asked for */
};

enum { READER_ARENA = 4096, READER_XML = 12288, READER_NET = 2048 };

struct reader_slot {
    struct reader_slot *next; /* of those that are free */
    size_t kept, offset;      /* bytes in net that the engine has not taken yet */
    uint8_t arena[READER_ARENA], xml[READER_XML], net[READER_NET];
};

/// The fleet ///

struct fleet {
    struct options options;
    struct stats stats;
    struct mote_services services;
    struct mote_tls_mbedtls_config tls;
    struct mote_port_address addresses[4];
    unsigned address_count;
    uint8_t *pool;
    size_t stride;             /* bytes of a device with its modules and its ring */
    struct reader_slot *free;  /* readers: last given back, first taken, so that few are touched */
    struct device *first, *last; /* who waits for one */
    uint32_t *timers;          /* numbers of devices, a heap by due_ms */
    unsigned timer_count;
    int epoll;
    unsigned started;          /* logins begun */
    unsigned under_way;        /* logins that are not finished */
    unsigned turn;             /* whose turn it is to post */
    uint64_t paced_us;         /* since when work is done */
    uint64_t paced;            /* posts that were due since then */
    bool ending;
    struct mote_keys keys;     /* of the first login, when all may try them */
    struct mote_known_server known; /* what a login by SASL2 has shown */
    bool waits;                /* the server cannot be spoken to before its features */
};

uint64_t fleet_us(void); /* monotonic */
uint64_t fleet_ms(void);

/* pool.c: take the memory; false after a complaint. */
bool fleet_memory(struct fleet *f);
struct device *fleet_device(const struct fleet *f, uint32_t number);
size_t fleet_ring(const struct fleet *f, struct device *d, uint8_t **ring); /* and how large it is */
void *fleet_keep(const struct fleet *f, struct device *d); /* its place for what is kept; NULL: nothing is */

/* A reader for `d`; false: none is free, and it is called back when one is. And give it back when it can be spared. */
bool reader_take(struct fleet *f, struct device *d);
void reader_leave(struct fleet *f, struct device *d);

/* loop.c: when `d` has to be looked at next; and what its socket is watched for. */
void timer_set(struct fleet *f, struct device *d, uint64_t due_ms);
void watch(struct fleet *f, struct device *d, bool fresh);
void fleet_run(struct fleet *f, const volatile int *asked_to_end);

/* device.c */
void device_start(struct fleet *f, struct device *d); /* begin a login */
void device_step(struct fleet *f, struct device *d, bool readable);
void device_stop(struct fleet *f, struct device *d); /* log out */
bool fleet_busy(const struct fleet *f); /* no more logins now: they would take all readers */
bool device_idle(const struct device *d); /* on line, and waits for no answer */

/* keep.c: attach what is kept, after mote_init; say what is used, before mote_connected. */
size_t keep_size(const struct options *o);
bool keep_attach(struct fleet *f, struct device *d);
void keep_begin(const struct fleet *f, struct device *d);
void keep_event(struct fleet *f, struct device *d, const struct mote_event *e);

/* work.c: false when the device could not. */
bool work_do(struct fleet *f, struct device *d);
void work_event(struct fleet *f, struct device *d, const struct mote_event *e);
void work_attach(struct fleet *f, struct device *d);
size_t work_size(enum fleet_work work); /* bytes of the module that does it */

#endif
