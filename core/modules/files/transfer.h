/* SPDX-License-Identifier: MIT
 * What the sources of the files module share: the states of a transfer and the steps between them. It is not for
 * applications.
 *
 *   outgoing   OFFERED --accepted--> OPENING --opened--> SENDING --all acknowledged--> CLOSING --closed--> SETTLING
 *   incoming   ASKED --accepted--> [REPLACING, FALLING_BACK -->] ACCEPTED --opened--> RECEIVING --closed--> [CHECKING]
 *   any        --done, failed, refused--> LEAVING --nothing due--> FREE
 *              --cancelled--> CANCELLED --told--> LEAVING; what is due is sent meanwhile
 *
 * Nothing is sent where it is decided: a decision sets what is due, and mote__files_pump sends it in turn as the ring
 * has room. So a full ring delays a transfer and never breaks it.
 */
#ifndef MOTE_FILES_TRANSFER_H
#define MOTE_FILES_TRANSFER_H

#include "core/modules/files/files.h"

enum transfer_state {
    TRANSFER_FREE,
    TRANSFER_OFFERED,   /* session-initiate is out; waiting for session-accept */
    TRANSFER_OPENING,   /* <open/> is due or out */
    TRANSFER_SENDING,
    TRANSFER_CLOSING,   /* <close/> is due or out */
    TRANSFER_ASKED,     /* waiting for the application */
    TRANSFER_REPLACING, /* transport-replace is due or out */
    TRANSFER_FALLING_BACK, /* session-accept with SOCKS5 is due or out; waiting for transport-replace */
    TRANSFER_ACCEPTED,  /* session-accept is due or out; waiting for <open/> */
    TRANSFER_RECEIVING,
    TRANSFER_CHECKING,  /* all is there; waiting for the announced hash */
    TRANSFER_SETTLING,  /* the byte stream is closed; waiting for session-terminate */
    TRANSFER_CANCELLED, /* by the application, which has yet to be told */
    TRANSFER_LEAVING    /* the application knows the end; what is due is sent */
};

/* What is to be sent, in this order. */
enum transfer_due {
    DUE_ANSWER = 1u << 0,    /* the answer to a raw <open/>: yes in RECEIVING, no in LEAVING */
    DUE_REPLACE = 1u << 1,   /* transport-replace */
    DUE_TRANSPORT = 1u << 2, /* transport-accept */
    DUE_ACCEPT = 1u << 3,    /* session-accept */
    DUE_ERROR = 1u << 4,     /* transport-info: no candidate of theirs can be reached */
    DUE_REJECT = 1u << 5,    /* transport-reject */
    DUE_OPEN = 1u << 6,      /* <open/> */
    DUE_CHECKSUM = 1u << 7,  /* session-info with the hash */
    DUE_TERMINATE = 1u << 8, /* session-terminate with t->reason */
    DUE_CLOSE = 1u << 9      /* <close/> */
};

/* How long each of these is waited for, in milliseconds. */
enum {
    CHECKSUM_WAIT_MS = 5000, /* the hash or the <close/>, when all bytes are there */
    SETTLE_MS = 10000,       /* the receiver's word that it has the file */
    REASON_WAIT_MS = 2000,   /* the reason, after an early <close/> */
    LEAVE_MS = 10000         /* room in the ring to tell the peer the end */
};

enum { BLOCK_MIN = 16 }; /* bytes; a smaller block is not worth a stanza */

/// transfer.c: the table of transfers, and how one ends ///

struct mote_transfer *mote__transfer_take(struct mote_files *files); /* a free one, emptied; NULL when there is none */
void mote__transfer_free(struct mote_transfer *t);                   /* nothing is due any more: the place is free */
struct mote_transfer *mote__transfer_of(struct mote_iq *iq);         /* the one whose control request this is */
struct mote_transfer *mote__transfer_by_ticket(struct mote_files *files, int32_t ticket);

/* The transfer with this full JID that has not ended and has this sid, of the Jingle session or of the byte stream.
 * When an argument is NULL, so is the result. */
struct mote_transfer *mote__transfer_by_session(struct mote_files *files, const char *peer, const char *sid);
struct mote_transfer *mote__transfer_by_stream(struct mote_files *files, const char *peer, const char *sid);

/* Begin the control request to the peer. */
struct mote_writer *mote__transfer_ask(struct mote_transfer *t);

