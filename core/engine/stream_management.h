/* SPDX-License-Identifier: MIT
 * Stream management (XEP-0198) over the TX ring: the server counts what it has handled, and a lost link goes on where it
 * was. The ring keeps what is not acknowledged; here are only the counters and the few elements.
 *
 * Asking costs a round trip of some 60 bytes, so it is done when it helps: when what waits for an acknowledgement
 * fills a quarter of the ring, and SM_ASK_MS after the last stanza.
 */
#ifndef MOTE_SM_H
#define MOTE_SM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"

struct mote;
struct mote_xml;

enum { SM_ASK_MS = 3000 };

enum sm_state {
    SM_OFF,   /* not in use on this stream */
    SM_ASKED, /* <enable/> is out: our stanzas count from there */
    SM_ON     /* <enabled/> came: theirs count from there */
};

struct sm {
    uint64_t ask_ms;           /* when to ask for what is not acknowledged; UINT64_MAX: nothing is */
    uint8_t state;             /* enum sm_state */
    bool owe_ack;              /* <a/> is due */
    bool owe_ask;              /* <r/> is due */
    bool asked;                /* <r/> is out, unanswered */
    bool restored;             /* from before a restart: `out` is not known until it is resumed */
    uint32_t in;               /* stanzas of theirs that we have handled, modulo 2^32 */
    uint32_t out;              /* stanzas of ours that they have handled */
    char id[MOTE_SM_ID_MAX + 1]; /* "": the session cannot be resumed */
};

/* True when a lost link may yet go on: the requests and stanzas of the session are still alive. */
bool sm_resumable(const struct mote *x);

void sm_enable(struct mote *x);                       /* on line for the first time, the server offers it */
void sm_resume(struct mote *x);                       /* compose <resume/> */
void sm_element(struct mote *x, const struct mote_xml *e);
void sm_forget(struct mote *x);                       /* the session is over: tell the modules, drop what cannot be kept */
void sm_queued(struct mote *x);                       /* a stanza of ours went into the ring */
void sm_press(struct mote *x);                        /* ask now, if much waits to be acknowledged */
void sm_tick(struct mote *x);
bool sm_owes(const struct mote *x);
void sm_pay(struct mote *x);                          /* compose <a/> and <r/> that are due */
void sm_broke(struct mote *x);                        /* the stream fails in the middle of a stanza of theirs */

#endif
