/* SPDX-License-Identifier: MIT
 * Small pure helpers on text: UTF-8, base64, JIDs, dates, bounded strings. None allocates, none keeps state.
 */
#ifndef MOTE_TEXT_H
#define MOTE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// UTF-8 and XML characters ///

/* Length of the valid prefix of s[0..len): UTF-8 (RFC 3629: no overlong form, no surrogate) of characters that XML 1.0
 * allows (section 2.2: no control but tab, newline, return; no U+FFFE, U+FFFF). It equals len when all is valid. */
size_t mote_text_valid(const char *s, size_t len);

/* Length of the leading run of s[0..len) that XML neither forbids nor escapes: ASCII from the blank on, without & ' <
 * and >. Most text is made of these characters, so they are passed over quickly. */
size_t mote_text_plain(const char *s, size_t len);

/* Length of the one character at s[0..len), len > 0, under the same rules; 0 when it is none. */
size_t mote_text_character(const char *s, size_t len);

/// base64, RFC 4648 section 4 ///

/* Characters for n bytes, without the NUL. */
#define MOTE_BASE64_LEN(n) (((n) + 2) / 3 * 4)

/* Encode; out has room for MOTE_BASE64_LEN(len) + 1. Returns the characters written. */
size_t mote_base64_encode(const void *bytes, size_t len, char *out);

/* Decode strictly: no white space, padding only at the end and complete, unused bits zero. `out` may be `text` itself.
 * Returns the bytes written, or -1 when it is not base64 or does not fit in `size`. */
ptrdiff_t mote_base64_decode(const char *text, size_t len, void *out, size_t size);

/// JIDs, RFC 7622, as far as a device can: no PRECIS tables, ASCII letters folded ///

/* True for [local@]domain[/resource] with legal lengths and characters, at most MOTE_JID_MAX bytes. */
bool mote_jid_valid(const char *jid);
size_t mote_jid_bare_len(const char *jid);                 /* bytes before the first '/' */
size_t mote_jid_local_len(const char *jid);                /* bytes before the '@', 0 without one */
const char *mote_jid_resource(const char *jid);            /* what is behind the first '/', or NULL */
const char *mote_jid_domain(const char *jid, size_t *len); /* where the domain starts; *len is its length */
bool mote_jid_equal(const char *a, const char *b);         /* case of ASCII ignored before the resource, not in it */
bool mote_jid_bare_equal(const char *a, const char *b);    /* the same, resources left aside */

/// Dates, XEP-0082 ///

enum { MOTE_DATE_LEN = 20 }; /* 2026-11-21T01:02:03Z */

/* Write YYYY-MM-DDThh:mm:ssZ and a NUL. unix_time is clamped to the years 0..9999. */
void mote_date_write(int64_t unix_time, char out[MOTE_DATE_LEN + 1]);

/* Read a DateTime with Z or a numeric offset; fractions are dropped. Returns false when it is anything else. */
bool mote_date_read(const char *text, int64_t *unix_time);

/// Bounded strings ///

/* Copy with a NUL. When src does not fit in size bytes, or is NULL, it returns false and dst is "": it never cuts. */
bool mote_text_copy(char *dst, size_t size, const char *src);

bool mote_text_equal(const char *a, const char *b);               /* false when either is NULL */
bool mote_text_equal_n(const char *a, size_t len, const char *b); /* a[0..len) equals the string b */

/* Lists of strings, each ended by a NUL: "one\0two\0". They lie in ROM without a pointer for each. */
const char *mote_text_nth(const char *list, unsigned n); /* counted from 0; it must be there */
int mote_text_index(const char *list, const char *text); /* which one equals `text`, -1 for none */

/* The same len bytes, when the case of ASCII letters is ignored? */
bool mote_text_equal_folded(const char *a, const char *b, size_t len);

/* Copy len bytes with capital ASCII letters made small, and add a NUL. */
void mote_text_fold(char *dst, const char *src, size_t len);

/* It looks at all bytes, however early they differ, so the time it takes tells nothing of a secret. */
bool mote_secret_equal(const void *a, const void *b, size_t len);

/* Zero the bytes in a way that the optimiser keeps. */
void mote_secret_wipe(void *bytes, size_t len);

/* SipHash-1-3: a keyed 64-bit hash of bytes, to tell JIDs apart without keeping them. */
uint64_t mote_siphash(const uint64_t key[2], const void *bytes, size_t len);

#ifdef __cplusplus
}
#endif

#endif
