/* SPDX-License-Identifier: MIT
 * Compile-time sizes. Each changes the layout of a struct, so the library and the application must agree on it: give
 * it on the command line of the whole build (-DMOTE_JID_MAX=127), never in one file. What can be set at run time is in
 * struct mote_config.
 */
#ifndef MOTE_CONFIG_H
#define MOTE_CONFIG_H

/* Longest JID the engine stores or answers to, in bytes without the NUL: a resource of 1,023 bytes is refused as it
 * stands here. Range 63..3071 (RFC 7622 allows 3071). */
#ifndef MOTE_JID_MAX
#define MOTE_JID_MAX 255
#endif

/* Longest id attribute kept for an answer (receipts, Jingle, in-band bytestreams), in bytes without the NUL. A longer
 * one is answered with an error, or not at all where the protocol has none. Range 22..255. */
#ifndef MOTE_ID_MAX
#define MOTE_ID_MAX 63
#endif

/* Elements that may nest in a stanza, the stanza itself counted. A microblog event with XHTML needs about 9. Range
 * 8..64; deeper stanzas are skipped (MOTE_EV_OVERSIZE). expat takes about 100 bytes of xml_size for each open element
 * with 32-bit pointers, 160 with 64-bit ones; where it has no more, the stanza is skipped as well. */
#ifndef MOTE_XML_DEPTH
#define MOTE_XML_DEPTH 20
#endif

/* Attributes of one element, namespace declarations included. Range 8..255; a stanza with more is skipped. */
#ifndef MOTE_XML_ATTRS
#define MOTE_XML_ATTRS 32
#endif

/* Bytes of the buffer for what the login has to send: stream header, SASL, bind. Range 512..4096. A SCRAM answer with
 * channel binding needs about 420; a stream header with a login by token behind it (core/sasl2.h) about 900. */
#ifndef MOTE_SETUP_SIZE
#define MOTE_SETUP_SIZE 864
#endif

/* Longest SCRAM server-first message, in bytes after base64. Range 128..1024; Prosody sends about 110. */
#ifndef MOTE_SCRAM_MAX
#define MOTE_SCRAM_MAX 320
#endif

/* Longest token of XEP-0484 that is kept, in bytes without the NUL; a longer one is not used. Range 64..3071. */
#ifndef MOTE_TOKEN_MAX
#define MOTE_TOKEN_MAX 255
#endif

/* Longest version of a server's configuration that is kept (XEP-0509), in bytes without the NUL. Range 16..255. */
#ifndef MOTE_CONFIG_VERSION_MAX
#define MOTE_CONFIG_VERSION_MAX 64
#endif

/* Longest password, in bytes of UTF-8 without the NUL. Range 16..1023. */
#ifndef MOTE_PASSWORD_MAX
#define MOTE_PASSWORD_MAX 255
#endif

/* Room for one running hash of the services, in bytes; a multiple of 8. mbedTLS needs 108, libsodium 104. */
#ifndef MOTE_HASH_STATE
#define MOTE_HASH_STATE 112
#endif

/* Longest id of a XEP-0198 session that is kept, in bytes without the NUL; with a longer one the session cannot be
 * resumed. Range 16..4000. Prosody's have 12, others up to 64. */
#ifndef MOTE_SM_ID_MAX
#define MOTE_SM_ID_MAX 127
#endif

/* Items of one blog or pubsub request that wait for their answer at a time. Range 1..32. */
#ifndef MOTE_PUBSUB_REQUESTS
#define MOTE_PUBSUB_REQUESTS 8
#endif

/* Tags that a post of ours can have, and that are kept of a received one; when it has more, the application is told
 * that some are left out. Range 1..255. */
#ifndef MOTE_POST_TAGS
#define MOTE_POST_TAGS 32
#endif

/* In-band file blocks on their way without an answer, at most. Range 1..32. */
#ifndef MOTE_FILES_WINDOW
#define MOTE_FILES_WINDOW 8
#endif

#ifdef __cplusplus
#define MOTE_STATIC_ASSERT(holds, why) static_assert(holds, why)
#else
#define MOTE_STATIC_ASSERT(holds, why) _Static_assert(holds, why)
#endif

MOTE_STATIC_ASSERT(MOTE_JID_MAX >= 63 && MOTE_JID_MAX <= 3071, "MOTE_JID_MAX is 63..3071");
MOTE_STATIC_ASSERT(MOTE_ID_MAX >= 22 && MOTE_ID_MAX <= 255, "MOTE_ID_MAX is 22..255");
MOTE_STATIC_ASSERT(MOTE_XML_DEPTH >= 8 && MOTE_XML_DEPTH <= 64, "MOTE_XML_DEPTH is 8..64");
MOTE_STATIC_ASSERT(MOTE_XML_ATTRS >= 8 && MOTE_XML_ATTRS <= 255, "MOTE_XML_ATTRS is 8..255");
MOTE_STATIC_ASSERT(MOTE_SETUP_SIZE >= 512 && MOTE_SETUP_SIZE <= 4096, "MOTE_SETUP_SIZE is 512..4096");
MOTE_STATIC_ASSERT(MOTE_SCRAM_MAX >= 128 && MOTE_SCRAM_MAX <= 1024, "MOTE_SCRAM_MAX is 128..1024");
MOTE_STATIC_ASSERT(MOTE_TOKEN_MAX >= 64 && MOTE_TOKEN_MAX <= 3071, "MOTE_TOKEN_MAX is 64..3071");
MOTE_STATIC_ASSERT(MOTE_CONFIG_VERSION_MAX >= 16 && MOTE_CONFIG_VERSION_MAX <= 255,
                   "MOTE_CONFIG_VERSION_MAX is 16..255");
MOTE_STATIC_ASSERT(MOTE_PASSWORD_MAX >= 16 && MOTE_PASSWORD_MAX <= 1023, "MOTE_PASSWORD_MAX is 16..1023");
MOTE_STATIC_ASSERT(MOTE_SM_ID_MAX >= 16 && MOTE_SM_ID_MAX <= 4000, "MOTE_SM_ID_MAX is 16..4000");
MOTE_STATIC_ASSERT(MOTE_PUBSUB_REQUESTS >= 1 && MOTE_PUBSUB_REQUESTS <= 32, "MOTE_PUBSUB_REQUESTS is 1..32");
MOTE_STATIC_ASSERT(MOTE_POST_TAGS >= 1 && MOTE_POST_TAGS <= 255, "MOTE_POST_TAGS is 1..255");
MOTE_STATIC_ASSERT(MOTE_FILES_WINDOW >= 1 && MOTE_FILES_WINDOW <= 32, "MOTE_FILES_WINDOW is 1..32");
MOTE_STATIC_ASSERT(MOTE_HASH_STATE % 8 == 0, "MOTE_HASH_STATE is a multiple of 8");

#endif
