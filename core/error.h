/* SPDX-License-Identifier: MIT
 * What can go wrong, as negative numbers. examples/mote/out/fail.c has the exit codes of the command for them.
 */
#ifndef MOTE_ERROR_H
#define MOTE_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

enum mote_error {
    MOTE_OK = 0,
    MOTE_ERR_ARG = -1,       /* an argument breaks its documented rule */
    MOTE_ERR_CONFIG = -2,    /* mote_init: a buffer is missing or too small; the log says which and the minimum */
    MOTE_ERR_STATE = -3,     /* not possible now, such as publishing while off line */
    MOTE_ERR_FULL = -4,      /* no room now, nothing was queued; try after MOTE_EV_ROOM */
    MOTE_ERR_SIZE = -5,      /* would not fit in an empty buffer either */
    MOTE_ERR_TEXT = -6,      /* not UTF-8, or a character that XML 1.0 forbids */
    MOTE_ERR_BUSY = -7,      /* all slots for such requests are in use; try after one is answered */
    MOTE_ERR_LOST = -8,      /* the link went away first */
    MOTE_ERR_TIMEOUT = -9,   /* the peer did not answer in time */
    MOTE_ERR_PROTOCOL = -10, /* the peer broke the protocol: not XMPP, not well-formed, out of order */
    MOTE_ERR_POLICY = -11,   /* the peer exceeded a bound of ours or sent what XMPP restricts */
    MOTE_ERR_TLS = -12,      /* no TLS where it is required, or its handshake failed */
    MOTE_ERR_CERT = -13,     /* the server's certificate was refused */
    MOTE_ERR_AUTH = -14,     /* the server refused the login, or could not prove that it knows the password */
    MOTE_ERR_MECHANISM = -15, /* no acceptable SASL mechanism in common */
    MOTE_ERR_STREAM = -16,   /* the server ended the stream with an error; mote_why names it */
    MOTE_ERR_CONFLICT = -17, /* another session took this one's place: do not reconnect by yourself */
    MOTE_ERR_REDIRECT = -18, /* see-other-host; mote_redirect has the address */
    MOTE_ERR_ENTROPY = -19,  /* the random source failed */
    MOTE_ERR_REFUSED = -20,  /* a peer answered with an error stanza; the event has its condition and text */
    MOTE_ERR_HASH = -21,     /* a file's hash did not match */
    MOTE_ERR_IO = -22,       /* a source or sink of the application failed */
    MOTE_ERR_CANCELLED = -23, /* cancelled here or by the peer */
    MOTE_ERR_DNS = -24,      /* the name has no address, or no resolver answered */
    MOTE_ERR_CONNECT = -25,  /* no address could be connected to */
    MOTE_ERR_LAST = MOTE_ERR_CONNECT /* the lowest that there is */
};

/* A sentence fragment for people, in ROM: "the link went away". Never NULL. */
const char *mote_error_text(int error);

#ifdef __cplusplus
}
#endif

#endif
