/* SPDX-License-Identifier: MIT
 * Stream management (XEP-0198) over the TX ring: the server counts what it has handled, and after a lost link the
 * session goes on where it was. The ring keeps what is not acknowledged; here are only the counters and the few
 * elements.
 *
 * Asking costs a round trip of some 60 bytes, so it is done only when it helps: when what waits for an acknowledgement
 * fills a quarter of the ring, and SM_ASK_MS after the first stanza that waits.
 *
 * A resumed session may be deaf: Prosody (0.12, 13) keeps half a stanza of the old link, and takes all that comes on
 * the new one for its rest. So <r/> goes behind what is sent again, and when it gets no answer, the session is left for
 * a new one. That asks for the same full JID, so that what is under way with peers, such as files, goes on.
 */
#ifndef MOTE_STREAM_MANAGEMENT_H
#define MOTE_STREAM_MANAGEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/mote.h"
#include "core/config.h"

struct mote;
struct mote_xml;

/* The answer to the <r/> behind a resumption has to come within SM_ANSWER_MS. A slow link gets more: a millisecond for
 * each SM_BYTES_MS bytes that go out before it, and one for each byte that comes. It is short enough that a file which
 * is under way does not run into its idle time-out. */
enum { SM_ASK_MS = 3000, SM_ANSWER_MS = 15000, SM_BYTES_MS = 4, SM_MANY = 32 };

enum mote__sm_state {
    SM_OFF,   /* not in use on this stream */
    SM_ASKED, /* <enable/> is out: our stanzas count from there */
    SM_ON     /* <enabled/> came: theirs count from there */
};

/* Can the session be resumed after a lost link? Then its requests and stanzas are kept. */
bool mote__sm_resumable(const struct mote *x);

/* The same, or a session that was left because it was deaf is to be replaced under the same full JID. */
bool mote__sm_goes_on(const struct mote *x);

/* Compose <enable/>: a new session is on line, and the server offers stream management. */
void mote__sm_enable(struct mote *x);

/* Compose <resume/>. */
void mote__sm_resume(struct mote *x);

/* <enable/> was said in some other way: our stanzas count from here. */
void mote__sm_begin(struct mote *x);

/* <resume/> as a part of something else. Keep the session in the store before that is composed. */
void mote__sm_put_resume(const struct mote *x, struct mote_writer *w);
void mote__sm_keep_session(struct mote *x);

/* The server refused to resume, so the session is gone. False when the stream failed over that. */
bool mote__sm_refused(struct mote *x, const struct mote_xml *failed);

/* An element of the namespace of XEP-0198 has come. */
void mote__sm_element(struct mote *x, const struct mote_xml *e);

/* A new session has this JID; mote_jid still gives the one before. */
void mote__sm_bound(struct mote *x, const char *jid);

/* A stanza of theirs was handled. */
void mote__sm_handled(struct mote *x);

/* So many bytes have come from the server. */
void mote__sm_received(struct mote *x, size_t bytes);

/* The session is over: tell the modules, and drop what cannot be kept. */
void mote__sm_forget(struct mote *x);

/* A stanza of ours went into the ring. */
void mote__sm_stanza_queued(struct mote *x);

/* Ask now, if much waits to be acknowledged. */
void mote__sm_request_if_much_waits(struct mote *x);

void mote__sm_tick(struct mote *x);

/* Is an <a/>, or an <r/> that may go out, due? */
bool mote__sm_due(const struct mote *x);

/* Compose the <a/> and <r/> that are due; `at_once` though the storage was written a moment ago. */
void mote__sm_write_due(struct mote *x, bool at_once);

/* The stream fails in the middle of a stanza of theirs. */
void mote__sm_stanza_broke_stream(struct mote *x);

#endif
