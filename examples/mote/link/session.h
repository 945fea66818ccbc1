/* SPDX-License-Identifier: MIT
 * One account on line: the engine, its memory, the modules that a verb asks for, and the loop.
 *
 *     int code = session_open(SESSION_CHAT, on_event);
 *     code = code == 0 ? session_login() : code;
 *     ... mote_chat_send(&session.chat, ...); code = session_wait(&done, 30); ...
 *     return session_close(code);
 */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "examples/mote/link/query.h"
#include "examples/mote/link/roster.h"
#include "examples/mote/command.h"
#include "core/modules/archive/archive.h"
#include "core/modules/blog/blog.h"
#include "core/modules/chat/chat.h"
#include "core/modules/clock.h"
#include "core/modules/disco.h"
#include "core/modules/files/files.h"
#include "core/modules/outbox/outbox.h"
#include "core/modules/outbox_blog.h"
#include "core/modules/outbox_chat.h"
#include "core/modules/outbox_files.h"
#include "core/modules/ping.h"
#include "core/modules/presence.h"
#include "core/mote.h"
#include "core/sasl2.h"
#include "port/os/posix.h"
#include "port/run/run.h"

enum { TEXT_MAX = 48 * 1024, TRANSFERS_MAX = 4 };

enum session_needs {
    SESSION_CHAT = 1u << 0,
    SESSION_BLOG = 1u << 1,
    SESSION_FILES = 1u << 2,
    SESSION_PRESENCE = 1u << 3,  /* be there, and take the messages to the account */
    SESSION_PASSWORD = 1u << 4,  /* setup: the password, whatever is kept */
    SESSION_RECONNECT = 1u << 5, /* once it was on line, stay so */
    SESSION_PATIENT = 1u << 6,   /* reconnect even when the first try fails */
    SESSION_SIGNALS = 1u << 7,   /* SIGINT and SIGTERM end the wait */
    SESSION_ASIDE = 1u << 8,     /* be there, but leave messages to others, or in the server's store */
    SESSION_BRIDGE = 1u << 9,    /* reconnect, but give up when that takes long */
    SESSION_OUTBOX = 1u << 10,   /* the store, and what waits in it: link/account_store.h */
    SESSION_OFFLINE = 1u << 11,  /* never connect: no credentials, no TLS */
    SESSION_GIVES = 1u << 12,    /* with SESSION_FILES: only to give them, so that nobody is told that they are taken */
    SESSION_CONTACTS = 1u << 13, /* know who of the contacts may see our presence */
    SESSION_COPIES = 1u << 14,   /* with SESSION_CHAT: have copies of what the server gives to other resources */
    SESSION_GOES_ON = 1u << 15   /* after a crash the next process goes on where this one was: account_store.h */
};

struct session {
    struct mote x;
    struct mote_run run;
    struct mote_sasl2 sasl2;
    struct mote_posix posix;
    const struct mote_port *port;
    struct ask ask;
    struct roster roster; /* with SESSION_CONTACTS */
    struct mote_chat chat;
    struct mote_blog blog;
    struct mote_files files;
    struct mote_queued_files queued_files; /* with the outbox */
    struct mote_presence presence;
    struct mote_disco disco;
    struct mote_ping ping;
    struct mote_clock clock;
    struct mote_store store;
    struct mote_outbox outbox;
    struct mote_archive archive; /* with the outbox: what was missed, and what has arrived */
    void (*on_event)(const struct mote_event *event); /* of the verb; may be NULL */
    uint64_t (*on_turn)(void); /* of the verb; may be NULL. Called each time that something may have come; returns when
                                  it wants to be called at the latest, on the clock of session_now */
    uint64_t turn_ms;          /* what it returned */
    unsigned needs;
    bool was_online, online;
    uint64_t offline_ms;        /* since when it is not, after it was; else 0 */
    struct mote_keys keys;      /* kept, or derived by this login */
    char jid[MOTE_JID_MAX + 1]; /* as configured, with the resource */
    struct mote_transfer transfers[TRANSFERS_MAX];
};

extern struct session session;

enum {
    SESSION_STOPPED = -1, /* a signal came: not an error for those who only listen */
    SESSION_AGAIN = -2    /* the connection was lost, and is being made anew */
};

/* Make all ready. 0, or an exit code after having said why; so do the next two. With SESSION_OUTBOX also KEEP_BUSY,
 * without a word: then it may be called again. With SESSION_OFFLINE it may be called again after session_close. */
int session_open(unsigned needs, void (*on_event)(const struct mote_event *event));

/* Connect and log in. */
int session_login(void);

/* Wait until *done (may be NULL) is true, or timeout_s have passed (0: for ever). 0 done; EXIT_TIMEOUT without a word;
 * SESSION_STOPPED without a word; any other after having said why. */
int session_wait(const bool *done, unsigned timeout_s);

/* The same, until `fd` has something to read as well. */
int session_wait_input(int fd, const bool *done);

/* Wait on after a signal, for what has to be done before the end. */
void session_resume(void);

/* Log out in good order, and return the exit code: `code`, unless it is 0 and the end was not in good order; for
 * SESSION_STOPPED 0. */
int session_close(int code);

/* The same for verbs that a signal breaks off rather than ends: the process dies of it as if it had not been caught. */
int session_close_broken(int code);

/* Go without logging out, so that the session can go on after a restart (XEP-0198): the connection is closed without a
 * word. Returns the exit code as session_close does. */
int session_leave(int code);

/* The signal that ended the wait, 0: none did. */
int session_signal(void);

/* Seconds of a monotonic clock times 1000. */
uint64_t session_now(void);

/* Whether this bare or full JID may send files and see our presence: the own account, or on the list. */
bool session_allows(const char *jid);

#endif
