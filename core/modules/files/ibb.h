/* SPDX-License-Identifier: MIT
 * In-band bytestreams (XEP-0047) for the files module. It is not for applications.
 */
#ifndef MOTE_IBB_H
#define MOTE_IBB_H

#include "core/modules/files/transfer.h"

enum { BLOCK_DEFAULT = 4096 }; /* bytes, as XEP-0047 section 5 recommends; what is larger gains nothing */

/* How many bytes a block to this JID, or from it, can have: at most config.block_max, 0 when there is no room for
 * any. */
uint16_t mote__ibb_send_limit(const struct mote_files *files, const char *to);
uint16_t mote__ibb_receive_limit(const struct mote_files *files, const char *from);

/// ibb_send.c. Each returns 0 or a negative error; with MOTE_ERR_FULL it is tried again later ///

int mote__ibb_send_open(struct mote_transfer *t);
int mote__ibb_send_close(struct mote_transfer *t);
int mote__ibb_send_answer(struct mote_transfer *t); /* to a raw <open/> */

/* Send the next block, or go on to the end when all blocks were acknowledged. Returns what mote__transfer_step does. */
int mote__ibb_send_block(struct mote_transfer *t);

/* The receiver has closed the byte stream. */
void mote__ibb_receiver_closed(struct mote_transfer *t);

/// ibb_receive.c ///

/* A message, or an IQ of type set, has come. Returns true if it was about a bytestream. */
bool mote__ibb_stanza(struct mote_files *files, const struct mote_xml *stanza);

#endif
