/* SPDX-License-Identifier: MIT
 * A fixed piece of memory for mbedTLS, instead of the heap of the C library. Which of the two is the application's
 * choice: who never calls mote_tls_memory_use has libc's, as examples/fleet with its ten thousand connections.
 */
#ifndef MOTE_PORT_TLS_MEMORY_H
#define MOTE_PORT_TLS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Give it to mbedTLS: once, before every other call of it. `memory` must stay. What is needed: docs/MEMORY.md. */
void mote_tls_memory_use(void *memory, size_t size);

/* Lend it more: a handshake needs for moments what no connection needs later. `brief` tells whether what is asked for
 * now is gone by the end of the handshake and had best lie in the lent memory; everything else goes there only when the
 * own is full. `memory` is given back when recall says so; false means that something still lies in it. *peak is raised
 * to the most that ever lay in it. */
void mote_tls_memory_lend(void *memory, size_t size, bool (*brief)(void *ctx, size_t len), void *ctx);
bool mote_tls_memory_recall(size_t *peak);

/* How often there was not enough. mbedTLS reports a certificate that it had no memory to check as an untrusted one, so
 * whoever tells the two apart has to look here. */
unsigned mote_tls_memory_failures(void);

/* Bytes in use and the most there ever were, out of size; 0 when no memory was given. */
void mote_tls_memory_status(size_t *used, size_t *peak, size_t *size);

#ifdef __cplusplus
}
#endif

#endif
