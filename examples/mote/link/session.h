/* SPDX-License-Identifier: MIT
 * One account on line: the engine, its memory, the modules that a verb needs, and the loop.
 *
 *     int code = session_open(SESSION_CHAT, on_event);
 *     code = code == 0 ? session_login() : code;
 *     ... mote_chat_send(&session.chat, ...); code = session_wait(&done, 30); ...
 *     return session_close(code);
 */
#ifndef COMMAND_LINK_SESSION_H
#define COMMAND_LINK_SESSION_H

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
#include "core/modules/upload/upload.h"
#include "core/mote.h"
#include "core/sasl2.h"
#include "port/os/posix.h"
#include "port/run/run.h"

enum { TEXT_MAX = 48 * 1024, TRANSFERS_MAX = 4 };

enum session_needs {
    SESSION_CHAT = 1u << 0,
    SESSION_BLOG = 1u << 1,
    SESSION_FILES = 1u << 2,
    SESSION_PRESENCE = 1u << 3,  /* be available, and take the messages to the account */
    SESSION_PASSWORD = 1u << 4,  /* for setup: log in by password, whatever keys are kept */
    SESSION_RECONNECT = 1u << 5, /* after having been on line, reconnect when the connection is lost */
    SESSION_PATIENT = 1u << 6,   /* reconnect even when the first try fails */
    SESSION_SIGNALS = 1u << 7,   /* SIGINT and SIGTERM end the wait */
    SESSION_ASIDE = 1u << 8,     /* be available, but leave messages to other clients, or in the server's store */
    SESSION_BRIDGE = 1u << 9,    /* reconnect, but give up when that takes long */
    SESSION_OUTBOX = 1u << 10,   /* have the store, and send what waits in it: see link/account_store.h */
    SESSION_OFFLINE = 1u << 11,  /* never connect: no credentials and no TLS are needed */
    SESSION_GIVES = 1u << 12,    /* with SESSION_FILES: only send files, so do not say that they are taken */
    SESSION_CONTACTS = 1u << 13, /* know which contacts may see our presence */
    SESSION_COPIES = 1u << 14,   /* with SESSION_CHAT: have copies of what the server gives to other resources */
    SESSION_UPLOAD = 1u << 16,   /* know the server's upload service */
    SESSION_WEB = 1u << 17,      /* with SESSION_OFFLINE: no session, but what web/web.h needs */
    SESSION_GOES_ON = 1u << 15   /* the next process resumes the session after a crash: see link/account_store.h */
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
    struct mote_upload upload; /* with SESSION_UPLOAD */
    struct mote_presence presence;
    struct mote_disco disco;
    struct mote_ping ping;
    struct mote_clock clock;
    struct mote_store store;
    struct mote_outbox outbox;
    struct mote_archive archive; /* with the outbox: what was missed, and what has arrived */

    /* Of the verb; both may be NULL. on_turn is called each time that something may have come, and returns when it
     * wants to be called again at the latest, on the clock of session_now; turn_ms is what it returned. */
    void (*on_event)(const struct mote_event *event);
    uint64_t (*on_turn)(void);
    uint64_t turn_ms;
    int (*failed)(int error, const char *why); /* of a verb that has its own words for a login that failed; or NULL */
    unsigned needs;
    bool was_online, online;
    bool settled;               /* the server has said all that there is to say: session_close does not wait for more */
    uint64_t offline_ms;        /* since when it is off line, after having been on line; else 0 */
    struct mote_keys keys;      /* kept, or derived by this login */
    char jid[MOTE_JID_MAX + 1]; /* as configured, with the resource */
    struct mote_transfer transfers[TRANSFERS_MAX];
};

extern struct session session;

enum {
    SESSION_STOPPED = -1, /* a signal came, which is no error for a verb that only listens */
    SESSION_AGAIN = -2    /* for verbs: the connection was lost and is being made anew, so do the step again */
};

/* Make all ready. Returns 0, or an exit code after having said why. With SESSION_OUTBOX it may also return KEEP_BUSY,
 * without a word, and may be called again then. With SESSION_OFFLINE it may be called again after session_close. */
int session_open(unsigned needs, void (*on_event)(const struct mote_event *event));

/* Connect and log in. Returns 0, or an exit code after having said why. */
int session_login(void);

/* Leave the session and log in anew, by the password and not by a token, to see whether it works. */
int session_login_again(void);

/* Wait until *done (may be NULL) is true, or timeout_s have passed (0: for ever). Returns 0 when it is done;
 * EXIT_TIMEOUT or SESSION_STOPPED without a word; or any other exit code after having said why. */
int session_wait(const bool *done, unsigned timeout_s);

/* The same without a timeout, but it also ends when `fd` has something to read. */
int session_wait_input(int fd, const bool *done);

/* Allow waiting after a signal, for what has to be done before the end. */
void session_resume(void);

/* Log out, and return the exit code: `code`, or another one when that is 0 and logging out failed; 0 for
 * SESSION_STOPPED. */
int session_close(int code);

/* The same for verbs whose work a signal breaks off: the process dies of the signal, as if it had not been caught. */
int session_close_broken(int code);

/* Close the connection without logging out, so that the session can be resumed after a restart (XEP-0198). Returns the
 * exit code as session_close does. */
int session_leave(int code);

/* The signal that ended the wait, or 0. */
int session_signal(void);

/* Milliseconds of a monotonic clock. */
uint64_t session_now(void);

/* May this bare or full JID send files and see our presence? It may when it is the own account, or on the list. */
bool session_allows(const char *jid);

#endif
