/* SPDX-License-Identifier: MIT
 * A fixed piece of memory for mbedTLS, instead of the heap of the C library. A program that never calls
 * mote_tls_memory_use has the heap, such as examples/fleet with its ten thousand connections.
 */
#ifndef MOTE_PORT_TLS_MEMORY_H
#define MOTE_PORT_TLS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Give memory to mbedTLS, once, before any other call of it. `memory` must stay valid. docs/MEMORY.md says how much is
 * needed. */
void mote_tls_memory_use(void *memory, size_t size);

/* Lend it more for a while, because a handshake needs more than a connection: up to MOTE_TLS_MEMORY_PIECES pieces, one
 * call for each. `brief` says whether the block that is asked for now is freed by the end of the handshake: then it
 * goes into the lent memory. Other blocks go there only when the own memory is full. recall takes all of it back; it
 * returns false while something still lies in it, and raises *peak to the most that ever lay in it. */
enum { MOTE_TLS_MEMORY_PIECES = 2 };
void mote_tls_memory_lend(void *memory, size_t size, bool (*brief)(void *ctx, size_t len), void *ctx);
bool mote_tls_memory_recall(size_t *peak);

/* How often there was not enough. mbedTLS reports a certificate that it had no memory to check as an untrusted one;
 * this number tells the two apart. */
unsigned mote_tls_memory_failures(void);

/* How many bytes of `size` are in use, and the most that ever were; all 0 when no memory was given. */
void mote_tls_memory_status(size_t *used, size_t *peak, size_t *size);

#ifdef __cplusplus
}
#endif

#endif
