/* SPDX-License-Identifier: MIT
 * Transcripts: a conversation in a text file, which is played against the engine without a network. docs/TESTING.md
 * describes the format.
 */
#ifndef TRANSCRIPT_H
#define TRANSCRIPT_H

#include "core/register.h"
#include "core/sasl2.h"
#include "core/modules/account.h"
#include "core/modules/archive/archive.h"
#include "core/modules/blog/blog.h"
#include "core/modules/chat/chat.h"
#include "core/modules/outbox_blog.h"
#include "core/modules/outbox_chat.h"
#include "core/modules/outbox_files.h"
#include "core/modules/clock.h"
#include "core/modules/csi.h"
#include "core/modules/disco.h"
#include "core/modules/files/files.h"
#include "core/modules/ping.h"
#include "core/modules/presence.h"
#include "core/modules/enclosure.h"
#include "core/modules/chat/sharing.h"
#include "core/modules/upload/upload.h"
#include "core/mote.h"
#include "tests/fake/flash_ram.h"

enum { VARS = 64, VAR_LEN = 1024, LINE = 65536, OUTPUT = 1 << 18, EVENTS = 1 << 16 };

/* One case being played. */
struct play;
typedef void play_byte_fn(struct play *p);

struct play {
    const char *file;
    unsigned line;
    size_t chunk; /* bytes given to mote_in at a time */
    bool failed;
    size_t received;         /* bytes from the server so far */
    play_byte_fn *each_byte; /* called behind each of them, or NULL */

    struct mote x;
    struct mote_chat chat;
    struct mote_csi csi;
    struct mote_archive archive;
    struct mote_archive_config archive_config;
    bool with_archive;
    struct mote_sasl2 sasl2;
    struct mote_sasl2_config sasl2_config;
    struct mote_known_server known; /* of an earlier login */
    struct mote_token token;
    bool with_sasl2;
    struct mote_register registrar;
    struct mote_register_config register_config;
    bool with_register;
    char invite[64];
    struct mote_account account;
    char archive_last[MOTE_ARCHIVE_ID_MAX + 1];
    struct mote_presence presence;
    struct mote_disco disco;
    struct mote_ping ping;
    struct mote_clock clock;
    struct mote_blog blog;
    struct mote_files files;
    struct mote_upload upload;
    struct mote_transfer transfers[2];
    struct mote_config config;
    struct mote_presence_config presence_config;
    struct mote_keys keys, told; /* for the login; as the last event told them */
    const char *allow[4];
    char jid[512], password[300], allow_text[256];
    size_t arena_size, xml_size, tx_size, block_max;
    uint32_t chat_flags;
    bool started, no_entropy;
    uint64_t now_ms;

    size_t output_len;
    size_t events_len;
    struct {
        char name[32], value[VAR_LEN];
    } vars[VARS];
    uint8_t random; /* the next byte of the random source, which only counts */
    size_t sink_len;
    uint64_t source_len; /* of the file offered last */

    bool with_outbox;     /* set outbox=on, or =idle: */
    bool keep_idle_session;
    char witness[16];     /* set witness=found, not-found, unknown, later, archive; "": there is none */
    bool with_find;       /* do find: files may be queued for bare JIDs ... */
    char found[MOTE_JID_MAX + 1]; /* ... and go there; "": nobody is there */
    struct mote_outbox outbox;
    struct mote_queued_files queued_files;
    struct mote_store store;
    struct mote_store_config store_config;
    uint8_t store_buffer[512];

    /* From here on nothing is cleared for the next case: it would take longer than the case. */
    uint8_t arena[65536], xml[65536], tx[65536];
    char output[OUTPUT]; /* sent by the client, not yet expected */
    char events[EVENTS]; /* one line each, not yet expected */
    uint8_t sink[1 << 17]; /* what accepted files wrote */
    uint8_t hold[2048];
    unsigned long syncs, progs; /* of it, at the last line that asked */
    struct flash_ram device;
};

/* main.c */
void play_fail(struct play *p, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* the first one is told */
bool play(struct play *p, const char *file, size_t chunk, play_byte_fn *each_byte);

/* lines.c: one line of a file; a setting, as in `set KEY=VALUE`. */
void play_line(struct play *p, char *line);
void play_set(struct play *p, const char *key, const char *value);

/* world.c */
void play_start(struct play *p);                  /* the engine, if it is not there yet */
void play_work(struct play *p);                   /* what is due by now */
void play_feed(struct play *p, const char *bytes, size_t len); /* from the server */
size_t play_take(struct play *p, size_t most);    /* the wire takes so many bytes at the most; how many it took */
void play_collect(struct play *p);                /* and all that the engine wants to send */
void play_connect(struct play *p, const char *kind);
void play_secured(struct play *p, const char *kind);

/* On line over an insecure loopback, by the shortest way, for cases about what comes after; with XEP-0198 and XEP-0352
 * offered for `sm`. What was sent meanwhile is forgotten unless `keep_output`. */
void play_login(struct play *p, bool keep_output, bool sm);
void play_archive_answer(void *play, uint32_t tag, enum mote_archive_testimony testimony);

/* secrets.c: fails when something of the login is still in memory. */
void play_wiped(struct play *p);

/* cut.c: a file with the link cut after every byte of the server's. Returns how many cuts were tried. */
unsigned long cut_everywhere(struct play *p, const char *file, bool *good);

/* expect.c */
char *variable(struct play *p, const char *name, size_t len);
size_t substitute(struct play *p, const char *in, char *out, size_t size); /* known {names} replaced */
void expect_output(struct play *p, const char *arg);
void expect_event(struct play *p, const char *arg);
void expect_wants(struct play *p, const char *arg);
void expect_count(struct play *p, const char *arg); /* N TEXT: so often in the pending output, which is then dropped */

/* events.c: the one line that stands for an event. */
void describe_event(char *line, size_t size, const struct mote_event *event);

/* outbox.c: with `set outbox=`, a store in RAM that outlives `reboot`. */
void outbox_attach(struct play *p);
void outbox_durable(struct play *p);
int32_t outbox_command(struct play *p, const char *command); /* queue, queue-post, drop, retry, testify */
void outbox_written(struct play *p, unsigned times);         /* it was written and synced so often since asked before */
void outbox_waits(struct play *p, unsigned count);           /* so many items are in the store */
const char *argument(const char *command, const char *key, char *out, size_t size, bool rest); /* commands.c */

/* commands.c: `do` lines. */
void play_command(struct play *p, char *command);
void play_attach(struct play *p);

#endif
