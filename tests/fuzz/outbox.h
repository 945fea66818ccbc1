/* SPDX-License-Identifier: MIT
 * The world of the target `outbox`: an engine with an outbox on a store in RAM, the model of a server behind a wire, an
 * application with its ledger, and everything that can go wrong in between. outbox.c reads the input and does what it
 * says, outbox_world.c is the world, outbox_ledger.c knows what must hold.
 */
#ifndef FUZZ_OUTBOX_H
#define FUZZ_OUTBOX_H

#include "core/engine/engine.h"
#include "core/modules/clock.h"
#include "core/modules/presence.h"
#include "core/modules/outbox_blog.h"
#include "core/modules/outbox_chat.h"
#include "core/modules/outbox_files.h"
#include "core/mote.h"
#include "tests/cut/model_server.h"
#include "tests/fake/flash_ram.h"
#include "tests/fuzz/device.h"

enum { WORLD_TX = 4096, WORLD_FILE = 1500, WORLD_TIME = 1795219200 /* unix time at now_ms 0 */ };

enum world_witness { WITNESS_NONE, WITNESS_ARCHIVE, WITNESS_LATER, WITNESS_FAILS };

/* What the application does inside its callback, when one of its items is over. */
enum world_manner { MANNER_NOTHING, MANNER_QUEUES, MANNER_DROPS, MANNER_CLOSES, MANNERS };

struct world {
    struct mote x;
    struct mote_presence presence;
    struct mote_chat chat;
    struct mote_blog blog;
    struct mote_files files;
    struct mote_queued_files queued;
    struct mote_transfer transfers[2];
    struct mote_clock clock;
    struct mote_outbox outbox;
    struct mote_store store;
    struct mote_store_config store_config;
    struct model_server server;
    struct markup markup;
    uint64_t now_ms;
    size_t tx_size;
    enum world_witness witness;
    enum world_manner manner;
    unsigned manner_left;      /* how often it still does */
    uint8_t manner_item;       /* what it queues */
    bool forget_session, connected;
    uint32_t near_wrap;        /* both counters are to be set to this, 0: not */
    bool raw, lied;            /* the server said something that is not true */
    unsigned refusals, reboots; /* errors that the server gave; starts of the engine */
};

extern struct world world;
extern struct flash_ram world_device;

void world_prepare(void);                                       /* once */
/* And boot. What is `cached` may be lost until it is synced: only a device that can be overwritten. */
void world_begin(unsigned geometry, bool cached, size_t tx_size);
void world_end(void); /* the server is honest from here on, time passes, and all ends well */

void world_reboot(size_t tx_size);
void world_connect(void);
void world_cut(void);           /* the link */
bool world_up(size_t max);      /* bytes from the engine to the server; false: there were none */
bool world_down(size_t max);    /* and back */
void world_raw(const void *bytes, size_t len);
void world_run(void);           /* both, until nothing moves; then what is due */
void world_due(void);           /* ticks, as long as one is due */
void world_wait(uint32_t ms);
bool world_alive(void);         /* the store works; else nothing but a reboot helps */
int64_t world_unix_time(void);
bool world_testify(
    unsigned which); /* the archive answers the question about this one of those that wait; false: none */

/// The ledger: what the application queued, and what it was told ///

enum { LEDGER_ITEMS = 32 }; /* that it queues in a run; the server has room for some more */

enum ledger_act { ACT_NONE, ACT_QUEUE, ACT_DROP };

void ledger_begin(void);
void ledger_queue(unsigned kind, uint8_t how); /* a message, post or file, as its bits say */
void ledger_drop(unsigned which);                           /* of those that wait */
int32_t ledger_waiting(unsigned which);                     /* its ticket, 0: none waits */
const char *ledger_sent(unsigned which); /* the id of a message that has arrived, NULL: there is none */
void ledger_event(const struct mote_event *e);
void ledger_heard(const char *stanza);                      /* the server has got it */
void ledger_check(void);                                    /* between two calls of the engine */
void ledger_mounted(bool torn); /* the store is mounted anew; `torn`: in the middle of something */
void ledger_settled(void);                                  /* nothing waits any more */

#endif
