/*
 * expat for the host. Stands first on the include path of expat's own files only, so that a system's expat_config.h
 * is never taken instead. XML_NS and XML_DTD stay out: the reader resolves namespaces, and XMPP has no DTDs.
 */
#ifndef MOTE_EXPAT_CONFIG_H
#define MOTE_EXPAT_CONFIG_H

#include <stdlib.h>

#define HAVE_GETRANDOM
#define XML_GE 0
#define XML_CONTEXT_BYTES 0
#define BYTEORDER (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4321 : 1234)

/* smaller than expat's own: our heap for it is small (port/deps/patches/expat-sizes.patch) */
#define INIT_DATA_BUF_SIZE 256
#define INIT_BLOCK_SIZE 512
#define INIT_BUFFER_SIZE 512

#define XML_NO_DOCTYPE /* port/deps/patches/expat-doctype.patch */
#define XML_UTF8_ONLY /* port/deps/patches/expat-utf8.patch */
#define XML_NO_LINES /* nobody asks for lines and columns (port/deps/patches/expat-lines.patch) */

/* expat asks the environment for its debugging switches; a parser of foreign bytes has no use for them */
#define getenv(name) ((char *)0)

#endif
