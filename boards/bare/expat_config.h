/*
 * expat for a microcontroller: no entities, no environment, no heap (the reader brings its memory), randomness of the
 * board. XML_MIN_SIZE comes from the build, XML_NS and XML_DTD stay out.
 */
#ifndef MOTE_EXPAT_CONFIG_H
#define MOTE_EXPAT_CONFIG_H

#include <stdlib.h>

#define HAVE_ARC4RANDOM_BUF
#define XML_GE 0
#define XML_CONTEXT_BYTES 0
#define BYTEORDER 1234
#define XML_NO_DOCTYPE /* port/deps/patches/expat-doctype.patch */
#define XML_UTF8_ONLY /* port/deps/patches/expat-utf8.patch */
#define XML_NO_LINES /* nobody asks for lines and columns (port/deps/patches/expat-lines.patch) */
/* Buffers begin small, since a stanza on a board does: port/deps/patches. */
#define INIT_DATA_BUF_SIZE 64
#define INIT_BLOCK_SIZE 256
#define INIT_BUFFER_SIZE 512

void arc4random_buf(void *bytes, size_t len); /* boards/bare/board.c */

/* expat asks the environment for its debugging switches, which there is none of */
#define getenv(name) ((char *)0)

/* A parser without memory functions of its own would take the heap, and none is made that way. */
static inline void *expat_no_malloc(size_t len)
{
    (void)len;
    return NULL;
}
static inline void *expat_no_realloc(void *block, size_t len)
{
    (void)block, (void)len;
    return NULL;
}
static inline void expat_no_free(void *block)
{
    (void)block;
}
#define malloc expat_no_malloc
#define realloc expat_no_realloc
#define free expat_no_free

#endif
