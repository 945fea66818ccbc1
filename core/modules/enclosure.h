/* SPDX-License-Identifier: MIT
 * Files that belong to a blog post (RFC 4287 section 4.2.7.2): the links with rel='enclosure' of its entry, which Movim
 * and Libervia show as pictures and attachments. These are functions; there is no module to attach.
 */
#ifndef MOTE_ENCLOSURE_H
#define MOTE_ENCLOSURE_H

#include "core/modules/blog/atom.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MOTE_ENCLOSURE_UNKNOWN UINT64_MAX

/* Strings that are not told are NULL. */
struct mote_enclosure {
    const char *href;                  /* URL; never NULL in what was read */
    const char *type;                  /* media type */
    const char *title;                 /* the file's name, or what people call it */
    uint64_t length;                   /* bytes, or MOTE_ENCLOSURE_UNKNOWN */
    const struct mote_enclosure *next; /* writing: one more */
};

/* `more` of struct mote_post, with a struct mote_enclosure as its ctx. */
void mote_enclosure_write(struct mote_writer *w, const void *enclosure);

/* Read the n-th enclosure of a post of an event, counted from 0. Returns false when there are fewer; of many the first
 * 16 are looked at. */
bool mote_enclosure_read(const struct mote_post *post, unsigned n, struct mote_enclosure *enclosure);

#ifdef __cplusplus
}
#endif

#endif
