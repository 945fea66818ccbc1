/* SPDX-License-Identifier: MIT
 * Stream management (XEP-0198) over the TX ring: the server counts what it has handled, and a lost link goes on where
 * it was. The ring keeps what is not acknowledged; here are only the counters and the few elements.
 *
 * Asking costs a round trip of some 60 bytes, so it is done when it helps: when what waits for an acknowledgement
 * fills a quarter of the ring, and SM_ASK_MS after the last stanza.
 *
 * A resumed session may be deaf: Prosody (0.12, 13) keeps half a stanza of the old link, and takes all that comes on
 * the new one for its rest. So <r/> goes behind what is sent again, and a session in which it has no answer is left for
 * a new one. That asks for the same full JID, so that what goes on between it and its peers (files) goes on.
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

/* The answer to the <r/> behind a resumption has SM_WORD_MS, another millisecond for each SM_BYTES_MS bytes that go out
 * before it, and one for each byte that comes: a slow link has its time, and a file in flight does not run into its
 * idle time-out. */
enum { SM_ASK_MS = 3000, SM_WORD_MS = 15000, SM_BYTES_MS = 4 };

enum mote__sm_state {
    SM_OFF,   /* not in use on this stream */
    SM_ASKED, /* <enable/> is out: our stanzas count from there */
    SM_ON     /* <enabled/> came: theirs count from there */
};

/* True when a lost link may yet go on: the requests and stanzas of the session are still alive. */
bool mote__sm_resumable(const struct mote *x);

/* The same, or one that was left is to be replaced under the same full JID. */
bool mote__sm_goes_on(const struct mote *x);

void mote__sm_enable(struct mote *x);                       /* on line for the first time, the server offers it */
void mote__sm_resume(struct mote *x);                       /* compose <resume/> */
void mote__sm_element(struct mote *x, const struct mote_xml *e);
void mote__sm_bound(struct mote *x, const char *jid);       /* a new session has this JID; mote_jid is the one before */
void mote__sm_received(struct mote *x, size_t bytes);       /* from the server */
void mote__sm_forget(struct mote *x); /* the session is over: tell the modules, drop what cannot be kept */
void mote__sm_stanza_queued(struct mote *x);                       /* a stanza of ours went into the ring */
void mote__sm_request_if_much_waits(struct mote *x);               /* ask now, if much waits to be acknowledged */
void mote__sm_tick(struct mote *x);
bool mote__sm_due(const struct mote *x);
void mote__sm_write_due(struct mote *x);                          /* compose <a/> and <r/> that are due */
void mote__sm_stanza_broke_stream(struct mote *x); /* the stream fails in the middle of a stanza of theirs */

#endif
