/* SPDX-License-Identifier: MIT
 * Frames are moved through FIFOs of 32-bit words, and a pbuf chain may change from one buffer to the next anywhere.
 */
#ifndef MOTE_BARE_WORDS_H
#define MOTE_BARE_WORDS_H

#include <lwip/pbuf.h>

/* Give all bytes of the chain to `put`, four at a time, the last word filled up with zeros. */
void mote__words_send(const struct pbuf *p, void (*put)(uint32_t word));

/* Fill the chain from `get`: ceil(tot_len / 4) words. */
void mote__words_receive(struct pbuf *p, uint32_t (*get)(void));

#endif
