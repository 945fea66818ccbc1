/* SPDX-License-Identifier: MIT
 * Moves frames of lwIP through a FIFO of 32-bit words.
 */
#include "boards/bare/words.h"

#include <string.h>

void mote__words_send(const struct pbuf *p, void (*put)(uint32_t word))
{
    uint32_t word = 0;
    unsigned have = 0; /* bytes of word */
    for (; p != NULL; p = p->next) {
        const uint8_t *b = p->payload;
        size_t len = p->len;
        while (len > 0) {
            if (have == 0 && len >= 4) {
                memcpy(&word, b, 4);
                put(word);
                word = 0;
                b += 4;
                len -= 4;
                continue;
            }
            word |= (uint32_t)*b++ << (8 * have++);
            len--;
            if (have == 4) {
                put(word);
                word = 0;
                have = 0;
            }
        }
    }
    if (have > 0) {
        put(word);
    }
}

void mote__words_receive(struct pbuf *p, uint32_t (*get)(void))
{
    uint32_t word = 0;
    unsigned left = 0; /* bytes of word */
    for (; p != NULL; p = p->next) {
        uint8_t *b = p->payload;
        for (size_t i = 0; i < p->len;) {
            if (left == 0) {
                word = get();
                left = 4;
            }
            if (left == 4 && p->len - i >= 4) {
                memcpy(b + i, &word, 4);
                i += 4;
                left = 0;
            } else {
                b[i++] = (uint8_t)word;
                word >>= 8;
                left--;
            }
        }
    }
}