/* Change the state; go_on takes the idle time-out. */
void mote__transfer_enter(struct mote_transfer *t, enum transfer_state state, uint64_t timeout_ms);
void mote__transfer_go_on(struct mote_transfer *t, enum transfer_state state);

/* There was progress: the idle time begins anew. */
void mote__transfer_moved(struct mote_transfer *t);

/* Give MOTE_EV_FILE_STARTED or _PROGRESS. The application may cancel from within, so the state may be another one
 * afterwards. */
void mote__transfer_emit(struct mote_transfer *t, int kind);

/* Give MOTE_EV_FILE_OFFERED, with what only the <file/> element `info` has; it may be NULL. */
void mote__transfer_emit_offer(struct mote_transfer *t, const struct mote_xml *info);

/* Reasons of a session-terminate (XEP-0166 section 7.4, XEP-0234 section 8.4), as they are written. */
#define REASON_SUCCESS "<success/>"
#define REASON_CANCEL "<cancel/>"
#define REASON_DECLINE "<decline/>"
#define REASON_BUSY "<busy/>"
#define REASON_TIMEOUT "<timeout/>"
#define REASON_GENERAL "<general-error/>"
#define REASON_MEDIA "<media-error/>"
#define REASON_TOO_LARGE REASON_MEDIA "<file-too-large xmlns='" NS_JINGLE_FILE_ERRORS "'/>"
#define REASON_SECURITY "<security-error/>"
#define REASON_CONNECTIVITY "<connectivity-error/>"
#define REASON_TRANSPORT "<failed-transport/>"
#define REASON_APPLICATION "<failed-application/>"
#define REASON_NO_APPLICATION "<unsupported-applications/>"
#define NS_JINGLE_FILE_ERRORS "urn:xmpp:jingle:apps:file-transfer:errors:0"

#define NO_FALL_BACK "the sender found no way but SOCKS5, and does not fall back to in-band transfer"

/* End without an event: forget the requests, make the farewell to the peer due with this reason (NULL: cancel), and
 * free the transfer once that is sent. */
void mote__transfer_leave(struct mote_transfer *t, const char *reason);

/* After it: send as much of the farewell as there is room for. */
void mote__transfer_say_farewell(struct mote_transfer *t);

/* End with MOTE_EV_FILE_FAILED (`why` NULL: what mote_error_text says) or _DONE. The farewell is sent before the event
 * if there is room for it, so that the application may offer the next file from within. `t` may be another transfer
 * afterwards. */
void mote__transfer_fail(struct mote_transfer *t, int error, const char *why, const char *reason);
void mote__transfer_refused(struct mote_transfer *t, const struct mote_xml *reply, int error); /* by an answer */
void mote__transfer_done(struct mote_transfer *t, bool verified);

/* The byte stream was closed too early: the transfer ends with this error unless session-terminate tells more. */
void mote__transfer_settle(struct mote_transfer *t, int error, const char *why);

/* The digest of what was transferred so far. */
void mote__transfer_digest(const struct mote_transfer *t, uint8_t digest[32]);

/* The byte stream has ended in order: compare the hash, or wait for it, unless the peer will not say any more
 * (`final`). */
void mote__transfer_received(struct mote_transfer *t, bool final);

/* Its deadline has come. */
void mote__transfer_tick(struct mote_transfer *t);

/* A call of the application knows no time but that of the engine's last call, which may be long ago. So let the
 * deadlines count from the next tick, which is due at once. */
void mote__transfer_date(struct mote_transfer *t);

/* Send one thing. Returns 1 when it was sent, 0 when there is nothing to send now, MOTE_ERR_FULL when it waits for
 * room. */
int mote__transfer_step(struct mote_transfer *t);

/// files.c ///

/* Send what there is room for, one thing of each transfer in turn. */
void mote__files_pump(struct mote_files *files);

/* Is this what a file can be offered to: a full JID, or a domain? */
bool mote__files_full_jid(const char *jid);

/* Have mote__files_pump called by the next tick, which is due at once. */
void mote__files_wake(struct mote_files *files);

/* An IQ of type set whose answer nobody waits for: begin it, write the child element, and send it. It may use the room
 * that is kept free for answers. mote__note_send returns what mote_module_answer does. */
struct mote_writer *mote__note_begin(struct mote_files *files, const char *to);
int mote__note_send(struct mote_files *files);

#endif
