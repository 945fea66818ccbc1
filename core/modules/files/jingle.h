/* SPDX-License-Identifier: MIT
 * Jingle sessions (XEP-0166) of one file each (XEP-0234), for the files module. It is not for applications.
 */
#ifndef MOTE_JINGLE_H
#define MOTE_JINGLE_H

#include "core/modules/files/transfer.h"

/// jingle.c: what arrives ///

/* An IQ of type set has come. Returns true if it was about a Jingle session. */
bool mote__jingle_stanza(struct mote_files *files, const struct mote_xml *iq);

/* The answer to a session-initiate, session-accept or transport-replace of ours has come. */
void mote__jingle_request_answered(struct mote_iq *iq, const struct mote_xml *reply, int error);

/// jingle_send.c. Each returns a negative error, or 0 or more; with MOTE_ERR_FULL it is tried again later ///

int mote__jingle_send_offer(struct mote_transfer *t, const struct mote_file_info *info); /* session-initiate */

/* Do an offer and a block of the file fit in an empty ring? Returns 0, or MOTE_ERR_SIZE or _TEXT. `to` may be a bare
 * JID. */
int mote__jingle_offer_fits(const struct mote_files *files, const char *to, const struct mote_file_info *info);
int mote__jingle_send_accept(struct mote_transfer *t);
int mote__jingle_send_replace(struct mote_transfer *t);   /* transport-replace, by IBB */
int mote__jingle_send_transport(struct mote_transfer *t); /* transport-accept */
int mote__jingle_send_error(struct mote_transfer *t);     /* transport-info: <candidate-error/> */
int mote__jingle_send_reject(struct mote_transfer *t);    /* transport-reject */
int mote__jingle_send_checksum(struct mote_transfer *t);
int mote__jingle_send_terminate(struct mote_transfer *t);

/* Terminate a session for which there is no transfer. */
void mote__jingle_turn_away(struct mote_files *files, const char *to, const char *sid, const char *reason);

#endif
