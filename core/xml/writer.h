/* SPDX-License-Identifier: MIT
 * Writes escaped XML into memory, which may wrap round (the TX ring) or not (a plain buffer).
 *
 * Nothing is measured first. The writer writes until the room ends, and goes on counting; afterwards the owner looks at
 * `need` and `error`, and keeps all of it or nothing. So a stanza is composed once, and a refused one leaves no trace.
 */
#ifndef MOTE_WRITER_H
#define MOTE_WRITER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mote_writer {
    uint8_t *base; /* the memory */
    size_t size;   /* its size, where positions wrap */
    size_t pos;    /* where the next byte goes, < size */
    size_t room;   /* bytes that may still be written */
    size_t need;   /* bytes asked for so far, written or not */
    int error;     /* 0, or MOTE_ERR_TEXT, which stays until the end */
    bool full;     /* something did not fit, and nothing is written from there on */
    bool in_tag;   /* between < and >: an attribute value is being written */
    bool plain;    /* this is no XML: strings are copied as they are */
    bool cut;      /* what does not fit is cut off, which is only for lines that people read */
};

/* Write to base[0..size). */
void mote_writer_start(struct mote_writer *w, void *base, size_t size);

/* Markup with places to fill. In `format`
 *   %s    a NUL-terminated string, checked (UTF-8, XML characters) and escaped for where it stands; NULL counts as ""
 *   %.*s  the same with its exact length in front (int)   %.40s  the same, cut at 40 bytes
 *   %u    unsigned   %lu   unsigned long   %d    int
 *   %%    a percent sign
 * and all else is markup of ours, which is copied as it is. Attribute values stand in single quotes. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void mote_writer_put(struct mote_writer *w, const char *format, ...);

/* Write ` name='value'` with value escaped; nothing when value is NULL. */
void mote_writer_attr(struct mote_writer *w, const char *name, const char *value);

/* Write <name xmlns='ns'/>. */
void mote_writer_empty(struct mote_writer *w, const char *name, const char *ns);

/* Write <name>text</name> with text escaped; nothing when text is NULL. */
void mote_writer_element(struct mote_writer *w, const char *name, const char *text);

void mote_writer_uint(struct mote_writer *w, uint64_t value); /* in decimal */

/* Write len bytes of text, checked and escaped. */
void mote_writer_text(struct mote_writer *w, const char *text, size_t len);

/* Write bytes in base64 (RFC 4648 section 4), padded and without line breaks. */
void mote_writer_base64(struct mote_writer *w, const void *bytes, size_t len);

/* Write bytes as they are, which must have been checked before. */
void mote_writer_raw(struct mote_writer *w, const void *bytes, size_t len);

/* Write one line for people, with the formats of mote_writer_put. Nothing is escaped; it is cut at size - 1 and
 * NUL-terminated. Returns its length. */
size_t mote_writer_plain(char *out, size_t size, const char *format, va_list args);

/* Returns 0 if all was written, MOTE_ERR_TEXT, or MOTE_ERR_FULL when it did not fit. */
int mote_writer_result(const struct mote_writer *w);

#ifdef __cplusplus
}
#endif

#endif
