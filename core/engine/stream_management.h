/* SPDX-License-Identifier: MIT
 * Stream management (XEP-0198) over the TX ring: the server counts what it has handled, and a lost link goes on where
 * it was. The ring keeps what is not acknowledged; here are only the counters and the few elements.
 *
 * Asking costs a round trip of some 60 bytes, so it is done when it helps: when what waits for an acknowledgement
 * fills a quarter of the ring, and SM_ASK_MS after the last stanza.
 */
#ifndef MOTE_SM_H
#define MOTE_SM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/mote.h"
#include "core/config.h"

struct mote;
struct mote_xml;

enum { SM_ASK_MS = 3000 };

enum mote__sm_state {
    SM_OFF,   /* not in use on this stream */
    SM_ASKED, /* <enable/> is out: our stanzas count from there */
    SM_ON     /* <enabled/> came: theirs count from there */
};

/* True when a lost link may yet go on: the requests and stanzas of the session are still alive. */
bool mote__sm_resumable(const struct mote *x);

void mote__sm_enable(struct mote *x);                       /* on line for the first time, the server offers it */
void mote__sm_resume(struct mote *x);                       /* compose <resume/> */
void mote__sm_element(struct mote *x, const struct mote_xml *e);
void mote__sm_forget(struct mote *x); /* the session is over: tell the modules, drop what cannot be kept */
void mote__sm_stanza_queued(struct mote *x);                       /* a stanza of ours went into the ring */
void mote__sm_request_if_much_waits(struct mote *x);               /* ask now, if much waits to be acknowledged */
void mote__sm_tick(struct mote *x);
bool mote__sm_due(const struct mote *x);
void mote__sm_write_due(struct mote *x);                          /* compose <a/> and <r/> that are due */
void mote__sm_stanza_broke_stream(struct mote *x); /* the stream fails in the middle of a stanza of theirs */

#endif
