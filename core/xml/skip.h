/* SPDX-License-Identifier: MIT
 * Finds the end of a stanza that is not read, in constant memory: it keeps the depth, and where in a token it is.
 *
 * It knows tags, quotes and CDATA, on which the end depends, and refuses what XMPP restricts. It does not look at names
 * of inner end tags, attributes given twice, references and UTF-8, because nothing of the stanza is used.
 */
#ifndef MOTE_SKIP_H
#define MOTE_SKIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/mote.h"

enum skip_result {
    SKIP_ON,         /* the end is further on */
    SKIP_END,        /* a stanza has ended */
    SKIP_CLOSED,     /* the stream has ended */
    SKIP_MALFORMED,  /* not well-formed */
    SKIP_RESTRICTED  /* a comment or processing instruction */
};

enum skip_state {
    SKIP_TEXT,
    SKIP_MARKUP,      /* behind < */
    SKIP_NAME,        /* in the name of a start tag */
    SKIP_TAG,         /* behind that name */
    SKIP_VALUE,       /* within quotes */
    SKIP_EMPTY,       /* behind the / of an empty element */
    SKIP_END_TAG,     /* behind </ */
    SKIP_DECLARATION, /* behind <! */
    SKIP_CDATA,
    SKIP_FORBIDDEN    /* in a comment or processing instruction */
};

/* Go on over s[0..*len), up to the end of the stanza if it is there. *len is set to how many bytes that is. */
enum skip_result mote__skip_feed(struct mote__skip *k, const char *s, size_t *len);

#endif
