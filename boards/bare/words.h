/* SPDX-License-Identifier: MIT
 * Moving frames through FIFOs of 32-bit words. The buffers of a pbuf chain may end in the middle of a word.
 */
#ifndef MOTE_BARE_WORDS_H
#define MOTE_BARE_WORDS_H

#include <lwip/pbuf.h>

/* Give all bytes of the chain to `put`, four at a time. The last word is filled up with zeros. */
void mote__words_send(const struct pbuf *p, void (*put)(uint32_t word));

/* Fill the chain from `get`: ceil(tot_len / 4) words. */
void mote__words_receive(struct pbuf *p, uint32_t (*get)(void));

#endif
